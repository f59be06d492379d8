"""Pictures a second through the frozen part of networks, beside today's peers.

Engraft's batches are those that `train` takes. The peers first try every way and batch for a
second; after that each way is measured at its best batch, taking turns with Engraft. A row's peer
is the best of all their ways, by medians.
"""
import pathlib
from typing import NamedTuple

from measure.machine import THREADS, has_bfloat16
from measure.peer import SAID
from measure.process import Failure
from measure.tables import Notes, Table, figure, progress, ratio
from measure.turns import best, medians, take_turns

COLUMNS = ["network", "fp32", "fp32 `--exact`", "best peer, fp32", "ratio", "bf16",
           "best peer, bf16", "ratio"]
TRYING = 1  # seconds for a way and batch


class Worker(NamedTuple):
    """A peer's script."""

    name: str
    script: str
    precisions: tuple
    reads_onnx: bool


WORKERS = (
    Worker("ONNX Runtime", "peers/onnxruntime_rates.py", ("fp32",), True),
    Worker("OpenVINO", "peers/openvino_rates.py", ("fp32", "bf16"), True),
    Worker("PyTorch", "peers/torch_rates.py", ("fp32", "bf16"), False),
)


class Contender:
    """A peer in one precision on one network. A failure of its ends nothing else: it is kept."""

    def __init__(self, ask, name):
        self.ask, self.name = ask, name
        self.tried, self.batches, self.failures = {}, {}, {}

    def rates(self, seconds, plan=()):
        """{way: {batch: pictures a second}}."""
        try:
            answer = self.ask(*plan, "--seconds", seconds)
        except Failure as failure:
            self.failures["every way"] = str(failure)
            return {}
        self.failures.update(answer["failures"])
        return {way: {int(batch): rate for batch, rate in rates.items()}
                for way, rates in answer["rates"].items() if rates}

    def find_batches(self, seconds):
        """Tries all ways and batches."""
        self.tried = self.rates(seconds)
        self.batches = {way: best(rates)[0] for way, rates in self.tried.items()}

    def measure(self, seconds):
        """{way: pictures a second}, each at its best batch."""
        plan = [f"{way}:{batch}" for way, batch in self.batches.items()]
        rates = self.rates(seconds, plan) if plan else {}
        return {way: rate for way, of_batch in rates.items() for rate in of_batch.values()}


def contenders_of(network, options):
    """{precision: [contenders]}."""
    file = pathlib.Path(options.work) / f"{network}.onnx"
    missing = None
    try:
        options.peers.ask("peers/export_onnx.py", network, file)
    except Failure as failure:
        missing = f"no ONNX: {failure}"

    def contender(worker, precision):
        def ask(*arguments):
            if missing and worker.reads_onnx:
                raise Failure(missing)
            return options.peers.ask(
                worker.script, network, *arguments, "--precision", precision, "--threads", THREADS,
                "--batches", options.batches, *(["--onnx", file] if worker.reads_onnx else []),
                extra={"TORCHINDUCTOR_CACHE_DIR": f"{options.work}/compiled"})
        return Contender(ask, worker.name)

    return {precision: [contender(worker, precision) for worker in WORKERS
                        if precision in worker.precisions]
            for precision in (("fp32", "bf16") if has_bfloat16() else ("fp32",))}


def measure_network(network, options):
    """Every single figure of a network, as the file of figures keeps it."""
    precisions = contenders_of(network, options)
    lines = []  # batches and shares of the processor's peak, too

    def own_rates():
        latest = options.build.prefix(network, options.seconds)
        lines.extend(latest)
        return {one["type"]: one["pictures_per_second"] for one in latest}

    measured = {"engraft": own_rates}
    for precision, contenders in precisions.items():
        for contender in contenders:
            contender.find_batches(min(TRYING, options.seconds))
            measured[f"{contender.name}, {precision}"] = (
                lambda contender=contender: contender.measure(options.seconds))
    rates = take_turns(measured, options.rounds)
    return {"engraft": rates.pop("engraft"), "prefix_throughput": lines, "peers": {
        precision: {contender.name: {"rates": rates[f"{contender.name}, {precision}"],
                                     "batches": contender.batches, "tried": contender.tried,
                                     "failures": contender.failures}
                    for contender in contenders}
        for precision, contenders in precisions.items()}}


def best_peer(figures, precision, network, notes):
    """The best median of all peers' ways, and the cell that names it."""
    peers = figures["peers"].get(precision, {})
    marks = "".join(" " + notes.mark(f"{network}, {name} {precision}, {way}: {why}")
                    for name, peer in peers.items() for way, why in peer["failures"].items())
    rates = {(name, way): rate for name, peer in peers.items()
             for way, rate in medians(peer["rates"]).items()}
    if not rates:
        return None, marks.strip() or None
    (name, way), rate = best(rates)
    batch = peers[name]["batches"][way]
    return rate, f"{figure(rate)} ({name}, {way}, {batch}){marks}"


def row_of(network, figures, notes):
    own = medians(figures["engraft"])
    row = [network]
    for precision in ("fp32", "bf16"):
        rate, cell = best_peer(figures, precision, network, notes)
        exact = [figure(own.get("fp32 exact"))] if precision == "fp32" else []
        row += [figure(own.get(precision)), *exact, cell, ratio(own.get(precision), rate)]
    return row


def measure(options):
    notes, results, rows = Notes(), {}, []
    for network in options.networks:
        progress(f"prefix: {network}")
        results[network] = measure_network(network, options)
        rows.append(row_of(network, results[network], notes))
    title = ("Pictures a second through everything before the head; in brackets the best peer's "
             f"way and batch. {SAID}")
    return results, [Table(title, COLUMNS, rows, notes)]
