#!/usr/bin/env bash
# Builds the fuzz targets and runs each for SECONDS on files as the project writes them; what it
# learns stays in build/fuzz/corpus for the next time. An input that breaks something is kept in
# build/fuzz/crashes; `build/fuzz/bin/fuzz_NAME FILE` runs it again. Installs clang where it is missing.
#   scripts/fuzz.sh [SECONDS] [TARGET ...]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-20}
[ $# -eq 0 ] || shift
build=build/fuzz

scripts/setup.sh
scripts/setup.sh clang-14 libclang-rt-14-dev libomp-14-dev  # libFuzzer, sanitizers, OpenMP
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz

# Seeds: what the project can write, and the pictures, weights and networks of its tests.
seeds=$build/seeds
rm -rf "$seeds"
"$build/bin/fuzz_corpus" "$seeds"
for format in jpeg:jpg jpeg:mpo png webp gif tiff:tif bmp pnm:pbm pnm:pgm pnm:ppm; do
  mkdir -p "$seeds/${format%:*}"
  cp src/image/testdata/decode/*."${format#*:}" "$seeds/${format%:*}"
done
mkdir -p "$seeds/pth_tar"
cp src/weights/pth/testdata/tar.pth "$seeds/pth_tar"
cp src/weights/pth/testdata/*stream.pth "$seeds/pth_stream"
cp src/weights/pth/testdata/*zip.pth "$seeds/pth_zip"
cp src/onnx/testdata/*.onnx "$seeds/onnx"
cp recipes/*.toml "$seeds/recipe"

mkdir -p "$build/crashes" "$build/logs"
export ASAN_OPTIONS=allocator_may_return_null=0:detect_leaks=1
passed=0
failed=0
for target in ${@:-$(cat "$build/fuzz_targets.txt")}; do
  mkdir -p "$build/corpus/$target"
  log=$build/logs/$target.txt
  # 100 kB are enough to be hostile; 10 seconds and 2 GB for them are a fault.
  if "$build/bin/fuzz_$target" -max_total_time="$seconds" -max_len=100000 -timeout=10 \
      -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$build/crashes/$target-" \
      "$build/corpus/$target" "$seeds/$target" >"$log" 2>&1; then
    result=passed
    passed=$((passed + 1))
  else
    result="FAILED, see $log and $build/crashes"
    failed=$((failed + 1))
  fi
  inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%-14s %10s inputs  %s\n' "$target" "${inputs:-?}" "$result"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
