"""`dagster dev` on a project, and questions to it over GraphQL."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OUTPUT = "dagster-dev.output"
# A page that nobody looks at would otherwise ask anew every two seconds.
_SELDOM = ("--live-data-poll-rate", "15000")
NEW_PROJECT = Path(__file__).parents[2] / "synth_assets" / "cli" / "new_project"


@dataclass(frozen=True)
class Deployment:
    home: Path
    port: int

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The data of a GraphQL answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            data=json.dumps({"query": query, "variables": variables}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.loads(response.read())
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found

    def logs(self) -> str:
        """Its last lines, for a failure's message."""
        return (self.home / _OUTPUT).read_text()[-5000:]


@contextmanager
def deployed(project: Path, home: Path) -> Iterator[Deployment]:
    """`dagster dev` with the files of a new project: web server, daemon, and one server of the definitions for both.

    It is ended by its id.
    """
    home.mkdir()
    shutil.copy(NEW_PROJECT / "dagster.yaml", home)
    shutil.copy(NEW_PROJECT / "workspace.yaml", project)
    deployment = Deployment(home, _free_port())
    _create_instance(home)
    started = _start(
        ["dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(deployment.port), *_SELDOM],
        project,
        home,
    )
    try:
        wait_for(lambda: _answers(deployment.port), "the web server to answer", deployment, seconds=300)
        yield deployment
    finally:
        _end(started)


def wait_for(done: Callable[[], object], what: str, deployment: Deployment, *, seconds: float) -> Any:
    """The first answer that is not empty."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = done()
        if found:
            return found
        time.sleep(1)
    raise AssertionError(f"waited {seconds:.0f} s for {what}\n{deployment.logs()}")


def _create_instance(home: Path) -> None:
    """Make the instance's databases: two processes that both begin to do so trip over each other."""
    touch = "import dagster; i = dagster.DagsterInstance.get(); i.get_runs(limit=1); i.all_instigator_state()"
    subprocess.run([sys.executable, "-c", touch], env=os.environ | {"DAGSTER_HOME": str(home)}, check=True)


def _start(command: list[str], project: Path, home: Path) -> "subprocess.Popen[bytes]":
    program = Path(sys.executable).with_name(command[0])
    with (home / _OUTPUT).open("wb") as output:
        return subprocess.Popen(
            [program, *command[1:]],
            cwd=project,
            env=os.environ | {"DAGSTER_HOME": str(home)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started: they are a session of their own."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
