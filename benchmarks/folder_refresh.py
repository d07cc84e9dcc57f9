"""A refresh that reads a folder of Parquet files instead of a database, and publishes nothing."""

import base64
from functools import cached_property
from pathlib import Path

from benchmarks.dataset import Dataset
from synth_assets.catalog.model import Catalog
from synth_assets.plan.resolved import ResolvedPlan
from synth_assets.plan.resources import ResourcesSettings
from synth_assets.plan.settings import DatasetSettings
from synth_assets.plan.target_settings import TargetSettings
from synth_assets.project import Project
from synth_assets.refresh import Outcome, Refresh
from synth_assets.store.digest import digest
from synth_assets.store.key import random_key
from synth_assets.store.store import ArtifactKey
from synth_assets.store.tables import ROWS_FILE, TableRows


class FolderRefresh(Refresh):
    """The stages from profile to synthetic rows, on a benchmark's frames and plan."""

    def __init__(self, dataset: Dataset, folder: Path) -> None:
        self._benchmark = dataset
        name = dataset.plan.dataset
        targets = (TargetSettings(name="target"),)
        settings = DatasetSettings(dataset=name, source="source", targets=targets, seed=dataset.plan.seed)
        nowhere = f"sqlite:///{folder}/none.db"
        resources = ResourcesSettings.model_validate(
            {
                "databases": {
                    "source": {"role": "source", "url": nowhere},
                    "target": {"role": "target", "environment": "benchmark", "url": nowhere},
                },
                "store": {"url": f"file://{folder}", "key": base64.b64encode(random_key()).decode()},
            }
        )
        project = Project(root=folder, environment="benchmark", datasets={name: settings}, resources=resources)
        super().__init__(project, name, refresh="benchmark")

    def snapshot(self) -> dict[str, Outcome]:
        """Put the frames where a snapshot would lie."""
        outcomes = {}
        for name, frame in self._benchmark.frames.items():
            key = ArtifactKey(self.dataset, "snapshot", name, digest(name))
            with self.store.create(key, refresh=self.refresh) as draft:
                draft.folder.write_frame(ROWS_FILE, frame)
            outcomes[name] = Outcome(draft.artifact, False, 0.0, {})
        return outcomes

    @cached_property
    def catalog(self) -> Catalog:
        return self._benchmark.catalog

    @cached_property
    def plan(self) -> ResolvedPlan:
        return self._benchmark.plan

    @cached_property
    def snapshot_rows(self) -> dict[str, TableRows]:
        found = {name: self.store.latest(self.dataset, "snapshot", name) for name in self._benchmark.frames}
        return {name: TableRows(artifact) for name, artifact in found.items() if artifact}
