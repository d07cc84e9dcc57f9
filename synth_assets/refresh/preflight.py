"""Preflight: what targets and disks are refused for, before hours are spent on rows for them."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy

from synth_assets.catalog.model import Catalog
from synth_assets.errors import SynthAssetsError
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.project import Project
from synth_assets.refresh.inputs import RefreshInputs, published_part
from synth_assets.refresh.space import TooLittleSpace, demands, lacking

if TYPE_CHECKING:
    from synth_assets.publish.preflight import Preflight


def look_at_target(project: Project, plan: ResolvedPlan, catalog: Catalog, target: str) -> "Preflight":
    """What can be told of a target by schemas; raises TargetRefused, DatabaseError."""
    from synth_assets.publish.preflight import preflight

    database = project.resources.databases[target]
    url = database.resolve_url(os.environ)
    found = preflight(
        plan=project.dataset(plan.dataset).target(target),
        database=database,
        url=url,
        sources={name: source.resolve_url(os.environ) for name, source in project.sources.items()},
        dataset=plan.dataset,
        catalog=published_part(plan, catalog),
    )
    if sqlalchemy.make_url(url).get_backend_name() != catalog.dialect:
        # Another family leaves out what is not known of it, and has said so.
        return found
    return replace(found, notes=(*found.notes, *found_out_by_the_load(plan, catalog)))


def found_out_by_the_load(plan: ResolvedPlan, catalog: Catalog) -> list[str]:
    """A line for everything that generated rows are not made to keep, and that only their load finds broken."""
    lines = []
    for name in (decision.name for decision in plan.published if decision.is_generated):
        table = catalog.table(name)
        named = [f"the exclusion constraint {one.name or one.definition}" for one in table.exclusions]
        named += [
            f"the unique index {one.name} on an expression"
            for one in table.indexes
            if one.unique and not one.columns and not one.unique_set
        ]
        lines += [f"{name}: rows are not made so that {one} holds; only the load finds out." for one in named]
    return lines


def lacking_space(project: Project, plan: ResolvedPlan, targets: Sequence[str]) -> list[str]:
    """A line for every disk that is too small for a refresh of these targets."""
    return lacking(demands(project, targets, source=project.source(plan.dataset), tables=plan.extracted))


class PreflightStage(RefreshInputs):
    """A refresh before it has read anything."""

    def preflight(self, targets: Sequence[str]) -> dict[str, SynthAssetsError]:
        """Why targets cannot take the dataset, by target; those that can are missing.

        Raises:
            TooLittleSpace: A disk is too small.
            PlanRefused, DatabaseError: The source, or the plan for it.
        """
        from synth_assets.publish.errors import PreflightFailed

        catalog = self.reflect_source()
        plan = resolve(self.settings, catalog)
        refused: dict[str, SynthAssetsError] = {}
        for target in targets:
            try:
                found = look_at_target(self.project, plan, catalog, target).findings
            except SynthAssetsError as error:
                refused[target] = error
            else:
                if found:
                    refused[target] = PreflightFailed(target, found)
        lines = lacking_space(self.project, plan, [target for target in targets if target not in refused])
        if lines:
            raise TooLittleSpace(self.dataset, lines)
        return refused
