#!/usr/bin/env python3
"""Run golden resolver cases: `run_resolver.py THOTH CASE...`, Python standard library only.

A case is one small text file:

    # what it shows
    index:
      flask 3.0 requires click>=8, werkzeug; python >=3.8
      click 8.1 yanked
    require:
      flask>=3
    args: --python-version 3.11
    expect:
      click==8.1
      flask==3.0

An index line is `NAME VERSION` and then any of: `requires A, B` (up to the next ';'),
`requires A; marker text` as `requires A @@ marker text`, `python SPEC`, `yanked [REASON]`, `tag TAG`
(wheel tag, default py3-none-any), `nometadata`, `extra NAME`. A source distribution instead of a
wheel: `sdist` (metadata of an old version: must be built), `static-sdist`, `dynamic-sdist` (its
requirements are left to the build), `missing-sdist` (listed only), `changed-sdist` (not the one whose
hash is listed); a second line of the same version adds to its files. `constraint:` and `lock:`
(versions to prefer) are further sections; with `file:` its lines are a requirements file that is
locked instead of a notebook. What is expected is either `expect:` with every
locked package, or `conflict:` with the clashing requirements and optional `says: TEXT` lines, and
`reason NAME: TEXT` lines. `suggests: A => B` lines are all suggestions, best first (`suggests:` alone:
none), `python: X.Y` the Python that would do, `without: A` what can be left out. `exit: N` states an exit code by itself.
"""
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

SECTIONS = ("index", "require", "constraint", "lock", "file", "expect", "conflict")


def read_case(path):
    case = {"args": [], "says": [], "reasons": [], "exit": None, "suggests": None, "python": None,
            "without": None}
    section = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            case[section].append(line.strip())
            continue
        key, _, value = line.partition(":")
        if key in SECTIONS:
            section = key
            case[section] = []
        elif key == "args":
            case["args"] = value.split()
        elif key == "says":
            case["says"].append(value.strip())
        elif key == "suggests":
            case["suggests"] = (case["suggests"] or []) + ([value.strip()] if value.strip() else [])
        elif key in ("python", "without"):
            case[key] = value.strip()
        elif key == "exit":
            case["exit"] = int(value)
        elif key.startswith("reason "):
            case["reasons"].append((key.split()[1], value.strip()))
        else:
            sys.exit(f"{path}:{number}: unknown section '{key}'")
    return case


SDISTS = {"sdist": "2.1", "static-sdist": "2.2", "dynamic-sdist": "2.2", "missing-sdist": "2.2",
          "changed-sdist": "2.2"}


def make_sdist(stem, kind, text):
    head, _, rest = text.partition("\n")
    text = f"Metadata-Version: {SDISTS[kind]}\n{rest}"
    if kind == "dynamic-sdist":
        text += "Dynamic: Requires-Dist\n"
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, body in (("setup.py", "raise SystemExit('run')\n"), ("PKG-INFO", text)):
            info = tarfile.TarInfo(f"{stem}/{name}")
            info.size = len(body.encode())
            tar.addfile(info, io.BytesIO(body.encode()))
    return made.getvalue()


def write_index(lines, folder):
    pages = {}
    for line in lines:
        head, *clauses = [part.strip() for part in line.split(";")]
        words = head.split(None, 2)
        name, version = words[0], words[1]
        clauses = ([words[2]] if len(words) > 2 else []) + clauses
        tag, kind, requires, python, yanked, extras, announced, headers = (
            "py3-none-any", "wheel", [], None, False, [], True, [])
        for clause in clauses:
            word, _, rest = clause.partition(" ")
            if word == "requires":
                requires += [r.strip().replace(" @@ ", "; ") for r in re.split(r",\s+", rest)]
            elif word == "python":
                python = rest
            elif word == "yanked":
                yanked = rest or True
            elif word in SDISTS:
                kind = word
            elif word == "tag":
                tag = rest
            elif word == "extra":
                extras.append(rest)
            elif word == "header":
                headers.append(rest)
            elif word == "nometadata":
                announced = False
            else:
                sys.exit(f"unknown clause '{clause}' in '{line}'")
        stem = f"{name.replace('-', '_')}-{version}"
        filename = f"{stem}-{tag}.whl" if kind == "wheel" else f"{stem}.tar.gz"
        entry = {
            "filename": filename,
            "url": f"../files/{filename}",
            "hashes": {"sha256": hashlib.sha256(filename.encode()).hexdigest()},
            "yanked": yanked,
        }
        if python:
            entry["requires-python"] = python
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        text += "".join(f"Provides-Extra: {e}\n" for e in extras)
        text += "".join(f"Requires-Dist: {r}\n" for r in requires)
        text += "".join(f"{h}\n" for h in headers)
        files = folder / "files"
        files.mkdir(exist_ok=True)
        if kind != "wheel":
            made = make_sdist(stem, kind, text)
            entry["hashes"]["sha256"] = hashlib.sha256(made).hexdigest()
            if kind == "changed-sdist":
                made += b"more"
            if kind != "missing-sdist":
                (files / filename).write_bytes(made)
        elif announced:
            entry["core-metadata"] = True
            (files / f"{filename}.metadata").write_text(text)
        pages.setdefault(name, []).append(entry)
    for name, entries in pages.items():
        page = folder / name
        page.mkdir()
        (page / "index.json").write_text(json.dumps(
            {"meta": {"api-version": "1.1"}, "name": name, "files": entries}))


def run_case(thoth, path):
    case = read_case(path)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        index = folder / "index"
        index.mkdir()
        write_index(case["index"], index)
        cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
                  "source": f"%pip install '{r}'"} for r in case.get("require", [])]
        metadata = {"language_info": {"name": "python"}}
        thoth_metadata = {}
        if case.get("constraint"):
            thoth_metadata["requirements"] = {"constraints": case["constraint"]}
        if case.get("lock"):
            thoth_metadata["lock"] = {"packages": case["lock"]}
        if thoth_metadata:
            metadata["thoth"] = dict(thoth_metadata, version=1)
        if case.get("file"):
            notebook = folder / "requirements.txt"
            notebook.write_text("\n".join(case["file"]) + "\n")
        else:
            notebook = folder / "case.ipynb"
            notebook.write_text(json.dumps(
                {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}))
        args = case["args"]
        if "--python-version" not in args:
            args = args + ["--python-version", "3.11.5"]
        if "--platform" not in args:
            args = args + ["--platform", "linux"]
        done = subprocess.run(
            [thoth, "lock", str(notebook), "--json", "--dry-run", "--index-url", index.as_uri(),
             "--cache-dir", str(folder / "cache"), *args],
            capture_output=True, text=True, timeout=60)
        return judge(case, done)


def judge(case, done):
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return [f"exit {done.returncode}, no JSON: {done.stdout!r} {done.stderr!r}"]
    faults = []
    if case["exit"] is not None and done.returncode != case["exit"]:
        faults.append(f"exit {done.returncode}, expected {case['exit']}: {done.stderr}")
    if "expect" in case:
        found = sorted(f"{p['name']}=={p['version']}" for p in document.get("packages", []))
        if found != sorted(case["expect"]):
            faults.append(f"locked {found}, expected {sorted(case['expect'])}\n{done.stderr}")
    if "conflict" in case:
        conflict = document.get("conflict", {})
        found = sorted(conflict.get("requirements", []))
        if done.returncode != 4 or found != sorted(case["conflict"]):
            faults.append(f"exit {done.returncode}, clash of {found}, "
                          f"expected {sorted(case['conflict'])}\n{done.stderr}")
    conflict = document.get("conflict", {})
    if case["suggests"] is not None:
        found = [f"{s['requirement']} => {s['replace_by']}" for s in conflict.get("suggestions", [])]
        if found != case["suggests"]:
            faults.append(f"suggests {found}, expected {case['suggests']}")
    for key, found in (("python", conflict.get("python")),
                       ("without", " ".join(conflict.get("without", [])))):
        if case[key] is not None and found != case[key]:
            faults.append(f"{key} is {found}, expected {case[key]}")
    for text in case["says"]:
        if text not in done.stderr:
            faults.append(f"does not say '{text}' but: {done.stderr}")
    reasons = {p["name"]: p["reason"] for p in document.get("packages", [])}
    for name, text in case["reasons"]:
        if text not in reasons.get(name, ""):
            faults.append(f"reason of {name} is '{reasons.get(name)}', expected '{text}'")
    return faults


def main():
    thoth, *paths = sys.argv[1:]
    failed = 0
    for path in map(pathlib.Path, paths):
        faults = run_case(thoth, path)
        failed += bool(faults)
        print(f"{'not ok' if faults else 'ok'} {path.stem}")
        for fault in faults:
            print(f"  {fault}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
