"""Pretrains sprout on pictures that sprout_pictures draws afresh for every round.

One linear head for each thing that is known of a picture (which figure, which surface, which
scenery, ...) sits on the pooled features; the file keeps the backbone and the figures' head.
"""

import argparse
import json
import math
import subprocess
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import sprout

RECIPE = "1"

# What each task's loss counts for. The figure is the hardest to tell and the main label; surfaces
# and limbs are what tells living things apart.
WEIGHTS = {
    "crowded": {"figure": 3},
    "clear": {"figure": 3, "surface": 2, "limbs": 2, "fine": 0.5, "focus": 0.5},
}


def start_drawing(args, epoch):
    """Draws a round's pictures in the background; take_drawn waits for them."""
    folder = Path(args.folder) / f"round{epoch % 2}"
    seed = 1000 * args.seed + args.first_round + epoch
    return folder, subprocess.Popen([args.pictures_program, args.kind, folder, str(args.pictures),
                                     str(args.drawn_size), str(seed)])


def take_drawn(drawing):
    folder, process = drawing
    if process.wait() != 0:
        raise SystemExit("the pictures could not be drawn")
    tasks = json.loads((folder / "tasks.json").read_text())
    labels = torch.from_numpy(np.load(folder / "labels.npy")).long()
    return np.load(folder / "pictures.npy"), labels, tasks


def crop(pictures, size, generator):
    """A random square of the pictures, flipped or not: the same for the whole batch."""
    slack = pictures.shape[1] - size
    top, left = generator.integers(0, slack + 1, 2)
    pictures = pictures[:, top:top + size, left:left + size]
    if generator.random() < 0.5:
        pictures = pictures[:, :, ::-1]
    return pictures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures-program", required=True)
    parser.add_argument("--folder", required=True, help="for a round's pictures")
    parser.add_argument("--out", required=True)
    parser.add_argument("--kind", choices=("crowded", "clear"), default="clear")
    parser.add_argument("--stop-after", type=int, help="of the rounds the schedule is made for")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=8192, help="in a round")
    parser.add_argument("--drawn-size", type=int, default=72)
    parser.add_argument("--size", type=int, default=64, help="of the squares cut from them")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true",
                        help="begin with the weights that the last run left in FOLDER")
    parser.add_argument("--first-round", type=int, default=0,
                        help="how many rounds earlier runs have drawn: later ones draw others")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    generator = np.random.default_rng(args.seed)
    start = time.time()
    drawing = start_drawing(args, 0)
    pictures, labels, tasks = take_drawn(drawing)
    network = sprout.Sprout(len(tasks[0]["classes"])).to(memory_format=torch.channels_last)
    heads = nn.ModuleList(nn.Linear(sprout.WIDTHS[-1], len(task["classes"])) for task in tasks[1:])
    heads.insert(0, network.fc)
    state_file = Path(args.folder) / "state.pt"
    if args.resume:
        state = torch.load(state_file)
        network.load_state_dict(state["network"])
        heads.load_state_dict(state["heads"])
    parameters = {id(p): p for p in (*network.parameters(), *heads.parameters())}.values()
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in parameters if p.dim() > 1], "weight_decay": args.weight_decay},
         {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0}],
        lr=args.learning_rate)
    steps = args.rounds * (args.pictures // args.batch)
    step = 0
    weights = WEIGHTS[args.kind]
    stop = args.stop_after or args.rounds
    for epoch in range(stop):
        if epoch > 0:
            pictures, labels, tasks = take_drawn(drawing)
        if epoch + 1 < stop:
            drawing = start_drawing(args, epoch + 1)
        network.train()
        correct, total, loss_sum = torch.zeros(len(tasks)), 0, 0.0
        for i in range(0, args.pictures - args.batch + 1, args.batch):
            warm = min(1, (step + 1) / (0.05 * steps))
            rate = args.learning_rate * warm * (0.5 + 0.5 * math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = rate
            x = sprout.normalise(crop(pictures[i:i + args.batch], args.size, generator))
            target = labels[i:i + args.batch]
            features = network.features(x)
            loss = 0
            for task, head in enumerate(heads):
                logits = head(features)
                loss = loss + weights.get(tasks[task]["task"], 1) * F.cross_entropy(
                    logits, target[:, task], label_smoothing=0.05)
                correct[task] += (logits.argmax(1) == target[:, task]).sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += len(target)
            loss_sum += float(loss.detach()) * len(target)
            step += 1
        scores = " ".join(f"{task['task']} {100 * c / total:.0f}%" for task, c in zip(tasks, correct))
        print(f"round {epoch + 1}/{args.rounds} {time.time() - start:.0f} s "
              f"loss {loss_sum / total:.3f} {scores}", flush=True)
        if (epoch + 1) % 5 == 0 or epoch + 1 == stop:
            torch.save({"network": network.state_dict(), "heads": heads.state_dict()}, state_file)
            sprout.save(args.out, network.state_dict(), {
                "architecture": "sprout",
                "classes": json.dumps(tasks[0]["classes"]),
                "recipe": RECIPE,
                "seed": str(args.seed)})


if __name__ == "__main__":
    main()
