#!/bin/sh
# Three files to copy, one of them larger than a block; then what the arguments say.
rm -rf build/traced
mkdir -p build/traced/from
echo one >build/traced/from/one
echo two >build/traced/from/two
head -c 70000 /dev/zero >build/traced/from/zeros
"$@"
status=$?
rm -rf build/traced
exit $status
