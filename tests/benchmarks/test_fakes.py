import pytest

from benchmarks.fakes import TABLES, seconds


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_is_timed(name: str) -> None:
    processor, wall = seconds(TABLES[name], rows=2_000, locale="de_DE")
    assert processor > 0
    assert wall > 0
