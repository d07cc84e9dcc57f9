"""What the checks of rows compare: which tables, which columns, and what to do when a table does not pass."""

from synth_assets.validate.subject import NOT_LOOKED_AT, Subject

FAMILY = "privacy"
ANOTHER_SYNTHESIZER = (
    "The model has begun to memorise its training rows: give the table a synthesizer that learns less of each row "
    "(trees with more rows a leaf), or treat its most telling columns otherwise."
)


def compared(subject: Subject) -> tuple[str, ...]:
    """The learned columns that can tell whether a row was copied: not those with values that no two rows share.

    Such values are dealt out anew, and where they are dense (1 to n) every one of them is in the source, too.
    """
    return tuple(name for name in subject.learned if not _is_unique(subject, name))


def _is_unique(subject: Subject, name: str) -> bool:
    decision = subject.column_decision(name)
    return (decision is not None and decision.unique) or any(
        key.columns == (name,) for key in (*subject.table.unique_keys, subject.table.primary_key) if key
    )


def why_no_rows(subject: Subject) -> str | None:
    if not subject.decision.is_generated:
        mode = subject.decision.mode.value
        return f"the plan makes this table {mode}; what real values it lets through is listed in the verdict"
    if subject.decision.private:
        return NOT_LOOKED_AT
    if not subject.learned:
        return "no column of this table is learned as a distribution"
    if subject.source is None or subject.source_rows == 0:
        return "the source table is empty"
    if subject.drawn.rows == 0:
        return "the synthetic table is empty"
    return None
