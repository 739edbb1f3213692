#!/usr/bin/env python3
"""Stop a cold lock of jupyterlab and friends at random moments, against a served snapshot. Standard library only.

    interrupts.py --thoth PATH [--data FOLDER] [--times N] [--seed N] [--delay-ms D] [--within S] [REQUIREMENT...]

Ctrl-C must end it with 130 (or it was done already), soon, with the notebook as it was and nothing left beside
it. Prints how long it took. What fails is a stop that waits for something: half of them longer than a second,
or one longer than five; how near to 50 ms they come is for the reader, since other programs share the machine
and some builds carry sanitizers. 77 when there is no data.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from snapshot import Server, shared

CELLS = ["jupyterlab", "pydantic-core", "boto3", "tensorflow", "pandas"]


def stop_once(thoth, server, folder, book, wait):
    """How long it took to stop, in ms; None when it was done before. Faults are raised."""
    before = book.read_bytes()
    process = subprocess.Popen(
        [thoth, "lock", str(book), "--index-url", server.url, "--cache-dir", str(folder / "cache"),
         "--python-version", "3.11.0", "--platform", "linux"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(wait)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    took = (time.monotonic() - start) * 1000
    if process.returncode in (0, 4):
        book.write_bytes(before)
        return None
    if process.returncode not in (130, -signal.SIGINT):  # the latter before there is a handler
        raise AssertionError(f"exit {process.returncode} after {wait:.3f} s: {errors}")
    if book.read_bytes() != before or sorted(p.name for p in book.parent.iterdir()) != [book.name]:
        raise AssertionError(f"files were changed by a stop after {wait:.3f} s")
    return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("requirements", nargs="*")
    parser.add_argument("--thoth", required=True)
    parser.add_argument("--data", type=pathlib.Path, default=shared() / "snapshot")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay-ms", default="0")
    parser.add_argument("--within", type=float, default=0.8, help="seconds after the start")
    args = parser.parse_args()
    if not (args.data / "serve_snapshot.py").is_file():
        print(f"skipped: no {args.data}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    rng = random.Random(args.seed)
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
            "source": "%pip install " + " ".join(f"'{r}'" for r in args.requirements or CELLS)}
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1)
    took = []
    with Server(args.data, "masked", "--delay-ms", args.delay_ms) as server:
        for _ in range(args.times):
            with tempfile.TemporaryDirectory() as temporary:
                folder = pathlib.Path(temporary)
                (folder / "books").mkdir()
                book = folder / "books" / "nb.ipynb"
                book.write_text(text)
                ms = stop_once(args.thoth, server, folder, book, rng.uniform(0.002, args.within))
                if ms is not None:
                    took.append(ms)
    took.sort()
    print(f"{len(took)} stops: median {statistics.median(took):.0f} ms, "
          f"nine of ten {took[len(took) * 9 // 10]:.0f} ms, longest {took[-1]:.0f} ms")
    sys.exit(1 if statistics.median(took) > 1000 or took[-1] > 5000 else 0)


if __name__ == "__main__":
    main()
