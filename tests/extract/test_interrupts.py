"""An interrupt while a driver reads is an interrupt, not a failure of the database."""

import os
import signal
import threading
from pathlib import Path

import adbc_driver_sqlite.dbapi
import pytest

from synth_assets.extract.adbc import AdbcQueries
from synth_assets.extract.errors import SourceUnreadable

SLOW = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000000)
SELECT max(n) FROM numbers
"""


def unreadable(table: str | None, error: Exception) -> SourceUnreadable:
    raise AssertionError(f"the interrupt became {type(error).__name__}")


def test_an_interrupt_comes_through(tmp_path: Path) -> None:
    with adbc_driver_sqlite.dbapi.connect(f"file:{tmp_path / 'source.db'}", autocommit=True) as connection:
        queries = AdbcQueries(connection, unreadable)
        interrupt = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        interrupt.start()
        with pytest.raises(KeyboardInterrupt):
            queries.rows(SLOW)
        interrupt.join()
