#!/usr/bin/env bash
# Makes the environment of the peers that bench/suite.py measures: what people use today, from PyPI,
# in the versions that requirements.txt pins. Does nothing where that list is installed already.
#
#   bench/peers/setup.sh [DIR]        DIR: build/peers by default
#
# PYTHON names another interpreter than python3; 3.11 at least. Takes 5.5 GB, most of it the
# libraries without which PyTorch's wheel does not import (requirements.txt says more).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
directory=${1:-$(realpath "$here/../..")/build/peers}
python=${PYTHON:-python3}

# Written last, so that an interrupted installation is done again.
installed=$directory/requirements.txt
if cmp -s "$here/requirements.txt" "$installed"; then
  echo "$directory: up to date"
  exit
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
"$python" -m venv "$directory"
# The list is complete: pip has nothing to resolve, and brings nothing that is not in it.
"$directory/bin/python" -m pip install --disable-pip-version-check --no-deps -r "$here/requirements.txt"
"$directory/bin/python" -c 'import cv2, fastai.vision.all, onnxruntime, openvino, sklearn, torch'
cp "$here/requirements.txt" "$installed"
