#!/usr/bin/env python3
"""Head training on real photos, Engraft beside PyTorch with the same settings: mean accuracy over
seeds.

    bench/accuracy.py DATA --model mobilenet_v2 --weights FILE [--epochs 10] [--seeds 3]

DATA has train/ and val/ class folders. Both take steps with Adam, with the same epochs, batches and
learning rate. PyTorch is that of the peers' environment (bench/peers/setup.sh; --peers). Prints a
line for each run and the means; the accuracies are those of the last epoch, on val/.
"""
import argparse
import json
import statistics
import sys
import tempfile

from measure.engraft import Build
from measure.peer import Peers
from measure.process import Failure


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--epochs", default="10")
    parser.add_argument("--batch", default="32")
    parser.add_argument("--lr", default="0.0005")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--peers", default="build/peers/bin/python")
    return parser.parse_args()


def measure_seed(seed, options, peers):
    """{name: (accuracy in percent, seconds)} of both programs."""
    same = [options.data, "--model", options.model, "--weights", options.weights, "--epochs",
            options.epochs, "--batch", options.batch, "--lr", options.lr, "--seed", seed]
    with tempfile.TemporaryDirectory() as work:
        own = Build(options.build, work).timed("train", *same, "--optimizer", "adam", "--json",
                                               "--out", f"{work}/run")
    answer, peer = peers.ask_timed("lab_torch.py", *same, "--transforms", "usual")
    return {"engraft": (json.loads(own.output)["final_accuracy"], own.seconds),
            "pytorch": (answer["final_accuracy"], peer.seconds)}


def main():
    options = arguments()
    peers = Peers(options.peers)
    found = {}
    for seed in range(options.seeds):
        for name, (accuracy, seconds) in measure_seed(seed, options, peers).items():
            found.setdefault(name, []).append(accuracy)
            print(f"{name} seed {seed}: {accuracy:.2f} %, {seconds:.1f} s", flush=True)
    for name, accuracies in found.items():
        print(f"{name}: mean {statistics.mean(accuracies):.2f} %")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
