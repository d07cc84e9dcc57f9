"""Catalogs as JSON files."""

import os
from pathlib import Path

import pydantic

from synth_assets.catalog.errors import CatalogFileUnreadable
from synth_assets.catalog.model import Catalog


def write_catalog(path: Path, catalog: Catalog) -> None:
    """Write a catalog as indented JSON, so that versions of it can be compared line by line.

    The file is replaced in one step; its folder is made if need be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(catalog.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def read_catalog(path: Path) -> Catalog:
    """The catalog that `write_catalog` wrote.

    Raises:
        CatalogFileUnreadable: no such file, or not a catalog.
    """
    try:
        return Catalog.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CatalogFileUnreadable(str(path), str(error.strerror)) from None
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise CatalogFileUnreadable(str(path), f"{first['msg']}{f' at {place}' if place else ''}") from None
