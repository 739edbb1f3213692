#!/usr/bin/env python3
"""Run search instances with known optima through `thoth plumbing search`.

    tests/search_cases.py [--data FOLDER] [--thoth PROGRAM] [--seconds S]

Any folder of the same format will do. For each file: is the expected optimum found and proven, or the
instance proven to have no stack; and is the stack what it is said to be, as search_check.py sees it? Exit
code 1 when anything is wrong or not proven, 77 without data (1 where CI=true).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import search_check  # noqa: E402

SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent


def default_data():
    return pathlib.Path(os.environ.get("THOTH_SHARED", SOURCE_ROOT.parent / "shared")) / "data/search"


def ask(program, question):
    done = subprocess.run([program, "plumbing", "search"], input=json.dumps(question).encode() + b"\n",
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def check(data, answer):
    """What is wrong with the answer, or None."""
    expected = data.get("expected") or {}
    if "error" in answer:
        return answer["error"]
    if expected.get("status") == "infeasible":
        return None if answer["status"] == "unsatisfiable" else f"not unsatisfiable but {answer['status']}"
    if answer["status"] == "unsatisfiable":
        return "said to be unsatisfiable"
    if "assignment" not in answer:
        return "no stack found"
    fault = search_check.judge(search_check.Instance(data), answer)
    if fault is None and "score" in expected and answer["score"] > expected["score"]:
        fault = f"{answer['score']} is above the proven optimum {expected['score']}"
    if fault is None and answer["status"] != "optimal":
        fault = f"not proven: {answer['score']}, bound {answer['bound']}"
    if fault is None and "score" in expected and answer["score"] != expected["score"]:
        fault = f"{answer['score']} instead of {expected['score']}"
    return fault


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, default=default_data())
    parser.add_argument("--thoth", default=str(SOURCE_ROOT / "build/cli/thoth"))
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    files = sorted(options.data.glob("*.json"))
    if not files:
        print(f"skipped: no search instances in {options.data}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    faults = 0
    for path in files:
        data = json.loads(path.read_text(encoding="utf-8"))
        answer = ask(options.thoth, {**data, "mode": "exact", "timeout_s": options.seconds})
        fault = check(data, answer)
        faults += fault is not None
        print(f"{path.name:24} {fault or answer['status']:14} score {answer.get('score')} nodes "
              f"{answer.get('nodes')} stacks {answer.get('stacks')} {1000 * answer.get('wall_s', 0):.2f} ms")
    print(f"{len(files) - faults} of {len(files)} as expected")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
