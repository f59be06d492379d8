#!/usr/bin/env bash
# The lab's loop, Engraft beside PyTorch in one run: VGG16 with random weights, one epoch in batches of
# 4, validation every 25 iterations. Prints both whole-program times and their ratio.
#
#   bench/lab.sh DATA [TRAIN_PER_CLASS VAL_PER_CLASS]
#
# DATA has train/ and val/ class folders. Needs python3 with torch and torchvision (Debian:
# python3-torch python3-torchvision).
set -euo pipefail
data=$(realpath "$1")
train=${2:-200}
val=${3:-100}
here=$(cd "$(dirname "$0")" && pwd)
engraft=${ENGRAFT:-$here/../build/release/bin/engraft}
python=${PYTHON:-/usr/bin/python3}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for side in train val; do
  count=$([ $side = train ] && echo "$train" || echo "$val")
  for class in "$data/$side"/*/; do
    target=$work/data/$side/$(basename "$class")
    mkdir -p "$target"
    find "$class" -type f -name '*.jpg' | sort | head -n "$count" | xargs -I{} ln -s {} "$target"/
  done
done

echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"
lab=(--model vgg16 --batch 4 --epochs 1 --lr 0.0005 --eval-every 25)
begun=$(date +%s.%N)
"$engraft" train "$work/data" "${lab[@]}" --weights none --train head --optimizer adam \
  --train-transforms "resize(224x224) random_resized_crop(224,scale=0.96:1,ratio=0.95:1.05) random_rotation(15) hflip" \
  --val-transforms "resize(224x224)" --out "$work/run" --json 2>/dev/null >"$work/engraft.json"
ended=$(date +%s.%N)
own=$(echo "$ended - $begun" | awk '{print $1 - $3}')
echo "engraft: $own s"
# As many threads as processors: on virtual machines PyTorch may see a single core.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)} "$python" "$here/lab_torch.py" "$work/data" "${lab[@]}" >"$work/torch.json"
peer=$(awk -v a="$ended" -v b="$(date +%s.%N)" 'BEGIN {print b - a}')
echo "pytorch: $peer s"
awk -v a="$own" -v b="$peer" 'BEGIN {printf "ratio: %.1f\n", b / a}'
