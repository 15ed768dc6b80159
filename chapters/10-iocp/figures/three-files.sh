#!/bin/sh
# Three files to copy, one of them larger than a block, and a command that copies them.
# figures/three-files.svg was drawn with it:
#   make trace STEP=10 AROUND="sh chapters/10-iocp/figures/three-files.sh" ARGS="../build/traced/from ../build/traced/to" CALLS=44
rm -rf build/traced
mkdir -p build/traced/from
echo one >build/traced/from/one
echo two >build/traced/from/two
head -c 70000 /dev/zero >build/traced/from/zeros
"$@"
status=$?
rm -rf build/traced
exit $status
