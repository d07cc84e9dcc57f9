"""`synth-assets init`: a new project."""

import base64
import os
from importlib.resources import files
from pathlib import Path

import click
from rich.text import Text

from synth_assets.cli.console import console, reporting
from synth_assets.errors import SynthAssetsError

KEY_VARIABLE = "SYNTH_STORE_KEY"
IGNORED = (".env", ".synth/", ".dagster/")
DATASET_NAME = r"[a-z][a-z0-9_]*"
SETTINGS = (
    "resources/local.yaml",
    "plans/dataset.yaml",
    "expectations/README.md",
    "workspace.yaml",
    "dagster_cloud.yaml",
    "dagster.yaml",
)


class FolderUnwritable(SynthAssetsError):
    """The project's folder cannot be written."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        super().__init__(
            f"The project cannot be written to {folder}: {reason}.",
            untouched="Files that are there already are as they were.",
            next_step="Name another folder, or change the rights on this one.",
        )


@click.command("init", short_help="Write a new project: settings, a plan, a key.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--dataset", default="shop", show_default=True, metavar="NAME", help="The first dataset's name.")
@click.option("--key-only", is_flag=True, help="Only a store key in .env, which git ignores.")
@reporting
def command(folder: Path, dataset: str, *, key_only: bool) -> None:
    """Write a new project to FOLDER (this one by default).

    Nothing that is there is overwritten. The random key that encrypts the store goes to .env, which only you can
    read and git ignores: without it, what is in the store cannot be read again.
    """
    import re

    if not re.fullmatch(DATASET_NAME, dataset):
        raise click.BadParameter("small letters, digits and underscores, a letter first", param_hint="--dataset")
    try:
        done = {".env": write_key(folder / ".env", databases=not key_only)}
        if not key_only:
            done |= write_settings(folder, dataset)
        done[".gitignore"] = write_ignored(folder / ".gitignore")
    except OSError as error:
        raise FolderUnwritable(folder, error.strerror or type(error).__name__) from None
    lines = Text()
    for name, written in done.items():
        lines.append("  written  " if written else "  kept     ", style="green" if written else "dim")
        lines.append(f"{name}\n")
    if not key_only:
        where = "" if folder == Path() else f"cd {folder}\n"
        lines.append(
            f"\nNext: write your databases' urls to {folder / '.env'}, then\n\n"
            f"{where}synth-assets authorize staging\nsynth-assets plan\nsynth-assets refresh --dataset {dataset}"
        )
    console().print(lines, soft_wrap=True)


def write_settings(folder: Path, dataset: str) -> dict[str, bool]:
    """Write every settings file that is not there; returns which were."""
    templates = files("synth_assets.cli") / "new_project"
    done = {}
    for name in SETTINGS:
        path = folder / name.replace("dataset.yaml", f"{dataset}.yaml")
        done[path.relative_to(folder).as_posix()] = not path.exists()
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = templates.joinpath(name).read_text(encoding="utf-8")
            path.write_text(text.replace("DATASET", dataset) if name.startswith("plans/") else text, encoding="utf-8")
    return done


def write_key(path: Path, *, databases: bool) -> bool:
    """Add a random store key to a .env file that has none; returns whether it was added. Only its owner can read it."""
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    if any(line.partition("=")[0].removeprefix("export ").strip() == KEY_VARIABLE for line in there.splitlines()):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = there + ("" if not there or there.endswith("\n") else "\n")
    lines += f"{KEY_VARIABLE}={base64.b64encode(os.urandom(32)).decode()}\n"
    if databases:
        lines += "PRODUCTION_DATABASE_URL=\nSTAGING_DATABASE_URL=\n"
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(lines, encoding="utf-8")
    return True


def write_ignored(path: Path) -> bool:
    """Add to .gitignore what must not be committed; returns whether anything was added."""
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [name for name in IGNORED if name not in there.splitlines()]
    if missing:
        start = there + ("" if not there or there.endswith("\n") else "\n")
        path.write_text(start + "\n".join(missing) + "\n", encoding="utf-8")
    return bool(missing)
