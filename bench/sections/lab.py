"""The lab's loop, VGG16 for an epoch with many validations, beside PyTorch (bench/lab.sh)."""
from measure.peer import SAID, SCRIPTS
from measure.process import Failure, run
from measure.tables import Notes, Table, figure, progress, ratio
from measure.turns import medians, take_turns

PRECISIONS = ("auto", "fp32", "int8")
PEERS = {"pytorch": "PyTorch, as the lab runs it", "tuned": "PyTorch, tuned"}
COLUMNS = ["", "seconds", "best accuracy, %", "PyTorch's time / it", "tuned PyTorch's / it"]


def contend(options, contender, precision="auto"):
    """{seconds, accuracy} of one contender of lab.sh."""
    environment = {"ENGRAFT": options.build.program("engraft"), "PYTHON": options.peers.python,
                   "CONTENDERS": contender}
    lines = run([str(SCRIPTS / "lab.sh"), "drawn", *options.lab.split(","), "--", "--precision",
                 precision], environment).splitlines()
    words = lines[-1].split()  # NAME: SECONDS s, best accuracy PERCENT %
    return {"seconds": float(words[1]), "accuracy": float(words[-2])}


def rows_of(runs, failures, notes):
    middle = {name: medians(figures) for name, figures in runs.items()}
    rows = []
    for name, figures in middle.items():
        own = name not in PEERS
        if not figures:
            rows.append([PEERS[name], notes.mark(failures[name]), None, None, None])
            continue
        ratios = [ratio(middle[peer].get("seconds"), figures["seconds"]) if own else None
                  for peer in PEERS]
        rows.append([f"Engraft, `{name}`" if own else PEERS[name], figure(figures["seconds"]),
                     f"{figures['accuracy']:.2f}", *ratios])
    return rows


def measure(options):
    progress("lab")
    options.peers.ask("peers/networks.py")  # whose versions the page names
    failures = {}

    def peer(name):
        try:
            return contend(options, name)
        except Failure as failure:
            failures[name] = str(failure)
            return {}

    own = {precision: lambda precision=precision: contend(options, "engraft", precision)
           for precision in PRECISIONS}
    runs = take_turns({**own, **{name: lambda name=name: peer(name) for name in PEERS}},
                      options.rounds)
    notes = Notes()
    train, val, every = options.lab.split(",")
    title = (f"The lab's loop, VGG16, {train} and {val} photos a class, validation every {every} "
             f"iterations, nothing cached. {SAID}")
    return ({"runs": runs, "failures": failures},
            [Table(title, COLUMNS, rows_of(runs, failures, notes), notes)])
