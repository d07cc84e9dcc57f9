"""Libraries that say nothing while rows are at hand: a warning, a log line or a print of theirs may quote one."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

# By the first part of their loggers' names; those below inherit the level.
LIBRARIES = (
    "Metadata",  # this and three more: SDV's
    "MultiTableSynthesizer",
    "SingleTableMetadata",
    "SingleTableSynthesizer",
    "adbc_driver_manager",
    "adbc_driver_postgresql",
    "adbc_driver_sqlite",
    "copulas",
    "ctgan",
    "deepecho",
    "duckdb",
    "faker",
    "great_expectations",
    "numba",
    "pandas",
    "polars",
    "psycopg",
    "pyarrow",
    "rdt",
    "sdmetrics",
    "sdv",
    "sklearn",
    "sqlalchemy",
)
_SILENT = logging.CRITICAL + 1


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Nothing of Python's warnings and of these libraries' log lines comes out in the block."""
    loggers = [logging.getLogger(name) for name in LIBRARIES]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(_SILENT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextmanager
def silent_work() -> Iterator[None]:
    """Beside that, nothing that is printed in the block comes out. Consoles and handlers made before still write."""
    with silent_libraries(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield
