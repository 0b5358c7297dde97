#!/usr/bin/env python3
"""Check docs/schema: that the schemas are valid, that examples and documentation keep to them, that
what a real spool writes keeps to them, and that broken documents do not.

The program is $SPOOL_BINARY, by default .build-test/release/spool.
"""

import json
import os
import re
import sys
import tempfile
import zlib
from pathlib import Path

from documents import BROKEN, GOOD
from real_spool import RealSpool
from schemas import Schemas

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("SPOOL_BINARY", ROOT / ".build-test" / "release" / "spool")).resolve()
# What a fenced block is recognised by.
KINDS = {
    "task": "task", "chain": "chain", "chain-summary": "chain-summary", "dataset": "dataset", "summary": "summary",
    **dict.fromkeys(["cancel", "hold", "release", "retry", "priority", "limit"], "order"),
    "delete": "delete", "dataset-summary": "dataset-summary",
}
# Record types that a small spool does not need to write.
RARE = {"discarded", "swept", "quarantined", "told"}


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, what, problem):
        """Counts one check; `problem` says what is wrong, or is None."""
        if problem is None:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}: {problem}")


def blocks(text):
    """The fenced json blocks of a page: line, marker or None, and text."""
    fence = re.compile(
        r"(?:<!-- schema: (?P<mark>[a-z-]+) -->\n+)?```json\n(?P<body>.*?)^```", re.S | re.M)
    for match in fence.finditer(text):
        yield text.count("\n", 0, match.start("body")) + 1, match["mark"], match["body"]


def check_page(schemas, report, path):
    for line, mark, body in blocks(path.read_text()):
        what = f"{path.relative_to(ROOT)}:{line}"
        if mark == "none":
            continue
        try:
            if mark is None:
                kind = json.loads(body).get("kind")
                mark = KINDS.get(kind)
            problem = schemas.text(mark, body) if mark else "no marker, and no kind that tells"
        except ValueError as error:
            problem = f"not JSON: {error}"
        report.check(what, problem)


def check_journal(schemas, report, path):
    """The lines of a journal that a page shows: checksum and schema."""
    text = path.read_text()
    for match in re.finditer(r"^([0-9a-f]{8}) (\{.*\})$", text, re.M):
        what = f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
        checksum = f"{zlib.crc32(match[2].encode()):08x}"
        report.check(what, None if match[1] == checksum else f"the checksum is {checksum}")
        report.check(what, schemas.text("journal-line", match[2]))


def check_documents(schemas, report, spool):
    """Good and broken documents, by the schemas, and requests by the program, too."""
    for schema, cases, is_good in [
        (schema, cases, is_good)
        for group, is_good in ((GOOD, True), (BROKEN, False))
        for schema, cases in group.items()
    ]:
        for document in cases:
            what = f"{schema} {json.dumps(document)[:120]}"
            problem = schemas.problem(schema, document)
            if is_good:
                report.check(what, problem)
            else:
                report.check(what, None if problem else "a broken document is accepted")
            if schema in ("task", "chain", "dataset", "order", "delete"):
                accepted = spool.accepts(document)
                report.check(
                    what, None if accepted == is_good else f"spool submit says {accepted}")


def main():
    report = Report()
    schemas = Schemas(ROOT / "docs" / "schema")
    for name in schemas.names:
        report.check(f"docs/schema/{name}.schema.json", schemas.invalid(name))
    for path in sorted(ROOT.glob("examples/*/task.json")):
        report.check(path.relative_to(ROOT), schemas.text("task", path.read_text()))
    pages = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
    for path in pages:
        if path.exists():
            check_page(schemas, report, path)
            check_journal(schemas, report, path)
    with tempfile.TemporaryDirectory() as directory:
        spool = RealSpool(BINARY, Path(directory))
        for what, schema, text in spool.live():
            report.check(what, schemas.text(schema, text))
        for what, problem in spool.problems:
            report.check(what, problem)
        check_documents(schemas, report, spool)
    types = {"segment", *schemas.record_types} - RARE
    report.check("journal", f"never seen: {types - schemas.seen_types}"
                 if types - schemas.seen_types else None)
    unused = schemas.names - schemas.used - {"common"}
    report.check("coverage", f"never used: {sorted(unused)}" if unused else None)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
