#!/usr/bin/env python3
"""Writes the list of the files that the gateway's program holds: its page's, and the schemas."""
import pathlib

root = pathlib.Path(__file__).resolve().parent.parent
target = root / "gateway/Sources/CGatewayFiles/files.c"
page = root / "gateway/Sources/SpoolGateway/Page"
entries = [
    (p.relative_to(page).as_posix(), "../SpoolGateway/Page/" + p.relative_to(page).as_posix())
    for p in sorted(page.rglob("*"))
    if p.is_file()
]
entries += [
    ("schema/" + p.name.removesuffix(".schema.json"), "../../../docs/schema/" + p.name)
    for p in sorted((root / "docs/schema").glob("*.schema.json"))
]
lines = [
    "// The files that the program holds. Written by scripts/gateway-files.py; a test holds it against",
    "// the directories.",
    "",
    '#include "gateway_files.h"',
    "",
]
for number, (_, path) in enumerate(entries):
    lines += [f"static const unsigned char file_{number}[] = {{", f'#embed "{path}"', "};"]
lines += ["", "static const struct gateway_file files[] = {"]
for number, (name, _) in enumerate(entries):
    lines += [f'    {{"{name}", file_{number}, sizeof file_{number}}},']
lines += [
    "};",
    "",
    "struct gateway_file gateway_file_at(size_t number) {",
    "  static const struct gateway_file none = {NULL, NULL, 0};",
    "  return number < sizeof files / sizeof *files ? files[number] : none;",
    "}",
    "",
]
text = "\n".join(lines)
if not target.exists() or target.read_text() != text:
    target.write_text(text)
