#!/usr/bin/env bash
# The lab's loop, Engraft beside PyTorch in one run: VGG16, one epoch in batches of 4, validation every
# EVERY iterations, the same random weights on both sides. Prints both whole-program times, what
# accuracies they reached, and the ratio.
#
#   bench/lab.sh DATA|drawn [TRAIN_PER_CLASS VAL_PER_CLASS EVERY] [-- OPTIONS OF ENGRAFT TRAIN]
#
# DATA has train/ and val/ class folders; `drawn` draws as many pictures as it takes. Needs python3 with
# torch and torchvision (Debian: python3-torch python3-torchvision). WEIGHTS names a .pth to use instead
# of random numbers. With PEER_SECONDS, what PyTorch took in an earlier run stands for it.
set -euo pipefail
source=$1
train=${2:-200}
val=${3:-100}
every=${4:-25}
shift $(($# < 4 ? $# : 4))
[ "${1:-}" != -- ] || shift
here=$(cd "$(dirname "$0")" && pwd)
engraft=$(realpath "${ENGRAFT:-$here/../build/release/bin/engraft}")
python=${PYTHON:-/usr/bin/python3}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
link() {  # FOLDER SIDE FROM COUNT: pictures of each class
  for class in "$1"/*/; do
    target=$work/data/$2/$(basename "$class")
    mkdir -p "$target"
    find "$class" -type f -name '*.jpg' | sort | awk -v a="$3" -v n="$4" 'NR >= a && NR < a + n' | xargs -I{} ln -s {} "$target"/
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

echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"
lab=(--model vgg16 --weights "$weights" --batch 4 --epochs 1 --lr 0.0005 --eval-every "$every")
# Nothing from earlier runs helps.
export ENGRAFT_CACHE=$work/cache
begun=$(date +%s.%N)
"$engraft" train "$work/data" "${lab[@]}" --train head --optimizer adam \
  --train-transforms "resize(224x224) random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05) random_rotation(15) hflip" \
  --val-transforms "resize(224x224)" --out "$work/run" --json "$@" 2>"$work/engraft.log" >"$work/engraft.json" || { cat "$work/engraft.log" >&2; exit 1; }
ended=$(date +%s.%N)
own=$(echo "$ended - $begun" | awk '{print $1 - $3}')
show='import json, sys; print(json.load(open(sys.argv[1]))["best_accuracy"])'
echo "engraft: $own s, best accuracy $("$python" -c "$show" "$work/engraft.json") %"
if [ -n "${PEER_SECONDS:-}" ]; then
  awk -v a="$own" -v b="$PEER_SECONDS" 'BEGIN {printf "ratio: %.1f (PyTorch in an earlier run: %s s)\n", b / a, b}'
  exit
fi
# As many threads as processors: on virtual machines PyTorch may see a single core.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)} "$python" "$here/lab_torch.py" "$work/data" "${lab[@]}" >"$work/torch.json"
peer=$(awk -v a="$ended" -v b="$(date +%s.%N)" 'BEGIN {print b - a}')
echo "pytorch: $peer s, best accuracy $("$python" -c "$show" "$work/torch.json") %"
awk -v a="$own" -v b="$peer" 'BEGIN {printf "ratio: %.1f\n", b / a}'
