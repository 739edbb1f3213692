"""How many import names of the shared list does the program's own table map to the right distribution?

    import_table.py THOTH

The list (data/imports beside the repository) was computed from wheels. Fails under 95 %; 77 without the list.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys


def main():
    root = os.environ.get("THOTH_SHARED") or pathlib.Path(os.environ.get("THOTH_SOURCE_ROOT", ".")).parent / "shared"
    path = pathlib.Path(root, "data", "imports", "import_to_distribution.tsv")
    if not path.is_file():
        print(f"skipped: no shared data at {path}")
        return 1 if os.environ.get("CI") == "true" else 77
    wanted, never = {}, set()
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"):
            if row["note"] in ("", "last-version-providing"):
                wanted.setdefault(row["import_name"], []).append((int(row["popularity_rank"] or 10**6), row["distribution"]))
            elif row["note"] == "incidental":
                never.add(row["import_name"])
    names = sorted(wanted) + sorted(never - set(wanted))
    questions = "".join(json.dumps({"module": name}) + "\n" for name in names)
    run = subprocess.run([sys.argv[1], "plumbing", "import"], input=questions, capture_output=True, text=True, check=True)
    answers = {name: json.loads(line) for name, line in zip(names, run.stdout.splitlines())}
    right = best = by_table = 0
    for name, rows in wanted.items():
        first = (answers[name]["distributions"] or [None])[0]
        right += first in [distribution for _, distribution in rows]
        best += first == min(rows)[1]
        by_table += answers[name]["source"] == "table"
        if first not in [distribution for _, distribution in rows]:
            print(f"{name}: {first}, should be {min(rows)[1]}")
    mapped = [name for name in never - set(wanted) if answers[name]["distributions"]]
    print(f"{right} of {len(wanted)} right, {best} the most used, {by_table} from the table; "
          f"{len(mapped)} of {len(never)} incidental names mapped: {mapped[:9]}")
    return 0 if right >= 0.95 * len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
