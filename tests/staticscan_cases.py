"""Run the shared staticscan cases and say how many of how many agree, member by member.

    staticscan_cases.py THOTH [-v] [FOLDER]

THOTH: the program. FOLDER: cases of the same format (data/staticscan/README.md beside the repository);
without it the shared ones, exit code 77 when they are missing. Fails when a case does not agree.
"""
import json
import os
import pathlib
import subprocess
import sys

MEMBERS = ["requirements", "effective", "imports", "report", "diagnostics", "no_diagnostics"]


def shared() -> pathlib.Path:
    root = os.environ.get("THOTH_SHARED")
    if root:
        return pathlib.Path(root)
    return pathlib.Path(os.environ.get("THOTH_SOURCE_ROOT", ".")).parent / "shared"


def same_request(wanted, got) -> bool:
    for key, value in wanted.items():
        if key == "options":
            if any(got["options"].get(k) != v for k, v in value.items()):
                return False
        elif got.get(key) != value:
            return False
    return True


def member_agrees(name, wanted, got) -> bool:
    codes = {diagnostic["code"] for diagnostic in got["diagnostics"]}
    if name == "requirements":
        return len(wanted) == len(got[name]) and all(map(same_request, wanted, got[name]))
    if name == "imports":
        return wanted == {i["module"]: i["class"] for i in got["imports"]}
    if name == "report":
        mine = dict(got["report"])
        builtins = mine.pop("__builtins__", [])
        if "__builtins__" in wanted and wanted["__builtins__"] != builtins:
            return False
        return {k: v for k, v in wanted.items() if k != "__builtins__"} == mine
    if name == "diagnostics":
        return set(wanted) <= codes
    if name == "no_diagnostics":
        return not set(wanted) & codes
    return wanted == got[name]


def main() -> int:
    arguments = [word for word in sys.argv[1:] if word != "-v"]
    verbose = "-v" in sys.argv
    folder = pathlib.Path(arguments[1]) if len(arguments) > 1 else shared() / "data" / "staticscan"
    if not folder.is_dir():
        print(f"skipped: no cases at {folder}")
        return 1 if os.environ.get("CI") == "true" or len(arguments) > 1 else 77
    program = pathlib.Path(arguments[0]).resolve()
    counts = {name: [0, 0] for name in ["cases"] + MEMBERS}
    for case in sorted(folder.glob("*/expected.json")):
        expected = json.loads(case.read_text())
        source = next(path for path in (case.with_name("input.ipynb"), case.with_name("input.py")) if path.exists())
        run = subprocess.run([program, "scan", "--json", "--python-version", expected.get("python", "3.11"), source.name],
                             capture_output=True, cwd=case.parent, check=False)
        got = json.loads(run.stdout) if run.returncode == 0 else None
        wrong = []
        for name in MEMBERS:
            if name in expected:
                agrees = got is not None and member_agrees(name, expected[name], got)
                counts[name][0] += agrees
                counts[name][1] += 1
                if not agrees:
                    wrong.append(name)
        counts["cases"][0] += not wrong
        counts["cases"][1] += 1
        if wrong:
            print("disagrees:", case.parent.name, ", ".join(wrong))
            for name in wrong if verbose else []:
                print("  wanted", json.dumps(expected[name]))
                print("  got   ", json.dumps(got[name.removeprefix("no_")]) if got else run.stderr)
    for name, (agree, total) in counts.items():
        print(f"{name}: {agree} of {total} agree")
    return 0 if counts["cases"][0] == counts["cases"][1] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
