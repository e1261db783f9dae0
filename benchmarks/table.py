"""Figures beside their goals."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`figures` are one a round. The goal is met when the median is not over (`at_most`) or under (`at_least`) it;
    a row without goal is there to be read beside the others."""

    what: str
    figures: Sequence[float]
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def is_met(self) -> bool | None:
        if self.at_least is not None:
            return self.median >= self.at_least
        if self.at_most is not None:
            return self.median <= self.at_most
        return None

    @property
    def goal(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""


def render(title: str, rows: Sequence[Row]) -> str:
    """The table as Markdown, which a terminal shows well too."""
    cells = [("what", "goal", "figure", "range", "", "note")] + [
        (
            row.what,
            row.goal,
            _shown(row.median, row.unit),
            f"{_number(min(row.figures))} … {_number(max(row.figures))}" if len(row.figures) > 1 else "",
            {True: "met", False: "MISSED", None: ""}[row.is_met],
            row.note,
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in cells]
    lines = ["| " + " | ".join(line) + " |" for line in padded]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return f"## {title}\n\n" + "\n".join(lines) + "\n"


def _shown(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".strip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"
