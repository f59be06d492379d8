#!/usr/bin/env python3
"""Measures Engraft beside today's peers in one run and prints tables; --json keeps all figures.

    bench/peers/setup.sh
    bench/suite.py [--build build/release] [--sections prefix,lab] [--quick] [--json FILE]
    bench/suite.py --sections job --data DATA --weights FILE.pth [--model mobilenet_v2]
    bench/suite.py --against OTHER/build/release [--sections prefix,train,latency]

prefix    pictures a second through the frozen part of networks, in fp32, and in bf16 where the
          processor has it; beside PyTorch (as the lab runs it, channels last, compiled), ONNX
          Runtime and OpenVINO
company   the prefix beside one other busy process
pictures  decoding and transforms, pictures a second on one core, beside torchvision and OpenCV
lab       the lab's loop beside PyTorch as the lab runs it, and tuned
train     whole `engraft train` runs on drawn photos, the first time and with a warm cache
latency   start-up, one prediction, peak memory
job       from class folders to a classifier, beside scikit-learn on PyTorch's features and fastai;
          DATA has train/ and val/

All take turns (ours, theirs, ours, ...), and the tables show medians of --rounds. A ratio below 1
means that the peer is ahead. A peer that fails costs its cell, with a footnote; nothing else.

--against compares two builds of Engraft in the same way, without peers. A row that is more than 3 %
worse is measured again with twice the rounds; where one stays so, the exit status is 1.

Needs a build with -DENGRAFT_BENCH=ON, and for prefix, pictures, lab and job the peers' environment.
Measure on a machine that does nothing else: threads that wait for one another lose most by company.
"""
import argparse
import json
import sys
import tempfile

import against
from measure.engraft import Build
from measure.peer import Peers
from measure.process import Failure
from measure.setting import Setting
from sections import company, job, lab, latency, pictures, prefix, train

SECTIONS = {"prefix": prefix, "company": company, "pictures": pictures, "lab": lab, "train": train,
            "latency": latency, "job": job}
WITH_PEERS = {"prefix", "pictures", "lab", "job"}
NETWORKS = "vgg16,resnet18,resnet50,mobilenet_v2,efficientnet_b0,vit_b_16,swin_t,convnext_tiny"
QUICK = {"rounds": 1, "seconds": 0.5, "batches": "4", "sizes": [400], "lab": "8,4,2"}
USUAL = {"rounds": 3, "seconds": 4, "batches": "1,4,8,16", "sizes": [400, 4000, 40000],
         "lab": "200,100,25"}


def names(text):
    return [one for one in text.split(",") if one]


def numbers(text):
    return [int(one) for one in names(text)]


def arguments_parser():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="a build folder (%(default)s)")
    parser.add_argument("--peers", default="build/peers/bin/python", metavar="PYTHON",
                        help="the peers' environment's python (%(default)s)")
    parser.add_argument("--sections", type=names, help="some of those above (all but job; with "
                        "--against prefix,train,latency)")
    parser.add_argument("--against", metavar="BUILD", help="a build folder to compare with")
    parser.add_argument("--rounds", type=int, help=f"turns of each ({USUAL['rounds']})")
    parser.add_argument("--seconds", type=float, help=f"for each rate ({USUAL['seconds']})")
    parser.add_argument("--networks", type=names, default=names(NETWORKS),
                        help=f"of the prefix section, torchvision's names ({NETWORKS}; others: "
                        "squeezenet1_1, shufflenet_v2_x1_0)")
    parser.add_argument("--batches", help=f"that the peers try ({USUAL['batches']})")
    parser.add_argument("--sizes", type=numbers,
                        help="photos of the train section (400,4000,40000)")
    parser.add_argument("--lab", help="photos a class for training and validation, iterations "
                        f"between validations ({USUAL['lab']})")
    parser.add_argument("--data", help="of the job section: a folder with train/ and val/")
    parser.add_argument("--model", default="mobilenet_v2", help="of the job section (%(default)s)")
    parser.add_argument("--weights", help="of the job section: a .pth with the model's state dict")
    parser.add_argument("--work", help="where photos and caches are kept meanwhile (TMPDIR)")
    parser.add_argument("--quick", action="store_true", help="short and rough: does it all work?")
    parser.add_argument("--json", help="a file for the figures")
    return parser


def settled(parser):
    """The options, with what follows from others."""
    options = parser.parse_args()
    for name, value in (QUICK if options.quick else USUAL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    known = list(against.SECTIONS if options.against else SECTIONS)
    options.sections = options.sections or [one for one in known if one != "job"]
    for name in options.sections:
        if name not in known:
            parser.error(f"no section {name!r}; there are {', '.join(known)}")
    return options


def keep(results, options):
    """Writes the figures as they come: a later section may fail."""
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


def compare_with_peers(options):
    """The sections, one after the other; those that failed are named at the end."""
    options.build = Build(options.build, options.work)
    options.peers = Peers(options.peers) if WITH_PEERS & set(options.sections) else None
    results, failed = {}, []
    for name in options.sections:
        setting = Setting({"Engraft": options.build}, options.peers)
        try:
            figures, tables = SECTIONS[name].measure(options)
        except Failure as failure:
            failed.append(f"{name}: {failure}")
            continue
        for table in tables:
            table.show(setting.line())
        results[name] = {"setting": setting.figures(), "figures": figures}
        keep(results, options)
    return failed


def compare_builds(options):
    """This build and another; the rows where this one is worse."""
    builds = against.builds_of(options)
    results, worse = {}, []
    for name in options.sections:
        results[name], rows = against.compare(name, builds, options)
        worse += [f"worse: {row}" for row in rows]
        keep(results, options)
    return worse


def main():
    options = settled(arguments_parser())
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        options.work = folder
        complaints = (compare_builds if options.against else compare_with_peers)(options)
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
