#!/usr/bin/env python3
"""Run the examples of docs/prescriptions.md.

    tests/prescriptions_docs.py THOTH

Each YAML example is checked and has neither faults nor notes; each question below it gets the answer that stands there.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

DOCUMENT = pathlib.Path(__file__).parent.parent / "docs/prescriptions.md"


def objects_of(text):
    """JSON objects one after the other, over any number of lines."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def check(program, example):
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder)
        (rules / "example.yaml").write_text(example, encoding="utf-8")
        (rules / "_prescription_metadata.yaml").write_text("prescription: {name: ours, release: '1'}\n", encoding="utf-8")
        done = subprocess.run([program, "prescriptions", "check", "--no-cache", "--json", folder], capture_output=True,
                              text=True, check=False)
    report = json.loads(done.stdout)
    notes = [note for note in report["notes"] if not note["message"].startswith("null means")]  # as the text does
    return done.returncode == 0 and not notes, done.stdout


def ask(program, example, question):
    asked = {key: value for key, value in question.items() if key != "expect"}
    done = subprocess.run([program, "plumbing", "prescription"], input=json.dumps(dict(asked, text=example)) + "\n",
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    program, faults, questions, example = sys.argv[1], [], 0, ""
    blocks = re.findall(r"^```(yaml|json)\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for kind, text in blocks:
        if kind == "yaml":
            example = text
            fine, said = check(program, example)
            if not fine:
                faults.append(f"{text}\n{said}")
            continue
        for question in objects_of(text):
            questions += 1
            answer = ask(program, example, question)
            if answer.get("expect") != question["expect"]:
                faults.append(f"{json.dumps(question)}\n  got {json.dumps(answer)}")
    print("\n".join(faults + [f"{len(blocks)} blocks, {questions} questions, {len(faults)} faults"]))
    sys.exit(1 if faults or questions < 5 else 0)


if __name__ == "__main__":
    main()
