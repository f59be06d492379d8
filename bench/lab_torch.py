#!/usr/bin/env python3
"""Part A of the lab in PyTorch, as the lab writes it: the peer of `engraft train` in bench/lab.sh.

    build/peers/bin/python bench/lab_torch.py DATA --model vgg16 [--weights FILE] --epochs 1 \\
        --batch 4 --eval-every 25 [--tuned]

DATA has train/ and val/ class folders. --tuned computes as a careful user would: channels last, and
with bf16 autocast where the processor has bf16. Prints one JSON document.
"""
import argparse
import json
import time

import torch
from torch import nn
from torchvision import datasets, transforms

from measure.machine import has_bfloat16
from peers.networks import build, last_layer, set_layer, versions

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
    name, last = last_layer(model)
    fresh = (nn.Linear(last.in_features, classes) if isinstance(last, nn.Linear)
             else nn.Conv2d(last.in_channels, classes, 1))
    set_layer(model, name, fresh)
    return list(fresh.parameters())


def loaders(options):
    """Batches of the training and validation pictures, and how many classes there are."""
    train_transform, val_transform = train_transforms(options.transforms)
    train = datasets.ImageFolder(options.data + "/train", train_transform)
    val = datasets.ImageFolder(options.data + "/val", val_transform)
    settings = {"batch_size": options.batch, "num_workers": 2}
    return (torch.utils.data.DataLoader(train, shuffle=True, **settings),
            torch.utils.data.DataLoader(val, **settings), len(train.classes))


class Classifier:
    """A network with a fresh head, computed as the lab does or tuned."""

    def __init__(self, options, classes):
        self.model = build(options.model, options.weights)
        self.head = replace_head(self.model, classes)
        self.layout = torch.channels_last if options.tuned else torch.contiguous_format
        self.model.to(memory_format=self.layout)
        self.half = options.tuned and has_bfloat16()

    def logits(self, pictures):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.half):
            return self.model(pictures.to(memory_format=self.layout)).float()

    def training_mode(self):
        """Dropout is active; frozen batch norms keep their statistics, as in Engraft."""
        self.model.train()
        for module in self.model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    @torch.no_grad()
    def accuracy(self, loader):
        """As the lab evaluates: every picture of the test set, through the whole network."""
        self.model.eval()
        correct = total = 0
        for pictures, labels in loader:
            correct += (self.logits(pictures).argmax(1) == labels).sum().item()
            total += len(labels)
        return 100 * correct / total


def train_head(classifier, train_loader, val_loader, options):
    """The accuracies of all validations, and how many iterations there were."""
    optimizer = torch.optim.Adam(classifier.head, lr=options.lr)
    criterion = nn.CrossEntropyLoss()
    iteration, history = 0, []
    eval_every = options.eval_every or len(train_loader)
    for _ in range(options.epochs):
        classifier.training_mode()
        for pictures, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(classifier.logits(pictures), labels)
            loss.backward()
            optimizer.step()
            iteration += 1
            if iteration % eval_every == 0:
                history.append(classifier.accuracy(val_loader))
                classifier.training_mode()
    return history, iteration


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--model", default="vgg16")
    parser.add_argument("--weights")
    parser.add_argument("--transforms", choices=[LAB_TRAIN, "usual"], default=LAB_TRAIN)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--eval-every", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tuned", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    begun = time.perf_counter()
    torch.manual_seed(options.seed)
    train_loader, val_loader, classes = loaders(options)
    classifier = Classifier(options, classes)
    history, iterations = train_head(classifier, train_loader, val_loader, options)
    print(json.dumps({"versions": versions(), "iterations": iterations,
                      "best_accuracy": max(history), "final_accuracy": history[-1],
                      "history": history, "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main()
