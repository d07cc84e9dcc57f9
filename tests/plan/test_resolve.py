from collections.abc import Callable

import pytest

from synth_assets.catalog.model import Catalog, Column, DataType, Key, Kind, Table
from synth_assets.plan.evidence import ColumnEvidence
from synth_assets.plan.refused import PlanRefused
from synth_assets.plan.resolve import resolve
from synth_assets.plan.resolved import ColumnDecision, DecidedBy, Engine, Mode, Role, Treatment
from synth_assets.plan.settings import DatasetSettings

Settings = Callable[..., DatasetSettings]
FEW, MANY = ColumnEvidence(low_cardinality=True), ColumnEvidence(low_cardinality=False)


def one(data_type: DataType, *, nullable: bool = True, name: str = "value", dialect: str = "postgresql") -> Catalog:
    """A catalog of one table `things` with a key and one column."""
    columns = (
        Column(name="id", type=DataType(kind=Kind.INTEGER, native="integer"), nullable=False),
        Column(name=name, type=data_type, nullable=nullable),
    )
    return Catalog(dialect=dialect, tables=(Table(name="things", columns=columns, primary_key=Key(columns=("id",))),))


def decided(
    settings_of: Settings,
    data_type: DataType,
    *,
    evidence: ColumnEvidence | None = None,
    nullable: bool = True,
    name: str = "value",
    dialect: str = "postgresql",
) -> ColumnDecision:
    found = None if evidence is None else {("things", name): evidence}
    catalog = one(data_type, nullable=nullable, name=name, dialect=dialect)
    return resolve(settings_of(), catalog, evidence=found).table("things").column(name)


def refusals(settings: DatasetSettings, catalog: Catalog) -> list[str]:
    with pytest.raises(PlanRefused) as refused:
        resolve(settings, catalog)
    return [str(problem) for problem in refused.value.problems]


def test_a_dataset_without_tables_is_complete_and_safe(settings_of: Settings, shop: Catalog) -> None:
    plan = resolve(settings_of(), shop)
    assert {table.mode for table in plan.tables} == {Mode.SYNTHETIC}
    assert [table.name for table in plan.tables] == sorted(shop.table_names)
    for table in plan.tables:
        assert tuple(column.name for column in table.columns) == shop.table(table.name).column_names
        assert not any(column.lets_real_values_through for column in table.columns)
        assert all(column.reason for column in table.columns)
    assert {child: [key.parent for key in keys] for child, keys in plan.foreign_keys.items()} == {
        "customers": ["countries", "customers"],
        "invoices": ["orders"],
        "order_lines": ["orders", "products"],
        "orders": ["customers"],
    }


@pytest.mark.parametrize(
    ("table", "column", "treatment", "role", "unique"),
    [
        ("countries", "code", Treatment.LEARN, Role.KEY, True),
        ("countries", "name", Treatment.LEARN, Role.TEXT, True),
        ("customers", "id", Treatment.LEARN, Role.KEY, True),
        ("customers", "email", Treatment.FAKE, Role.VALUE, True),
        ("customers", "first_name", Treatment.FAKE, Role.VALUE, False),
        ("customers", "city", Treatment.FAKE, Role.VALUE, False),
        ("customers", "country_code", Treatment.LEARN, Role.REFERENCE, False),
        ("customers", "referred_by", Treatment.LEARN, Role.REFERENCE, False),
        ("customers", "birth_date", Treatment.LEARN, Role.VALUE, False),
        ("customers", "active", Treatment.LEARN, Role.VALUE, False),
        ("customers", "notes", Treatment.FAKE, Role.VALUE, False),
        ("customers", "photo", Treatment.NULL, Role.VALUE, False),
        ("customers", "preferences", Treatment.LEARN, Role.TEXT, False),
        ("customers", "loyalty_card", Treatment.LEARN, Role.TEXT, False),
        ("orders", "total", Treatment.LEARN, Role.VALUE, False),
        ("orders", "status", Treatment.LEARN, Role.TEXT, False),
        ("orders", "total_cents", Treatment.LEARN, Role.GENERATED, False),
        ("products", "name", Treatment.LEARN, Role.TEXT, False),
        ("order_lines", "order_id", Treatment.LEARN, Role.REFERENCE, False),
        ("order_lines", "line", Treatment.LEARN, Role.VALUE, False),
        ("invoices", "order_id", Treatment.LEARN, Role.REFERENCE, True),
        ("invoices", "number", Treatment.LEARN, Role.TEXT, True),
    ],
)
def test_safe_treatments_before_a_row_is_read(
    settings_of: Settings, shop: Catalog, table: str, column: str, treatment: Treatment, role: Role, unique: bool
) -> None:
    decision = resolve(settings_of(), shop).table(table).column(column)
    assert (decision.treatment, decision.role, decision.unique) == (treatment, role, unique)
    assert decision.decided_by is DecidedBy.CATALOG


def test_the_profile_decides_what_names_do_not_tell(settings_of: Settings, shop: Catalog) -> None:
    before = resolve(settings_of(), shop)
    assert "If the next refresh finds few values" in before.table("orders").column("status").reason
    evidence = {
        ("orders", "status"): FEW,
        ("customers", "city"): FEW,
        ("customers", "first_name"): FEW,
        ("customers", "loyalty_card"): MANY,
        ("products", "name"): ColumnEvidence(low_cardinality=False, personal="email", confidence=0.98),
        ("customers", "label"): ColumnEvidence(low_cardinality=True, personal="user_name", confidence=0.3),
        ("countries", "name"): FEW,
    }
    plan = resolve(settings_of(), shop, evidence=evidence)
    found = {place: plan.table(place[0]).column(place[1]) for place in evidence}
    assert {f"{table}.{column}": (c.treatment, c.role) for (table, column), c in found.items()} == {
        "orders.status": (Treatment.LEARN, Role.VALUE),
        "customers.city": (Treatment.LEARN, Role.VALUE),  # tells of a person only together with more
        "customers.first_name": (Treatment.FAKE, Role.VALUE),  # whatever its cardinality
        "customers.loyalty_card": (Treatment.LEARN, Role.TEXT),
        "products.name": (Treatment.FAKE, Role.VALUE),
        "customers.label": (Treatment.LEARN, Role.TEXT),  # suspicious: never drawn from real values
        "countries.name": (Treatment.LEARN, Role.TEXT),  # unique, whatever the profile says
    }
    assert found["products", "name"].options == {"kind": "email"}
    assert found["products", "name"].decided_by is DecidedBy.PROFILE
    assert "profile finds" not in " ".join(column.reason for column in found.values())


def test_a_personal_kind_that_the_type_cannot_hold_is_set_aside(settings_of: Settings, shop: Catalog) -> None:
    evidence = {("customers", "points"): ColumnEvidence(personal="email", confidence=1.0)}
    decision = resolve(settings_of(), shop, evidence=evidence).table("customers").column("points")
    assert (decision.treatment, decision.role) == (Treatment.LEARN, Role.VALUE)


PG = {
    "array": DataType(
        kind=Kind.ARRAY, native="integer[]", element=DataType(kind=Kind.INTEGER, native="integer", bits=32)
    ),
    "arrays": DataType(kind=Kind.ARRAY, native="geometry[]", element=DataType(kind=Kind.OTHER, native="geometry")),
    "bytea": DataType(kind=Kind.BINARY, native="bytea"),
    "citext": DataType(kind=Kind.TEXT, native="citext"),
    "enum": DataType(kind=Kind.ENUM, native="mood", labels=("sad", "glad")),
    "geometry": DataType(kind=Kind.OTHER, native="geometry"),
    "inet": DataType(kind=Kind.OTHER, native="inet"),
    "interval": DataType(kind=Kind.INTERVAL, native="interval"),
    "jsonb": DataType(kind=Kind.JSON, native="jsonb"),
    "numeric": DataType(kind=Kind.DECIMAL, native="numeric"),
    "timetz": DataType(kind=Kind.TIME, native="time with time zone", timezone=True),
    "uuid": DataType(kind=Kind.UUID, native="uuid"),
    "xml": DataType(kind=Kind.OTHER, native="xml"),
}


@pytest.mark.parametrize(
    ("native", "nullable", "evidence", "treatment", "role", "value"),
    [
        ("enum", False, MANY, Treatment.LEARN, Role.VALUE, None),
        ("numeric", False, MANY, Treatment.LEARN, Role.VALUE, None),
        ("uuid", False, MANY, Treatment.LEARN, Role.TEXT, None),
        ("uuid", False, FEW, Treatment.LEARN, Role.VALUE, None),
        ("citext", False, MANY, Treatment.LEARN, Role.TEXT, None),
        ("inet", False, FEW, Treatment.FAKE, Role.VALUE, None),
        ("bytea", True, MANY, Treatment.NULL, Role.VALUE, None),
        ("bytea", False, MANY, Treatment.LEARN, Role.TEXT, None),
        ("jsonb", True, MANY, Treatment.LEARN, Role.TEXT, None),
        ("jsonb", False, FEW, Treatment.LEARN, Role.VALUE, None),
        ("array", False, MANY, Treatment.LEARN, Role.TEXT, None),
        ("array", False, FEW, Treatment.LEARN, Role.VALUE, None),
        ("arrays", True, MANY, Treatment.NULL, Role.VALUE, None),
        ("arrays", False, MANY, Treatment.CONSTANT, Role.VALUE, "{}"),
        ("interval", False, MANY, Treatment.LEARN, Role.TEXT, None),
        ("timetz", False, MANY, Treatment.CONSTANT, Role.VALUE, "00:00:00+00"),
        ("timetz", False, FEW, Treatment.LEARN, Role.VALUE, None),
        ("xml", False, MANY, Treatment.LEARN, Role.TEXT, None),
        ("geometry", True, MANY, Treatment.NULL, Role.VALUE, None),
        ("geometry", False, FEW, Treatment.LEARN, Role.VALUE, None),
        ("geometry", False, None, Treatment.LEARN, Role.VALUE, None),
    ],
)
def test_types_of_postgresql(
    settings_of: Settings,
    native: str,
    nullable: bool,
    evidence: ColumnEvidence | None,
    treatment: Treatment,
    role: Role,
    value: str | None,
) -> None:
    decision = decided(settings_of, PG[native], evidence=evidence, nullable=nullable)
    assert (decision.treatment, decision.role, decision.options.get("value")) == (treatment, role, value)


def test_an_array_of_duckdb_is_emptied_in_its_own_way(settings_of: Settings) -> None:
    decision = decided(settings_of, PG["arrays"], evidence=MANY, nullable=False, dialect="duckdb")
    assert decision.options == {"value": "[]"}


def test_a_type_of_which_nothing_can_be_made_is_refused_once_its_values_are_known_to_be_many(
    settings_of: Settings,
) -> None:
    with pytest.raises(PlanRefused, match=r"things\.value: of its type geometry no valid value can be made"):
        decided(settings_of, PG["geometry"], evidence=MANY, nullable=False)
    as_empty = settings_of(tables={"things": {"mode": "empty"}, "others": {}})
    catalog = one(PG["geometry"], nullable=False)
    others = catalog.tables[0].model_copy(update={"name": "others", "columns": catalog.tables[0].columns[:1]})
    both = catalog.model_copy(update={"tables": (*catalog.tables, others)})
    assert resolve(as_empty, both, evidence={}).table("things").mode is Mode.EMPTY


@pytest.mark.parametrize(
    ("name", "kind", "evidence", "treatment"),
    [
        ("phone", Kind.INTEGER, MANY, Treatment.FAKE),
        ("phone", Kind.INTEGER, FEW, Treatment.LEARN),  # a flag rather than a number to call
        ("latitude", Kind.FLOAT, MANY, Treatment.LEARN),
        ("house_number", Kind.INTEGER, MANY, Treatment.LEARN),
        ("birth_date", Kind.TEXT, MANY, Treatment.FAKE),
        ("birth_date", Kind.DATE, MANY, Treatment.LEARN),
        ("country", Kind.TEXT, FEW, Treatment.LEARN),
        ("postcode", Kind.TEXT, FEW, Treatment.FAKE),
    ],
)
def test_personal_data_by_type_and_cardinality(
    settings_of: Settings, name: str, kind: Kind, evidence: ColumnEvidence, treatment: Treatment
) -> None:
    decision = decided(settings_of, DataType(kind=kind, native=kind.value), evidence=evidence, name=name)
    assert decision.treatment is treatment


def test_a_key_that_is_personal_is_invented(settings_of: Settings, catalog_of: Callable[[str], Catalog]) -> None:
    catalog = catalog_of("CREATE TABLE users (email TEXT PRIMARY KEY, visits INTEGER)")
    decision = resolve(settings_of(), catalog).table("users").column("email")
    assert (decision.treatment, decision.role, decision.unique) == (Treatment.FAKE, Role.KEY, True)


def test_high_cardinality_text_of_a_composite_key_is_written_anew(
    settings_of: Settings, catalog_of: Callable[[str], Catalog]
) -> None:
    catalog = catalog_of("CREATE TABLE parts (region TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (region, code))")
    evidence = {("parts", "region"): FEW, ("parts", "code"): MANY}
    table = resolve(settings_of(), catalog, evidence=evidence).table("parts")
    assert [(column.role, column.unique) for column in table.columns] == [(Role.VALUE, False), (Role.TEXT, False)]


def test_what_the_plan_says_of_the_dataset_and_its_tables(settings_of: Settings, shop: Catalog) -> None:
    plan = resolve(
        settings_of(
            tables={"orders": {"synthesizer": {"name": "ctgan", "options": {"epochs": 3}}, "scale": 2.5}},
            privacy={"min_group": 20, "hold_out": 0.2},
            gate={"fidelity": {"shape": 0.5}},
            seed=9,
        ),
        shop,
    )
    orders = plan.table("orders")
    assert (orders.synthesizer, orders.synthesizer_options, orders.scale) == ("ctgan", {"epochs": 3}, 2.5)
    assert plan.table("customers").synthesizer == "trees"
    assert (plan.min_group, plan.hold_out, plan.gate.fidelity.shape, plan.seed) == (20, 0.2, 0.5, 9)


def test_what_auto_chooses_among_reaches_the_plan(settings_of: Settings, shop: Catalog) -> None:
    named = {"name": "auto", "options": {"rows": 5_000}, "candidates": ["rules", {"name": "trees"}]}
    plan = resolve(settings_of(tables={"orders": {"synthesizer": named}, "products": {"synthesizer": "auto"}}), shop)
    orders, products = plan.table("orders"), plan.table("products")
    assert (orders.synthesizer, orders.synthesizer_options) == ("auto", {"rows": 5_000})
    assert orders.candidates == (Engine(name="rules"), Engine(name="trees"))
    assert (products.synthesizer, products.candidates) == ("auto", ())


def test_everything_wrong_is_told_at_once_with_the_nearest_names(settings_of: Settings, shop: Catalog) -> None:
    said = refusals(
        settings_of(
            tables={
                "custmers": {},
                "customers": {"columns": {"emial": {"fake": "email"}, "city": {"fake": "twon"}}},
                "orders": {"mode": "hybrid", "columns": {"status": {"derive": "x"}}},
                "products": {"mode": "reference"},
                "invoices": {"balance": {"column": "number", "shares": {"a": 0.5}}},
            }
        ),
        shop,
    )
    assert len(said) == 8
    assert any("no table 'custmers'; did you mean 'customers'? Correct" in line for line in said)
    assert any("customers: there is no column 'emial'; did you mean 'email'?" in line for line in said)
    assert any("customers.city: unknown kind of fake 'twon'" in line for line in said)
    assert any("orders: the mode hybrid needs the share of real rows" in line for line in said)
    assert any("orders: the mode hybrid lets real rows through and needs a reason" in line for line in said)
    assert any("orders.status: the expression reads 'x', and there is no such column" in line for line in said)
    assert any(
        "products: the mode reference lets all its real rows through and needs a reason" in line for line in said
    )
    assert any("invoices.number: `balance` names a column of a unique key" in line for line in said)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            {"mode": "reference", "because": "public", "scale": 2.0, "columns": {"name": "learn"}},
            "`scale` and `columns`",
        ),
        ({"mode": "partial", "because": "tests", "scale": 2.0}, "`scale` cannot go with the mode partial"),
        ({"mode": "empty", "synthesizer": "ctgan"}, "`synthesizer` cannot go with the mode empty"),
        ({"mode": "exclude", "columns": {"name": "learn"}}, "`columns` cannot go with the mode exclude"),
    ],
)
def test_what_cannot_go_with_a_mode(settings_of: Settings, shop: Catalog, table: dict[str, object], words: str) -> None:
    assert words in "\n".join(refusals(settings_of(tables={"products": table}), shop))


def test_a_plan_that_publishes_nothing_is_refused(settings_of: Settings, shop: Catalog) -> None:
    settings = settings_of(tables={name: {"mode": "exclude"} for name in shop.table_names})
    assert refusals(settings, shop)[0].startswith("no table is left to publish")
    assert refusals(settings_of(), Catalog(dialect="sqlite", tables=()))[0].startswith("no table is left to publish")


def test_modes_that_let_real_rows_through(settings_of: Settings, shop: Catalog) -> None:
    plan = resolve(
        settings_of(
            tables={
                "countries": {"mode": "reference", "because": "public list"},
                "customers": {
                    "mode": "partial",
                    "because": "support tests",
                    "columns": {"points": "learn", "label": {"keep": True, "because": "three labels"}},
                },
                "products": {"mode": "empty"},
                "invoices": {"mode": "exclude"},
            }
        ),
        shop,
        evidence={("customers", "loyalty_card"): MANY, ("customers", "city"): FEW},
    )
    assert {column.treatment for column in plan.table("countries").columns} == {Treatment.KEEP}
    assert plan.table("countries").column("name").because == "public list"
    customers = {column.name: column.treatment for column in plan.table("customers").columns}
    assert customers == {
        "id": Treatment.KEEP,
        "email": Treatment.FAKE,
        "first_name": Treatment.FAKE,
        "city": Treatment.KEEP,
        "country_code": Treatment.KEEP,
        "referred_by": Treatment.KEEP,
        "birth_date": Treatment.KEEP,
        "active": Treatment.KEEP,
        "notes": Treatment.FAKE,
        "photo": Treatment.NULL,
        "preferences": Treatment.NULL,
        "loyalty_card": Treatment.PSEUDONYMIZE,
        "label": Treatment.KEEP,
        "points": Treatment.LEARN,
    }
    assert plan.table("customers").column("label").because == "three labels"
    assert plan.table("customers").column("id").role is Role.KEY
    assert plan.table("invoices").columns == ()
    assert [table.name for table in plan.published] == ["countries", "customers", "order_lines", "orders", "products"]


def test_a_partial_table_never_leaves_free_text_to_be_learned(settings_of: Settings, shop: Catalog) -> None:
    """Only distributions are learned beside real columns: a text left at `learn` would stay real."""
    settings = settings_of(
        tables={
            "countries": {"mode": "reference", "because": "public"},
            "customers": {"mode": "partial", "because": "tests", "columns": {"loyalty_card": "learn"}},
        }
    )
    for evidence in (None, {("customers", "loyalty_card"): MANY}):
        table = resolve(settings, shop, evidence=evidence).table("customers")
        assert Role.TEXT not in {column.role for column in table.columns}
    assert table.column("loyalty_card").treatment is Treatment.PSEUDONYMIZE


def test_a_personal_key_of_a_partial_table_needs_its_name_in_the_plan(
    settings_of: Settings, catalog_of: Callable[[str], Catalog]
) -> None:
    catalog = catalog_of("CREATE TABLE users (email TEXT PRIMARY KEY, visits INTEGER)")
    table: dict[str, object] = {"mode": "partial", "because": "tests"}
    assert "seems to be an e-mail address" in refusals(settings_of(tables={"users": table}), catalog)[0]
    table["columns"] = {"email": {"keep": True, "because": "test accounts"}}
    assert resolve(settings_of(tables={"users": table}), catalog).table("users").column("email").because
