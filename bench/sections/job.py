"""The whole job: from class folders and published weights to a classifier, a process each.

Engraft's simplest command; PyTorch's features with scikit-learn's cross-validated logistic
regression; fastai's own recipe. The peak of memory is that of the largest process of each.
"""
import json
import tempfile

from measure.machine import has_bfloat16
from measure.peer import SAID
from measure.process import Failure
from measure.tables import Notes, Table, figure, progress, ratio
from measure.turns import medians, take_turns

COLUMNS = ["", "seconds", "peak memory, MB", "accuracy on val/, %", "its time / Engraft's"]
ENGRAFT = "Engraft"


def figures_of(took, accuracy):
    return {"seconds": took.seconds, "MB": took.megabytes, "accuracy": accuracy}


def own_job(options):
    """From an empty cache."""
    options.build.clear_cache()
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        took = options.build.timed("train", options.data, "--model", options.model, "--weights",
                                   options.weights, "--json", "--out", f"{folder}/run")
    return figures_of(took, json.loads(took.output)["final_accuracy"])


def peers_of(options):
    """{title: (script, arguments)}."""
    data = [options.data, "--model", options.model, "--weights", options.weights]
    precisions = ("bf16", "fp32") if has_bfloat16() else ("fp32",)
    return {**{f"PyTorch {precision} features, scikit-learn":
               ("peers/regression_job.py", [*data, "--precision", precision])
               for precision in precisions},
            "fastai": ("peers/fastai_job.py", data)}


def rows_of(runs, failures, notes):
    middle = {title: medians(figures) for title, figures in runs.items()}
    return [[title, figure(one["seconds"]), figure(one["MB"]), f"{one['accuracy']:.2f}",
             ratio(one["seconds"], middle[ENGRAFT]["seconds"])] if one else
            [title, notes.mark(failures[title]), None, None, None]
            for title, one in middle.items()]


def measure(options):
    if not options.data or not options.weights:
        raise Failure("--data and --weights are needed: a folder with train/ and val/ class "
                      f"folders, and a .pth of {options.model}")
    progress("job")
    failures = {}

    def peer_job(title, script, arguments):
        try:
            answer, took = options.peers.ask_timed(script, *arguments)
            return figures_of(took, answer["accuracy"])
        except Failure as failure:
            failures[title] = str(failure)
            return {}

    jobs = {title: lambda title=title, call=call: peer_job(title, *call)
            for title, call in peers_of(options).items()}
    runs = take_turns({ENGRAFT: lambda: own_job(options), **jobs}, options.rounds)
    notes = Notes()
    title = f"From class folders to a classifier, {options.model}, whole processes. {SAID}"
    return ({"runs": runs, "failures": failures},
            [Table(title, COLUMNS, rows_of(runs, failures, notes), notes)])
