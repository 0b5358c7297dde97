#!/usr/bin/env python3
"""Print a Spool dataset manifest of the ROOT files in a directory.

usage: manifest.py DIR [--name NAME]
"""

import argparse
import json
import sys
import zlib
from pathlib import Path


def adler32(path):
    checksum = 1
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.adler32(block, checksum)
    return f"{checksum:08x}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", metavar="DIR", type=Path)
    parser.add_argument("--name", default="zmumu.raw", help="the dataset's name (%(default)s)")
    arguments = parser.parse_args()

    paths = sorted(arguments.directory.resolve().glob("*.root"))
    if not paths:
        print(f"manifest.py: no *.root files in {arguments.directory}", file=sys.stderr)
        return 66
    files = [
        {"path": str(path), "size": path.stat().st_size, "adler32": adler32(path)}
        for path in paths
    ]
    manifest = {"kind": "dataset", "name": arguments.name, "files": files, "closed": True}
    print(json.dumps(manifest, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
