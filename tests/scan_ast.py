"""Compare the imports that `thoth scan` finds with those of CPython's own parser.

    scan_ast.py THOTH [--broken N] [FOLDER...]

FOLDER: Python files are looked for below it; without one, the standard library of this Python (of which --limit
N takes every N-th file). Files that this Python cannot parse, or that are not UTF-8, are left out. Says how many
files and imports were compared; fails when one differs. --broken: instead, one broken line is put into each
file, N seeds in turn, and at least 97 % of the imports must be found all the same.
"""
import argparse
import ast
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

BROKEN = ["x = = 3", "foo(", "def f(:", "    y = [1, 2", "import", "class :", "return )", "a b c", "x = {'a': ", "'''",
          "if x", "for in y:", "print 'a' if", "@", "else:", "        z = (("]
MAX_BYTES = 1 << 20
PER_CALL = 100


def wanted(source, name):
    """Imports as the scanner's records tell them: line, module, names."""
    found = []
    for node in ast.walk(ast.parse(source, name)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.append((node.lineno, alias.name, ((alias.name, alias.asname),) if alias.asname else ()))
        elif isinstance(node, ast.ImportFrom):
            names = tuple((alias.name, alias.asname) for alias in node.names)
            found.append((node.lineno, "." * node.level + (node.module or ""), names))
    return found


def scan(program, paths):
    """Records of import statements by path."""
    found = {str(path): [] for path in paths}
    for start in range(0, len(paths), PER_CALL):
        part = [str(path) for path in paths[start:start + PER_CALL]]
        run = subprocess.run([program, "scan", "--json", *part], capture_output=True, check=True)
        for record in json.loads(run.stdout)["imports"]:
            if record["kind"] in ("import", "from"):
                names = tuple((name["name"], name.get("asname")) for name in record["names"])
                found[record.get("file", part[0])].append((record["line"], record["module"], names))
    return found


def sources(folders, limit):
    for folder in folders:
        for number, path in enumerate(sorted(pathlib.Path(folder).rglob("*.py"))):
            inside = str(path.relative_to(folder))
            skipped = inside.startswith("site-packages/") or "badsyntax" in inside  # not meant to compile
            if number % limit == 0 and not skipped and path.stat().st_size < MAX_BYTES:
                try:
                    text = path.read_bytes()
                    text.decode()
                    yield path, text, wanted(text, str(path))
                except (SyntaxError, ValueError, RecursionError):
                    continue


def compare(program, files):
    found = scan(program, [path for path, _, _ in files])
    n = wrong = 0
    for path, _, expected in files:
        got = sorted(set(found[str(path)]), key=repr)
        expected = sorted(set(expected), key=repr)
        n += len(expected)
        if got != expected:
            wrong += 1
            print(f"{path}: missing {[i for i in expected if i not in got][:3]} too many {[i for i in got if i not in expected][:3]}")
    print(f"{len(files)} files, {n} imports, {wrong} files differ")
    return wrong == 0


def compare_broken(program, files, seeds):
    total = kept = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            rng = random.Random(seed)
            paths, expected = [], []
            for number, (_, text, imports) in enumerate(files):
                lines = text.decode().split("\n")
                at = rng.randrange(len(lines) + 1)
                lines.insert(at, rng.choice(BROKEN))
                path = pathlib.Path(folder, f"f{number}.py")
                path.write_text("\n".join(lines), encoding="utf-8")
                paths.append(path)
                expected.append([(module, names) for _, module, names in imports])
            found = scan(program, paths)
            lost = []
            for path, imports in zip(paths, expected):
                got = [(module, names) for _, module, names in found[str(path)]]
                for record in imports:
                    total += 1
                    if record in got:
                        got.remove(record)
                        kept += 1
                    else:
                        lost.append(path.name)
            print(f"seed {seed}: {len(lost)} lost, {sorted(set(lost), key=lost.count)[-3:]}")
    print(f"one broken line in each of {len(files)} files, {seeds} times: {kept} of {total} imports kept, "
          f"{100 * kept / max(total, 1):.2f} %")
    return kept >= 0.97 * total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--broken", type=int, default=0)
    parser.add_argument("--limit", type=int, default=1)
    parser.add_argument("folders", nargs="*", default=[str(pathlib.Path(ast.__file__).parent)])
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    files = list(sources(arguments.folders, arguments.limit))
    program = pathlib.Path(arguments.program).resolve()
    fine = compare_broken(program, files, arguments.broken) if arguments.broken else compare(program, files)
    sys.exit(0 if fine and files else 1)


if __name__ == "__main__":
    main()
