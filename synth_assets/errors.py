"""The one base of every error that this package raises on purpose."""


class SynthAssetsError(Exception):
    """Something was refused or failed.

    Attributes:
        failed: What failed, in one sentence. Never contains a value of a row.
        untouched: What is as it was before, in one sentence; empty if nothing was at stake.
        next_step: The exact thing to do next; empty if there is none.
    """

    def __init__(self, failed: str, *, untouched: str = "", next_step: str = "") -> None:
        self.failed = failed
        self.untouched = untouched
        self.next_step = next_step
        super().__init__(_joined(failed, untouched, next_step))


def _joined(*sentences: str) -> str:
    """Sentences one after the other; one that ends in a list of known words gets its full stop."""
    said = [sentence for sentence in sentences if sentence]
    ended = [sentence if sentence.endswith((".", "?", "!", ":")) else f"{sentence}." for sentence in said[:-1]]
    return " ".join([*ended, *said[-1:]])
