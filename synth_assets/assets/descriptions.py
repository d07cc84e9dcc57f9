"""What the page of an asset says to somebody who has never seen the product."""

from synth_assets.plan.resolved import Mode, ResolvedPlan, TableDecision
from synth_assets.report.figures import FIGURES

_ROWS = {
    Mode.SYNTHETIC: "Every row is drawn anew; none is a row of the source.",
    Mode.PARTIAL: "Rows of the source with some columns replaced, as the plan says (mode partial).",
    Mode.HYBRID: "Rows drawn anew, with rows of the source among them, as the plan says (mode hybrid).",
    Mode.REFERENCE: "The rows of the source as they are, as the plan says (mode reference).",
    Mode.EMPTY: "There are none, as the plan says (mode empty).",
}

_WANTED = {"at least": "the higher the better", "at most": "the lower the better", "none": "there must be none"}


def source_text(table: str, comment: str | None) -> str:
    """Of a table of the source."""
    said = f"{comment}\n\n" if comment else ""
    return (
        f"{said}The table {table} of the source, which is only read. Its check `schema` fails when the table is no "
        "longer what the saved catalog says."
    )


def snapshot_text(table: str) -> str:
    """Of the rows that were read."""
    return (
        f"The rows of {table}, read together with those of all other tables as of one instant. They are real: they lie "
        "encrypted in the store, only the next steps read them, and they are removed when the verdict has passed."
    )


def profile_text(table: str, plan: ResolvedPlan) -> str:
    """Of what is known of columns."""
    return (
        f"What is known of the columns of {table}: counts, ranges, shapes of texts, personal data, and what holds "
        f"between columns. Nothing that fewer than {plan.min_group} rows share. Encrypted in the store."
    )


def synthesizer_text(decision: TableDecision) -> str:
    """Of what was learned."""
    if decision.mode in (Mode.REFERENCE, Mode.EMPTY):
        return f"Nothing is learned of {decision.name}, as the plan says (mode {decision.mode.value})."
    return (
        f"What the engine {decision.synthesizer} has learned of {decision.name}: how its columns go together, and with "
        f"the rows that it refers to. Rows are drawn from it (mode {decision.mode.value}). Encrypted in the store."
    )


def synthetic_text(decision: TableDecision) -> str:
    """Of the rows that are judged."""
    return (
        f"The rows of {decision.name} that targets get once the verdict has passed. {_ROWS[decision.mode]}\n\n"
        "*Columns* tells what becomes of each and why, *Checks* what was found wrong, *Plots* how alike and how "
        "private the rows of each refresh were. Pictures of both sides, source and synthetic, are in the newest "
        "observation under *Events*."
    )


def verdict_text() -> str:
    """Of the verdict, with the meaning of its figures."""
    figures = "\n".join(f"- `{figure.name}`: {figure.meaning}; {_WANTED[figure.bound]}" for figure in FIGURES)
    return (
        "The signed outcome of all checks, tied to the fingerprint of exactly the rows that were judged. Nothing is "
        "published without one that passed. Whoever signs the refresh off reads its `report`.\n\n"
        f"Its figures are means over all tables and keys, or counts:\n\n{figures}"
    )


def published_text(table: str, target: str) -> str:
    """Of a table in a target."""
    return (
        f"The table {table} in {target}, as it is live: published with all other tables at once, or not at all, and "
        "only with a verdict that passed. Its scores and pictures are those of the synthetic table. "
        f"`synth-assets rollback --target {target}` brings the refresh before back."
    )
