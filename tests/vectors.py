#!/usr/bin/env python3
"""Run the decision vectors (data/vectors of the shared data) through `thoth plumbing`.

Prints per file "N of M" and every deviation. A deviation is either allowed, by one of the rules in
ALLOWED below with its reason, or an error that makes the exit code 1.

    tests/vectors.py [--data FOLDER] [--thoth PROGRAM]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent


def allowed_old_sdist(record, expected, got):
    """Installers accept old sdist names (.tgz, .tar.bz2, a hyphen in the version)."""
    name = record.get("filename", "")
    return not expected["valid"] and got.get("valid") and got.get("kind") == "sdist" and (
        name.endswith((".tgz", ".tar.bz2")) or name.count("-") > 1)


# What the data's README lets differ, each with its reason. None of it is needed today: the strict
# readers decide as the oracle does, and repairs for old index data have functions of their own.
ALLOWED = {
    "filename_parse.jsonl": [allowed_old_sdist],
}


class Thoth:
    def __init__(self, program):
        self.program = program

    def ask(self, plumbing, questions):
        """One answer per question, in order."""
        lines = "".join(json.dumps({"id": i, **q}) + "\n" for i, q in enumerate(questions))
        done = subprocess.run([self.program, "plumbing", plumbing], input=lines.encode(),
                              stdout=subprocess.PIPE, check=True)
        answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
        if [a.get("id") for a in answers] != list(range(len(questions))):
            raise SystemExit(f"plumbing {plumbing}: answers are not one per line, in order")
        for answer in answers:
            del answer["id"]
        return answers


def records(path):
    with open(path, encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def expect(record, *inputs):
    """The answer that a record asks for: what it holds besides its inputs and remarks."""
    return {k: v for k, v in record.items() if k not in inputs and k != "why"}


def version_parse(path, thoth):
    rows = records(path)
    for row, got in zip(rows, thoth.ask("version", [{"in": r["in"]} for r in rows])):
        yield row, expect(row, "in"), got


def version_compare(path, thoth):
    rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8", newline="\n")]
    answers = thoth.ask("version", [{"a": a, "b": b} for a, b, _ in rows])
    for (a, b, order), got in zip(rows, answers):
        yield {"a": a, "b": b}, {"cmp": int(order)}, got


def specifier_contains(path, thoth):
    rows = records(path)
    questions = [{k: r[k] for k in ("spec", "version", "prereleases") if k in r} for r in rows]
    for row, got in zip(rows, thoth.ask("specifier", questions)):
        wanted = {"valid": False} if row.get("valid") is False else {
            "valid": True, "contains": row["contains"]}
        yield row, wanted, got


def specifier_filter(path, thoth):
    rows = records(path)
    questions = [{k: r[k] for k in ("spec", "versions", "prereleases") if k in r} for r in rows]
    for row, got in zip(rows, thoth.ask("specifier", questions)):
        wanted = {"valid": False} if row.get("valid") is False else {
            "valid": True, "filter": row["filter"]}
        yield row, wanted, got


def marker_eval(path, thoth):
    environments = json.loads((path.parent / "marker_environments.json").read_text())
    cases, questions = [], []
    for row in records(path):
        if not row["valid"]:
            cases.append((row, {"valid": False}))
            questions.append({"marker": row["marker"]})
            continue
        for extra, verdicts in row["results"].items():
            for name, environment in environments.items():
                verdict = verdicts.get(name, verdicts.get("*"))
                cases.append(({"marker": row["marker"], "extra": extra, "environment": name},
                              {"valid": True, "result": verdict}))
                questions.append(
                    {"marker": row["marker"], "extra": extra, "environment": environment})
    for (row, wanted), got in zip(cases, thoth.ask("marker", questions)):
        if str(wanted.get("result", "")).startswith("error:"):
            # any error will do, but no result
            wanted = {"valid": True, "error": got.get("error", "an error")}
        yield row, wanted, got


def requirement_parse(path, thoth):
    rows = records(path)
    for row, got in zip(rows, thoth.ask("requirement", [{"in": r["req"]} for r in rows])):
        yield row, expect(row, "req"), got


def filename_parse(path, thoth):
    rows = records(path)
    for row, got in zip(rows, thoth.ask("filename", [{"in": r["filename"]} for r in rows])):
        wanted = {"valid": False} if not row["valid"] else expect(row, "filename")
        yield row, wanted, got


def name_normalize(path, thoth):
    rows = records(path)
    for row, got in zip(rows, thoth.ask("name", [{"in": r["in"]} for r in rows])):
        yield row, expect(row, "in"), got


def tags(path, thoth):
    rows = records(path)
    keys = ("platform", "interpreter", "python", "abis")
    from_platform = thoth.ask("tags", [{k: r[k] for k in keys} for r in rows])
    from_tags = thoth.ask(
        "tags", [{k: r[k] for k in (*keys, "platform_tags")} for r in rows])
    for row, one, other in zip(rows, from_platform, from_tags):
        name = {"platform": row["platform"], "interpreter": row["interpreter"]}
        yield name, {"tags": row["tags"]}, one
        yield {**name, "from": "platform_tags"}, {"tags": row["tags"]}, other


FILES = {
    "version_parse.jsonl": version_parse,
    "version_compare.tsv": version_compare,
    "specifier_contains.jsonl": specifier_contains,
    "specifier_filter.jsonl": specifier_filter,
    "marker_eval.jsonl": marker_eval,
    "filename_parse.jsonl": filename_parse,
    "requirement_parse.jsonl": requirement_parse,
    "name_normalize.jsonl": name_normalize,
    "tags.jsonl": tags,
}


def judge(name, path, thoth):
    """Print the verdict on one file; the number of deviations that nothing allows."""
    right = total = wrong = 0
    for record, wanted, got in FILES[name](path, thoth):
        total += 1
        if wanted == got:
            right += 1
            continue
        rule = next((r for r in ALLOWED.get(name, []) if r(record, wanted, got)), None)
        wrong += rule is None
        verdict = f"allowed: {rule.__doc__}" if rule else "WRONG"
        print(f"  {name}: {verdict}\n    input    {json.dumps(record)[:600]}\n"
              f"    expected {json.dumps(wanted)[:400]}\n    got      {json.dumps(got)[:400]}")
    print(f"{name}: {right} of {total}")
    return wrong


def default_data():
    shared = os.environ.get("THOTH_SHARED") or SOURCE_ROOT.parent / "shared"
    return pathlib.Path(shared) / "data" / "vectors"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, default=default_data())
    parser.add_argument("--thoth", default=str(SOURCE_ROOT / "build" / "cli" / "thoth"))
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        print(f"skipped: no vectors in {arguments.data}")
        return 1 if os.environ.get("CI") == "true" else 77
    thoth = Thoth(arguments.thoth)
    wrong = 0
    for name in FILES:
        path = arguments.data / name
        if path.exists():
            wrong += judge(name, path, thoth)
        else:
            print(f"{name}: not there")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
