"""Turn stdlib.tsv and modules.tsv into C tables: tables.py STDLIB MODULES > tables.h. Run by meson."""
import sys


def rows(path):
    with open(path, encoding="utf-8") as lines:
        for line in list(lines)[1:]:
            yield line.rstrip("\n").split("\t")


def text(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    print("/* Made by staticscan/data/tables.py; sorted by bytes. */")
    print("static const struct stdlib_row stdlib_rows[] = {")
    for name, first, last, builtin in sorted(rows(sys.argv[1]), key=lambda row: row[0].encode()):
        print(f"\t{{STR_INIT({text(name)}), {first}, {last}, {'true' if builtin else 'false'}}},")
    print("};\nstatic const struct module_row module_rows[] = {")
    for module, distributions, _source in sorted(rows(sys.argv[2]), key=lambda row: row[0].encode()):
        print(f"\t{{STR_INIT({text(module)}), STR_INIT({text(distributions)})}},")
    print("};")


if __name__ == "__main__":
    main()
