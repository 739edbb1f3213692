"""The repository checks notice what is planted for them. Run by meson; prints TAP."""

import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).parent
TABLE = "| layer | folder | may include |\n|---|---|---|\n| 3 | cli | everything below but wire |\n" \
        "| 2 | wire, index | common (not each other) |\n| 1 | common | libc only |\n"

# name, script, files, text expected in the output ("" when the check must pass)
CASES = [
    ("allows includes downwards", "check_layers.py",
     {"cli/a.c": '#include "index/a.h"\n#include "cli/a.h"\n', "index/a.c": '#include "common/a.h"\n'}, ""),
    ("notices an include upwards", "check_layers.py",
     {"common/a.c": '#include <stdio.h>\n#include "index/a.h"\n'}, "common/a.c:2: common may not include index"),
    ("notices an include sideways", "check_layers.py",
     {"wire/a.h": '  # include "index/a.h"\n'}, "wire/a.h:1: wire may not include index"),
    ("notices the folder left out of everything", "check_layers.py",
     {"cli/a.cpp": '#include "wire/a.h"\n'}, "cli/a.cpp:1: cli may not include wire"),
    ("notices an include without its folder", "check_layers.py",
     {"index/a.c": '#include "a.h"\n#include "made_by_the_build.h"\n', "index/a.h": ""}, 'index/a.c:1: include "a.h"'),
    ("notes long files and passes", "check_layers.py", {"index/a.c": "\n" * 801}, ""),
    ("allows example hosts", "check_words.py", {"a.md": "https://index.example/simple and /home/u/a\n"}, ""),
    ("notices a registry host", "check_words.py", {"a/b.md": "x\nhttps://PyPI" + ".org/simple\n"}, "a/b.md:2"),
    ("notices a path of one machine", "check_words.py", {"b.c": "/" + "root/.cache\n"}, "b.c:1"),
]


def run(script, files):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {"docs/layout.md": TABLE, **files}.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, TESTS / script, root], capture_output=True, text=True, check=False)


def main():
    print(f"1..{len(CASES)}")
    for number, (name, script, files, expected) in enumerate(CASES, 1):
        result = run(script, files)
        good = result.returncode == (1 if expected else 0) and expected in result.stdout
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print("#", result.stdout.replace("\n", "\n# "), result.stderr)


if __name__ == "__main__":
    main()
