#!/usr/bin/env python3
"""Writes the manual pages of spool, one for the program and one for each verb.

    manpages.py PROGRAM DIRECTORY

What a page says comes from the program's own definitions of its verbs (`--experimental-dump-help`),
as `--help` does, so that the two say the same; the exit codes come from the table in docs/DESIGN.md.
"""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def escaped(text):
    """Text as troff takes it, with what stands in backquotes in bold."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", text)
    return "\n".join("\\&" + line if line[:1] in ".'" else line for line in text.split("\n"))


def filled(text):
    """A paragraph of running text."""
    return escaped(" ".join(text.split()))


def verbatim(lines):
    """Lines that stay as they are."""
    return [".PP", ".RS 4", ".nf", *[escaped(line) for line in lines], ".fi", ".RE"]


def exit_codes():
    """The codes and their meanings."""
    text = (ROOT / "docs/DESIGN.md").read_text(encoding="utf-8")
    table = text.split("| code | meaning |\n|---|---|\n", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def split(discussion):
    """The paragraphs of a discussion, and the lines of its examples."""
    paragraphs, examples = [], []
    for part in re.split(r"\n\s*\n", discussion.strip()):
        first = re.match(r"Examples?:[ \n]*", part)
        if not first:
            paragraphs.append(part)
            continue
        continues = False
        for line in part[first.end():].split("\n"):
            examples.append(("    " if continues else "") + line.strip())
            continues = line.rstrip().endswith("\\")
    return paragraphs, examples


def shown(arguments):
    """The arguments that a page shows: not --help, which every verb has, nor a hidden one."""
    return [
        entry for entry in arguments or []
        if entry.get("shouldDisplay", True)
        and not any(n["name"] in ("help", "version") for n in entry.get("names", []))]


def spelled(entry, joint=", "):
    """How an argument is typed."""
    value = f"\\fI{escaped(entry.get('valueName', 'value'))}\\fR"
    if entry["kind"] == "positional":
        return value
    names = [("--" if n["kind"] == "long" else "-") + n["name"] for n in entry["names"]]
    text = joint.join(f"\\fB{escaped(name)}\\fR" for name in names)
    return text if entry["kind"] == "flag" else f"{text} {value}"


def synopsis(words, command):
    """The lines of a synopsis: one for the verb, or one for each of its subcommands."""
    children = [c for c in command.get("subcommands", []) if c["commandName"] != "help"]
    if children:
        return [line for child in children for line in synopsis([*words, child["commandName"]], child)]
    parts = [f"\\fB{escaped(' '.join(words))}\\fR"]
    entries = shown(command.get("arguments"))
    options = [e for e in entries if e["kind"] != "positional"]
    required = [e for e in options if not e["isOptional"]]
    parts += [spelled(e, "|") for e in required]
    if len(required) < len(options):
        parts.append("[\\fIoptions\\fR]")
    for entry in entries:
        if entry["kind"] == "positional":
            text = spelled(entry) + (" ..." if entry["isRepeating"] else "")
            parts.append(f"[{text}]" if entry["isOptional"] else text)
    return [".PP", " ".join(parts)]


def options(command):
    """The list of arguments with what each means."""
    lines = []
    for entry in shown(command.get("arguments")):
        text = entry.get("abstract", "")
        # Some say by themselves what holds without them.
        if "defaultValue" in entry and "Default" not in text:
            text += f" Default: {entry['defaultValue']}."
        lines += [".TP", spelled(entry), filled(text)]
    return lines


def description(paragraphs):
    lines = []
    for part in paragraphs:
        head, _, rest = part.partition("\n")
        if rest and all(line.startswith(" ") for line in rest.split("\n")):
            lines += [".PP", filled(head), *verbatim(line.strip() for line in rest.split("\n"))]
        elif part.startswith(" "):
            lines += verbatim(line.strip() for line in part.split("\n"))
        else:
            lines += [".PP", filled(part)]
    return lines


def page(name, words, command, version, date, also):
    """A page, as lines."""
    paragraphs, examples = split(command.get("discussion", ""))
    children = [c for c in command.get("subcommands", []) if c["commandName"] != "help"]
    abstract = command["abstract"].rstrip(".")
    lines = [
        f'.TH {name.upper().replace("-", chr(92) + "-")} 1 {date} "spool {version}" "Spool"', ".nh",
        ".SH NAME", f"{escaped(name)} \\- {filled(abstract[:1].lower() + abstract[1:])}",
        ".SH SYNOPSIS"]
    is_root = len(words) == 1
    if is_root:
        lines += [".PP", "\\fBspool\\fR \\fIverb\\fR [\\fIoptions\\fR] ..."]
    else:
        lines += synopsis(words, command)
    lines += [".SH DESCRIPTION", ".PP", filled(command["abstract"]), *description(paragraphs)]
    if is_root:
        lines += [".SH VERBS"]
        for child in children:
            lines += [
                ".TP", f"\\fBspool\\-{escaped(child['commandName'])}\\fR(1)", filled(child["abstract"])]
    elif children:
        for child in children:
            more, cases = split(child.get("discussion", ""))
            examples += cases
            lines += [
                f".SH {escaped(child['commandName'].upper())}", ".PP", filled(child["abstract"]),
                *description(more), *options(child)]
    elif shown(command.get("arguments")):
        lines += [".SH OPTIONS", *options(command)]
    if examples:
        lines += [".SH EXAMPLES", *verbatim(examples)]
    lines += [
        ".SH ENVIRONMENT", ".TP", "\\fBSPOOL_DIR\\fR",
        filled("The spool, where --spool does not name one."), ".SH EXIT STATUS"]
    for code, meaning in exit_codes():
        lines += [".TP", f"\\fB{code}\\fR", filled(meaning)]
    lines += [".SH SEE ALSO", ".PP", ",\n".join(f"\\fB{escaped(n)}\\fR(1)" for n in also)]
    # A section begins a paragraph by itself.
    return [line for before, line in zip(["", *lines], lines)
            if not (line == ".PP" and before.startswith(".SH"))]


# The verbs that belong together, for those who look for the next one.
FAMILIES = [
    ["init", "up", "watch", "pilot", "pilots", "factory"],
    ["submit", "wait", "status", "explain", "jobs", "logs", "report"],
    ["cancel", "hold", "release", "retry", "priority", "limit", "forget"],
    ["check", "recover", "upgrade", "dataset"],
]


def related(verb, verbs):
    family = next((f for f in FAMILIES if verb in f), [])
    return ["spool", *[f"spool-{v}" for v in family if v != verb and v in verbs]]


def main():
    program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    dump = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True)
    root = json.loads(dump.stdout)["command"]
    version = subprocess.run(
        [program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    moment = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    day = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc) if moment \
        else datetime.datetime.now(datetime.timezone.utc)
    date = day.strftime("%Y-%m-%d")
    children = [c for c in root["subcommands"] if c["commandName"] != "help"]
    verbs = [c["commandName"] for c in children]
    directory.mkdir(parents=True, exist_ok=True)

    def write(name, lines):
        (directory / f"{name}.1").write_text("\n".join(lines) + "\n", encoding="utf-8")

    write("spool", page("spool", ["spool"], root, version, date, [f"spool-{v}" for v in verbs]))
    for child in children:
        verb = child["commandName"]
        write(
            f"spool-{verb}",
            page(f"spool-{verb}", ["spool", verb], child, version, date, related(verb, verbs)))


if __name__ == "__main__":
    main()
