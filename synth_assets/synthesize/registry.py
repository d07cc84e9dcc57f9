"""Synthesizers by the names that plans use."""

from importlib import import_module
from typing import cast

from synth_assets.errors import SynthAssetsError
from synth_assets.synthesize.protocol import SequenceSynthesizer, Synthesizer

# Module and class of each; a module is imported when its synthesizer is asked for, since some take seconds.
_SYNTHESIZERS = {
    "trees": ("synth_assets.synthesize.trees.synthesizer", "TreesSynthesizer"),
    "rules": ("synth_assets.synthesize.rules.independent", "IndependentSynthesizer"),
    "gaussian_copula": ("synth_assets.synthesize.sdv.single_table", "GaussianCopula"),
    "ctgan": ("synth_assets.synthesize.sdv.single_table", "CTGAN"),
    "tvae": ("synth_assets.synthesize.sdv.single_table", "TVAE"),
    "copula_gan": ("synth_assets.synthesize.sdv.single_table", "CopulaGAN"),
    "private": ("synth_assets.synthesize.private.synthesizer", "PrivateSynthesizer"),
}
_SEQUENCE_SYNTHESIZERS = {"par": ("synth_assets.synthesize.sdv.par", "PAR")}
SYNTHESIZER_NAMES = (*_SYNTHESIZERS, *_SEQUENCE_SYNTHESIZERS)


class UnknownSynthesizer(SynthAssetsError):
    """No synthesizer of one table has that name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no synthesizer {name!r}. Choose one of: {', '.join(SYNTHESIZER_NAMES)}.")


def synthesizer_class(name: str) -> type[Synthesizer]:
    """The class of a synthesizer of one table.

    Raises:
        UnknownSynthesizer: No synthesizer has that name.
    """
    if name not in _SYNTHESIZERS:
        raise UnknownSynthesizer(name)
    module, attribute = _SYNTHESIZERS[name]
    return cast(type[Synthesizer], getattr(import_module(module), attribute))


def sequence_synthesizer_class(name: str) -> type[SequenceSynthesizer] | None:
    """The class of a synthesizer of one table's rows in sequences; None if the name is not that of one."""
    if name not in _SEQUENCE_SYNTHESIZERS:
        return None
    module, attribute = _SEQUENCE_SYNTHESIZERS[name]
    return cast(type[SequenceSynthesizer], getattr(import_module(module), attribute))


def learns_context(name: str) -> bool:
    """Whether a synthesizer uses the context that it is given; the others learn a table by itself."""
    return name == "trees"
