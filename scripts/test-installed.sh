#!/usr/bin/env bash
# What other programs get: installs into a new folder, builds the examples from outside the tree against
# the installed package (find_package, pkg-config, static), and runs them on drawn pictures.
#   scripts/test-installed.sh [BUILD FOLDER]     build/release unless another is named
set -uo pipefail
cd "$(dirname "$0")/.."
source=$PWD
build=${1:-build/release}
jobs=${JOBS:-$(nproc)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
export ENGRAFT_CACHE=$work/cache ENGRAFT_OFFLINE=1
passed=0
failed=0

# check NAME COMMAND...: one claim; what a failing command said is shown.
check() {
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAILED  $name"
    tail -n 30 "$work/out" | sed 's/^/        /'
  fi
}

build_all() {
  [ -f "$build/CMakeCache.txt" ] ||
    cmake --preset release -B "$build" -DENGRAFT_TESTS=OFF -DENGRAFT_BENCH=ON
  cmake --build "$build" -j "$jobs" --target engraft draw_pictures engraft_engraft_shared \
    engraft_engraft_static engraft_predict_shared engraft_predict_static
}

# Each header by itself, as a program that knows nothing else includes it.
headers_stand_alone() {
  local header
  for header in "$prefix"/include/engraft/*.h; do
    echo "#include \"engraft/$(basename "$header")\"" |
      g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -I "$prefix/include" -fsyntax-only -x c++ - ||
      return 1
  done
  echo '#include "engraft/engraft.h"' |
    gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -I "$prefix/include" -fsyntax-only -x c -
}

with_pkg_config() { # PACKAGE COMPILER SOURCE OUTPUT
  local flags
  flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name engraft.pc)") \
    pkg-config --cflags --libs "$1") || return 1
  # shellcheck disable=SC2086
  $2 "$source/examples/$3" -o "$work/$4" $flags
}

static_program() {
  mkdir -p "$work/static"
  cat >"$work/static/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(one LANGUAGES CXX)
find_package(Engraft 0.2 REQUIRED COMPONENTS static)
add_executable(camera $source/examples/camera.cpp)
target_link_libraries(camera PRIVATE Engraft::predict_static)
END
  cmake -S "$work/static" -B "$work/static/build" -DCMAKE_PREFIX_PATH="$prefix" &&
    cmake --build "$work/static/build" &&
    ! ldd "$work/static/build/camera" | grep -q -e engraft -e curl
}

# The same answer from the program and from C, digit for digit.
same_answer() {
  "$prefix/bin/engraft" predict "$work/run" "$picture" >"$work/by-program" 2>&1 &&
    "$work/examples/classify" "$work/run" "$picture" >"$work/by-c" &&
    diff "$work/by-program" "$work/by-c"
}

check "build" build_all
check "install" cmake --install "$build" --prefix "$prefix"
libraries=$(dirname "$(find "$prefix" -name libengraft.so)")
check "the program runs" "$prefix/bin/engraft" --version
check "headers stand alone" headers_stand_alone
check "find_package: configure" cmake -S examples -B "$work/examples" -DCMAKE_PREFIX_PATH="$prefix"
check "find_package: build" cmake --build "$work/examples" -j "$jobs"
check "pictures are drawn" "$build/bin/draw_pictures" "$work/photos" 60
picture=$(find "$work/photos" -name '*.jpg' | sort | head -n 1)
cd "$work" || exit 1 # runs/ is made here
check "Part A of the lab" "$work/examples/cats_dogs" "$work/photos" sprout
check "Part B of the lab" "$work/examples/bees_ants" "$work/photos" "$picture" sprout
check "a run folder is there" test -f "$work/runs/sprout-2/best.safetensors"
mv "$work/runs/sprout-2" "$work/run"
check "pictures from memory" "$work/examples/camera" "$work/run" 5
check "C" "$work/examples/classify" "$work/run" "$picture"
check "C says what the program says" same_answer
check "pkg-config: C++" with_pkg_config engraft-predict "g++ -std=c++20" camera.cpp camera
check "pkg-config: C++ runs" env LD_LIBRARY_PATH="$libraries" "$work/camera" "$work/run" 2
check "pkg-config: C" with_pkg_config engraft "gcc -std=c11" classify.c classify
check "pkg-config: C runs" env LD_LIBRARY_PATH="$libraries" "$work/classify" "$work/run" "$picture"
check "static: build" static_program
check "static: runs" "$work/static/build/camera" "$work/run" 2

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
