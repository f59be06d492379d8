#!/usr/bin/env bash
# From a fresh Debian machine to a trained classifier: installs, builds, runs `engraft demo`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
cmake --preset release -DENGRAFT_TESTS=OFF >/dev/null
cmake --build --preset release --target engraft
exec build/release/bin/engraft demo "$@"
