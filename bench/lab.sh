#!/usr/bin/env bash
# The lab's loop, Engraft beside PyTorch in one run: VGG16, one epoch in batches of 4, validation
# every EVERY iterations, the same random weights for all, one after the other. Prints whole-program
# times and what accuracies they reached.
#
#   bench/lab.sh DATA|drawn [TRAIN_PER_CLASS VAL_PER_CLASS EVERY] [-- OPTIONS OF ENGRAFT TRAIN]
#
# DATA has train/ and val/ class folders; `drawn` draws as many pictures as it takes. By default
# 200, 100 and 25. In the environment:
#
#   CONTENDERS  some of `engraft pytorch tuned` (all): tuned is PyTorch with channels last, and bf16
#               autocast where the processor has bf16
#   ENGRAFT     the program (build/release/bin/engraft)
#   PYTHON      one with torch and torchvision (build/peers/bin/python, from bench/peers/setup.sh)
#   WEIGHTS     a .pth to use instead of random numbers
set -euo pipefail
source=$1
train=${2:-200}
val=${3:-100}
every=${4:-25}
shift $(($# < 4 ? $# : 4))
[ "${1:-}" != -- ] || shift
here=$(cd "$(dirname "$0")" && pwd)
engraft=$(realpath "${ENGRAFT:-$here/../build/release/bin/engraft}")
python=${PYTHON:-$here/../build/peers/bin/python}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
link() {  # FOLDER SIDE FROM COUNT: pictures of each class
  for class in "$1"/*/; do
    target=$work/data/$2/$(basename "$class")
    mkdir -p "$target"
    find "$class" -type f -name '*.jpg' | sort | awk -v a="$3" -v n="$4" 'NR >= a && NR < a + n' |
      xargs -I{} ln -s {} "$target"/
  done
}
if [ "$source" = drawn ]; then
  "$(dirname "$engraft")/draw_pictures" "$work/drawn" $((2 * (train + val)))
  link "$work/drawn" train 1 "$train"
  link "$work/drawn" val $((train + 1)) "$val"
else
  link "$(realpath "$source")/train" train 1 "$train"
  link "$(realpath "$source")/val" val 1 "$val"
fi
weights=${WEIGHTS:-$work/vgg16.pth}
if [ -z "${WEIGHTS:-}" ]; then
  "$python" -c "import sys, torch, torchvision; torch.manual_seed(0)
torch.save(torchvision.models.vgg16().state_dict(), sys.argv[1])" "$weights"
fi

lab=(--model vgg16 --weights "$weights" --batch 4 --epochs 1 --lr 0.0005 --eval-every "$every")
# Nothing from earlier runs helps.
export ENGRAFT_CACHE=$work/cache
mapfile -t settings < <(PYTHONPATH=$here "$python" -m measure.peer)
torch() { env "${settings[@]}" "$python" "$here/lab_torch.py" "$work/data" "${lab[@]}" "$@"; }
run_engraft() {
  "$engraft" train "$work/data" "${lab[@]}" --train head --optimizer adam \
    --train-transforms "resize(224x224) random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05) random_rotation(15) hflip" \
    --val-transforms "resize(224x224)" --out "$work/run" --json "$@"
}
run_pytorch() { torch; }
run_tuned() { torch --tuned; }

show='import json, sys; print(json.load(open(sys.argv[1]))["best_accuracy"])'
for contender in ${CONTENDERS:-engraft pytorch tuned}; do
  echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"
  begun=$(date +%s.%N)
  "run_$contender" "$@" 2>"$work/log" >"$work/result.json" || { cat "$work/log" >&2; exit 1; }
  seconds=$(awk -v a="$begun" -v b="$(date +%s.%N)" 'BEGIN {print b - a}')
  echo "$contender: $seconds s, best accuracy $("$python" -c "$show" "$work/result.json") %"
done
