"""Decoding and transforms, pictures a second on one core, beside torchvision and OpenCV."""
import json

from measure.process import Failure
from measure.tables import Notes, Table, figure, progress, ratio
from measure.turns import medians, take_turns

SIZES = ((375, 500), (3000, 4000))
COLUMNS = ["photo", "transforms", "Engraft", "`--exact-decode`", "torchvision on PIL", "ratio",
           "torchvision on tensors", "ratio", "OpenCV", "ratio"]


def own_rates(build, height, width, transforms, seconds):
    """{usual, exact: pictures a second}, by the clock, as the peers' are."""
    name = f"load/{transforms}(_exact)?/{height}/{width}$"
    report = json.loads(build.run("pictures", "--benchmark_format=json",
                                  f"--benchmark_filter={name}",
                                  f"--benchmark_min_time={seconds / 2}"))
    return {"exact" if "_exact" in one["name"] else "usual": 1000 / one["real_time"]
            for one in report["benchmarks"]}  # whose times are milliseconds


def measure_photo(height, width, transforms, options):
    """Every single figure of a photo, as the file of figures keeps it."""
    progress(f"pictures: {width} × {height}, {transforms}")
    failures = []

    def peer_rates():
        try:
            return options.peers.ask(
                "peers/picture_rates.py", f"{options.work}/{height}x{width}.jpg", "--transforms",
                transforms, "--seconds", options.seconds, threads=1)["rates"]
        except Failure as failure:
            failures.append(str(failure))
            return {}

    rates = take_turns({"engraft": lambda: own_rates(options.build, height, width, transforms,
                                                     options.seconds),
                        "peers": peer_rates}, options.rounds)
    return {"size": [height, width], "transforms": transforms, **rates, "failures": failures}


def row_of(figures, notes):
    own, peers = medians(figures["engraft"]), medians(figures["peers"])
    height, width = figures["size"]
    marks = "".join(" " + notes.mark(why) for why in figures["failures"])
    row = [f"{width} × {height}", figures["transforms"] + marks, figure(own["usual"]),
           figure(own["exact"])]
    for name in ("PIL", "tensors", "OpenCV"):
        row += [figure(peers.get(name)), ratio(own["usual"], peers.get(name))]
    return row


def measure(options):
    notes = Notes()
    options.build.run("pictures", "--write", options.work)
    results = [measure_photo(height, width, transforms, options)
               for height, width in SIZES for transforms in ("val", "train")]
    return results, [Table("From a JPEG to the network's input, pictures a second on one core",
                           COLUMNS, [row_of(one, notes) for one in results], notes)]
