#!/usr/bin/env python3
"""Time reading the largest pages of the served snapshot: page_speed.py --program build/tests/page_speed

Fetches the N largest pages as JSON and as HTML from the server, and lets page_speed (see its source) read them.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from snapshot import Server, shared  # noqa: E402

TYPES = {"json": "application/vnd.pypi.simple.v1+json", "html": "text/html"}


def fetch(url, accept):
    request = urllib.request.Request(url, headers={"Accept": accept})
    return urllib.request.urlopen(request).read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    folder = shared() / "snapshot"
    if not folder.is_dir():
        print(f"skipped: no snapshot data in {folder}")
        return
    with tempfile.TemporaryDirectory() as temporary, Server(folder, "full") as server:
        names = re.findall(r'href="([^/"]+)/"', fetch(server.url, TYPES["html"]).decode())
        for kind, accept in TYPES.items():
            pages = sorted((fetch(f"{server.url}{n}/", accept) for n in names), key=len, reverse=True)[:args.pages]
            paths = []
            for i, page in enumerate(pages):
                paths.append(f"{temporary}/{i}.{kind}")
                pathlib.Path(paths[-1]).write_bytes(page)
            done = subprocess.run([args.program, str(args.rounds), *paths], check=True, capture_output=True, text=True)
            print(kind, done.stdout.strip())


if __name__ == "__main__":
    main()
