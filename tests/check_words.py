"""Check that the repository names no package registry host and no path of one machine.

    tests/check_words.py [ROOT]

The default index is pip's own (docs/decisions.md, 19) and examples use index.example, so that nothing
here has to be edited behind a company mirror. Exits 1 with file:line for each find.
"""

import pathlib
import re
import subprocess
import sys

# In pieces, so that this file does not find itself.
HOSTS = ["pypi" + r"\.org", "pythonhosted" + r"\.org", r"registry\.npmjs" + r"\.org", r"deb\.debian" + r"\.org",
         r"(security|snapshot|ftp)\.debian" + r"\.org", r"(conda\.)?anaconda" + r"\.org", r"registry\.yarnpkg" + r"\.com"]
PATHS = ["/wo" + r"rk/(wt|main|shared|land|\.)", "/" + r"root/", "/tmp/" + r"bash_jobs", "/home/" + r"(?!u/|user/|jovyan/|me/)\w+/"]
SKIPPED = re.compile(r"(^|/)(build[^/]*|\.git|\.venv|node_modules|__pycache__)(/|$)")


def files(root):
    """Tracked files and new ones that git does not ignore, else everything but what is built."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode == 0:
        return [root / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in root.rglob("*") if not SKIPPED.search(str(path.relative_to(root)))]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    wrong = re.compile("|".join(HOSTS + PATHS).encode(), re.IGNORECASE)
    found, looked = 0, 0
    for path in sorted(files(root)):
        if not path.is_file() or path.is_symlink():
            continue
        looked += 1
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            match = wrong.search(line)
            if match:
                found += 1
                print(f"{path.relative_to(root)}:{number}: {match[0].decode(errors='replace')}")
    print(f"{looked} files, {found} finds")
    sys.exit(1 if found or not looked else 0)


if __name__ == "__main__":
    main()
