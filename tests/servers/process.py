"""A throw-away server as a process: started as an unprivileged user, waited for, stopped whatever happens."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

SUPERUSER = "synth"
START_SECONDS = 60
STOP_SECONDS = 30


class ServerMissingError(Exception):
    """There are no binaries of such a server on this machine."""


@dataclass(frozen=True)
class Server(ABC):
    """A running server. `process` is the server's id; `guard` ends it when its owner is gone."""

    folder: Path
    port: int
    password: str = field(repr=False)
    process: int
    guard: int

    # Who runs it where tests run as root, what it is told to stop by, and what its driver says of one that is not up.
    account: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    refused: ClassVar[type[Exception]]
    # Whether the file `alive` of a server that was killed is taken away, since a new one does not look at it.
    forgets: ClassVar[bool] = False

    @property
    @abstractmethod
    def alive(self) -> Path | None:
        """The file that is there as long as the server runs; None for one that has none."""

    def is_up(self) -> bool:
        """Whether it runs, or is about to stop."""
        return self.alive is not None and self.alive.exists()

    @abstractmethod
    def connect(self) -> Any:
        """A new superuser connection in autocommit mode."""

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        _signal(self.guard, signal.SIGKILL)
        _signal(self.process, self.stop_signal)
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_up():
            # A server that this very process started is a zombie until it is waited for.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.process, os.WNOHANG)
            if time.monotonic() > deadline:
                _signal(self.process, signal.SIGKILL)
                break
            time.sleep(0.05)
        shutil.rmtree(self.folder, ignore_errors=True)


AnyServer = TypeVar("AnyServer", bound=Server)


def run(
    kind: type[AnyServer],
    folder: Path,
    port: int,
    password: str,
    command: list[str],
    *,
    owner: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> AnyServer:
    """Run a server's program until it answers; it is ended when the process `owner` (default: this one) dies.

    `environment` is what it is told beside this process's own.

    Raises:
        RuntimeError: the server did not come up; the text is its log.
    """
    (folder / "command.json").write_text(json.dumps(command))
    log = folder / "log"
    with log.open("ab") as output:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **unprivileged(kind.account),
        )
    guard = _guard(os.getpid() if owner is None else owner, server.pid, kind.stop_signal)
    running = kind(folder, port, password, server.pid, guard)
    _wait_for(running, server, log)
    return running


def restart(server: AnyServer) -> AnyServer:
    """Start a server of this process's that was stopped or killed again, as it was, on its files."""
    _signal(server.guard, signal.SIGKILL)
    os.waitpid(server.process, 0)
    if server.forgets and server.alive:
        server.alive.unlink(missing_ok=True)
    command = json.loads((server.folder / "command.json").read_text())
    return run(type(server), server.folder, server.port, server.password, command)


def new_folder(prefix: str, account: str, *, in_memory: bool = False) -> Path:
    """A folder for a server that runs as `unprivileged(account)`; in memory if there is room."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=_memory() if in_memory else None))
    give(folder, account)
    return folder


def give(path: Path, account: str) -> None:
    """Make a file belong to who runs the server."""
    who = unprivileged(account)
    if who:
        os.chown(path, int(who["user"]), int(who["group"]))


def unprivileged(preferred: str) -> dict[str, Any]:
    """Servers refuse to run as root: what makes subprocess run them as an unprivileged user."""
    if os.geteuid() != 0:
        return {}
    for name in (preferred, "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise ServerMissingError(f"tests run as root, and there is neither a user {preferred} nor nobody to run servers as")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _memory() -> str | None:
    """A folder in memory with room for a server; None without one: some containers have little there."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").free > 2**30:
            return "/dev/shm"
    return None


def _guard(owner: int, server: int, stop: signal.Signals) -> int:
    """A process that stops the server when its owner was killed before it could."""
    script = 'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done; kill -"$3" "$2" 2>/dev/null'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "guard", str(owner), str(server), str(int(stop))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ).pid


def _wait_for(running: Server, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            running.connect().close()
        except running.refused:
            if server.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace")
                running.stop()
                raise RuntimeError(f"the server did not start: {text}") from None
            time.sleep(0.05)
        else:
            return


def _signal(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
