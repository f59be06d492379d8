"""Whole processes that are soon done: --help, and the prediction of one picture.

Cold is the first call after the cache was cleared; warm is the next.
"""
import pathlib

from measure.tables import Table, progress
from measure.turns import medians, take_turns
from measure.weights import write_weights

NETWORKS = ("resnet18", "mobilenet_v2", "vgg16", "sprout")
CALLS = 5  # a round


def prepare(build, work):
    """Makes a photo, and random weights where none are built in; {network: arguments}."""
    photo = pathlib.Path(work) / "375x500.jpg"
    if not photo.exists():
        build.run("pictures", "--write", work)
    arguments = {}
    for network in NETWORKS:
        arguments[network] = ["predict", network, str(photo)]
        if network != "sprout":
            file = pathlib.Path(work) / f"{network}.safetensors"
            write_weights(build, network, file)
            arguments[network] += ["--weights", str(file)]
    return arguments


def measure_help(build):
    took = build.timed("--help")
    return {"`--help`, ms": 1000 * took.seconds, "`--help`, MB": took.megabytes}


def measure_prediction(build, network, arguments):
    build.clear_cache()
    figures = {}
    for when in ("cold", "warm"):
        took = build.timed(*arguments)
        figures[f"`predict {network}`, {when}, ms"] = 1000 * took.seconds
        figures[f"`predict {network}`, {when}, MB"] = took.megabytes
    return figures


def measure(options):
    results, build = {}, options.build
    arguments = prepare(build, options.work)
    commands = {"--help": lambda: measure_help(build),
                **{network: lambda network=network: measure_prediction(build, network,
                                                                       arguments[network])
                   for network in NETWORKS}}
    for name, command in commands.items():
        progress(f"latency: {name}")
        results.update(take_turns({"engraft": command}, CALLS * options.rounds)["engraft"])
    middle = medians(results)
    named = dict.fromkeys(row.rpartition(", ")[0] for row in middle)
    return results, [Table("Whole processes", ["command", "median, ms", "peak memory, MB"],
                           [[name, f"{middle[name + ', ms']:.1f}", f"{middle[name + ', MB']:.0f}"]
                            for name in named])]
