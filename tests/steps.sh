# Sourced by ./run and ./check: steps with names and times, and Debian packages.
# shellcheck shell=bash

headline() {
	printf '\n== %s\n' "$*"
}

# fail MESSAGE WHAT-TO-DO
fail() {
	printf '\nerror: %s\n' "$1" >&2
	printf '  what to do: %s\n' "$2" >&2
	exit 1
}

# step NAME COMMAND...: one line while it runs, its time when done, its output only when it fails.
# The command runs in a subshell with set -e in force.
step() {
	local name=$1 start=$SECONDS log status=0
	shift
	log=$(mktemp)
	printf -- '-- %s ... ' "$name"
	set +e
	(
		set -euo pipefail
		"$@"
	) >"$log" 2>&1
	status=$?
	set -e
	if [ "$status" -eq 0 ]; then
		printf 'ok (%s s)\n' "$((SECONDS - start))"
		rm -f "$log"
		return 0
	fi
	printf 'failed (%s s)\n' "$((SECONDS - start))"
	tail -n 60 "$log" >&2
	printf '\nerror: "%s" failed; the whole output is in %s\n' "$name" "$log" >&2
	exit "$status"
}

# has_node: is there a node that can build the JupyterLab extension?
has_node() {
	command -v npm >/dev/null && node labextension/check-node.cjs 2>/dev/null
}

# need_packages PACKAGE...: install the Debian packages that are missing, if any.
need_packages() {
	local missing=() package as_root=()
	if ! command -v dpkg-query >/dev/null; then
		echo "no dpkg here: the packages $* are taken for granted"
		return 0
	fi
	for package in "$@"; do
		if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
			missing+=("$package")
		fi
	done
	if [ ${#missing[@]} -eq 0 ]; then
		return 0
	fi
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
			fail "these Debian packages are missing: ${missing[*]}" \
				"as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
		fi
		as_root=(sudo -n)
	fi
	"${as_root[@]}" apt-get update -q
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends "${missing[@]}"
}
