"""The profile stage: what the columns of every table hold, and what holds between them."""

from collections.abc import Sequence

import polars as pl

from synth_assets.catalog.model import ForeignKey, Table
from synth_assets.code_version import code_version
from synth_assets.dependencies.totals import Children, children_of
from synth_assets.failpoints import reached
from synth_assets.plan.balanced_tables import value_problems
from synth_assets.plan.refused import PlanRefused, Problems
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.refresh.inputs import RefreshInputs
from synth_assets.refresh.last_refresh import keep_decisions
from synth_assets.refresh.values import Outcome, Progress
from synth_assets.statistics.encoding import as_text
from synth_assets.statistics.references import match_rows
from synth_assets.store.digest import digest
from synth_assets.store.store import Draft
from synth_assets.store.tables import TableRows


class ProfileStage(RefreshInputs):
    """A refresh's profiles."""

    def profile(self) -> dict[str, Outcome]:
        """Profile every table of the snapshot; of a private one only the columns' names are written down.

        Raises:
            PlanRefused: The plan does not fit what the rows hold.
        """
        from synth_assets.profile.dependencies import find_dependencies
        from synth_assets.profile.profile import profile_table, save_profile, unseen_profile

        reached("profile.begun")
        outcomes = {}
        plan = resolve(self.settings, self.catalog)
        for done, (name, rows) in enumerate(self.snapshot_rows.items()):
            self._tell(Progress("profile", name, done, len(self.snapshot_rows)))
            table, decision = self.catalog.table(name), plan.table(name)
            if decision.private:

                def unseen(draft: Draft, table: Table = table) -> None:
                    save_profile(draft.folder, unseen_profile(table))
                    draft.facts.update(columns=len(table.columns))

                inputs = digest(code_version(), "private", table.model_dump(mode="json"))
                outcomes[name] = self._made("profile", name, inputs, unseen)
                continue
            children = self._children(plan, name)

            def fill(
                draft: Draft,
                rows: TableRows = rows,
                table: Table = table,
                children: Sequence[tuple[str, ForeignKey]] = children,
            ) -> None:
                profile = profile_table(rows, table=table, min_group=plan.min_group)
                known = find_dependencies(
                    rows,
                    table=table,
                    children=lambda: [self._referring(plan, child, key) for child, key in children],
                    decision=plan.table(table.name),
                    min_group=plan.min_group,
                )
                save_profile(draft.folder, profile.model_copy(update={"dependencies": known}))
                draft.facts.update(
                    rows=profile.rows, columns=len(profile.columns), dependencies=[one.text for one in known]
                )

            inputs = digest(
                code_version(),
                rows.fingerprint,
                plan.min_group,
                table.model_dump(mode="json"),
                [one.model_dump(mode="json") for one in decision.dependencies],
                decision.discover_dependencies,
                [key.model_dump(mode="json") for key in plan.foreign_keys.get(name, ())],
                [[self.snapshot_rows[child].fingerprint, key.model_dump(mode="json")] for child, key in children],
            )
            outcomes[name] = self._made("profile", name, inputs, fill)
            reached("profile.table")
        self._forget()
        self._check_balance()
        keep_decisions(self.store, self.plan, self.catalog, refresh=self.refresh)
        return outcomes

    def _check_balance(self) -> None:
        """Raises PlanRefused where the plan wishes for rows with values that the source does not hold."""
        problems = Problems([])
        for table in self.plan.published:
            if table.balance is None:
                continue
            name = table.balance.column
            values = as_text(self.snapshot_rows[table.name].read(columns=[name], part="training")[name])
            counted = values.fill_null("").value_counts(name="#")
            rows = dict(zip(counted[name].to_list(), counted["#"].to_list(), strict=True))
            for message, remedy in value_problems(table.balance, rows, min_group=self.plan.min_group):
                problems.add(message, table=table.name, column=name, remedy=remedy)
        if problems.found:
            raise PlanRefused(self.dataset, problems.found)

    def _children(self, plan: ResolvedPlan, name: str) -> list[tuple[str, ForeignKey]]:
        """The keys of other extracted tables that refer to a table, without those of private ones."""
        return [
            (child, key)
            for child, keys in sorted(plan.foreign_keys.items())
            for key in keys
            if key.parent == name != child and child in self.snapshot_rows and not plan.table(child).private
        ]

    def _referring(self, plan: ResolvedPlan, child: str, key: ForeignKey) -> Children:
        """The source's rows that refer to a table by a key, with their numbers that are no keys."""
        from synth_assets.profile.dependencies import plain_columns

        rows, parents = self.snapshot_rows[child], self.snapshot_rows[key.parent]
        plain = plain_columns(self.catalog.table(child), plan.table(child), rows.schema)
        frame = rows.read(columns=list(dict.fromkeys([*key.columns_read, *plain])))
        numbers = match_rows(frame, key, parents.read(columns=list(key.parent_columns)))
        return children_of(child, key.columns, frame.select(plain) if plain else pl.DataFrame(), numbers)
