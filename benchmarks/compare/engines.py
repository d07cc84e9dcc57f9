"""The engines that are compared, and how long the neural ones may learn."""

from dataclasses import dataclass

from pydantic import JsonValue

from benchmarks.cases.case import Case
from benchmarks.compare.plain_sdv import PLAIN_ENGINES
from synth_assets.plan.private_settings import PRIVATE


@dataclass(frozen=True)
class Engine:
    """A synthesizer of the package's registry, or one of SDV's called by itself.

    Attributes:
        epochs: Passes over the rows; None for an engine that has no such option.
        plain: SDV's own, with nothing of this package around it.
        epsilon: Of the promise of `private`, at a delta of 1e-6 for each row; None for engines that promise nothing.
    """

    name: str
    epochs: int | None = None
    plain: bool = False
    epsilon: float | None = None

    @property
    def label(self) -> str:
        name = f"SDV {self.name}" if self.plain else self.name
        name += "" if self.epsilon is None else f", epsilon {self.epsilon:g}"
        return name if self.epochs is None else f"{name}, {self.epochs} epochs"

    @property
    def options(self) -> dict[str, JsonValue]:
        if self.epsilon is not None:
            return {"epsilon": self.epsilon, "delta": DELTA}
        return {} if self.epochs is None else {"epochs": self.epochs}


# Epochs of a quick look, and those that SDV takes by itself.
EPOCHS = {"ctgan": (10, 300), "tvae": (10, 300), "par": (2, 128)}
NATIVE = "trees"
EPSILON, DELTA = 2.0, 1e-6
ENGINE_NAMES = (NATIVE, PRIVATE, "gaussian_copula", "ctgan", "tvae", "hma", "par")


def engines_for(case: Case, *, full: bool) -> list[Engine]:
    """Those that may learn the case: of one table SDV's own, of several tables SDV's below this package's keys.

    `private` learns single tables whose domains the case names.
    """
    names = (NATIVE,) if case.native_only else ENGINE_NAMES
    alone = len(case.frames) == 1
    engines = [
        Engine(name, epochs=EPOCHS[name][full] if name in EPOCHS else None, plain=alone and name in PLAIN_ENGINES)
        for name in names
        if name != PRIVATE and (not alone or name == NATIVE or name in PLAIN_ENGINES)
    ]
    if alone and all("domains" in spec for spec in case.schema["tables"].values()):
        engines.insert(1, Engine(PRIVATE, epsilon=EPSILON))
    return engines
