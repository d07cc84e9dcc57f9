"""Pictures: what is written on them is what was given, and the words tell the same."""

import xml.etree.ElementTree as ElementTree

from synth_assets.report.charts import bar_picture, heat_picture, line_picture
from synth_assets.store.comparison import Bar

BARS = (
    Bar(label="0.125 to 0.375", source=0.5, synthetic=0.25),
    Bar(label='<script> role="x"', source=0.5, synthetic=0.75),
)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]


def test_labels_come_out_as_they_are_and_as_text_only() -> None:
    picture = bar_picture(BARS, what="Share of rows")
    assert {bar.label for bar in BARS} <= set(texts(picture.svg))
    assert "<script" not in picture.svg
    assert picture.words == (
        'Share of rows, source and synthetic. 0.125 to 0.375: 50.0% and 25.0%; <script> role="x": 50.0% and 75.0%.'
    )


def test_a_picture_is_small() -> None:
    bars = tuple(Bar(label=f"{at} to {at + 1}", source=1 / 12, synthetic=1 / 12) for at in range(12))
    assert len(bar_picture(bars, what="Share").svg) < 6_000


def test_heat_maps_name_the_strongest_pairs() -> None:
    picture = heat_picture(("age", "city", "sex"), ((1, 0.2, 0.7), (0.2, 1, 0.1), (0.7, 0.1, 1)), what="Pairs")
    assert {"1 age", "2 city", "3 sex"} <= set(texts(picture.svg))
    assert picture.words.startswith("Pairs. Strongest: sex with age: 0.70; city with age: 0.20")


def test_lines_tell_every_refresh() -> None:
    assert line_picture([("one", 0.9), ("two", 0.95)], what="shape").words == (
        "shape over refreshes. one: 0.900; two: 0.950."
    )
