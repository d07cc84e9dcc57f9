"""A server that goes away while it is published into, and comes back."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from synth_assets.failpoints import Failpoint
from synth_assets.publish.authorize import authorize
from tests.faults.children import Ending, Order
from tests.faults.families import FAMILIES
from tests.faults.injection import Injected, Target
from tests.faults.readers import two_readers
from tests.faults.test_connections import published_here
from tests.publish.parts import catalog_of, settings
from tests.publish.postgres_shop import run_in
from tests.publish.test_mariadb_faults import DURABLE
from tests.servers import MYSQL_FAMILY, MysqlFamilyServer, PostgresServer, restart, start_postgres

PLACES = (
    "publication.stage.rows",
    "publication.stage.keys",
    "publication.swap.entered",
    "publication.swap.committed",
)
WAYS = {
    "postgres": {"server stopped": signal.SIGINT, "server crashed": signal.SIGQUIT},
    **{name: {"server stopped": signal.SIGTERM, "server crashed": signal.SIGKILL} for name in MYSQL_FAMILY},
}


class OwnServer:
    """A server that tests may stop."""

    def __init__(self, family: str) -> None:
        self.running: PostgresServer | MysqlFamilyServer = (
            start_postgres() if family == "postgres" else MYSQL_FAMILY[family](settings=DURABLE)
        )

    def stop_and_start(self, way: signal.Signals) -> None:
        os.kill(self.running.process, way)
        self.running = restart(self.running)


@pytest.fixture(params=[*WAYS])
def server(request: pytest.FixtureRequest) -> Iterator[OwnServer]:
    # Skipped where there is none.
    request.getfixturevalue(request.param)
    own = OwnServer(request.param)
    yield own
    own.running.stop()


def test_a_server_stopped_in_mid_load_and_mid_swap(server: OwnServer, injected: Injected, tmp_path: Path) -> None:
    name = "postgres" if isinstance(server.running, PostgresServer) else server.running.dialect
    family = FAMILIES[name]
    if isinstance(server.running, PostgresServer):
        source, url = server.running.create_database(), server.running.create_database()
        run_in(source, family.shop.SHOP)
    else:
        source, url = server.running.create_database(family.shop.SHOP), server.running.create_database()
    authorize("staging", settings(), url, {})
    target = Target(family, url, catalog_of(source), store=f"file://{tmp_path}/store", injected=injected)
    # Readers of a server that is not there fail; what they see is never torn.
    with two_readers(family, url, errors=True):
        for kind, way in WAYS[name].items():
            for place in PLACES:
                done: list[Failpoint] = []

                def stop(
                    reached: Failpoint, place: str = place, way: signal.Signals = way, done: list[Failpoint] = done
                ) -> None:
                    if reached == place and not done:
                        done.append(reached)
                        server.stop_and_start(way)

                def publish(order: Order, stop: object = stop) -> Ending:
                    return published_here(replace(order, url=url), stop)  # type: ignore[arg-type]

                after = target.fault(kind, place, publish)
                assert after.is_new, (kind, place)
                assert done == [place]
