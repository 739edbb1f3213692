"""Run the shared staticscan cases: how many install requests, effective lists and diagnostics agree.

    staticscan_cases.py PROBE [-v]

PROBE prints the records of one notebook as JSON (tests/scan_probe.c, later `thoth scan --json`).
Imports and library usage are not compared here. The cases lie beside the repository; exit code 77
when they are missing. Fails when fewer requests agree than the floor below.
"""
import json
import os
import pathlib
import subprocess
import sys

# What the scanner is known to do; raise it as it learns. Not yet: Python calls that install,
# script metadata, the content of requirement files, effective entries by address.
FLOOR_REQUESTS = 68


def shared() -> pathlib.Path:
    root = os.environ.get("THOTH_SHARED")
    if root:
        return pathlib.Path(root)
    return pathlib.Path(os.environ.get("THOTH_SOURCE_ROOT", ".")).parent / "shared"


def same(wanted, got) -> bool:
    """Every member that the expectation has is equal."""
    if wanted.get("kind") == "vcs":
        url, _, ref = got["text"].split("#")[0].rpartition("@")
        got = dict(got, url=url, ref=ref)
    elif wanted.get("kind") in ("url", "path", "requirements-file", "constraints-file"):
        got = dict(got, url=got["text"], path=got["text"])
    for key, value in wanted.items():
        if key == "options":
            if any(got["options"].get(k) != v for k, v in value.items()):
                return False
        elif got.get(key) != value:
            return False
    return True


def main() -> int:
    probe, verbose = sys.argv[1], "-v" in sys.argv
    folder = shared() / "data" / "staticscan"
    if not folder.is_dir():
        print(f"skipped: no shared data at {folder}")
        return 1 if os.environ.get("CI") == "true" else 77
    counts = {k: [0, 0] for k in ("cases", "requests", "effective", "diagnostics")}
    for case in sorted(folder.glob("[0-9]*")):
        expected = json.loads((case / "expected.json").read_text())
        if "requirements" not in expected and "effective" not in expected:
            continue
        notebook = case / "input.ipynb"
        got = {"requirements": [], "effective": [], "diagnostics": []}
        if notebook.exists():
            run = subprocess.run([probe, notebook], capture_output=True, text=True, check=True)
            got = json.loads(run.stdout)
        wanted = expected.get("requirements", [])
        agree = sum(same(w, g) for w, g in zip(wanted, got["requirements"]))
        fine = agree == len(wanted) == len(got["requirements"])
        counts["requests"][0] += agree
        counts["requests"][1] += max(len(wanted), len(got["requirements"]))
        effective = sorted(got["effective"]) == expected.get("effective", got["effective"])
        counts["effective"][0] += effective
        counts["effective"][1] += 1
        codes = set(expected.get("diagnostics", []))
        counts["diagnostics"][0] += len(codes & set(got["diagnostics"]))
        counts["diagnostics"][1] += len(codes)
        whole = fine and effective and codes <= set(got["diagnostics"])
        counts["cases"][0] += whole
        counts["cases"][1] += 1
        if verbose and not whole:
            print(case.name, "wanted", json.dumps(expected, indent=1), "got", json.dumps(got, indent=1))
        elif not whole:
            print("not yet:", case.name)
    for name, (agree, total) in counts.items():
        print(f"{name}: {agree} of {total} agree")
    return 0 if counts["requests"][0] >= FLOOR_REQUESTS else 1


if __name__ == "__main__":
    sys.exit(main())
