#!/usr/bin/env bash
# A build for the digits network alone: it runs that network, refuses another for want of its kernels, and says how large
# it is.
#
#   selective_build.sh CHECKOUT BUILD WORK
set -euo pipefail
checkout=$1 build=$2 work=$3
mkdir -p "$work"
cd "$checkout"
"$build/bin/aot_compiler" --model examples/digits/digits.onnx --output "$work/digits.pte" >/dev/null
"$build/bin/aot_compiler" --model_name softmax --output "$work/softmax.pte" >/dev/null
INGOT_PTE=$build/bin/pte tools/size --for "$work/digits.pte"
program=build/size_kernels/size_program_with_kernels
"$program" "$work/digits.pte"
code=0
"$program" "$work/softmax.pte" || code=$?
missing_operator=6  # runtime/core/error.h
[ "$code" = $missing_operator ] || { echo "softmax.pte: expected exit code $missing_operator, found $code" >&2; exit 1; }
