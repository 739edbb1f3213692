#!/usr/bin/env python3
"""Run cases of the language of rules through `thoth plumbing prescription`.

    tests/prescription_cases.py [--thoth PROGRAM] [--literal] [FILE.jsonl|FOLDER ...]

Without a path: prescription-cases of the shared data; 77 when it is not there. Prints "N of M" for each file
and every case that differs. --literal asks for the original's behaviour: then a case's reference_observed is
what counts, where it has one.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent


def cases_of(path):
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def question_of(case, literal):
    question = {key: value for key, value in case.items() if key not in ("expect", "reference_observed", "note")}
    if literal and case["kind"] != "schema":
        question["context"] = dict(question.get("context", {}), thoth_literal=True)
    return question


def run_file(program, path, literal):
    """Number of cases that are as they should be, and of all."""
    cases = cases_of(path)
    asked = "".join(json.dumps(question_of(case, literal)) + "\n" for case in cases)
    done = subprocess.run([program, "plumbing", "prescription"], input=asked.encode(), stdout=subprocess.PIPE,
                          check=True)
    answers = [json.loads(line) for line in done.stdout.decode().split("\n") if line]
    if len(answers) != len(cases):
        sys.exit(f"{path}: {len(answers)} answers to {len(cases)} cases")
    right = 0
    for case, answer in zip(cases, answers):
        wanted = case.get("reference_observed", case["expect"]) if literal else case["expect"]
        got = answer.get("expect")
        if answer.get("id") == case["id"] and got == wanted:
            right += 1
        else:
            print(f"{case['id']}: wanted {json.dumps(wanted)}\n  got {json.dumps(answer)}")
    print(f"{path.name}: {right} of {len(cases)}" + (" (literal)" if literal else ""))
    return right, len(cases)


def files_of(paths):
    for path in paths:
        yield from sorted(path.glob("*.jsonl")) if path.is_dir() else [path]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--thoth", default=str(SOURCE_ROOT / "build/cli/thoth"))
    parser.add_argument("--literal", action="store_true")
    parser.add_argument("paths", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    shared = pathlib.Path(os.environ.get("THOTH_SHARED") or SOURCE_ROOT.parent / "shared")
    paths = arguments.paths or [shared / "data/prescription-cases"]
    if not arguments.paths and not paths[0].is_dir():
        print(f"no data at {paths[0]}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    right = total = 0
    for path in files_of(paths):
        good, n = run_file(arguments.thoth, path, arguments.literal)
        right, total = right + good, total + n
    print(f"{right} of {total}")
    sys.exit(0 if total and right == total else 1)


if __name__ == "__main__":
    main()
