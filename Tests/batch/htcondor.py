#!/usr/bin/env python3
"""Check the submit description of `spool factory htcondor` with HTCondor's own parser.

    Tests/batch/htcondor.py [SPOOL]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import classad2
import htcondor2

SPOOL = Path(sys.argv[1] if len(sys.argv) > 1 else ".build-test/release/spool").resolve()


def split(text):
    """The words of arguments in HTCondor's newer syntax, within double quotation marks."""
    assert text[0] == text[-1] == '"', text
    text = text[1:-1].replace('""', '"')
    words, word, quoted, at = [], None, False, 0
    while at < len(text):
        letter = text[at]
        if letter == "'" and quoted and text[at + 1:at + 2] == "'":
            word += "'"
            at += 1
        elif letter == "'":
            quoted = not quoted
            word = word or ""
        elif letter == " " and not quoted:
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + letter
        at += 1
    return words + ([word] if word is not None else [])


def main():
    with tempfile.TemporaryDirectory(prefix="spool it's ") as directory:
        spool = f"{directory}/spool"
        subprocess.run([SPOOL, "init", "--spool", spool], check=True, capture_output=True)
        made = subprocess.run(
            [SPOOL, "factory", "htcondor", "--spool", spool, "--cpus", "4", "--memory", "8GB",
             "--gpus", "2", "--wall", "2h", "--env", 'A=it\'s "b c"', "--dry-run",
             "--", "+ProjectName=\"x\""],
            check=True, capture_output=True, text=True)
        submit = htcondor2.Submit(made.stdout)
        assert submit.getQArgs() == "1", submit.getQArgs()
        assert submit["batch_name"].startswith("spool-htcondor-"), submit["batch_name"]
        expected = {
            "universe": "vanilla", "request_cpus": "4", "request_memory": "7630M",
            "request_gpus": "2", "kill_sig": "SIGTERM", "job_max_vacate_time": "30",
            "should_transfer_files": "NO", "transfer_executable": "false",
            "allowed_execute_duration": "7200", "executable": str(SPOOL.resolve()),
        }
        for key, value in expected.items():
            assert submit[key] == value, f"{key}: {submit[key]}, not {value}"
        assert classad2.ExprTree(submit["periodic_remove"]) is not None
        words = split(submit["arguments"])
        assert words[:3] == ["pilot", "--spool", spool], words
        assert words[words.index("--env") + 1] == 'A=it\'s "b c"', words
        assert words[words.index("--label") + 1] == submit["batch_name"], words
        assert "condor_submit -terse -append '+ProjectName=" in made.stderr, made.stderr
    print("htcondor: passed")


main()
