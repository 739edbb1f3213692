"""Make modules.tsv: which distribution installs a module, from the file lists of real wheels.

    make_modules.py FOLDER... > modules.tsv

FOLDER: a site-packages folder (the RECORD of each *.dist-info is read) or a folder of *.whl files (their
central directory is). What PEP 794 metadata names (Import-Name, Import-Namespace) comes before what
the files say. known.tsv beside this script adds what no such folder showed. Columns: import name, distributions with
blanks between (best answer first), source: "wheel NAME VERSION FILE", where FILE is what makes the import work. To widen
the table, or to remake it after a change of known.tsv or of this script, give the old modules.tsv as the last FOLDER;
rows that only it has stay.
"""
import csv
import email.parser
import pathlib
import re
import sys
import zipfile

EXTENSION = re.compile(r"\.(cpython-[^.]*|abi3|cp\d+-[^.]*)?\.?(so|pyd)$")
INCIDENTAL = {"benchmark", "benchmarks", "build", "conftest", "dist", "doc", "docs", "example", "examples", "scripts",
              "setup", "src", "test", "testing", "tests", "tools"}
# Where several install a module, the one that is asked for most.
PREFERRED = ["opencv-python", "psycopg2-binary", "tensorflow", "faiss-cpu", "attrs", "setuptools", "pyjwt", "pyserial",
             "python-dotenv", "xgboost", "protobuf", "google-cloud-core"]
NAMESPACE = re.compile(rb"extend_path|declare_namespace")


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def is_worth(name):
    parts = name.split(".")
    return parts[0] not in INCIDENTAL and all(part.isidentifier() and not part.startswith("_") for part in parts)


def module_of(part):
    """Module name of a file, or None."""
    if part.endswith(".py"):
        return part[:-3]
    match = EXTENSION.search(part)
    return part[:match.start()] if match else None


def names_of(files, read):
    """Import names that a list of files installs, and a file that shows each; a namespace gives the first real ones
    below it."""
    folders, found = {}, {}
    for name in files:
        parts = name.split("/")
        if parts[0].endswith((".dist-info", ".data")) or ".." in parts or "" in parts or "__pycache__" in parts:
            continue
        folders.setdefault(tuple(parts[:-1]), []).append(parts[-1])
        for depth in range(len(parts) - 1):
            folders.setdefault(tuple(parts[:depth]), [])

    def inits_of(folder):
        return sorted(part for part in folders.get(folder, []) if module_of(part) == "__init__")

    def is_namespace(folder):
        inits = inits_of(folder)
        return not inits or ("__init__.py" in inits and len(folder) < 3 and
                             NAMESPACE.search(read("/".join(folder + ("__init__.py",)))) is not None)

    def visit(folder):
        if len(folder) > 4:
            return
        for part in sorted(folders[folder]):
            module = module_of(part)
            if module and module != "__init__" and module.isidentifier():
                found.setdefault(".".join(folder + (module,)), "/".join(folder + (part,)))
        for below in folders:
            if len(below) == len(folder) + 1 and below[:-1] == folder and below[-1].isidentifier():
                if is_namespace(below):
                    visit(below)
                else:
                    found[".".join(below)] = "/".join(below + (inits_of(below)[0],))

    folders.setdefault((), [])
    visit(())
    return {name: file for name, file in found.items() if is_worth(name)}


def declared(metadata):
    names = [re.split(r"\s*;", value)[0].strip() for value in metadata.get_all("Import-Name") or []]
    return {name: "METADATA" for name in names if is_worth(name)}


def from_installed(folder):
    for info in sorted(folder.glob("*.dist-info")):
        record, metadata = info / "RECORD", info / "METADATA"
        if record.exists() and metadata.exists():
            headers = email.parser.HeaderParser().parsestr(metadata.read_text("utf-8", "replace"))
            with record.open(newline="", encoding="utf-8") as lines:
                files = [row[0] for row in csv.reader(lines) if row]
            yield headers, declared(headers) or names_of(files, lambda name: (folder / name).read_bytes())


def from_wheels(folder):
    for path in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(path) as wheel:
            files = wheel.namelist()
            metadata = next(name for name in files if name.endswith(".dist-info/METADATA"))
            headers = email.parser.HeaderParser().parsestr(wheel.read(metadata).decode("utf-8", "replace"))
            yield headers, declared(headers) or names_of(files, wheel.read)


def rows_of(folder):
    for part in (from_installed, from_wheels):
        for headers, modules in part(folder):
            name = normal(headers["Name"])
            for module, file in modules.items():
                yield module, name, f"wheel {name} {headers['Version']} {file}"


def from_table(path):
    with path.open(encoding="utf-8") as lines:
        for line in list(lines)[1:]:
            module, distributions, source = line.rstrip("\n").split("\t")
            for distribution in distributions.split():
                yield module, distribution, source


def rank(distribution, module):
    preferred = PREFERRED.index(distribution) if distribution in PREFERRED else len(PREFERRED)
    return preferred, normal(module) != distribution, len(distribution), distribution


def main():
    rows = {}
    for argument in map(pathlib.Path, sys.argv[1:]):
        for module, distribution, source in from_table(argument) if argument.is_file() else rows_of(argument):
            rows.setdefault(module, {}).setdefault(distribution, source)
    for module, distribution, source in from_table(pathlib.Path(__file__).with_name("known.tsv")):
        rows.setdefault(module, {}).setdefault(distribution, source)
    print("module\tdistributions\tsource")
    for module in sorted(rows):
        order = sorted(rows[module], key=lambda name: rank(name, module))
        print(f"{module}\t{' '.join(order)}\t{rows[module][order[0]]}")


if __name__ == "__main__":
    main()
