#!/usr/bin/env bash
# Installs what building and testing Engraft needs, from Debian's packages, or the packages that are
# named. Does nothing where all of it is there already.
set -euo pipefail

packages=(
  g++                          # the compiler (12 or newer)
  cmake                        # describes the build
  ninja-build                  # runs it
  pkg-config                   # finds libraries that bring no CMake files
  libdnnl-dev                  # oneDNN: convolutions and matrix products at the processor's limit
  libfmt-dev                   # text formatting
  nlohmann-json3-dev           # json
  libutf8proc-dev              # Unicode: how wide names are on a terminal, and their one normal form
  libcli11-dev                 # the command line
  libtomlplusplus-dev          # recipes
  libjpeg62-turbo-dev          # JPEG
  libpng-dev                   # PNG
  libwebp-dev                  # WebP
  libtiff-dev                  # TIFF
  libgif-dev                   # GIF
  libzip-dev                   # .pth files since PyTorch 1.6
  zlib1g-dev                   # their checksums
  libarchive-dev               # .pth files before PyTorch 0.1.10
  libcurl4-openssl-dev         # downloads
  libssl-dev                   # SHA-256; the test's https server
  libgtest-dev                 # tests
  libgmock-dev                 # matchers for tests
  libbenchmark-dev             # the small benchmarks
  debootstrap                  # other Debian releases in a folder, to build and test there: scripts/in-debian.sh
)

[ $# -eq 0 ] || packages=("$@")

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "setup.sh: install these as root: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
