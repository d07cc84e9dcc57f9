"""A key from hex, base64 or a passphrase."""

import base64

import pytest

from synth_assets.plan.resources import MissingVariable, StoreSettings
from synth_assets.store.errors import StoreKeyRefused
from synth_assets.store.key import parse_key, random_key, read_store_key

KEY = bytes(range(200, 232))


@pytest.mark.parametrize(
    "text",
    [KEY.hex(), KEY.hex().upper(), base64.b64encode(KEY).decode(), base64.urlsafe_b64encode(KEY).decode() + "\n"],
)
def test_written_keys(text: str) -> None:
    assert parse_key(text) == KEY
    assert read_store_key(StoreSettings(), {"SYNTH_STORE_KEY": text}) == KEY


def test_a_passphrase_gives_the_same_key_everywhere() -> None:
    one = parse_key("correct horse battery staple")
    assert one == parse_key("correct horse battery staple")
    assert len(one) == 32
    assert one != parse_key("correct horse battery stapler")


def test_missing_and_weak_keys_are_refused() -> None:
    with pytest.raises(MissingVariable, match="SYNTH_STORE_KEY"):
        read_store_key(StoreSettings(), {})
    with pytest.raises(StoreKeyRefused) as refused:
        parse_key("hunter2")
    assert "hunter2" not in str(refused.value)


def test_random_keys_differ() -> None:
    assert len(random_key()) == 32
    assert random_key() != random_key()
