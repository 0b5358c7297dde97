"""The examples of the README, and the notebook."""

from __future__ import annotations

import doctest
from pathlib import Path

import nbformat
import pytest
from conftest import REPOSITORY, Site
from nbclient import NotebookClient

from spool import Spool


def test_the_examples_of_the_readme(live: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOOL_DIR", live.path)
    result = doctest.testfile(
        str(REPOSITORY / "python/README.md"),
        module_relative=False,
        optionflags=doctest.ELLIPSIS,
    )
    assert result.attempted > 15 and result.failed == 0


def test_the_notebook(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    site.start()
    monkeypatch.setenv("SPOOL_DIR", str(site.path))
    notebook = nbformat.read(REPOSITORY / "examples/notebook/spool.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "the notebook is kept without outputs"
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 1
    assert not [output for output in outputs if output.output_type == "error"]
    text = "".join(output.get("text", "") for output in outputs)
    assert "pi = 3.14" in text and "the work went on" in text
    assert (tmp_path / "convergence.png").stat().st_size > 10_000
