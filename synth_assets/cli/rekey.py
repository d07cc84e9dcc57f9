"""`synth-assets rekey`: another key for the store."""

import os
from pathlib import Path

import click
from rich.text import Text

from synth_assets.cli.console import console, reporting
from synth_assets.cli.project import PROJECT, open_project


@click.command("rekey", short_help="Encrypt the store by another key.")
@PROJECT
@reporting
def command(folder: Path) -> None:
    """Encrypt all that the store holds by another key, of all datasets.

    \b
        SYNTH_STORE_KEY_OLD=<the old key> SYNTH_STORE_KEY=<the new key> synth-assets rekey

    Refused while a refresh is at work, and refreshes are refused meanwhile; on object storage, which has no locks, let
    none run. If it is interrupted, run it again. Verdicts, the privacy budget, pseudonyms and what
    is published stay as they are.
    """
    from synth_assets.store.key import read_old_store_key, read_store_key
    from synth_assets.store.rekey import rekey

    settings = open_project(folder).resources.store
    new = read_store_key(settings, os.environ)
    old = read_old_store_key(settings, os.environ)
    progress = console(stderr=True)
    with progress.status("Encrypting the store anew.") as status:
        done = rekey(
            settings.resolve_url(os.environ),
            old=old,
            new=new,
            progress=lambda artifacts: status.update(f"Encrypting the store anew: {artifacts} artifacts."),
        )
    line = Text("✓ ", style="bold green")
    line.append(f"{done.renewed} artifacts are encrypted by the new key")
    line.append(f", {done.before} were before. " if done.before else ". ")
    line.append("Nothing in the store needs the old key any more.")
    console().print(line, soft_wrap=True)
