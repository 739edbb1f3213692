#!/usr/bin/env python3
"""Load the public rules of the shared data whole.

    tests/prescriptions_corpus.py [--thoth PROGRAM]

Counts files and units, and the notes that its authors would have wanted; then opens the compiled set. 77 without data.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE_ROOT = pathlib.Path(__file__).resolve().parent.parent
UNITS = {"boot": 217, "pseudonym": 2, "sieve": 49, "sieve.SkipPackage": 5, "step": 20, "step.Group": 12, "step.SkipPackage": 1,
         "wrap": 17853, "wrap.GHReleaseNotes": 777}
# What the language's description (section 5) found in the whole corpus, and is in the part that we have.
NOTES = {"null means that the machine has none": 12, "no pipeline takes this unit": 8, "no version fits": 8,
         "the entries are alternatives": 3, "this index no longer exists": 7}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--thoth", default=str(SOURCE_ROOT / "build/cli/thoth"))
    arguments = parser.parse_args()
    shared = pathlib.Path(os.environ.get("THOTH_SHARED") or SOURCE_ROOT.parent / "shared")
    archive = shared / "data/thoth-prescriptions.tar.zst"
    if not archive.is_file():
        print(f"no data at {archive}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "--zstd", "-xf", str(archive), "-C", folder], check=True)
        rules = f"{folder}/thoth-prescriptions/prescriptions"

        def run(*words):
            done = subprocess.run([arguments.thoth, "prescriptions", *words, "--json", "--cache-dir", f"{folder}/cache"],
                                  capture_output=True, text=True, check=False)
            return done.returncode, json.loads(done.stdout)

        code, cold = run("check", rules, "--no-cache")
        if code != 0 or cold["faults"] or cold["files"] != 13162 or cold["units"] != UNITS:
            faults.append(f"exit {code}, {cold['files']} files, {cold['units']}, faults {cold['faults'][:5]}")
        for words, least in NOTES.items():
            n = sum(words in note["message"] for note in cold["notes"])
            if n < least:
                faults.append(f"{n} notes say '{words}', not {least}")
        if run("check", rules) != (0, cold) or run("check", rules) != (0, cold):
            faults.append("the compiled folder is not what was read")
        code, compiled = run("compile", rules)
        if code != 0 or compiled["digest"] != cold["digest"]:
            faults.append("compile has another digest")
        code, warm = run("check", cold["digest"])
        if code != 0 or warm["units"] != cold["units"] or len(warm["notes"]) != len(cold["notes"]):
            faults.append("the set opened by its digest is another one")
    print("\n".join(faults + [f"{cold['files']} files, {sum(cold['units'].values())} units, {len(faults)} faults"]))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
