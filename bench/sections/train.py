"""Whole `engraft train` runs on drawn photos: the first time, and again with a warm cache.

Step by step, with Adam for ten epochs, on pictures that are the same every time; and the best
linear head (`--lr auto`). All that matters is said, so that every version does the same.
"""
import tempfile

from measure.tables import Table, figure, progress
from measure.turns import medians, take_turns

MODEL = ["--model", "resnet18", "--weights", "none"]
STEPS = ["--optimizer", "adam", "--epochs", 10, "--lr", 0.0005, "--batch", 32,
         "--train-transforms", "resize(256) center_crop(224)"]
BEST = ["--lr", "auto"]
FEATURES_UP_TO = 4000  # photos; what is said of this many holds for more
COLUMNS = ["photos", "first run, s", "`engraft features` alone, s", "again, warm cache, s",
           "best head, warm cache, s", "peak memory, MB", "cache, MB"]


def draw(build, folder, count):
    """A folder of `count` drawn photos, half bees, half ants."""
    photos = f"{folder}/photos-{count}"
    build.run("draw_pictures", photos, count)
    return photos


def measure_runs(build, photos):
    """{figure: seconds or MB} of runs that begin with an empty cache."""
    build.clear_cache()
    with tempfile.TemporaryDirectory(dir=build.cache.parent) as runs:
        def train(name, method):
            return build.timed("train", photos, *MODEL, *method, "--out", f"{runs}/{name}")

        first, warm, best = train("first", STEPS), train("warm", STEPS), train("best", BEST)
    return {"first run, s": first.seconds, "warm cache, s": warm.seconds,
            "best head, warm cache, s": best.seconds, "first run, MB": first.megabytes,
            "warm cache, MB": warm.megabytes, "best head, MB": best.megabytes}


def measure_features(build, photos):
    with tempfile.NamedTemporaryFile(suffix=".npy", dir=build.cache.parent) as file:
        return build.timed("features", photos, *MODEL, "--no-cache", "-o", file.name).seconds


def measure(options):
    results, rows = {}, []
    for count in options.sizes:
        progress(f"train: {count} photos")
        with tempfile.TemporaryDirectory(dir=options.work) as folder:
            photos = draw(options.build, folder, count)
            measured = {"runs": lambda: measure_runs(options.build, photos)}
            if count <= FEATURES_UP_TO:
                measured["features"] = lambda: {"s": measure_features(options.build, photos)}
            results[count] = take_turns(measured, options.rounds)
        cache = results[count]["cache, MB"] = options.build.cache_megabytes()
        runs = medians(results[count]["runs"])
        alone = medians(results[count].get("features", {})).get("s")
        rows.append([count, figure(runs["first run, s"]), figure(alone),
                     figure(runs["warm cache, s"]), figure(runs["best head, warm cache, s"]),
                     figure(runs["first run, MB"]), figure(cache)])
    return results, [Table("`engraft train`, ResNet18, photos of 500 × 375, ten epochs, whole "
                           "processes", COLUMNS, rows)]
