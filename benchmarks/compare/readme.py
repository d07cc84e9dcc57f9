"""The README's figures: what stands between two comments is replaced."""

from pathlib import Path

START, END = "<!-- benchmarks: written by `make bench` -->", "<!-- end of benchmarks -->"


class MarkersMissing(Exception):
    """The file has no place for figures."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} must hold the lines {START!r} and {END!r}, one of each, in this order.")


def write_between_markers(path: Path, text: str) -> None:
    """Replace what stands between the two comments.

    Raises:
        MarkersMissing: They are not there, or not once each.
    """
    content = path.read_text()
    before, start, rest = content.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end or START in rest or END in after:
        raise MarkersMissing(path)
    path.write_text(f"{before}{START}\n{text}\n{END}{after}")
