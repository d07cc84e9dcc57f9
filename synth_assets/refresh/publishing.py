"""The publication stage: the latest synthetic rows into one target after the other."""

import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_assets.errors import SynthAssetsError
from synth_assets.refresh.errors import PartlyPublished, RowsReplaced
from synth_assets.refresh.settling import SettlingStage
from synth_assets.refresh.suites_in_target import suites_in_target
from synth_assets.refresh.values import Progress
from synth_assets.store.verdict import dataset_fingerprint
from synth_assets.store.verdicts import verdict_of

if TYPE_CHECKING:
    from synth_assets.publish.publication import Publication


class PublicationStage(SettlingStage):
    """A refresh's publications."""

    def publish(self, target: str) -> "Publication":
        """Publish the latest synthetic rows to one target; refused without a passing verdict on exactly them.

        Raises:
            RowsReplaced: This refresh has judged other rows: one that goes on after a newer one would publish that
                one's rows as its own.
            SynthAssetsError: As `publish` does.
        """
        from synth_assets.publish.publish import publish

        self._tell(Progress("publication", target))
        origin = self.origin
        tables = self.synthetic_rows
        self._refuse_rows_of_another(target)
        above = self.settings.audit.suites_above
        sent: Counter[str] = Counter()

        def loaded(table: str, rows: int) -> None:
            sent[table] += rows
            self._tell(Progress("loading", table, done=sent[table]))

        return publish(
            target=target,
            database=self.project.resources.databases[target],
            url=self.project.resources.databases[target].resolve_url(os.environ),
            sources={name: source.resolve_url(os.environ) for name, source in self.project.sources.items()},
            dataset=self.dataset,
            catalog=self.published_catalog,
            tables=tables,
            store=self.store,
            refresh=self.refresh,
            progress=loaded,
            source_identities={origin.source: origin.identity} if origin.identity else {},
            snapshot=origin.snapshot,
            plan=self.settings.target(target),
            suites=suites_in_target(self.store, dataset=self.dataset, tables=tables, above=above),
        )

    def _refuse_rows_of_another(self, target: str) -> None:
        mine = verdict_of(self.store, self.dataset, refresh=self.refresh)
        now = dataset_fingerprint({name: rows.fingerprint for name, rows in self.synthetic_rows.items()})
        if mine is not None and mine.fingerprint != now:
            raise RowsReplaced(self.dataset, self.refresh, target=target)

    def publish_all(self, targets: Sequence[str]) -> "tuple[Publication, ...]":
        """Publish to all targets; raises PartlyPublished where one fails after others had been published to."""
        done: list[Publication] = []
        for target in targets:
            try:
                done.append(self.publish(target))
            except SynthAssetsError as error:
                if not done:
                    raise
                raise PartlyPublished(target, [publication.target for publication in done], error) from None
        return tuple(done)
