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
        super().__init__(" ".join(part for part in (failed, untouched, next_step) if part))
