"""A refresh without a project: two urls, every default, and a store that is gone afterwards."""

import base64
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from synth_assets.plan.resources import DatabaseSettings
    from synth_assets.project import Project

SOURCE, TARGET = "source", "target"


@contextmanager
def direct_project(source_url: str, target_url: str) -> Iterator["Project"]:
    """A project in memory that refreshes the one database from the other. The target is marked if it is empty.

    Its store is a temporary folder, encrypted with a random key that is nowhere kept, removed when the block ends.

    Raises:
        click.BadParameter: One of them is not a database's url.
        TargetRefused: The target is the source, or has tables that no refresh made.
        DatabaseError: One of them cannot be connected to.
    """
    from synth_assets.catalog.connection import open_engine
    from synth_assets.plan.resources import DatabaseSettings
    from synth_assets.publish.authorize import authorize_if_empty

    source_url, target_url = database_url(source_url, "--from"), database_url(target_url, "--to")
    with tempfile.TemporaryDirectory(prefix="synth-assets-") as folder:
        databases = {
            SOURCE: DatabaseSettings.model_validate({"role": "source", "url": source_url}),
            TARGET: DatabaseSettings.model_validate({"role": "target", "environment": "direct", "url": target_url}),
        }
        # Before anything is read or made: a source that does not answer must leave no new target behind.
        open_engine(source_url).dispose()
        with removed_if_new(target_url, dataset=dataset_name(source_url)):
            authorize_if_empty(TARGET, databases[TARGET], target_url, {SOURCE: source_url})
            yield _project(Path(folder), source_url, databases)


@contextmanager
def removed_if_new(url: str, *, dataset: str) -> Iterator[None]:
    """Removes a SQLite file that was not there before when the block fails before anything is published to it.

    With it goes the lock of the dataset's publications: nobody else can be publishing into a file that is gone.
    """
    import sqlalchemy

    from synth_assets.catalog.connection import file_path
    from synth_assets.publish.files import TargetFiles
    from synth_assets.publish.publish import history

    parsed = sqlalchemy.make_url(url)
    path = file_path(parsed) if parsed.get_backend_name() == "sqlite" else None
    is_new = path is not None and not path.exists()
    try:
        yield
    except BaseException:
        if is_new and path is not None and path.exists() and not history(TARGET, url):
            path.unlink()
            TargetFiles(path.resolve(), dataset).lock.unlink(missing_ok=True)
        raise


def _project(folder: Path, source_url: str, databases: "dict[str, DatabaseSettings]") -> "Project":
    from synth_assets.plan.resources import ResourcesSettings, StoreSettings
    from synth_assets.plan.settings import DatasetSettings
    from synth_assets.plan.target_settings import TargetSettings
    from synth_assets.project import Project
    from synth_assets.store.key import random_key

    dataset = dataset_name(source_url)
    key = base64.b64encode(random_key()).decode()
    store = StoreSettings.model_validate({"url": f"file://{folder}/store", "key": key})
    return Project(
        root=folder,
        environment="direct",
        datasets={dataset: DatasetSettings(dataset=dataset, source=SOURCE, targets=(TargetSettings(name=TARGET),))},
        resources=ResourcesSettings(databases=databases, store=store),
    )


def database_url(text: str, option: str) -> str:
    """The url as it is.

    Raises:
        click.BadParameter: It is not one.
    """
    import sqlalchemy
    from sqlalchemy import exc

    try:
        sqlalchemy.make_url(text)
    except (exc.ArgumentError, ValueError):
        raise click.BadParameter(
            "not a database's url; write sqlite:///path/to/file.db or postgresql://user@host/database",
            param_hint=option,
        ) from None
    return text


def dataset_name(url: str) -> str:
    """The source database's name as a dataset's name."""
    import sqlalchemy

    name = Path(sqlalchemy.make_url(url).database or "").stem.lower()
    name = re.sub(r"[^a-z0-9]+", "_", name).strip("_")
    return name if re.match("[a-z]", name) else f"database_{name}".rstrip("_")
