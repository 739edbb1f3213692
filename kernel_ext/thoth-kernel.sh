#!/bin/sh
# Start the companion, and with it the Python, of the prefix that this kernelspec was installed in.
trap '' INT # an interrupt is for cells; the companion keeps it from the start of the kernel
root=${0%/*}/../../../..; python=$root/bin/python3; [ -x "$python" ] || python=python3
for program in "$root"/bin/thoth-kernel "$root"/lib*/python3*/*-packages/jupyterlab_thoth/bin/thoth-kernel; do
	[ -x "$program" ] && exec "$program" --python "$python" "$@"
done
echo "thoth: no thoth-kernel in ${root}: install jupyterlab-thoth again" >&2; exit 6
