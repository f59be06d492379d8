"""Two builds of Engraft taking turns: what bench/suite.py --against does.

Both are given command lines that mean the same in every version, and have a cache of their own. A
row where this build is more than 3 % worse is measured again, with twice the rounds, before it
counts.
"""
import pathlib
from dataclasses import dataclass
from typing import Callable

from measure.engraft import Build
from measure.setting import Setting
from measure.tables import Table, figure, progress, ratio
from measure.turns import medians, take_turns
from sections import latency, train

WORSE = 0.03  # beyond what medians of three differ by on a quiet machine
COLUMNS = ["", "this", "that", "ratio", ""]
BUILDS = ("this", "that")


@dataclass
class Group:
    """Rows that are measured together: measure(build) gives {row: figure}."""

    name: str
    measure: Callable
    more_is_better: bool = False
    calls: int = 1  # a round
    not_judged: tuple = ()  # rows that differ from run to run by more than what counts

    def worse(self, row, this, that):
        if row in self.not_judged:
            return False
        return this < that * (1 - WORSE) if self.more_is_better else this > that * (1 + WORSE)

    def times_as_good(self, this, that):
        return ratio(this, that) if self.more_is_better else ratio(that, this)


def prefix_groups(options, _):
    """Pictures a second in every way that both builds know."""
    return [Group(f"prefix, {network}", lambda build, network=network:
                  {f"{network}, {way}": rate for way, rate in
                   build.prefix_rates(network, options.seconds).items()}, more_is_better=True)
            for network in options.networks]


def train_groups(options, build):
    """The peak of a first run is shown only: 0.1.0's depends on which ways its timings chose."""
    groups = []
    for count in options.sizes:
        photos = train.draw(build, options.work, count)
        groups.append(Group(f"train, {count} photos", lambda build, photos=photos, count=count:
                            {f"{count} photos, {name}": value for name, value in
                             train.measure_runs(build, photos).items()},
                            not_judged=(f"{count} photos, first run, MB",)))
    return groups


def latency_groups(options, build):
    arguments = latency.prepare(build, options.work)
    return [Group("--help", latency.measure_help, calls=latency.CALLS),
            *(Group(f"predict {network}", lambda build, network=network:
                    latency.measure_prediction(build, network, arguments[network]),
                    calls=latency.CALLS) for network in latency.NETWORKS)]


SECTIONS = {"prefix": prefix_groups, "train": train_groups, "latency": latency_groups}


def take(group, builds, rounds):
    """{row: {this, that: [figures]}} of the rows that both builds have."""
    found = take_turns({name: lambda build=build: group.measure(build)
                        for name, build in builds.items()}, group.calls * rounds)
    return {row: {name: found[name][row] for name in BUILDS}
            for row in found["this"] if row in found["that"]}


def worse_rows(group, figures):
    return [row for row, builds in figures.items() if group.worse(row, **medians(builds))]


def measure(group, builds, rounds):
    """What take() gives; what seemed worse is measured again and keeps the second figures."""
    progress(f"against: {group.name}")
    figures = take(group, builds, rounds)
    suspects = worse_rows(group, figures)
    if suspects:
        progress(f"again: {', '.join(suspects)}")
        again = take(group, builds, 2 * rounds)
        figures.update({row: again[row] for row in suspects if row in again})
    return figures


def rows_of(group, figures):
    rows = []
    for row, builds in figures.items():
        middle = medians(builds)
        rows.append([row, figure(middle["this"]), figure(middle["that"]),
                     group.times_as_good(**middle),
                     "worse" if group.worse(row, **middle) else None])
    return rows


def builds_of(options):
    """{this, that: build}."""
    builds = {}
    for name, folder in zip(BUILDS, (options.build, options.against)):
        work = pathlib.Path(options.work) / name
        work.mkdir()
        builds[name] = Build(folder, work)
    return builds


def compare(section, builds, options):
    """Prints a section's table; gives all figures, and the rows where this build is worse."""
    setting = Setting({f"{name}: Engraft": build for name, build in builds.items()}, None)
    kept, rows, worse = {}, [], []
    for group in SECTIONS[section](options, builds["this"]):
        figures = measure(group, builds, options.rounds)
        kept.update(figures)
        rows += rows_of(group, figures)
        worse += worse_rows(group, figures)
    Table(f"{section}: this build and that, medians, rounds: {options.rounds}", COLUMNS,
          rows).show(setting.line())
    return {"setting": setting.figures(), "figures": kept}, worse
