#!/usr/bin/env python3
"""See every rule of prescriptions/rules fire, and not fire.

    tests/rules_test.py THOTH

Each line of golden/prescriptions/rules.jsonl names a unit and two questions to `thoth plumbing prescription`: of the
first it has something to say, of the second it has not. Every unit has at least one line, and the folder no fault.
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = ROOT / "prescriptions/rules"


def ask(program, questions):
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([program, "plumbing", "prescription"], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def fired(question, answer):
    """True, False, or the answer itself when it is none."""
    if "expect" not in answer:
        return answer
    if question["kind"] == "include":
        return answer["expect"]["included"]
    said = False
    for call, result in zip(question["calls"], answer["expect"]):
        said = said or bool(result.get("not_acceptable") or result.get("matched") or result.get("skip_package") or
                            result.get("justification") or
                            ("kept" in result and len(result["kept"]) < len(call["candidates"])))
    return said


def main():
    program, faults = sys.argv[1], []
    checked = subprocess.run([program, "prescriptions", "check", "--no-cache", "--json", str(RULES)], capture_output=True,
                             text=True, check=False)
    report = json.loads(checked.stdout)
    faults += [str(fault) for fault in report["faults"]]
    cases = [json.loads(line) for line in (ROOT / "tests/golden/prescriptions/rules.jsonl").read_text(
        encoding="utf-8").splitlines()]
    questions, wanted = [], []
    for case in cases:
        text = (RULES / case["file"]).read_text(encoding="utf-8")
        for key, says in (("fires", True), ("quiet", False)):
            questions.append(dict(case[key], text=text, name=case["unit"]))
            wanted.append((case["unit"], key, says))
    for (unit, key, says), question, answer in zip(wanted, questions, ask(program, questions)):
        if fired(question, answer) != says:
            faults.append(f"{unit}: {key}: {json.dumps(answer)}")
    n = sum(report["units"].values())
    if len({(case["file"], case["unit"]) for case in cases}) != n:
        faults.append(f"{n} units, and not a case for each")
    print("\n".join(faults + [f"{n} rules, {len(cases)} cases, {len(faults)} faults"]))
    sys.exit(1 if faults or n == 0 else 0)


if __name__ == "__main__":
    main()
