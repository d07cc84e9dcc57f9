"""The table of a comparison: a line for each case and engine, medians and spreads over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.compare.worker import Took

# Figures that come with digits; the others are counts.
DIGITS = 3
COUNTS = ("rows", "orphans", "duplicate_keys")
FEW_DIGITS = {"import s": 1, "fit s": 1, "sample s": 1, "peak MB": 0}


@dataclass(frozen=True)
class Line:
    """A case and an engine.

    Attributes:
        seeds: For each seed, figures by name.
        why: Why there are none.
        too_long: The engine was stopped at its limit.
    """

    case: str
    engine: str
    seeds: Sequence[Mapping[str, float | None]]
    why: str = ""
    too_long: bool = False


def taken(took: Took) -> dict[str, float | None]:
    """Seconds, rows and memory as figures."""
    return {
        "rows": took.rows,
        "import s": took.import_seconds,
        "fit s": took.fit_seconds,
        "sample s": took.sample_seconds,
        "peak MB": took.peak_megabytes,
    }


def aligned(lines: Sequence[Line]) -> str:
    """As text; `median (most - least)` where there are several seeds."""
    names = _names(lines) or [""]  # a place for why there are none
    head = ["case", "engine", *names]
    rows = [head, *(_cells(line, names) for line in lines)]
    # Why an engine gave nothing may be long; it does not make its column so.
    measured = [head, *(row for line, row in zip(lines, rows[1:], strict=True) if line.seeds)]
    widths = [max(len(row[place]) for row in (measured if place > 1 else rows)) for place in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(lines: Sequence[Line], *, names: Sequence[str]) -> str:
    """As Markdown, with these figures only; engines that gave none are left out, but for those that took too long."""
    shown = [line for line in lines if line.seeds or line.too_long]
    rows = [["case", "engine", *names], ["---"] * (2 + len(names)), *(_cells(line, names) for line in shown)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cell(name: str, values: Sequence[float | None]) -> str:
    """The median of a figure over seeds, and its spread."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    digits = 0 if name in COUNTS else FEW_DIGITS.get(name, DIGITS)
    middle = f"{median(known):,.{digits}f}"
    spread = max(known) - min(known)
    return middle if len(known) == 1 or not spread else f"{middle} ({spread:,.{digits}f})"


def _names(lines: Sequence[Line]) -> list[str]:
    """Figures that anybody has, in order."""
    found = [name for line in lines for figures in line.seeds for name, value in figures.items() if value is not None]
    longest = sorted((figures for line in lines for figures in line.seeds), key=len, reverse=True)
    every = [name for figures in longest for name in figures]
    return [name for name in dict.fromkeys(every) if name in set(found)]


def _cells(line: Line, names: Sequence[str]) -> list[str]:
    if not line.seeds:
        return [line.case, line.engine, line.why, *[""] * (len(names) - 1)]
    return [line.case, line.engine, *(cell(name, [figures.get(name) for figures in line.seeds]) for name in names)]
