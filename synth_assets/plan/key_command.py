"""A key that a command prints, such as that of a secret manager."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from synth_assets.errors import SynthAssetsError

_SECONDS = 60


class KeyCommandFailed(SynthAssetsError):
    """The command that should print a key did not.

    Attributes:
        program: Its first word. Neither its arguments nor what it printed: they may be secret.
    """

    def __init__(self, program: str, reason: str, *, setting: str, file: str) -> None:
        self.program = program
        self.setting = setting
        self.file = file
        where = f" in {file}" if file else ""
        super().__init__(
            f"The command {program!r}, named by {setting}{where}, gave no key: {reason}.",
            untouched="Nothing was contacted or changed.",
            next_step=f"Run it by hand to see what is wrong, or change {setting}{where}.",
        )


def printed_by(
    command: Sequence[str], environ: Mapping[str, str], *, setting: str, file: str, root: Path | None
) -> str:
    """What a command prints to its standard output, without blanks around it. What it prints as errors is dropped.

    Args:
        command: The program and its arguments; no shell reads them.
        environ: Its environment.
        root: Where it runs; here if None.

    Raises:
        KeyCommandFailed: It cannot be run, takes longer than a minute, fails, or prints nothing.
    """

    def failed(reason: str) -> KeyCommandFailed:
        return KeyCommandFailed(command[0], reason, setting=setting, file=file)

    try:
        ran = subprocess.run(  # noqa: S603  (the project's own settings name it)
            list(command),
            env=dict(environ),
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise failed(f"it took longer than {_SECONDS} s") from None
    except OSError as error:
        raise failed(error.strerror or type(error).__name__) from None
    if ran.returncode != 0:
        raise failed(f"it ended with exit code {ran.returncode}")
    try:
        text = ran.stdout.decode().strip()
    except UnicodeDecodeError:
        raise failed("what it printed is no text") from None
    if not text:
        raise failed("it printed nothing")
    return text
