#!/usr/bin/env python3
"""Head training on real photos, Engraft beside PyTorch with the same settings: mean accuracy over
seeds.

    bench/accuracy.py DATA --model mobilenet_v2 --weights FILE [--epochs 10] [--seeds 3]

DATA has train/ and val/ class folders. The defaults are those of `engraft train`. Needs python3 with
torch and torchvision (Debian: python3-torch python3-torchvision). Prints a line for each run and the
means; the accuracies are those of the last epoch, on val/.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def run(command):
    begun = time.perf_counter()
    # As many threads as processors: on virtual machines PyTorch may see a single core.
    environment = {"OMP_NUM_THREADS": str(os.cpu_count()), **os.environ}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)["final_accuracy"], time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data")
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--epochs", default="10")
    parser.add_argument("--batch", default="32")
    parser.add_argument("--lr", default="0.0005")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--engraft", default=os.environ.get("ENGRAFT", HERE.parent / "build/release/bin/engraft")
    )
    options = parser.parse_args()

    same = [options.data, "--model", options.model, "--weights", options.weights]
    same += ["--epochs", options.epochs, "--batch", options.batch, "--lr", options.lr]
    found = {"engraft": [], "pytorch": []}
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            commands = {
                "engraft": [str(options.engraft), "train", "--json", "--out", f"{folder}/run"],
                "pytorch": [sys.executable, str(HERE / "lab_torch.py"), "--transforms", "usual"],
            }
            for name, command in commands.items():
                accuracy, seconds = run(command + same + ["--seed", str(seed)])
                found[name].append(accuracy)
                print(f"{name} seed {seed}: {accuracy:.2f} %, {seconds:.1f} s", flush=True)
    for name, accuracies in found.items():
        print(f"{name}: mean {statistics.mean(accuracies):.2f} %")


if __name__ == "__main__":
    main()
