"""Frames in the store: every type and value exactly, columns on their own, equal rows equal bytes."""

import errno
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from synth_assets.store.encryption import EncryptingWriter
from synth_assets.store.errors import ArtifactDamaged, StoreUnavailable
from synth_assets.store.parquet import ROW_GROUP_ROWS, FrameWriter
from synth_assets.store.store import Artifact, ArtifactKey, Store
from synth_assets.store.tables import HELD_OUT_FILE, ROWS_FILE, TableRows

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

KEY = bytes(range(32))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store", key=KEY)


EVERYTHING = pl.DataFrame(
    {
        "integer": [1, None, -(2**63)],
        "unsigned": [0, None, 2**64 - 1],
        "float": [float("nan"), None, -0.0],
        "decimal": [Decimal("1.10"), None, Decimal("12345678901234567890123456789012345.67")],
        "boolean": [True, None, False],
        "text": ["", None, "😀\r\n\\.\\N\0"],
        "date": [date(1, 1, 1), None, date(9999, 12, 31)],
        "time": [time(0), None, time(23, 59, 59, 999_999)],
        "datetime": [datetime(1, 1, 1), None, datetime(9999, 12, 31, 23, 59, 59, 999_999)],  # noqa: DTZ001
        "utc": [datetime(1970, 1, 1, tzinfo=UTC), None, datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=UTC)],
        "binary": [b"", None, b"\x00\xff"],
        'Straße "x".y%': [1.5, None, float("-inf")],
    },
    schema={
        "integer": pl.Int64,
        "unsigned": pl.UInt64,
        "float": pl.Float64,
        "decimal": pl.Decimal(38, 2),
        "boolean": pl.Boolean,
        "text": pl.String,
        "date": pl.Date,
        "time": pl.Time,
        "datetime": pl.Datetime("us"),
        "utc": pl.Datetime("us", "UTC"),
        "binary": pl.Binary,
        'Straße "x".y%': pl.Float32,
    },
)


def save(store: Store, frame: pl.DataFrame, *, held_out: list[bool] | None = None, table: str = "t") -> Artifact:
    with store.create(ArtifactKey("d", "snapshot", table, "00"), refresh="r") as draft:
        draft.folder.write_frame(ROWS_FILE, frame)
        if held_out is not None:
            draft.folder.write_frame(HELD_OUT_FILE, pl.DataFrame({"held_out": held_out}))
        draft.facts.update(rows=frame.height, formats={"text": "%Y"})
    return draft.artifact


def test_every_type_and_value_comes_back(store: Store) -> None:
    rows = TableRows(save(store, EVERYTHING))
    back = rows.read()
    assert back.schema == EVERYTHING.schema == rows.schema
    assert_frame_equal(back, EVERYTHING)
    assert str(back["float"][2]) == "-0.0"
    assert rows.rows == 3
    assert rows.formats == {"text": "%Y"}


def test_columns_in_the_order_asked_for(store: Store) -> None:
    rows = TableRows(save(store, EVERYTHING))
    assert rows.read(columns=["text", "integer"]).columns == ["text", "integer"]
    with pytest.raises(KeyError):
        rows.read(columns=["nothing"])


def test_a_column_whose_name_starts_another(store: Store) -> None:
    rows = TableRows(save(store, pl.DataFrame({"a": [1], "a.b": [2]})))
    assert rows.read(columns=["a"]).to_dict(as_series=False) == {"a": [1]}
    assert rows.read(columns=["a.b"]).to_dict(as_series=False) == {"a.b": [2]}


def test_parts(store: Store) -> None:
    frame = pl.DataFrame({"a": [1, 2, 3]})
    rows = TableRows(save(store, frame, held_out=[False, True, False]))
    assert rows.read(part="training")["a"].to_list() == [1, 3]
    assert rows.read(part="held_out")["a"].to_list() == [2]
    assert rows.read()["a"].to_list() == [1, 2, 3]
    without = TableRows(save(store, frame, table="u"))
    assert without.read(part="training").height == 3
    assert without.read(part="held_out").height == 0


@pytest.mark.parametrize("height", [0, 1, 131_071, 131_072, 300_000])
def test_batches_are_whole_and_in_order(store: Store, height: int) -> None:
    frame = pl.DataFrame({"a": pl.int_range(height, eager=True), "b": pl.repeat("x", height, eager=True)})
    rows = TableRows(save(store, frame))
    batches = list(rows.batches(columns=["b", "a"], rows=50_000))
    assert [b.height for b in batches[:-1]] == [50_000] * (len(batches) - 1)
    whole = pl.concat(batches) if batches else frame.select("b", "a")
    assert_frame_equal(whole, frame.select("b", "a"))
    assert rows.rows == height
    assert_frame_equal(rows.read(), frame)


def test_long_texts_make_short_row_groups(store: Store) -> None:
    """At most some 64 MiB of texts are held at once, and where a group ends does not depend on how rows arrived."""
    texts = pl.DataFrame({"a": [f"{i:06}" * 2_000 for i in range(12_000)]})
    fingerprints = set()
    for cut in (700, 12_000):
        with (
            store.create(ArtifactKey("d", "snapshot", f"t{cut}", "00"), refresh="r") as draft,
            draft.folder.frame_writer(ROWS_FILE, texts.schema) as writer,
        ):
            for start in range(0, texts.height, cut):
                writer.write(texts.slice(start, cut))
        fingerprints.add(draft.artifact.fingerprint)
        with draft.artifact.folder.reader(ROWS_FILE) as reader:
            groups = pq.ParquetFile(pa.PythonFile(reader, mode="r")).metadata.num_row_groups
        assert groups == 2
        assert_frame_equal(draft.artifact.folder.read_frame(ROWS_FILE), texts)
    assert len(fingerprints) == 1


def test_equal_rows_have_equal_fingerprints_however_they_were_written(store: Store) -> None:
    frame = pl.DataFrame({"a": pl.int_range(200_000, eager=True)}).with_columns(
        b=pl.when(pl.col("a") % 7 == 0).then(None).otherwise((pl.col("a") % 1000).cast(pl.String))
    )
    fingerprints = set()
    for cut in (1_000, 77_777, 200_000):
        with (
            store.create(ArtifactKey("d", "snapshot", f"t{cut}", "00"), refresh="r") as draft,
            draft.folder.frame_writer(ROWS_FILE, frame.schema) as writer,
        ):
            for start in range(0, frame.height, cut):
                writer.write(frame.slice(start, cut))
        fingerprints.add(draft.artifact.fingerprint)
    assert len(fingerprints) == 1


class _FullDisk(io.RawIOBase):
    """Takes a kilobyte, then no more."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, content: "ReadableBuffer", /) -> int:
        self.written += memoryview(content).nbytes
        if self.written > 1024:
            raise OSError(errno.ENOSPC, "No space left on device")
        return memoryview(content).nbytes


def test_a_disk_that_is_full_beside_the_read_stops_the_writing() -> None:
    """A row group is encoded while the next is collected: its error comes with a later one, or on closing."""
    frame = pl.int_range(3 * ROW_GROUP_ROWS, eager=True).hash().alias("a").to_frame()
    for groups in (1, 3):
        disk = _FullDisk()
        target = EncryptingWriter(disk, key=KEY, path="a/frame")
        with ThreadPoolExecutor(1) as encoding:
            writer = FrameWriter(pa.PythonFile(target, mode="w"), frame.schema, encoding=encoding)
            with pytest.raises(StoreUnavailable, match="No space left"):
                for start in range(0, groups * ROW_GROUP_ROWS, 50_000):
                    writer.write(frame.slice(start, 50_000))
                writer.close()


def test_writing_is_strict(store: Store) -> None:
    schema = pl.Schema({"a": pl.Int64(), "b": pl.String()})
    for wrong in (
        pl.DataFrame({"a": [1]}),
        pl.DataFrame({"a": [1.5], "b": ["x"]}),
        pl.DataFrame({"a": ["Hopper"], "b": ["x"]}),
        pa.table({"a": pa.array([2**63], pa.uint64()), "b": ["x"]}),
    ):
        with (
            pytest.raises(ValueError, match="column") as refused,
            store.create(ArtifactKey("d", "s", "t", "00"), refresh="r") as draft,
            draft.folder.frame_writer("f", schema) as writer,
        ):
            writer.write(wrong)
        assert "Hopper" not in str(refused.value)
    with (
        store.create(ArtifactKey("d", "s", "t", "00"), refresh="r") as draft,
        draft.folder.frame_writer("f", schema) as writer,
    ):
        writer.write(pa.RecordBatch.from_pydict({"b": ["x"], "a": pa.array([1], pa.int32())}))
    assert draft.artifact.folder.read_frame("f").to_dict(as_series=False) == {"a": [1], "b": ["x"]}


def test_damage_inside_a_frame_is_refused_when_it_is_read(store: Store) -> None:
    artifact = save(store, pl.DataFrame({"a": pl.int_range(2_000_000, eager=True).shuffle(seed=1)}))
    [file] = Path(store.url.removeprefix("file://")).rglob(ROWS_FILE)
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)
    with pytest.raises(ArtifactDamaged):
        TableRows(artifact).read()
