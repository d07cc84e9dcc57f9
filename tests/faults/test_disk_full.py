"""Disks that are full at any point of a publication."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from synth_assets.publish.authorize import authorize
from tests.faults import children
from tests.faults.children import Ending, Order
from tests.faults.families import POSTGRES
from tests.faults.injection import Injected, Target
from tests.faults.readers import two_readers
from tests.publish.parts import catalog_of, settings
from tests.publish.postgres_shop import run_in
from tests.servers import PostgresServer

SQLITE_BYTES = (0, 4_096, 8_192, 12_288, 20_480, 28_672, 36_864, 45_056)
# A file of DuckDB begins with 12 KiB and grows by blocks of 256 KiB.
FILE_BYTES = {
    "sqlite": SQLITE_BYTES,
    "sqlite in WAL mode": SQLITE_BYTES,
    "duckdb": (0, 4_096, 12_288, 274_432, 536_576, 1_060_864, 2_109_440, 6_303_744),
}
FREE_KILOBYTES = (0, 32, 128, 256, 512)


@pytest.mark.parametrize("family", FILE_BYTES)
def test_files_that_may_not_grow(make_target: Callable[[str], Target], family: str) -> None:
    """A limit to the length of files: what is written beyond it fails as on a full disk."""
    target = make_target(family)
    outcomes = set()
    with two_readers(target.family, target.url):
        for limit in FILE_BYTES[family]:
            after = target.fault("disk full", f"{limit} bytes", children.run, file_bytes=limit)
            outcomes.add(after.ending.published)
            assert after.ending.published or "as it was" in after.ending.message, after
            assert after.is_new == after.ending.published, after
    assert False in outcomes


@pytest.fixture
def small_disk(postgres: PostgresServer) -> Iterator[tuple[Path, str]]:
    """A file system of 32 MiB, and a database of which all tables lie there."""
    with tempfile.TemporaryDirectory(prefix="synth_disk_") as folder:
        Path(folder).chmod(0o755)
        disk = Path(folder) / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)], capture_output=True, check=False
        )
        if mounted.returncode != 0:
            pytest.skip("only root may mount a file system")
        try:
            owner = (postgres.folder / "data").stat().st_uid
            os.chown(disk, owner, pwd.getpwuid(owner).pw_gid)
            place = disk / "tables"
            place.mkdir()
            os.chown(place, owner, pwd.getpwuid(owner).pw_gid)
            with postgres.connect() as connection:
                connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'".encode())
                connection.execute(b"CREATE DATABASE on_small_disk TABLESPACE small")
                try:
                    yield disk, postgres.url("on_small_disk")
                finally:
                    connection.execute(b"DROP DATABASE on_small_disk WITH (FORCE)")
                    connection.execute(b"DROP TABLESPACE small")
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_of_a_server(
    small_disk: tuple[Path, str], postgres: PostgresServer, injected: Injected, tmp_path: Path
) -> None:
    disk, url = small_disk
    source = postgres.create_database()
    run_in(source, POSTGRES.shop.SHOP)
    authorize("staging", settings(), url, {})
    target = Target(POSTGRES, url, catalog_of(source), store=f"file://{tmp_path}/store", injected=injected)
    codes = set()
    with two_readers(POSTGRES, url):
        for free in FREE_KILOBYTES:
            filler = disk / "filler"

            def fill(order: Order, free: int = free, filler: Path = filler) -> Ending:
                facts = os.statvfs(disk)
                with filler.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, max(4096, facts.f_bavail * facts.f_frsize - free * 1024))
                try:
                    return children.run(replace(order))
                finally:
                    filler.unlink()

            after = target.fault("disk full", f"{free} KiB are free", fill)
            codes.add(after.ending.error)
            assert after.ending.published or "53100" in after.ending.message, after
    assert "DatabaseFailed" in codes
