"""Figures and limits as they are written."""

import pytest

from synth_assets.plan.limits import figure_text, limit_text, share_text


@pytest.mark.parametrize(
    ("limit", "written", "share"),
    [(0.9, "0.90", "90.00%"), (0.999, "0.999", "99.90%"), (1.0, "1.00", "100.00%"), (0.00005, "0.00005", "0.005%")],
)
def test_limits_have_all_their_decimals(limit: float, written: str, share: str) -> None:
    assert (limit_text(limit), share_text(limit)) == (written, share)


@pytest.mark.parametrize(
    ("value", "limit", "written"),
    [(0.9123, 0.9, "0.912"), (0.8999, 0.9, "0.8999"), (0.9, 0.9, "0.900"), (0.99899999, 0.999, "0.99899999")],
)
def test_a_figure_that_is_not_the_limit_does_not_look_like_it(value: float, limit: float, written: str) -> None:
    assert figure_text(value, limit) == written
