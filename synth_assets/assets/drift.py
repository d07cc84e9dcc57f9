"""The source against the saved catalog that the asset graph was built from."""

from collections.abc import Sequence

from synth_assets.assets.dataset import Dataset, dataset_of
from synth_assets.catalog.drift import compare
from synth_assets.catalog.model import Catalog
from synth_assets.errors import SynthAssetsError

_MOST_SHOWN = 8


class CatalogOutdated(SynthAssetsError):
    """The source has other tables, or other references among them, than the asset graph was built for."""

    def __init__(self, dataset: str, changes: Sequence[str], *, command: str) -> None:
        self.dataset = dataset
        self.changes = tuple(changes)
        more = len(changes) - _MOST_SHOWN
        shown = "; ".join(changes[:_MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(
            f"The source of {dataset!r} is not what its saved catalog says: {shown}.",
            untouched="No row was read, and no target was touched.",
            next_step=(
                f"Save the catalog anew with `{command}`; then reload the definitions and launch this run again."
            ),
        )


def refuse_other_tables(dataset: Dataset, now: Catalog) -> None:
    """Nothing if the asset graph still fits the source. What becomes of new columns, the plan's on_new_column says.

    Raises:
        CatalogOutdated: It does not.
        PlanRefused: The plan does not fit the source any more.
    """
    actual = dataset_of(dataset.project, dataset.settings, now)
    if _graph(actual) != _graph(dataset):
        changes = [change.message for change in compare(dataset.catalog, now).changes]
        raise CatalogOutdated(dataset.name, changes, command=dataset.project.catalog_command(dataset.name))


def _graph(dataset: Dataset) -> tuple[object, ...]:
    groups = {frozenset(group) for group in dataset.groups}
    return groups, set(dataset.extracted), dict(dataset.parents)
