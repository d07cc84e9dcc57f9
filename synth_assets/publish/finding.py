"""What preflight found: a reason why the target cannot take the dataset, with its remedy."""

from synth_assets.catalog.model import Value


class Finding(Value):
    """One reason; `table` and `column` are None where it concerns all of the target."""

    problem: str
    remedy: str
    table: str | None = None
    column: str | None = None

    @property
    def message(self) -> str:
        place = ".".join(name for name in (self.table, self.column) if name)
        return f"{place}: {self.problem} {self.remedy}" if place else f"{self.problem} {self.remedy}"
