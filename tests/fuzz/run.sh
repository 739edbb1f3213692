#!/usr/bin/env bash
# Fuzz every harness for some seconds: tests/fuzz/run.sh [SECONDS [NAME...]]
# New inputs go to build-fuzz/corpus/NAME, finds to build-fuzz/finds/; FUZZ_BUILD names another build folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-60}
shift || true
build=${FUZZ_BUILD:-build-fuzz}
[ -f "$build/build.ninja" ] || CC=clang CXX=clang++ meson setup "$build" -Dfuzz=enabled \
	-Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link \
	-Dcpp_args=-fsanitize=fuzzer-no-link
ninja -C "$build" fuzzers
mkdir -p "$build/finds"
status=0
for program in "$build"/tests/fuzz/fuzz_*; do
	if ! [ -f "$program" ] || ! [ -x "$program" ]; then
		continue
	fi
	name=${program##*/fuzz_}
	if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then
		continue
	fi
	mkdir -p "$build/corpus/$name"
	printf -- '-- %s for %s s ... ' "$name" "$seconds"
	if "$program" -max_total_time="$seconds" -print_final_stats=1 \
		-artifact_prefix="$build/finds/$name-" \
		"$build/corpus/$name" "tests/fuzz/corpus/$name" >"$build/finds/$name.log" 2>&1; then
		sed -nE 's/^stat::number_of_executed_units: */ok, inputs: /p' "$build/finds/$name.log"
	else
		status=1
		echo "FOUND something, see $build/finds/$name.log"
		grep -E "ERROR|SUMMARY|Test unit written" "$build/finds/$name.log" || true
	fi
done
exit "$status"
