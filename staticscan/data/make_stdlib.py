"""Make stdlib.tsv: the top-level names of the standard library by Python version, from interpreters.

    make_stdlib.py PYTHON... > stdlib.tsv

PYTHON: interpreters of different versions, 2.7 and 3.6 or later. From 3.10 on an interpreter lists its names
itself; of an older one the folders and built-in names count. `NEW` below is what versions newer than any
interpreter given add, from their release notes. Columns: name, first and last minor version of
Python 3 (2 2: Python 2 alone), "builtin" when it is built in or frozen and so no file can shadow it.
"""
import json
import subprocess
import sys

ASK = r"""
import json, os, sys
names = sorted(getattr(sys, "stdlib_module_names", ()))
if not names:
    folder = os.path.dirname(os.__file__)
    names = list(sys.builtin_module_names)
    for path in (folder, os.path.join(folder, "lib-dynload")):
        for name in os.listdir(path):
            stem = name.split(".")[0]
            is_package = os.path.exists(os.path.join(path, name, "__init__.py"))
            if is_package or name.endswith((".py", ".so")):
                names.append(stem)
    names += "msilib nt ntpath winreg winsound _winapi _msi msvcrt ossaudiodev spwd nis crypt tkinter _tkinter".split()
    skip = ("site-packages", "__phello__", "__main__", "sitecustomize")
    names = [n for n in names if n not in skip and not n.startswith("_sysconfigdata")]
print(json.dumps([sys.version_info[:2], sorted(set(names)), list(sys.builtin_module_names)]))
"""
# Frozen into the interpreter since 3.11 (its own Python/frozen.c): found before any file.
FROZEN = {"_frozen_importlib", "_frozen_importlib_external", "zipimport", "abc", "codecs", "io", "_collections_abc",
          "_sitebuiltins", "genericpath", "ntpath", "posixpath", "os", "site", "stat", "importlib", "runpy"}
NEW = {14: ({"annotationlib", "compression", "_colorize", "_zstd"}, {"_compression"})}
PYTHON2_TOO = {"commands", "StringIO", "cStringIO", "cPickle", "__builtin__", "thread", "Tkinter"}


def main():
    versions, builtins = {}, set(FROZEN)
    for python in sys.argv[1:]:
        answer = subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=True).stdout
        (major, minor), names, built_in = json.loads(answer)
        versions[(major, minor)] = set(names)
        if major == 3:
            builtins |= set(built_in)
    minors = sorted(minor for major, minor in versions if major == 3)
    sets = {minor: versions[(3, minor)] for minor in minors}
    for minor, (added, gone) in NEW.items():
        if minor not in sets:
            sets[minor] = (sets[minor - 1] | added) - gone
    newest = max(sets)
    print("name\tfirst\tlast\tbuiltin")
    every = set().union(*sets.values())
    for name in sorted(every):
        have = [minor for minor in sorted(sets) if name in sets[minor]]
        print(f"{name}\t{have[0]}\t{have[-1]}\t{'builtin' if name in builtins else ''}")
    for name in sorted((versions.get((2, 7), set()) | PYTHON2_TOO) - every):
        if not name.startswith("_") or name == "__builtin__":
            print(f"{name}\t2\t2\t")
    print(f"newest: 3.{newest}", file=sys.stderr)


if __name__ == "__main__":
    main()
