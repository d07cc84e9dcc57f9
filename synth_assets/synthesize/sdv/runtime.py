"""Running SDV: seeded, silent, and without a trace in the process' own random generators."""

import contextlib
import io
import logging
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synth_assets.synthesize.sdv.errors import EngineFailed

_LOGGERS = (
    "sdv",
    "rdt",
    "copulas",
    "ctgan",
    "deepecho",
    "SingleTableSynthesizer",
    "MultiTableSynthesizer",
    "Metadata",
    "SingleTableMetadata",
)


@contextlib.contextmanager
def quietly_seeded(seed: int) -> Iterator[None]:
    """Seed the global generators that SDV draws from, and hold back whatever it prints, warns or logs.

    The generators of Python, NumPy and PyTorch are put back afterwards. SDV's messages may quote rows, so that
    nothing of them may reach a log.
    """
    import torch

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def draw_seed(rng: np.random.Generator) -> int:
    """A seed for generators that take no NumPy Generator."""
    return int(rng.integers(2**31 - 1))


def run_sdv(work: Callable[[], Any], *, engine: str, table: str, doing: str, seed: int) -> Any:
    """What `work` gives, run seeded and silent.

    Raises:
        EngineFailed: Whatever SDV raised.
    """
    try:
        with quietly_seeded(seed):
            return work()
    except Exception as error:  # noqa: BLE001 (whatever SDV raises)
        # `from None`: SDV's messages may quote rows.
        raise EngineFailed(engine, table, doing, type(error).__name__) from None
