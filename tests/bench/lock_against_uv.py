#!/usr/bin/env python3
"""Time `thoth lock` against `uv pip compile` on a served snapshot, in turns in one run.

    lock_against_uv.py --thoth PATH [--uv PATH] [--runs N] [--mode masked|closed] [--json]

Cold: each run has an empty cache. Warm: the same cache again. Whole processes, wall time; printed are the
medians of both, their ratio (thoth / uv), and what each asked the index for when cold.
"""
import argparse
import json
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
}


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    wall = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}: {done.stderr}")
    return wall * 1000


def commands(args, server, requirements, cache):
    thoth = [args.thoth, "lock", requirements, "--json", "--dry-run", "--recommendation-type",
             "latest", "--index-url", server.url, "--cache-dir", f"{cache}/thoth",
             "--python-version", "3.12.0", "--platform", "linux"]
    uv = [args.uv, "pip", "compile", "-q", "--no-build", "--no-header", "--no-config",
          "--default-index", server.url, "--cache-dir", f"{cache}/uv", "--python", sys.executable,
          "--no-python-downloads", "--python-version", "3.12", "--python-platform", "linux", "--generate-hashes", requirements]
    return {"thoth": thoth, "uv": uv}


def measure(args, server, requirements, cache):
    walls = {("cold", "thoth"): [], ("cold", "uv"): [], ("warm", "thoth"): [], ("warm", "uv"): []}
    asked = {}
    for turn in range(args.runs):
        shutil.rmtree(cache, ignore_errors=True)
        for state in ("cold", "warm"):
            for name, command in commands(args, server, requirements, cache).items():
                server.stats(reset=True)
                walls[state, name].append(timed(command))
                stats = server.stats()
                asked[state, name] = {k: v for k, v in stats.items() if isinstance(v, int)}
    return {k: statistics.median(v) for k, v in walls.items()}, asked


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--thoth", required=True)
    parser.add_argument("--uv", default=shutil.which("uv") or "uv")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--mode", default="masked")
    parser.add_argument("--delay-ms", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    folder = shared() / "snapshot"
    if not folder.is_dir():
        print(f"skipped: no snapshot data in {folder}")
        return
    options = ["--delay-ms", str(args.delay_ms)] if args.delay_ms else []
    report = {}
    with tempfile.TemporaryDirectory() as temporary, \
            Server(folder, args.mode, *options) as server:
        for name, requirements in CASES.items():
            path = pathlib.Path(temporary) / "requirements.in"
            path.write_text("".join(f"{r}\n" for r in requirements))
            medians, asked = measure(args, server, str(path), f"{temporary}/cache")
            for state in ("cold", "warm"):
                thoth, uv = medians[state, "thoth"], medians[state, "uv"]
                report[f"{name} {state}"] = {
                    "thoth_ms": round(thoth, 1), "uv_ms": round(uv, 1),
                    "ratio": round(thoth / uv, 2),
                    "thoth_asked": asked[state, "thoth"], "uv_asked": asked[state, "uv"]}
                if not args.json:
                    print(f"{name:11} {state}: thoth {thoth:8.1f} ms  uv {uv:8.1f} ms  "
                          f"ratio {thoth / uv:5.2f}   asked: thoth {asked[state, 'thoth']} "
                          f"uv {asked[state, 'uv']}", flush=True)
    if args.json:
        print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
