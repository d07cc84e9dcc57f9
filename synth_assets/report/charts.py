"""Pictures as SVG without scripts, drawn by Altair; each comes with what it shows in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from synth_assets.store.comparison import Bar

if TYPE_CHECKING:
    import altair as alt

SOURCE, SYNTHETIC = "source", "synthetic"
# Dark enough on white, and apart in grey print.
COLOURS = {SOURCE: "#1d4e89", SYNTHETIC: "#e07a1f"}
_FONT = "system-ui, sans-serif"
_INK = "#1b1f24"
_WIDTH, _BAR, _CELL = 170, 17, 15
_LONGEST_LABEL, _WIDEST_LETTER = 22, 7
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")
# Vega describes every mark; a picture here is described as a whole instead.
_SURPLUS = re.compile(
    r' (?:aria-[a-z]+|role|class|pointer-events|text-rendering|stroke-miterlimit|xmlns:xlink|version)="[^"]*"'
)
_TAG = re.compile(r"<[^>]+>")
_EMPTY = re.compile(r'<path d="(?:M0,0h0v0h0Z)?"[^>]*/>|<g></g>')


# Of one refresh: what the report shows, its assets show again.
_DRAWN_BEFORE = 1024


@dataclass(frozen=True)
class Picture:
    """An SVG picture.

    Attributes:
        words: What it shows, for whoever does not see it.
    """

    svg: str
    words: str


@lru_cache(maxsize=_DRAWN_BEFORE)
def bar_picture(bars: tuple[Bar, ...], *, what: str) -> Picture:
    """Two bars a group, the source's above the synthetic one.

    Args:
        what: What is distributed, for the words.
    """
    import altair as alt

    # Two groups may be cut to the same label.
    shown = [f"{at} {_cut(bar.label)}" for at, bar in enumerate(bars)]
    values = [
        {"group": label, "side": side, "share": share}
        for label, bar in zip(shown, bars, strict=True)
        for side, share in ((SOURCE, bar.source), (SYNTHETIC, bar.synthetic))
    ]
    without_number = "substring(datum.label, indexof(datum.label, ' ') + 1)"
    chart = (
        alt.Chart(alt.InlineData(values), width=_WIDTH, height=_BAR * len(bars))
        .mark_bar()
        .encode(
            y=alt.Y(
                "group:N",
                sort=shown,
                title=None,
                axis=_named_axis([bar.label for bar in bars], labelExpr=without_number),
            ),
            yOffset=alt.YOffset("side:N", sort=[SOURCE, SYNTHETIC]),
            x=alt.X("share:Q", title=None, axis=alt.Axis(format=".0%", tickCount=3, grid=True)),
            color=_colour(),
        )
    )
    told = "; ".join(f"{bar.label}: {bar.source:.1%} and {bar.synthetic:.1%}" for bar in bars)
    return Picture(_svg(chart), f"{what}, source and synthetic. {told}.")


@lru_cache(maxsize=_DRAWN_BEFORE)
def heat_picture(columns: tuple[str, ...], matrix: tuple[tuple[float, ...], ...], *, what: str) -> Picture:
    """How strongly each pair of columns goes together, the darker the stronger; columns are numbered across."""
    import altair as alt

    rows = [f"{at} {_cut(name)}" for at, name in enumerate(columns, start=1)]
    across = [str(at) for at in range(1, len(columns) + 1)]
    values = [
        {"row": rows[i], "column": across[j], "strength": matrix[i][j]}
        for i in range(len(columns))
        for j in range(len(columns))
    ]
    chart = (
        alt.Chart(alt.InlineData(values), width=_CELL * len(columns), height=_CELL * len(columns))
        .mark_rect()
        .encode(
            x=alt.X("column:N", sort=across, title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("row:N", sort=rows, title=None, axis=_named_axis(rows)),
            color=alt.Color("strength:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=["#eef3f8", "#0b2545"])),
        )
    )
    pairs = sorted(
        ((matrix[i][j], columns[i], columns[j]) for i in range(len(columns)) for j in range(i)), reverse=True
    )
    strongest = "; ".join(f"{one} with {other}: {strength:.2f}" for strength, one, other in pairs[:8])
    return Picture(_svg(chart), f"{what}. Strongest: {strongest}.")


def line_picture(points: Sequence[tuple[str, float]], *, what: str) -> Picture:
    """One figure over refreshes, the oldest first."""
    import altair as alt

    values = [{"at": at, "value": value} for at, (_, value) in enumerate(points, start=1)]
    chart = (
        alt.Chart(alt.InlineData(values), width=_WIDTH, height=60)
        .mark_line(point=alt.OverlayMarkDef(filled=True, size=40, color=COLOURS[SYNTHETIC]), color=COLOURS[SYNTHETIC])
        .encode(
            x=alt.X("at:O", title=None, axis=alt.Axis(labels=False, ticks=False)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=3)),
        )
    )
    told = "; ".join(f"{name}: {value:.3f}" for name, value in points)
    return Picture(_svg(chart), f"{what} over refreshes. {told}.")


def _colour() -> "alt.Color":
    import altair as alt

    scale = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    return alt.Color("side:N", legend=None, scale=scale)


def _named_axis(labels: Sequence[str], **more: Any) -> "alt.Axis":
    """Room for the labels in whatever font the reader has: it may be wider than the one that they are measured in."""
    import altair as alt

    longest = max((len(_cut(label)) for label in labels), default=0)
    return alt.Axis(minExtent=longest * _WIDEST_LETTER, labelLimit=_LONGEST_LABEL * _WIDEST_LETTER, **more)


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _svg(chart: "alt.Chart") -> str:
    """The picture in few characters: no descriptions of single marks, no digits that nobody sees."""
    import vl_convert

    spec: dict[str, Any] = chart.configure(
        background="transparent",
        font=_FONT,
        view={"stroke": None},
        axis={
            "labelColor": _INK,
            "labelFontSize": 11,
            "domain": False,
            "ticks": False,
            "grid": False,
            "gridColor": "#d5dae0",
        },
    ).to_dict()
    svg: str = vl_convert.vegalite_to_svg(spec)
    return _EMPTY.sub("", _TAG.sub(lambda tag: _shorter(tag[0]), svg))


def _shorter(tag: str) -> str:
    return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), _SURPLUS.sub("", tag))
