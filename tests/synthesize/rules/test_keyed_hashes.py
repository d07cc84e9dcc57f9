import numpy as np
import polars as pl

from synth_assets.synthesize.rules.keyed_hashes import keyed_hashes
from synth_assets.synthesize.rules.seen import SeenValues

REFERENCE_KEY = bytes(range(16))
# The first and the 8th, 9th and 16th of the 64 vectors that the authors of SipHash-2-4 publish.
REFERENCE = {0: 0x726FDB47DD0E0E31, 7: 0xAB0200F58B01D137, 8: 0x93F5F5799A932462, 15: 0xA129CA6149BE45E5}


def test_hashes_are_those_of_the_reference():
    values = pl.Series([bytes(range(length)) for length in REFERENCE], dtype=pl.Binary)
    assert keyed_hashes(values, key=REFERENCE_KEY).tolist() == list(REFERENCE.values())


def test_hashes_do_not_depend_on_neighbours_or_slices():
    texts = pl.Series([f"value {number * 7919}" * (number % 40) for number in range(50_000)])
    whole = keyed_hashes(texts, key=REFERENCE_KEY)
    part = keyed_hashes(texts[1234:2345], key=REFERENCE_KEY)
    assert (whole[1234:2345] == part).all()
    single = keyed_hashes(texts[39:40], key=REFERENCE_KEY)
    assert whole[39] == single[0]


def test_seen_values_are_found_whatever_their_case_and_blanks():
    seen = SeenValues.of(pl.Series(["Ada@Example.com", "  Müller ", None, ""]), key=b"k" * 32)
    looked_up = pl.Series(["ada@example.COM ", "MÜLLER", "ada@example.co", None, "", " "])
    assert seen.holds(looked_up).tolist() == [True, True, False, False, False, False]
    assert len(seen) == 2


def test_seen_values_of_another_key_are_others():
    values = pl.Series(["a", "b", "c"])
    one, other = (SeenValues.of(values, key=key * 32) for key in (b"1", b"2"))
    assert not np.intersect1d(one.hashes, other.hashes).size


def test_seen_binary_values():
    seen = SeenValues.of(pl.Series([b"\x00\xff", b""], dtype=pl.Binary), key=b"k" * 32)
    assert seen.holds(pl.Series([b"\x00\xff", b"\x00", b""], dtype=pl.Binary)).tolist() == [True, False, False]
