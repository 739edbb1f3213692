#!/usr/bin/env python3
"""Time `thoth lock` against `uv pip compile` on a served snapshot, in turns in one run.

    lock_against_uv.py --thoth PATH [--uv PATH] [--runs N] [--mode masked|closed] [--only NAME] [--pip] [--json]

For each case (the last two have no solution, and both programs must say so):

cold     an empty cache, index on loopback
warm     the same cache again
worker   the same request to a running `thoth worker` that has answered it before; against uv's warm process
distant  an empty cache, 20 ms before each answer, metadata documents served but not announced

Whole processes, wall time (the worker: from the line written to the line read); printed are the medians of
both, their ratio (thoth / uv), what each asked the index for, and the peak memory of each (MB, median).
With --pip, what `pip install --dry-run` asks for is counted once for each case.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from snapshot import Server, shared  # noqa: E402

CASES = {
    "flask": ["flask"],
    "science": ["pandas", "matplotlib", "scikit-learn"],
    "tensorflow": ["tensorflow"],
    "jupyterlab": ["jupyterlab"],
    "s3fs+boto3": ["s3fs", "boto3"],
    "dask": ["dask[complete]", "distributed<2024.6"],
    "tf+numpy!": ["tensorflow>=2.15,<2.18", "numpy>=2.1"],
    "lab+jinja2!": ["jupyterlab>=4", "jinja2<3"],
}
DISTANT = ["--delay-ms", "20", "--no-metadata-attr", "--html-only", "--stub-wheels"]


class Run:
    """One process: wall time in ms, peak memory in MB."""

    def __init__(self, command, wanted):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = (time.perf_counter() - start) * 1000
        self.memory = usage.ru_maxrss / 1024
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != wanted:
            sys.exit(f"{' '.join(command)}: exit {process.returncode}, not {wanted}")


def thoth_command(args, server, requirements, cache):
    return [args.thoth, "lock", requirements, "--json", "--dry-run", "--recommendation-type",
            "latest", "--index-url", server.url, "--cache-dir", f"{cache}/thoth",
            "--python-version", "3.12.0", "--platform", "linux"]


def uv_command(args, server, requirements, cache):
    return [args.uv, "pip", "compile", "-q", "--no-build", "--no-header", "--no-config",
            "--default-index", server.url, "--cache-dir", f"{cache}/uv", "--python", sys.executable,
            "--no-python-downloads", "--python-version", "3.12", "--python-platform", "linux",
            "--generate-hashes", requirements]


class Worker:
    """A running `thoth worker`; ask() gives the ms from the line written to the line read."""

    def __init__(self, args, server, cache):
        settings = {**os.environ, "THOTH_INDEX_URL": server.url, "THOTH_CACHE_DIR": f"{cache}/thoth",
                    "THOTH_PYTHON_VERSION": "3.12.0", "THOTH_PLATFORM": "linux",
                    "THOTH_RECOMMENDATION_TYPE": "latest"}
        self.process = subprocess.Popen([args.thoth, "worker"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=settings)

    def ask(self, requirements):
        cell = "!pip install " + " ".join(f"'{r}'" for r in requirements)
        request = {"id": 1, "command": "lock", "arguments": [],
                   "notebook": {"path": None, "metadata": {},
                                "cells": [{"id": "a", "index": 0, "type": "code", "source": cell}]}}
        line = json.dumps(request).encode() + b"\n"
        start = time.perf_counter()
        self.process.stdin.write(line)
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if "exit" in answer:
                return (time.perf_counter() - start) * 1000, answer["exit"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Case:
    def __init__(self, args, name, requirements, temporary):
        self.args, self.name, self.requirements = args, name, requirements
        self.cache = f"{temporary}/cache"
        self.path = f"{temporary}/requirements.in"
        pathlib.Path(self.path).write_text("".join(f"{r}\n" for r in requirements))
        self.walls, self.memory, self.asked = {}, {}, {}

    def run(self, state, server):
        wanted = {"thoth": 4, "uv": 1} if self.name.endswith("!") else {"thoth": 0, "uv": 0}
        commands = {"thoth": thoth_command, "uv": uv_command}
        for program, make in commands.items():
            command = make(self.args, server, self.path, self.cache)
            server.stats(reset=True)
            run = Run(command, wanted[program])
            stats = server.stats()
            self.walls.setdefault((state, program), []).append(run.wall)
            self.memory.setdefault((state, program), []).append(run.memory)
            self.asked[state, program] = {k: v for k, v in stats.items() if isinstance(v, int)}

    def ask_worker(self, server):
        worker = Worker(self.args, server, self.cache)
        worker.ask(self.requirements)
        times = [worker.ask(self.requirements)[0] for _ in range(5 * self.args.runs)]
        worker.close()
        self.walls["worker", "thoth"] = times
        self.walls["worker", "uv"] = self.walls["warm", "uv"]

    def count_pip(self, server):
        server.stats(reset=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed",
                        "--no-cache-dir", "--only-binary", ":all:", "--index-url", server.url, "-r", self.path],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900)
        return {k: v for k, v in server.stats().items() if isinstance(v, int)}

    def row(self, state):
        thoth, uv = (statistics.median(self.walls[state, p]) for p in ("thoth", "uv"))
        row = {"thoth_ms": round(thoth, 1), "uv_ms": round(uv, 1), "ratio": round(thoth / uv, 2)}
        if state != "worker":
            for program in ("thoth", "uv"):
                row[f"{program}_mb"] = round(statistics.median(self.memory[state, program]))
                row[f"{program}_asked"] = self.asked[state, program]
        return row


def show(name, state, row):
    print(f"{name:11} {state:7}: thoth {row['thoth_ms']:8.1f} ms  uv {row['uv_ms']:8.1f} ms  ratio {row['ratio']:5.2f}",
          end="")
    if "thoth_mb" in row:
        print(f"   memory {row['thoth_mb']} / {row['uv_mb']} MB   asked {row['thoth_asked']} / {row['uv_asked']}", end="")
    print(flush=True)


def measure(args, case, near, distant, report):
    for _ in range(args.runs):
        shutil.rmtree(case.cache, ignore_errors=True)
        case.run("cold", near)
        case.run("warm", near)
    case.ask_worker(near)
    for _ in range(min(args.runs, 3)):
        shutil.rmtree(case.cache, ignore_errors=True)
        case.run("distant", distant)
    for state in ("cold", "warm", "worker", "distant"):
        report[f"{case.name} {state}"] = case.row(state)
        if not args.json:
            show(case.name, state, case.row(state))
    if args.pip:
        report[f"{case.name} pip"] = case.count_pip(near)
        if not args.json:
            print(f"{case.name:11} pip    : asked {report[f'{case.name} pip']}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thoth", required=True)
    parser.add_argument("--uv", default=shutil.which("uv") or "uv")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--mode", default="masked")
    parser.add_argument("--only", help="the case of this name alone")
    parser.add_argument("--pip", action="store_true", help="count what pip asks for as well")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    folder = shared() / "snapshot"
    if not folder.is_dir():
        print(f"skipped: no snapshot data in {folder}")
        return
    report = {}
    with tempfile.TemporaryDirectory() as temporary, Server(folder, args.mode) as near, \
            Server(folder, args.mode, *DISTANT) as distant:
        for name, requirements in CASES.items():
            if args.only in (None, name):
                measure(args, Case(args, name, requirements, temporary), near, distant, report)
    if args.json:
        print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
