"""What the stages of a refresh tell: progress, outcomes, and the result of it all."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import JsonValue

from synth_assets.catalog.identity import ServerIdentity
from synth_assets.catalog.model import Value
from synth_assets.store.store import Artifact
from synth_assets.store.verdict import Verdict

if TYPE_CHECKING:
    from synth_assets.publish.publication import Publication
    from synth_assets.synthesize.auto.choice import Choice

# What is written for people, beside the verdict.
Page: TypeAlias = Literal["report", "data_docs"]
PAGES: tuple[Page, ...] = ("report", "data_docs")


class Origin(Value):
    """Where a snapshot came from.

    Attributes:
        source: The source's name in resources/ at that time.
        identity: Which database that was, by its own word; None if it does not tell.
        snapshot: The same for the same rows of all tables; keyed, so that nobody without the store's key can tell
            from it whether rows that he guesses are the source's.
    """

    source: str
    identity: ServerIdentity | None
    snapshot: str


@dataclass(frozen=True)
class Progress:
    """One sentence of progress.

    Attributes:
        stage: The stage at work.
        table: The table at work; None for the whole dataset.
        done: Steps of this stage that are done.
        total: Steps of this stage; 0 if not known.
    """

    stage: str
    table: str | None
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a stage made of one table, or of the dataset.

    Attributes:
        reused: The inputs were those of a stored artifact, which was taken instead.
        seconds: Time spent.
        facts: Small JSON, never real values.
    """

    artifact: Artifact
    reused: bool
    seconds: float
    facts: Mapping[str, JsonValue]


@dataclass(frozen=True)
class RefreshResult:
    """One pass through all stages.

    Attributes:
        rows: Synthetic rows by table.
        choices: What the synthesizer auto chose, by table.
        dependencies: What holds in every row, by table, in words.
        seconds: By stage.
        changes: What has changed in the source since the last refresh, a line each.
        look_ups: Tables that look like look-ups, and whose texts were invented, see plan/look_ups.py.
    """

    verdict: Verdict
    publications: "tuple[Publication, ...]"
    rows: Mapping[str, int]
    choices: "Mapping[str, Choice]"
    dependencies: Mapping[str, tuple[str, ...]]
    seconds: Mapping[str, float]
    changes: tuple[str, ...] = ()
    look_ups: tuple[str, ...] = ()


def texts_in(fact: JsonValue) -> tuple[str, ...]:
    """The texts of a fact that lists them; none of anything else."""
    return tuple(text for text in fact if isinstance(text, str)) if isinstance(fact, list) else ()
