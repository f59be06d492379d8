#!/usr/bin/env bash
# From a fresh Debian machine to passed tests: installs, builds, tests. The preset is release unless
# another is named: scripts/test.sh asan
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

scripts/setup.sh
cmake --preset "$preset" -DENGRAFT_TESTS=ON >/dev/null
cmake --build --preset "$preset"
ctest --preset "$preset"
