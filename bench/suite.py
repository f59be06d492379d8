#!/usr/bin/env python3
"""Measures Engraft beside PyTorch in one run and prints tables; --json FILE keeps the figures.

    bench/suite.py [--build build/release] [--sections prefix,company,pictures,lab,train,latency] [--quick]

prefix    pictures a second through the frozen part of networks, beside the processor's limit (a
          direct convolution in the same type and run), PyTorch as the lab runs it, and PyTorch tuned
          (channels last, bf16 autocast where the processor has it, the better of batches of 4 and 8)
pictures  decoding and transforms, pictures a second on one core, beside torchvision on PIL
company   the prefix beside one other busy process
train     whole `engraft train` runs on drawn photos, the first time and with a warm cache
latency   start-up, one prediction, peak memory

Built with -DENGRAFT_BENCH=ON. PyTorch and torchvision: those of the python3 that runs this (Debian:
python3-torch python3-torchvision); without them their columns stay empty.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

try:
    import torch
    import torchvision
    from PIL import Image
    from torchvision import transforms
except ImportError:
    torch = None
try:
    import cv2
    import numpy
except ImportError:
    cv2 = None

NETWORKS = """vgg16 resnet18 resnet50 squeezenet1_1 mobilenet_v2 efficientnet_b0 shufflenet_v2_x1_0
convnext_tiny vit_b_16 swin_t""".split()
THREADS = os.cpu_count()


TIMER = """
import resource, subprocess, sys, time
begun = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def run(command, environment=None):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={**os.environ, **(environment or {})}).stdout


def timed(command, environment=None):
    """Seconds, and peak memory in MB, of a whole process."""
    # From a small process: a child's peak begins with what its parent had.
    result = subprocess.run([sys.executable, "-S", "-c", TIMER, *command], check=True,
                            capture_output=True, text=True,
                            env={**os.environ, **(environment or {})})
    seconds, kilobytes = result.stdout.split()
    return float(seconds), int(kilobytes) / 1024


def table(title, columns, rows):
    print(f"\n{title}\n")
    print("| " + " | ".join(columns) + " |")
    print("| " + " | ".join("---" for _ in columns) + " |")
    for row in rows:
        print("| " + " | ".join("" if one is None else str(one) for one in row) + " |")
    sys.stdout.flush()


def rounded(value, digits=1):
    return None if value is None else round(value, digits)


def ratio(own, peer):
    return None if not peer else f"{own / peer:.2f}"


def torch_rate(name, seconds, batch, channels_last=False, half=False):
    model = getattr(torchvision.models, name)().eval()
    pictures = torch.rand(batch, 3, 224, 224)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        pictures = pictures.to(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        model(pictures)
        count, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            model(pictures)
            count += batch
    return count / (time.perf_counter() - begun)


def torch_rates(name, seconds, channels_last):
    """As the lab runs it (fp32, contiguous, batches of 4), and the best of what a careful user tries."""
    torch.set_num_threads(THREADS)
    plain = torch_rate(name, seconds, 4)
    if not channels_last:
        return plain, None
    half = bfloat16_is_native()
    try:
        return plain, max(torch_rate(name, seconds, batch, True, half) for batch in (4, 8))
    except RuntimeError:  # PyTorch 1.13 has no layer norm under autocast
        return plain, None


def bfloat16_is_native():
    with open("/proc/cpuinfo") as info:
        return "avx512_bf16" in info.read()


def prefix(options):
    seconds = 1.5 if options.quick else 4
    tuned_too = options.channels_last or bfloat16_is_native()
    results, rows = [], []
    for name in options.networks.split(","):
        lines = run([f"{options.build}/bin/prefix_throughput", name, "--threads", str(THREADS),
                     "--seconds", str(seconds), "--json"]).splitlines()
        plain, tuned = torch_rates(name, seconds, tuned_too) if torch else (None, None)
        for line in lines:
            one = json.loads(line)
            one.update(torch=plain, torch_tuned=tuned)
            results.append(one)
            rate = one["pictures_per_second"]
            rows.append([name, one["type"], rounded(rate), rounded(one["share_of_peak_percent"], 0),
                         rounded(plain), ratio(rate, plain), rounded(tuned), ratio(rate, tuned)])
    columns = ["network", "type", "pictures/s", "% of a direct convolution's peak", "PyTorch", "ratio",
               "PyTorch, tuned", "ratio"]
    kept = len(columns) if tuned_too else 6
    table(f"Prefix, {THREADS} threads, batches as `train` takes them", columns[:kept],
          [row[:kept] for row in rows])
    return results


def pil_rate(path, transform, seconds):
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds or count == 0:
        with open(path, "rb") as file:
            transform(Image.open(file).convert("RGB"))
        count += 1
    return count / (time.perf_counter() - begun)


def opencv_rate(path, kind, seconds):
    """The same steps as OpenCV's users write them (its resize is not antialiased but for INTER_AREA)."""
    cv2.setNumThreads(1)
    mean = numpy.array([0.485, 0.456, 0.406], numpy.float32)
    deviation = numpy.array([0.229, 0.224, 0.225], numpy.float32)
    generator = numpy.random.default_rng(0)
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds or count == 0:
        picture = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        height, width = picture.shape[:2]
        if kind == "val":
            scale = 256 / min(height, width)
            picture = cv2.resize(picture, (round(width * scale), round(height * scale)),
                                 interpolation=cv2.INTER_AREA)
            top, left = (picture.shape[0] - 224) // 2, (picture.shape[1] - 224) // 2
            picture = picture[top:top + 224, left:left + 224]
        else:
            side = int(min(height, width) * generator.uniform(0.3, 1))
            top, left = generator.integers(height - side + 1), generator.integers(width - side + 1)
            picture = cv2.resize(picture[top:top + side, left:left + side], (224, 224),
                                 interpolation=cv2.INTER_AREA)
        numpy.ascontiguousarray(((picture.astype(numpy.float32) / 255 - mean) / deviation)
                                .transpose(2, 0, 1))
        count += 1
    return count / (time.perf_counter() - begun)


def pictures(options):
    seconds = 1 if options.quick else 4
    binary = f"{options.build}/bin/pictures"
    own = {}
    report = json.loads(run([binary, "--benchmark_format=json",
                             f"--benchmark_min_time={seconds / 2}"]))
    for one in report["benchmarks"]:
        own[one["name"]] = one["items_per_second"]
    results, rows = [], []
    with tempfile.TemporaryDirectory() as folder:
        run([binary, "--write", folder])
        for height, width in ((375, 500), (3000, 4000)):
            for kind in ("val", "train"):
                peer = None
                if torch:
                    torch.set_num_threads(1)
                    normalize = [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406],
                                                                             [0.229, 0.224, 0.225])]
                    steps = {"val": [transforms.Resize(256), transforms.CenterCrop(224)],
                             "train": [transforms.RandomResizedCrop(224),
                                       transforms.RandomHorizontalFlip()]}[kind]
                    peer = pil_rate(f"{folder}/{height}x{width}.jpg",
                                    transforms.Compose(steps + normalize), seconds)
                other = opencv_rate(f"{folder}/{height}x{width}.jpg", kind, seconds) if cv2 else None
                usual = own[f"load/{kind}/{height}/{width}"]
                exact = own[f"load/{kind}_exact/{height}/{width}"]
                results.append({"size": [height, width], "transforms": kind, "usual": usual,
                                "exact": exact, "torchvision": peer, "opencv": other})
                rows.append([f"{width} × {height}", kind, rounded(usual), rounded(exact),
                             rounded(peer), ratio(usual, peer), ratio(exact, peer),
                             rounded(other), ratio(usual, other)])
    table("From a JPEG to the network's input, pictures a second on one core",
          ["picture", "transforms", "Engraft", "--exact-decode", "torchvision on PIL", "ratio",
           "ratio, exact", "OpenCV", "ratio"], rows)
    return results


def train(options):
    engraft = f"{options.build}/bin/engraft"
    results, rows = [], []
    for count in [400] if options.quick else options.sizes:
        with tempfile.TemporaryDirectory(dir=options.work) as folder:
            run([f"{options.build}/bin/draw_pictures", f"{folder}/photos", str(count)])
            environment = {"ENGRAFT_CACHE": f"{folder}/cache", "ENGRAFT_CACHE_LIMIT": "100"}
            command = [engraft, "train", f"{folder}/photos", "--model", "resnet18", "--weights",
                       "none", "--train-transforms", "resize(256) center_crop(224)"]
            row = {"pictures": count}
            for run_name in ("first", "warm"):
                row[run_name], row[run_name + "_mb"] = timed(
                    command + ["--out", f"{folder}/{run_name}"], environment)
            row["features_alone"] = None
            if count <= 4000:  # what is said of this many holds for more
                row["features_alone"], _ = timed(
                    [engraft, "features", f"{folder}/photos", "--model", "resnet18", "--weights",
                     "none", "--no-cache", "-o", f"{folder}/f.npy"], environment)
            row["cache_mb"] = sum(
                os.path.getsize(os.path.join(root, name))
                for root, _, names in os.walk(f"{folder}/cache") for name in names) / 1e6
        results.append(row)
        rows.append([count, rounded(row["first"]), rounded(row["features_alone"]),
                     rounded(row["warm"], 2), rounded(row["first_mb"], 0), rounded(row["cache_mb"])])
    table("engraft train, ResNet18, photos of 500 × 375, whole process",
          ["photos", "first run, s", "of which decoding and prefix need, s", "again, warm cache, s",
           "peak memory, MB", "cache, MB"], rows)
    return results


def latency(options):
    engraft = f"{options.build}/bin/engraft"
    repeats = 5 if options.quick else 20
    rows, results = [], {}
    with tempfile.TemporaryDirectory() as folder:
        run([f"{options.build}/bin/pictures", "--write", folder])
        photo = f"{folder}/375x500.jpg"
        commands = {"--help": [engraft, "--help"]}
        for name in ("resnet18", "mobilenet_v2", "sprout"):
            weights = [] if name == "sprout" else ["--weights", f"{folder}/{name}.safetensors"]
            if weights and torch:
                state = getattr(torchvision.models, name)().state_dict()
                torch.save(state, f"{folder}/{name}.pth")
                weights[1] = f"{folder}/{name}.pth"
            elif weights:
                continue
            commands[f"predict {name}"] = [engraft, "predict", name, photo] + weights
        for name, command in commands.items():
            times = sorted(timed(command) for _ in range(repeats))
            results[name] = {"median_ms": 1000 * times[len(times) // 2][0],
                             "peak_mb": max(memory for _, memory in times)}
            rows.append([name, rounded(results[name]["median_ms"]),
                         rounded(results[name]["peak_mb"], 0)])
    table("Whole processes", ["command", "median, ms", "peak memory, MB"], rows)
    return results


def company(options):
    """The prefix's rate while one other process keeps a processor busy."""
    command = [f"{options.build}/bin/prefix_throughput", "resnet18", "--threads", str(THREADS),
               "--seconds", "2" if options.quick else "5", "--json"]
    quiet = json.loads(run(command).splitlines()[0])["pictures_per_second"]
    neighbour = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
    try:
        busy = json.loads(run(command).splitlines()[0])["pictures_per_second"]
    finally:
        neighbour.kill()
        neighbour.wait()
    table(f"ResNet18's prefix, {THREADS} threads, beside one busy process",
          ["alone, pictures/s", "in company", "share, %"],
          [[rounded(quiet), rounded(busy), rounded(100 * busy / quiet, 0)]])
    return {"alone": quiet, "in_company": busy}


def lab(options):
    """The lab's loop beside PyTorch (bench/lab.sh)."""
    sizes = ["8", "4", "2"] if options.quick else options.lab.split(",")
    environment = {"ENGRAFT": f"{options.build}/bin/engraft"}
    results, rows = [], []
    peer = None
    for precision in ("auto", "fp32", "int8"):
        lines = run([os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab.sh"), "drawn", *sizes,
                     "--", "--precision", precision], environment).splitlines()
        own, accuracy = float(lines[1].split()[1]), lines[1].split()[-2]
        if peer is None:
            peer, peer_accuracy = float(lines[2].split()[1]), lines[2].split()[-2]
        environment["PEER_SECONDS"] = str(peer)
        results.append({"precision": precision, "engraft": own, "torch": peer,
                        "engraft_accuracy": float(accuracy), "torch_accuracy": float(peer_accuracy)})
        rows.append([precision, rounded(own), rounded(peer), ratio(peer, own), accuracy, peer_accuracy])
    table(f"The lab's loop, VGG16, {sizes[0]} + {sizes[1]} photos a class, validation every {sizes[2]} "
          "iterations", ["precision", "Engraft, s", "PyTorch, s", "ratio", "Engraft, %", "PyTorch, %"], rows)
    return results


SECTIONS = {"prefix": prefix, "company": company, "pictures": pictures, "lab": lab, "train": train,
            "latency": latency}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--sections", default=",".join(SECTIONS))
    parser.add_argument("--sizes", type=lambda text: [int(one) for one in text.split(",")],
                        default=[400, 4000, 40000], help="photos of the train section")
    parser.add_argument("--networks", default=",".join(NETWORKS), help="of the prefix section")
    parser.add_argument("--lab", default="200,100,25",
                        help="photos a class for training and validation, iterations between validations")
    parser.add_argument("--work", default=None, help="where photos are drawn (default: TMPDIR)")
    parser.add_argument("--channels-last", action="store_true",
                        help="PyTorch tuned also where there is no bf16 (minutes a network without AVX-512)")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", help="a file for the figures")
    options = parser.parse_args()
    print(f"{THREADS} processors, load {os.getloadavg()[0]:.2f}, PyTorch "
          f"{torch.__version__ if torch else 'absent'}")
    results = {"processors": THREADS, "torch": torch.__version__ if torch else None}
    for name in options.sections.split(","):
        results[name] = SECTIONS[name](options)
        if options.json:  # as it goes: a later section may fail
            with open(options.json, "w") as file:
                json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
