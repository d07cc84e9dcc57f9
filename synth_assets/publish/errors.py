"""What can stop a publication. None of these holds a value of a row."""

from collections.abc import Sequence

from synth_assets.errors import SynthAssetsError
from synth_assets.publish.finding import Finding

TARGET_UNTOUCHED = "The target is as it was."


class PublishError(SynthAssetsError):
    """Nothing was published."""


class NoPassingVerdict(PublishError):
    """No passing verdict stands for exactly these rows."""

    def __init__(self, dataset: str, fingerprint: str) -> None:
        self.dataset = dataset
        self.fingerprint = fingerprint
        super().__init__(
            f"No passing verdict stands for these rows of dataset {dataset} (fingerprint {fingerprint[:12]}).",
            untouched=TARGET_UNTOUCHED,
            next_step=f"Validate them first: synth-assets refresh --dataset {dataset}.",
        )


class TargetRefused(PublishError):
    """The guard: this database must not be written."""

    def __init__(self, target: str, reason: str, *, next_step: str = "") -> None:
        self.target = target
        self.reason = reason
        super().__init__(
            f"{_called(target, first=True)} is refused: {reason}", untouched=TARGET_UNTOUCHED, next_step=next_step
        )


class PreflightFailed(PublishError):
    """The target cannot take the dataset; `findings` says why, each with its remedy."""

    def __init__(self, target: str, findings: Sequence[Finding]) -> None:
        self.target = target
        self.findings = tuple(findings)
        lines = "\n".join(f"- {finding.message}" for finding in findings)
        super().__init__(
            f"{_called(target, first=True)} cannot take the dataset:\n{lines}\n", untouched=TARGET_UNTOUCHED
        )


class DatabaseFailed(PublishError):
    """The target's database refused a statement, or went away.

    Attributes:
        step: preflight, stage, audit, swap or rollback.
        code: SQLSTATE, or SQLite's name of the error.
        lost: The connection went away, so that another one may do better.
    """

    def __init__(
        self,
        *,
        step: str,
        code: str,
        meaning: str,
        table: str | None = None,
        column: str | None = None,
        constraint: str | None = None,
        remedy: str = "",
        lost: bool = False,
    ) -> None:
        self.step = step
        self.lost = lost
        self.code = code
        self.meaning = meaning
        self.table = table
        self.column = column
        self.constraint = constraint
        named = (("table", table), ("column", column), ("constraint", constraint))
        where = ", ".join(f"{word} {name}" for word, name in named if name)
        place = f" at {where}" if where else ""
        super().__init__(
            f"The target's database failed in {step}{place}: {meaning} ({code}).",
            untouched=TARGET_UNTOUCHED,
            next_step=remedy or "Correct the cause and refresh again; leftovers are removed by the next run.",
        )


class RowsRefused(PublishError):
    """A value that the target cannot hold, found before it was sent."""

    def __init__(self, table: str, column: str, problem: str, remedy: str) -> None:
        self.table = table
        self.column = column
        self.problem = problem
        super().__init__(f"Column {column} of table {table} {problem}.", untouched=TARGET_UNTOUCHED, next_step=remedy)


class AuditFailed(PublishError):
    """The loaded tables are not what was sent."""

    def __init__(self, target: str, differences: Sequence[str]) -> None:
        self.target = target
        self.differences = tuple(differences)
        lines = "\n".join(f"- {line}" for line in differences)
        super().__init__(
            f"The tables loaded for {_called(target)} are not what was sent:\n{lines}\n",
            untouched=TARGET_UNTOUCHED,
            next_step="Refresh again; if it happens again, report it: this is a fault of synth-assets or of the disk.",
        )


class ExpectationsBroken(PublishError):
    """What the verdict found to hold does not hold in the target; `broken` says what, a line each."""

    def __init__(self, target: str, broken: Sequence[str]) -> None:
        self.target = target
        self.broken = tuple(broken)
        lines = "\n".join(f"- {line}" for line in broken)
        super().__init__(
            f"Expectations do not hold over the rows loaded for {_called(target)}, though they hold over the rows "
            f"that were judged:\n{lines}\n",
            untouched=TARGET_UNTOUCHED,
            next_step="Compare the types, defaults and collations of these columns in the target with the source's. "
            "An expectation that this database cannot be asked may have the severity warning.",
        )


class TargetBusy(PublishError):
    """Others kept the target locked for longer than the publication may wait."""

    def __init__(self, target: str, holders: str, seconds: float) -> None:
        self.target = target
        self.holders = holders
        super().__init__(
            f"{_called(target, first=True)} was kept locked for {seconds:.0f} s by {holders}.",
            untouched=TARGET_UNTOUCHED,
            next_step="End those transactions and publish again.",
        )


class OutcomeUnknown(PublishError):
    """The answer to the commit was lost, and the ledger cannot be asked."""

    def __init__(self, target: str, refresh: str) -> None:
        self.target = target
        self.refresh = refresh
        super().__init__(
            f"The connection to {_called(target)} was lost while refresh {refresh} was being committed, "
            "and the target cannot be reached to ask its ledger.",
            untouched="The target holds either the whole old dataset or the whole new one.",
            next_step=f"When the target is back, publish again: refresh {refresh} is then found, or published.",
        )


class NothingToRollBack(PublishError):
    """No earlier refresh is kept in the target."""

    def __init__(self, target: str, dataset: str, reason: str) -> None:
        self.target = target
        self.dataset = dataset
        super().__init__(
            f"Dataset {dataset} in {_called(target)} cannot be rolled back: {reason}.",
            untouched=TARGET_UNTOUCHED,
            next_step="A target keeps the refresh before the live one, the store the rows of some more: `synth-assets "
            "status` shows which. For other "
            f"rows, refresh again: synth-assets refresh --dataset {dataset} --target {target}.",
        )


def _called(target: str, *, first: bool = False) -> str:
    """A target's name for a sentence, which begins with it if `first`; one called `target` has no name but that."""
    article = "The" if first else "the"
    return f"{article} target" if target == "target" else f"{'Target' if first else 'target'} {target}"
