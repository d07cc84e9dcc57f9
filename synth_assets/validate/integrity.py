"""Exact checks over all rows: columns, types, keys, references, NOT NULL, lengths, labels, digits, CHECKs."""

from collections.abc import Iterator, Mapping
from functools import partial

import polars as pl

from synth_assets.catalog.frames import polars_type
from synth_assets.catalog.model import Column, DataType, ForeignKey, Kind
from synth_assets.statistics.encoding import as_text
from synth_assets.statistics.references import refers
from synth_assets.store.verdict import CheckResult, Severity
from synth_assets.validate.constraints import violations
from synth_assets.validate.results import guarded, key_name, name_part
from synth_assets.validate.rows import Rows
from synth_assets.validate.subject import Subject

FAMILY = "integrity"
AGAIN = "Generate the table again; if it comes back, report it with the names of table and column."
_ROWS = "row_number"


def table_checks(subject: Subject, *, dialect: str) -> Iterator[CheckResult]:
    """Every check of one table by itself."""

    def run(name: str, check: Iterator[CheckResult]) -> list[CheckResult]:
        return guarded(lambda: list(check), name=name, table=subject.name, family=FAMILY)

    yield from run("integrity_columns", _columns(subject))
    yield from run("integrity_values", _values(subject, dialect))
    yield from run("integrity_unique", _unique(subject))
    yield from run("integrity_checks", _constraints(subject, dialect))


def key_check(key: ForeignKey, child: Subject, parents: Mapping[str, Subject]) -> list[CheckResult]:
    """Whether every reference by a foreign key points to a row."""
    name = f"integrity_orphans_{key_name(key)}"

    def check() -> list[CheckResult]:
        found = orphans(key, child.synthetic, parents[key.parent].synthetic)
        columns = ", ".join(key.columns)
        return [
            _counted(
                name,
                child.name,
                found,
                f"{found} of {child.synthetic.rows} rows refer by {columns} to no row of {key.parent}; wanted: none.",
            )
        ]

    return guarded(check, name=name, table=child.name, family=FAMILY)


def label_checks(subject: Subject) -> list[CheckResult]:
    """How many source rows refer by a polymorphic key to no table that the plan names and publishes."""

    def check(column: str, labels: tuple[str, ...]) -> list[CheckResult]:
        held = subject.extracted.read(columns=[column])[column].drop_nulls()
        found = int((~held.is_in(labels)).sum())
        return [
            _counted(
                f"integrity_labels_{name_part(column)}",
                subject.name,
                found,
                f"{found} of {subject.source_rows} source rows hold in {column} a label for which the plan names no "
                "published table; in rows like these the label and the reference are NULL. Wanted: none.",
                severity=Severity.WARN,
                remedy=f"See the labels with SELECT DISTINCT {column} FROM {subject.name}, and name the table of each "
                "under `polymorphic_keys` in the plan.",
            )
        ]

    labelled = [(c.name, c.labels) for c in subject.decision.columns if c.labels and subject.source is not None]
    return [
        result
        for column, labels in labelled
        for result in guarded(
            partial(check, column, labels),
            name=f"integrity_labels_{name_part(column)}",
            table=subject.name,
            family=FAMILY,
        )
    ]


def orphans(key: ForeignKey, child: Rows, parent: Rows) -> int:
    """Rows of the child that refer to nothing. A reference with a NULL in it refers to nothing and need not."""
    names = [str(i) for i in range(len(key.columns))]

    def named(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
        return frame.select(pl.col(c).alias(n) for c, n in zip(columns, names, strict=True))

    rows = child.read(columns=list(dict.fromkeys(key.columns_read)))
    children = named(rows.filter(refers(rows, key)), key.columns).drop_nulls()
    parents = named(parent.read(columns=list(dict.fromkeys(key.parent_columns))), key.parent_columns).unique()
    for name in names:
        if children.schema[name] != parents.schema[name]:
            children, parents = (f.with_columns(as_text(f[name]).alias(name)) for f in (children, parents))
    return children.join(parents, on=names, how="anti").height


def duplicates(rows: Rows, columns: tuple[str, ...]) -> int:
    """Rows beyond the first of each combination; a combination with a NULL in it equals no other, as in SQL."""
    frame = rows.read(columns=list(columns)).drop_nulls()
    return frame.height - frame.n_unique()


def _counted(
    name: str, table: str, found: int, description: str, *, severity: Severity = Severity.ERROR, remedy: str = AGAIN
) -> CheckResult:
    return CheckResult(
        name=name,
        table=table,
        family=FAMILY,
        passed=found == 0,
        severity=severity,
        value=float(found),
        threshold=0.0,
        description=description,
        remedy=remedy if found else "",
    )


def _columns(subject: Subject) -> Iterator[CheckResult]:
    schema = subject.synthetic.schema
    wanted = {c.name: c for c in subject.columns}
    wrong = [f"{name} is missing" for name in wanted if name not in schema]
    wrong += [f"{name} is not in the catalog" for name in schema if name not in subject.table.column_names]
    for name, column in wanted.items():
        if name in schema and schema[name] not in _fitting_types(subject, column):
            wrong.append(f"{name} has the type {schema[name]}")
    yield _counted(
        "integrity_columns",
        subject.name,
        len(wrong),
        f"{len(wrong)} columns differ from the catalog; wanted: none." + "".join(f" {w}." for w in wrong),
    )


def _fitting_types(subject: Subject, column: Column) -> set[pl.DataType]:
    types = {polars_type(column.type)}
    if subject.source is not None and column.name in subject.source.schema:
        types.add(subject.source.schema[column.name])
    held_as = subject.synthetic.schema[column.name]
    # Decimals that polars has no type for are text, or the numbers that were learned from it.
    if column.type.kind is Kind.DECIMAL and pl.String() in types and held_as.is_numeric():
        types.add(held_as)
    return types


def _unique(subject: Subject) -> Iterator[CheckResult]:
    sets = dict.fromkeys(subject.table.unique_sets)
    sets |= dict.fromkeys((d.name,) for d in subject.decision.columns if d.unique)
    published = {c.name for c in subject.columns}
    for columns in sets:
        if not published.issuperset(columns):
            continue
        found = duplicates(subject.synthetic, columns)
        yield _counted(
            f"integrity_unique_{'_'.join(name_part(c) for c in columns)}",
            subject.name,
            found,
            f"{found} rows repeat a combination of {', '.join(columns)}, which may occur once only; wanted: none.",
        )


def _values(subject: Subject, dialect: str) -> Iterator[CheckResult]:
    """Row by row, in batches: NULL where none may be, and values that the column's type does not hold."""
    schema = subject.synthetic.schema
    columns = [c for c in subject.columns if c.name in schema]
    primary = set(subject.table.primary_key.columns) if subject.table.primary_key else set()
    expressions: dict[str, pl.Expr] = {}
    for position, column in enumerate(columns):
        if not column.nullable or column.name in primary:
            expressions[f"{position} null"] = pl.col(column.name).is_null()
        for what, expression in _breaches(column.name, column.type, schema[column.name]).items():
            expressions[f"{position} {what}"] = expression
    totals = dict.fromkeys(expressions, 0)
    used = sorted({columns[int(label.split()[0])].name for label in expressions})
    for batch in subject.synthetic.batches(columns=used) if used else ():
        counted = batch.select(e.fill_null(False).sum().alias(label) for label, e in expressions.items())
        for label, count in counted.row(0, named=True).items():
            totals[label] += int(count or 0)
    # SQLite keeps neither lengths nor digits, so its own rows may break them; other databases refuse such rows.
    severity = Severity.WARN if dialect == "sqlite" else Severity.ERROR
    for what, text in _WHAT.items():
        found = {columns[int(k.split()[0])].name: n for k, n in totals.items() if k.split()[1] == what}
        if not found:
            continue
        broken = {name: n for name, n in found.items() if n}
        yield _counted(
            f"integrity_{text.name}",
            subject.name,
            sum(broken.values()),
            f"{sum(broken.values())} values in {len(found)} columns {text.description}; wanted: none."
            + (f" Columns: {', '.join(broken)}." if broken else ""),
            severity=Severity.ERROR if what == "null" else severity,
        ).model_copy(update={"facts": dict(broken)})


class _Text:
    def __init__(self, name: str, description: str) -> None:
        self.name = name
        self.description = description


_WHAT = {
    "null": _Text("not_null", "are NULL where NULL may not be"),
    "length": _Text("length", "are longer than the column"),
    "label": _Text("labels", "are no label of their enum"),
    "digits": _Text("digits", "have more digits than the column"),
    "range": _Text("range", "lie outside the integer's width"),
}


def _breaches(name: str, data_type: DataType, held_as: pl.DataType) -> dict[str, pl.Expr]:
    column = pl.col(name)
    breaches = {}
    if data_type.length is not None and data_type.kind in (Kind.TEXT, Kind.BINARY):
        if held_as == pl.String:
            breaches["length"] = column.str.len_chars() > data_type.length
        elif held_as == pl.Binary:
            breaches["length"] = column.bin.size() > data_type.length
    if data_type.labels and held_as == pl.String:
        breaches["label"] = ~column.is_in(list(data_type.labels))
    if data_type.kind is Kind.DECIMAL and data_type.precision is not None and held_as == pl.String:
        whole, part = r"^[+-]?0*(\d*)", r"\.(\d*?)0*$"
        scale = data_type.scale or 0
        breaches["digits"] = (column.str.extract(whole).str.len_chars() > data_type.precision - scale) | (
            column.str.extract(part).str.len_chars().fill_null(0) > scale
        )
    elif data_type.kind is Kind.DECIMAL and data_type.precision is not None and isinstance(held_as, pl.Decimal):
        most_whole, scale = data_type.precision - (data_type.scale or 0), data_type.scale or 0
        # A type with fewer digits before the point than the column has cannot hold too many.
        too_long = (
            column.abs() >= pl.lit(10**most_whole) if most_whole < held_as.precision - held_as.scale else pl.lit(False)
        )
        too_fine = column.round(max(scale, 0)) != column if held_as.scale > scale else pl.lit(False)
        breaches["digits"] = too_long | too_fine
    if data_type.kind is Kind.INTEGER and data_type.bits is not None and held_as.is_integer():
        low = 0 if data_type.unsigned else -(2 ** (data_type.bits - 1))
        high = 2**data_type.bits - 1 if data_type.unsigned else 2 ** (data_type.bits - 1) - 1
        if data_type.bits < 64:
            breaches["range"] = ~column.is_between(low, high)
    return breaches


def _constraints(subject: Subject, dialect: str) -> Iterator[CheckResult]:
    unnamed = 0
    for found in violations(subject.table, synthetic=subject.synthetic, source=subject.source, dialect=dialect):
        if found.check.name is None:
            unnamed += 1
        label = found.check.name or f"number {unnamed}"
        name = f"integrity_check_{name_part(label)}"
        if found.rows is None:
            yield CheckResult(
                name=name,
                table=subject.name,
                family=FAMILY,
                passed=False,
                severity=Severity.WARN,
                description=f"The CHECK constraint {label} cannot be evaluated here and is left to the database, which "
                "refuses rows that break it.",
                remedy="Nothing, unless publishing stops at this constraint.",
                facts={"left_to_the_database": True},
            )
            continue
        yield _counted(
            name,
            subject.name,
            found.rows,
            f"{found.rows} of {subject.synthetic.rows} rows break the CHECK constraint {label}; wanted: none.",
            remedy="Name the constraint's columns in the plan with a treatment that keeps to it: constant or fake.",
        )
