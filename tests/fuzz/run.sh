#!/usr/bin/env bash
# Fuzz every harness for some seconds: tests/fuzz/run.sh [SECONDS [NAME...]]
# New inputs go to build-fuzz/corpus/NAME, finds to build-fuzz/finds/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-60}
shift || true
[ -f build-fuzz/build.ninja ] || CC=clang CXX=clang++ meson setup build-fuzz -Dfuzz=enabled \
	-Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link \
	-Dcpp_args=-fsanitize=fuzzer-no-link
ninja -C build-fuzz fuzzers
mkdir -p build-fuzz/finds
status=0
for program in build-fuzz/tests/fuzz/fuzz_*; do
	if ! [ -f "$program" ] || ! [ -x "$program" ]; then
		continue
	fi
	name=${program##*/fuzz_}
	if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then
		continue
	fi
	mkdir -p "build-fuzz/corpus/$name"
	printf -- '-- %s for %s s ... ' "$name" "$seconds"
	if "$program" -max_total_time="$seconds" -print_final_stats=1 \
		-artifact_prefix="build-fuzz/finds/$name-" \
		"build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"build-fuzz/finds/$name.log" 2>&1; then
		sed -nE 's/^stat::number_of_executed_units: */ok, inputs: /p' "build-fuzz/finds/$name.log"
	else
		status=1
		echo "FOUND something, see build-fuzz/finds/$name.log"
		grep -E "ERROR|SUMMARY|Test unit written" "build-fuzz/finds/$name.log" || true
	fi
done
exit "$status"
