"""Identifiers of databases as parts of asset keys."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_assets.assets.names import identifier_of, key_part

AWKWARD = st.text(alphabet=st.sampled_from("_x20abAé \"'./-5f"), max_size=12)


@pytest.mark.parametrize(
    ("identifier", "part"),
    [
        ("orders", "orders"),
        ("order_lines", "order_lines"),
        ("Order Details", "Order_x20_Details"),
        ("größe", "gr_xf6__xdf_e"),
        ("a/b", "a_x2f_b"),
        ("", "_x_"),
        ("tax_xml", "tax_x5f_xml"),
    ],
)
def test_parts_are_readable(identifier: str, part: str) -> None:
    assert key_part(identifier) == part


@given(st.one_of(st.text(max_size=40), AWKWARD))
def test_parts_are_valid_and_lead_back(identifier: str) -> None:
    part = key_part(identifier)
    assert re.fullmatch(r"[A-Za-z0-9_]+", part)
    assert identifier_of(part) == identifier


@given(AWKWARD, AWKWARD)
def test_different_identifiers_have_different_parts(one: str, other: str) -> None:
    assert (key_part(one) == key_part(other)) == (one == other)
