"""The source's catalog as it is now, and as it is saved for those who must not ask the source."""

import os
from pathlib import Path

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.files import write_catalog
from synth_assets.catalog.model import Catalog
from synth_assets.catalog.reflect import reflect
from synth_assets.project import Project


def source_catalog(project: Project, dataset: str) -> Catalog:
    """Read from the source: schema only, never a row.

    Raises:
        MissingVariable: what its url stands in is not set.
        DatabaseError: it cannot be reached or read.
    """
    source = project.source(dataset)
    engine = open_engine(source.resolve_url(os.environ))
    try:
        return reflect(engine, namespace=source.namespace)
    finally:
        engine.dispose()


def save_catalog(project: Project, dataset: str) -> Path:
    """Keep the source's catalog in catalogs/, from where definitions load it; raises as `source_catalog` does."""
    path = project.catalog_path(dataset)
    write_catalog(path, source_catalog(project, dataset))
    return path
