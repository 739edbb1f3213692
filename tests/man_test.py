"""Hold the man pages against the program: options, examples, names.

    tests/man_test.py THOTH

Every option that `thoth COMMAND --help` lists stands in the command's page and the other way round;
every example of thoth-plumbing(1) gives the answer printed below it; every page that a page refers to
exists, and docs/meson.build lists all of them.
"""

import os
import pathlib
import re
import subprocess
import sys

PAGES = pathlib.Path(__file__).parent.parent / "docs/man"
COMMON = {"--json", "--quiet", "--verbose", "--help"}
faults = []


def expect(condition, text):
    if not condition:
        faults.append(text)


def run(program, *arguments, text=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THOTH_")}
    return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False,
                          env=environment).stdout


def check_options(program, command, page):
    options = page.partition("\n# OPTIONS")[2].partition("\n# ")[0]
    documented = set(re.findall(r"\*(--[a-z-]+)", options))
    listed = set(re.findall(r"(?<![\w-])--[a-z-]+", run(program, command, "--help").partition("\n")[2]))
    if "*thoth*(1): *--json*" in options:
        documented |= COMMON & listed
    expect(documented == listed, f"thoth-{command}.1: options differ from --help: {sorted(documented ^ listed)}")


def check_plumbing(program, page):
    page = page.replace("\\\\", "\\")  # scdoc takes one of two backslashes off
    examples = re.findall(r"^\$ echo '(.*)' \| thoth plumbing (\w+)\n(.*\n)", page, re.MULTILINE)
    for question, name, answer in examples:
        got = run(program, "plumbing", name, text=question + "\n")
        expect(got == answer, f"thoth-plumbing.1: {name} {question}: {got.strip()}")
    known = set(re.findall(r"\*(\w+)\*", page.partition("*thoth plumbing* ")[2].partition("\n")[0]))
    expect({name for _, name, _ in examples} == known, "thoth-plumbing.1: each name has an example")


def main():
    program = sys.argv[1]
    pages = {path.name.removesuffix(".scd"): path.read_text(encoding="utf-8") for path in PAGES.glob("*.scd")}
    build = (PAGES.parent / "meson.build").read_text(encoding="utf-8")
    commands = re.findall(r"^  (\w+) ", run(program, "help"), re.MULTILINE)
    expect(len(commands) > 5, "thoth help lists no commands")
    for command in commands:
        expect(f"*{command}* _" in pages["thoth.1"], f"thoth.1 does not tell of {command}")
        page = {"kernel": "kernelspec"}.get(command, command)  # thoth-kernel(1) is the companion's
        check_options(program, command, pages.get(f"thoth-{page}.1", ""))
    check_plumbing(program, pages["thoth-plumbing.1"])
    for name, page in pages.items():
        expect(f"'{name}'" in build, f"docs/meson.build does not list {name}")
        for other, section in re.findall(r"\*(thoth[a-z-]*)\*\((\d)\)", page):
            expect(f"{other}.{section}" in pages, f"{name} refers to {other}({section})")
    print("\n".join(faults + [f"{len(pages)} pages, {len(faults)} faults"]))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
