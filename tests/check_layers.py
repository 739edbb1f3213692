"""Check that every folder includes only what the table in docs/layout.md allows.

    tests/check_layers.py [ROOT]

Reads the table "layer | folder | may include", looks at every #include "FOLDER/..." of the C and C++
files, and exits 1 with file:line for each that goes up or sideways. Files over 800 lines get a note:
they have usually become two things.
"""

import pathlib
import re
import sys

LONG = 800


def read_table(text):
    """folder -> set of folders it may include, itself among them."""
    rows = re.findall(r"^\|\s*\d+\s*\|([^|]+)\|([^|]+)\|", text, re.MULTILINE)
    folders = [name.strip() for names, _ in rows for name in names.split(",")]
    allowed = {}
    for names, may in rows:
        words = re.findall(r"\w+", may)
        if words[0] == "everything":
            may_folders = set(folders) - set(words)
        else:
            may_folders = set(words) & set(folders)
        for name in names.split(","):
            allowed[name.strip()] = may_folders | {name.strip()}
    return allowed


def check_file(path, root, folder, allowed):
    """Faults of one file as text; notes are printed."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > LONG:
        print(f"note: {path.relative_to(root)}: {len(lines)} lines; is it two things?")
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match:
            continue
        target = match[1].split("/")[0] if "/" in match[1] else None
        if target is None and not (path.parent / match[1]).exists():
            continue  # made by the build
        if target is None:
            yield f'{path.relative_to(root)}:{number}: include "{match[1]}" from the root: "{folder}/{match[1]}"'
        elif target not in allowed[folder]:
            yield f"{path.relative_to(root)}:{number}: {folder} may not include {target} (docs/layout.md)"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    allowed = read_table((root / "docs/layout.md").read_text(encoding="utf-8"))
    if len(allowed) < 2:
        sys.exit("docs/layout.md: no table of layers found")
    faults, files = [], 0
    for folder in allowed:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".c", ".h", ".cpp"}:
                files += 1
                faults += check_file(path, root, folder, allowed)
    print("\n".join(faults), end="\n" if faults else "")
    print(f"{files} files, {len(faults)} faults")
    sys.exit(1 if faults or not files else 0)


if __name__ == "__main__":
    main()
