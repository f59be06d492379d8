"""Contenders that take turns, so that whatever else the machine does meets all of them alike."""
import statistics


def take_turns(contenders, rounds):
    """Ours, theirs, ours, theirs ...: calls each of {name: measure} once a round.

    Each measure() gives {row: figure}; the result is {name: {row: [figures]}}.
    """
    found = {name: {} for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            for row, figure in measure().items():
                found[name].setdefault(row, []).append(figure)
    return found


def medians(figures):
    """{row: median} of {row: [figures]}."""
    return {row: statistics.median(values) for row, values in figures.items()}


def best(figures):
    """The row of the highest figure, and that figure."""
    return max(figures.items(), key=lambda one: one[1])
