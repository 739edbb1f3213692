#!/bin/sh
# Fetch the sources that meson builds but git does not hold into subprojects/packagefiles/: the core and
# the Python grammar of tree-sitter. pip is the one client that is always there (a JavaScript one is not),
# and it asks whatever index the user's settings name. The wrap files check each archive's SHA-256.
#
#   tests/sources.sh [PYTHON]    a Python with pip; else .venv's, else python3
#
# Does nothing when all are there, so afterwards no network is needed.
set -eu
cd "$(dirname "$0")/.."
into=subprojects/packagefiles

fetch() {
	# The archives' metadata is built in isolation, with wheels of the build tools.
	"$python" -m pip download -q --disable-pip-version-check --no-deps \
		--no-binary tree_sitter,tree_sitter_python -d "$into" "$@"
}

python=${1:-}
for candidate in .venv/bin/python python3; do
	if [ -z "$python" ] && "$candidate" -c 'import pip' 2>/dev/null; then
		python=$candidate
	fi
done
# The grammar twice: the archive of 0.25.0 has no scanner.c, that of 0.23.6 fits.
for wanted in tree_sitter==0.26.1 tree_sitter_python==0.25.0 tree_sitter_python==0.23.6; do
	file=$into/${wanted%%==*}-${wanted##*==}.tar.gz
	if [ ! -f "$file" ]; then
		if [ -z "$python" ]; then
			echo "error: no Python with pip to fetch $file: install python3-pip or python3-venv" >&2
			exit 1
		fi
		fetch "$wanted"
	fi
done
