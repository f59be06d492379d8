"""Tables in Markdown, as docs/benchmarks.md takes them."""
import sys
from dataclasses import dataclass, field


class Notes:
    """Footnotes, numbered as they come; what is said again keeps its number."""

    def __init__(self):
        self.texts = []

    def mark(self, text):
        """What the cell shows: the note's number."""
        if text not in self.texts:
            self.texts.append(text)
        return f"[{self.texts.index(text) + 1}]"


@dataclass
class Table:
    """Rows under named columns; a cell is text, or None where there is nothing to say."""

    title: str
    columns: list
    rows: list
    notes: Notes = field(default_factory=Notes)

    def show(self, setting):
        """Prints it, with a line that says on what it was measured."""
        print(f"\n{self.title}\n\n{setting}\n")
        for row in [self.columns, ["---"] * len(self.columns), *self.rows]:
            print("| " + " | ".join("" if cell is None else str(cell) for cell in row) + " |")
        for number, text in enumerate(self.notes.texts, 1):
            print(f"\n[{number}] {text}")
        sys.stdout.flush()


def figure(value):
    """A figure with three digits, or with all those before the point."""
    if value is None:
        return None
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(own, peer):
    """How many times as good; below 1 where the peer is ahead."""
    return f"{own / peer:.2f}" if own and peer else None


def progress(text):
    """Tells whoever waits."""
    print(text, file=sys.stderr, flush=True)
