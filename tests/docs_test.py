"""Hold names in the documents against the tree.

    tests/docs_test.py [ROOT]

Every source file stands in the tree of docs/layout.md and the other way round, and every `function()` and
`file.c` that ARCHITECTURE.md names exists.
"""

import pathlib
import re
import sys


def layout_files(text):
    """Files in the present part of the tree: "  name.c .h   what it is" below "folder/"."""
    tree = text.partition("## The tree, as it is")[2].partition("## Planned")[0]
    folder, last = "", ""
    for line in tree.splitlines():
        if match := re.match(r"(\w+)/( |$)", line):
            folder = match[1]
        elif folder and (match := re.match(r"  (\S.*?)(  |$)", line)):
            for word in match[1].split():
                last = last.rpartition(".")[0] + ".h" if word == ".h" else f"{folder}/{word}"
                yield last
        elif line and not line.startswith(" "):
            folder = ""


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    faults = []
    told = {path for path in layout_files((root / "docs/layout.md").read_text(encoding="utf-8"))
            if not path.startswith(("tests/", "docs/"))}
    folders = {path.split("/")[0] for path in told}
    sources = {str(path.relative_to(root)): path for folder in folders for path in (root / folder).iterdir()
               if path.suffix in {".c", ".h", ".cpp", ".py"}}
    faults += [f"docs/layout.md has no line for {path}" for path in sorted(set(sources) - told)]
    faults += [f"docs/layout.md: there is no {path}" for path in sorted(told) if not (root / path).exists()]

    text = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources.values())
    names = {path.name for path in sources.values()} | {"kernel.json"}
    for function in sorted(set(re.findall(r"`(\w+)\(\)`", text))):
        if not re.search(rf"\b{function}\(", code):
            faults.append(f"ARCHITECTURE.md: there is no function {function}()")
    for path in sorted(set(re.findall(r"`([\w/.-]+\.(?:c|h|py|md))`", text))):
        if not ((root / path).exists() if "/" in path else path in names or (root / path).exists()):
            faults.append(f"ARCHITECTURE.md: there is no {path}")
    print("\n".join(faults + [f"{len(told)} files told, {len(sources)} sources, {len(faults)} faults"]))
    sys.exit(1 if faults or len(sources) < 50 else 0)


if __name__ == "__main__":
    main()
