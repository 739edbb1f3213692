"""How fast is `thoth scan`? Against invectio and ast.parse on the same files, in the same run.

    scan_speed.py THOTH [--invectio PYTHON] [--megabytes N] [--rounds N] [FOLDER]

FOLDER: Python files (the standard library without one). PYTHON: an interpreter whose environment has
invectio; without it the comparison is left out. Each round runs all three in turn: thoth as programs of 200 files
with their whole report, the others inside one interpreter, their start not counted. Then a notebook of
200 cells, with the start of the process. Prints MB/s, medians of the rounds.
"""
import argparse
import ast
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

PER_CALL = 200
INVECTIO = """
import contextlib, io, json, sys, time
from invectio import gather_library_usage
paths = json.load(sys.stdin)
start = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    for path in paths:
        gather_library_usage(path, ignore_errors=True)
print(time.perf_counter() - start)
"""
CELL = """import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

df_{0} = pd.read_csv("data_{0}.csv")
X, y = df_{0}.drop(columns="y").values, df_{0}["y"].values
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state={0})
print(f"{{np.mean(X_train):.3f}} {{X_test.shape[0]}}")
!pip install -q "pandas>=1.{0}"
"""


def files(folder, megabytes):
    chosen, size = [], 0
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.name[::-1]):
        inside = str(path.relative_to(folder))
        if inside.startswith("site-packages/") or "bad" in inside or not 0 < path.stat().st_size < 1 << 20:
            continue
        try:
            ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        chosen.append(path)
        size += path.stat().st_size
        if size > megabytes << 20:
            break
    return chosen, size


def time_thoth(program, paths):
    start = time.perf_counter()
    for at in range(0, len(paths), PER_CALL):
        subprocess.run([program, "scan", "--json", *map(str, paths[at:at + PER_CALL])], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def time_invectio(python, paths):
    run = subprocess.run([python, "-c", INVECTIO], input=json.dumps([str(path) for path in paths]), capture_output=True,
                         text=True, check=True)
    return float(run.stdout)


def time_ast(paths):
    sources = [path.read_bytes() for path in paths]
    start = time.perf_counter()
    for source in sources:
        ast.parse(source)
    return time.perf_counter() - start


def time_notebook(program):
    cells = [{"cell_type": "code", "id": f"c{i}", "metadata": {}, "outputs": [], "execution_count": None,
              "source": CELL.format(i)} for i in range(200)]
    with tempfile.NamedTemporaryFile("w", suffix=".ipynb") as file:
        json.dump({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, file)
        file.flush()
        times = []
        for _ in range(15):
            start = time.perf_counter()
            subprocess.run([program, "scan", "--json", file.name], stdout=subprocess.DEVNULL, check=True)
            times.append(time.perf_counter() - start)
    return times


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--invectio")
    parser.add_argument("--megabytes", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("folder", nargs="?", default=str(pathlib.Path(ast.__file__).parent))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    program = str(pathlib.Path(arguments.program).resolve())
    paths, size = files(pathlib.Path(arguments.folder), arguments.megabytes)
    times = {"thoth scan": [], "invectio": [], "ast.parse": []}
    for _ in range(arguments.rounds):
        times["thoth scan"].append(time_thoth(program, paths))
        times["ast.parse"].append(time_ast(paths))
        if arguments.invectio:
            times["invectio"].append(time_invectio(arguments.invectio, paths))
    print(f"{len(paths)} files, {size / 1e6:.1f} MB, {arguments.rounds} rounds")
    medians = {name: statistics.median(all_times) for name, all_times in times.items() if all_times}
    for name, seconds in medians.items():
        print(f"{name:12} {size / 1e6 / seconds:6.2f} MB/s   thoth is {seconds / medians['thoth scan']:.2f} times as fast")
    notebook = time_notebook(program)
    print(f"notebook of 200 cells, with the start: median {1e3 * statistics.median(notebook):.1f} ms, "
          f"best {1e3 * min(notebook):.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
