"""Judges sprout as a frozen backbone: logistic regression on its pooled features, beside the same
network with random weights, and plain colour histograms. Drawn bees and ants are drawn afresh
(200 to train on, 100 to test); photos come from class folders FOLDER/{train,val}/CLASS."""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

import sprout

RESIZE = 128
DECAYS = (0.5, 0.2, 0.05, 0.01)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


def drawn(program, count, seed):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "insects", folder, str(count), str(sprout.INPUT_SIZE), str(seed)],
                       check=True)
        return (np.load(Path(folder) / "pictures.npy"),
                torch.from_numpy(np.load(Path(folder) / "labels.npy")[:, 0]).long())


def photo(path, resize):
    """resize(shorter side) | center_crop(INPUT_SIZE)"""
    image = Image.open(path).convert("RGB")
    scale = resize / min(image.size)
    width, height = (max(sprout.INPUT_SIZE, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.BILINEAR)
    left, top = (width - sprout.INPUT_SIZE) // 2, (height - sprout.INPUT_SIZE) // 2
    return np.asarray(image.crop((left, top, left + sprout.INPUT_SIZE, top + sprout.INPUT_SIZE)))


def photos(folder, resize):
    pictures, labels = [], []
    for label, kind in enumerate(sorted(p for p in folder.iterdir() if p.is_dir())):
        for path in sorted(kind.iterdir()):
            if path.suffix.lower() in SUFFIXES:
                pictures.append(photo(path, resize))
                labels.append(label)
    return np.stack(pictures), torch.tensor(labels)


@torch.no_grad()
def features(network, pictures):
    network.eval()
    return torch.cat([network.features(sprout.normalise(pictures[i:i + 64]))
                      for i in range(0, len(pictures), 64)])


def random_network(seed, pictures):
    """Random weights, with the batch norms' statistics taken from the training pictures."""
    torch.manual_seed(seed)
    network = sprout.Sprout(2).train()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None
        for i in range(0, len(pictures), 64):
            network.features(sprout.normalise(pictures[i:i + 64]))
    return network


def histograms(pictures):
    """Each picture's share of 4 x 4 x 4 colours."""
    bins = (pictures // 64).astype(np.int64)
    index = bins[..., 0] * 16 + bins[..., 1] * 4 + bins[..., 2]
    return torch.stack([torch.bincount(torch.from_numpy(i.ravel()), minlength=64)
                        for i in index]).float()


def fit_head(train, labels, decay):
    """Logistic regression by L-BFGS."""
    head = torch.nn.Linear(train.shape[1], int(labels.max()) + 1)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(head(train), labels) + decay * head.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return head


@torch.no_grad()
def right(head, x, labels):
    return 100 * float((head(x).argmax(1) == labels).float().mean())


def head_accuracy(train, train_labels, test, test_labels):
    """Percent right on the test pictures, with the weight decay that does best in five-fold
    cross-validation on the training pictures."""
    mean, std = train.mean(0), train.std(0) + 1e-6
    train, test = (train - mean) / std, (test - mean) / std
    fold = torch.from_numpy(np.random.default_rng(0).permutation(len(train)) % 5)

    def validated(decay):
        return sum(right(fit_head(train[fold != k], train_labels[fold != k], decay),
                         train[fold == k], train_labels[fold == k]) for k in range(5))

    decay = max(DECAYS, key=validated)
    return right(fit_head(train, train_labels, decay), test, test_labels)


def report(name, network, sets):
    train, train_labels, test, test_labels = sets
    line = {"sprout": [head_accuracy(features(network, train), train_labels,
                                     features(network, test), test_labels)]}
    line["random weights"] = []
    for seed in range(3):
        other = random_network(seed, train)
        line["random weights"].append(head_accuracy(
            features(other, train), train_labels, features(other, test), test_labels))
    line["colours"] = [head_accuracy(histograms(train), train_labels,
                                       histograms(test), test_labels)]
    text = "  ".join(f"{who} {' '.join(f'{v:.1f}' for v in values)}" for who, values in line.items())
    print(f"{name} ({len(train)}/{len(test)}): {text}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights")
    parser.add_argument("--pictures-program")
    parser.add_argument("--photos", nargs="*", type=Path, default=[])
    parser.add_argument("--resize", type=int, default=RESIZE)
    parser.add_argument("--draws", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    network, metadata = sprout.load(args.weights)
    print(f"{args.weights}: {sum(p.numel() for p in network.parameters())} parameters, "
          f"{Path(args.weights).stat().st_size} bytes, seed {metadata['seed']}")
    for draw in range(args.draws if args.pictures_program else 0):
        sets = (*drawn(args.pictures_program, 200, 70000 + 2 * draw),
                *drawn(args.pictures_program, 100, 70001 + 2 * draw))
        report(f"drawn bees and ants, draw {draw}", network, sets)
    for folder in args.photos:
        sets = (*photos(folder / "train", args.resize), *photos(folder / "val", args.resize))
        report(folder.name, network, sets)


if __name__ == "__main__":
    main()
