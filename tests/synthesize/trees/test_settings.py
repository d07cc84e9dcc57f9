import pytest

from synth_assets.synthesize.registry import SYNTHESIZER_NAMES, UnknownSynthesizer, synthesizer_class
from synth_assets.synthesize.trees.settings import SettingsRefused
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer


def test_options_of_a_plan() -> None:
    assert TreesSynthesizer(smallest_leaf=50, leading=["a"]).settings.leading == ("a",)


def test_unknown_and_wrong_options_are_refused_together() -> None:
    with pytest.raises(SettingsRefused) as refused:
        TreesSynthesizer(smallest_leave=50, bins=1)
    assert len(refused.value.problems) == 2
    assert "smallest_leaf" in refused.value.next_step


def test_the_registry_knows_the_engine() -> None:
    assert synthesizer_class("trees") is TreesSynthesizer
    assert "trees" in SYNTHESIZER_NAMES
    with pytest.raises(UnknownSynthesizer, match=r"'forest'.*trees"):
        synthesizer_class("forest")
