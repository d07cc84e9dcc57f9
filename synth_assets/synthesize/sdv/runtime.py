"""Running SDV: seeded, silent, and without a trace in the process' own random generators."""

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from synth_assets.silence import silent_work
from synth_assets.synthesize.sdv.errors import EngineFailed


@contextlib.contextmanager
def quietly_seeded(seed: int) -> Iterator[None]:
    """Seed the global generators that SDV draws from, and hold back whatever it prints, warns or logs.

    The generators of Python, NumPy and PyTorch are put back afterwards. SDV's messages may quote rows, so that
    nothing of them may reach a log.
    """
    import torch

    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        with silent_work():
            yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])


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
