"""The engines that are compared, and how long the neural ones may learn."""

from dataclasses import dataclass

from pydantic import JsonValue

from benchmarks.cases.case import Case
from benchmarks.compare.plain_sdv import PLAIN_ENGINES


@dataclass(frozen=True)
class Engine:
    """A synthesizer of the package's registry, or one of SDV's called by itself.

    Attributes:
        epochs: Passes over the rows; None for an engine that has no such option.
        plain: SDV's own, with nothing of this package around it.
    """

    name: str
    epochs: int | None = None
    plain: bool = False

    @property
    def label(self) -> str:
        name = f"SDV {self.name}" if self.plain else self.name
        return name if self.epochs is None else f"{name}, {self.epochs} epochs"

    @property
    def options(self) -> dict[str, JsonValue]:
        return {} if self.epochs is None else {"epochs": self.epochs}


# Epochs of a quick look, and those that SDV takes by itself.
EPOCHS = {"ctgan": (10, 300), "tvae": (10, 300), "par": (2, 128)}
NATIVE = "trees"
ENGINE_NAMES = (NATIVE, "gaussian_copula", "ctgan", "tvae", "hma", "par")


def engines_for(case: Case, *, full: bool) -> list[Engine]:
    """Those that may learn the case: of one table SDV's own, of several tables SDV's below this package's keys."""
    names = (NATIVE,) if case.native_only else ENGINE_NAMES
    alone = len(case.frames) == 1
    return [
        Engine(name, epochs=EPOCHS[name][full] if name in EPOCHS else None, plain=alone and name in PLAIN_ENGINES)
        for name in names
        if not alone or name == NATIVE or name in PLAIN_ENGINES
    ]
