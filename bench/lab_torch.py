#!/usr/bin/env python3
"""Part A of the lab in PyTorch, as the lab writes it: the peer of `engraft train` in bench/lab.sh.

    bench/lab_torch.py DATA --model vgg16 [--weights FILE] --epochs 1 --batch 4 --eval-every 25

DATA has train/ and val/ class folders. Prints one JSON document.
"""
import argparse
import json
import time

import torch
import torchvision
from torch import nn
from torchvision import datasets, transforms

LAB_TRAIN = "lab"


def train_transforms(kind):
    normalize = [
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
    if kind == LAB_TRAIN:
        train = [
            transforms.Resize((224, 224)),
            transforms.RandomResizedCrop(224, scale=(0.96, 1.0), ratio=(0.95, 1.05)),
            transforms.RandomRotation(15),
            transforms.RandomHorizontalFlip(),
        ]
        val = [transforms.Resize((224, 224))]
    else:
        train = [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()]
        val = [transforms.Resize(256), transforms.CenterCrop(224)]
    return transforms.Compose(train + normalize), transforms.Compose(val + normalize)


def replace_head(model, classes):
    """Freezes everything and puts a fresh last layer in; returns its parameters."""
    for parameter in model.parameters():
        parameter.requires_grad = False
    name, last = [
        (n, m) for n, m in model.named_modules() if isinstance(m, (nn.Linear, nn.Conv2d))
    ][-1]
    if isinstance(last, nn.Linear):
        fresh = nn.Linear(last.in_features, classes)
    else:
        fresh = nn.Conv2d(last.in_channels, classes, 1)
    parent = model.get_submodule(name.rpartition(".")[0])
    setattr(parent, name.rpartition(".")[2], fresh)
    return list(fresh.parameters())


def load_weights(model, path):
    state = torch.load(path, map_location="cpu")
    own = model.state_dict()
    model.load_state_dict({**own, **{k: v for k, v in state.items() if k in own}})


@torch.no_grad()
def accuracy(model, loader):
    # Evaluation as the lab does it: every picture of the test set, through the whole network.
    model.eval()
    correct = total = 0
    for pictures, labels in loader:
        correct += (model(pictures).argmax(1) == labels).sum().item()
        total += len(labels)
    return 100 * correct / total


def training_mode(model):
    """Dropout is active; frozen batch norms keep their statistics, as in Engraft."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--model", default="vgg16")
    parser.add_argument("--weights")
    parser.add_argument("--transforms", choices=[LAB_TRAIN, "usual"], default=LAB_TRAIN)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--eval-every", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    begun = time.perf_counter()
    torch.manual_seed(options.seed)
    train_transform, val_transform = train_transforms(options.transforms)
    train = datasets.ImageFolder(options.data + "/train", train_transform)
    val = datasets.ImageFolder(options.data + "/val", val_transform)
    train_loader = torch.utils.data.DataLoader(
        train, batch_size=options.batch, shuffle=True, num_workers=2
    )
    val_loader = torch.utils.data.DataLoader(val, batch_size=options.batch, num_workers=2)
    arguments = {"init_weights": False} if options.model in ("googlenet", "inception_v3") else {}
    model = getattr(torchvision.models, options.model)(**arguments)
    if options.weights:
        load_weights(model, options.weights)
    optimizer = torch.optim.Adam(replace_head(model, len(train.classes)), lr=options.lr)
    criterion = nn.CrossEntropyLoss()

    iteration, history = 0, []
    eval_every = options.eval_every or len(train_loader)
    for _ in range(options.epochs):
        training_mode(model)
        for pictures, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(pictures), labels)
            loss.backward()
            optimizer.step()
            iteration += 1
            if iteration % eval_every == 0:
                history.append(accuracy(model, val_loader))
                training_mode(model)
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "iterations": iteration,
                "best_accuracy": max(history),
                "final_accuracy": history[-1],
                "history": history,
                "seconds": time.perf_counter() - begun,
            }
        )
    )


if __name__ == "__main__":
    main()
