"""The command `synth-assets`, one file a command. Nothing heavy is imported before a command runs."""

from importlib import import_module
from importlib.metadata import version

import click

COMMANDS = ("refresh", "plan", "status", "report", "rollback", "authorize", "init", "rekey")


class Commands(click.Group):
    """Commands in the order in which a newcomer needs them, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"synth_assets.cli.{cmd_name}").command
        return command


def _print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:  # noqa: ARG001
    if value and not ctx.resilient_parsing:
        click.echo(f"synth-assets {version('synth-assets')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version."
)
def main() -> None:
    """Production tables in, safe synthetic databases out.

    \b
    With no project at all:
        synth-assets refresh --from sqlite:///production.db --to sqlite:///staging.db

    Exit codes: 0 published, 1 refused or failed and nothing was changed, 2 wrong usage.
    """
