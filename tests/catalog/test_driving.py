"""Which foreign key a table hangs on."""

from synth_assets.catalog.driving import driving_key, driving_keys
from synth_assets.catalog.model import Branch, Column, DataType, ForeignKey, Key, Kind, Table

INTEGER = DataType(kind=Kind.INTEGER, native="integer", bits=64)


def table(name: str, *keys: ForeignKey, nullable: tuple[str, ...] = (), primary: tuple[str, ...] = ("id",)) -> Table:
    names = dict.fromkeys(("id", *(c for key in keys for c in key.columns)))
    return Table(
        name=name,
        columns=tuple(Column(name=n, type=INTEGER, nullable=n in nullable) for n in names),
        primary_key=Key(columns=primary),
        foreign_keys=keys,
    )


def to(parent: str, *columns: str) -> ForeignKey:
    return ForeignKey(columns=columns or (f"{parent}_id",), parent=parent, parent_columns=("id",) * (len(columns) or 1))


def chosen(child: Table, rows: dict[str, int]) -> str | None:
    key = driving_key(child, child.foreign_keys, rows)
    return key.parent if key else None


def all_chosen(*tables: Table, rows: dict[str, int] | None = None) -> dict[str, str | None]:
    counts = rows or {t.name: 10 for t in tables}
    keys = driving_keys(tables, {t.name: t.foreign_keys for t in tables}, counts)
    return {name: key.parent if key else None for name, key in keys.items()}


def test_no_key_and_self_reference() -> None:
    assert chosen(table("a"), {"a": 1}) is None
    assert chosen(table("a", to("a", "boss")), {"a": 1}) is None


def test_no_table_hangs_on_a_branch_of_a_polymorphic_key() -> None:
    branch = to("posts", "owner_id").model_copy(update={"branch": Branch(column="type", labels=("Post",))})
    assert chosen(table("a", branch), {"a": 10, "posts": 10}) is None
    assert chosen(table("a", branch, to("users")), {"a": 10, "posts": 10, "users": 10}) == "users"


def test_order_of_preference() -> None:
    rows = {"big": 100, "small": 10, "same": 10}
    assert chosen(table("c", to("small"), to("big")), rows) == "big"
    assert chosen(table("c", to("small"), to("same")), rows) == "small"
    assert chosen(table("c", to("small"), to("big"), nullable=("big_id",)), rows) == "small"
    assert chosen(table("c", to("small"), to("big"), primary=("small_id", "big_id")), rows) == "small"
    assert (
        chosen(table("c", to("small", "x", "y"), to("big"), primary=("y", "x", "n"), nullable=("big_id",)), rows)
        == "small"
    )
    assert chosen(table("c", to("elsewhere"), to("small"), nullable=("small_id",)), rows) == "small"


def test_a_look_up_table_drives_only_where_nothing_else_can() -> None:
    rows = {"media_types": 5, "albums": 300, "tracks": 3500}
    tracks = table("tracks", to("media_types"), to("albums"), nullable=("albums_id",))
    assert chosen(tracks, rows) == "albums"
    assert chosen(table("tracks", to("media_types")), rows) == "media_types"


def test_a_parent_with_less_than_a_child_each_is_referred_to() -> None:
    rows = {"invoices": 400, "tracks": 3500, "invoice_lines": 2200}
    assert chosen(table("invoice_lines", to("tracks"), to("invoices")), rows) == "invoices"


def test_the_most_specific_parent_in_the_primary_key_drives() -> None:
    rows = {"shipments": 10, "order_lines": 10}
    lines = to("order_lines", "order_id", "line_number")
    primary = ("shipments_id", "order_id", "line_number")
    assert chosen(table("shipment_lines", to("shipments"), lines, primary=primary), rows) == "order_lines"


def test_a_chain_stays_as_it_is() -> None:
    assert all_chosen(table("a"), table("b", to("a")), table("c", to("b"))) == {"a": None, "b": "a", "c": "b"}


def test_a_circle_is_cut_at_the_nullable_key() -> None:
    customers = table("customers", to("addresses"), nullable=("addresses_id",))
    assert all_chosen(customers, table("addresses", to("customers"))) == {"addresses": "customers", "customers": None}


def test_a_circle_without_nullable_keys_is_cut_at_the_last_name() -> None:
    a, b, c = table("a", to("b")), table("b", to("c")), table("c", to("a"))
    assert all_chosen(a, b, c) == {"a": "b", "b": "c", "c": None}


def test_the_table_that_lets_go_takes_its_next_best_key() -> None:
    a = table("a", to("b"), to("shop"), nullable=("b_id", "shop_id"))
    shop, b = table("shop"), table("b", to("a"))
    rows = {"a": 10, "b": 10, "shop": 1}
    assert all_chosen(a, b, shop, rows=rows) == {"a": "shop", "b": "a", "shop": None}


def test_two_circles_and_keys_to_tables_left_out() -> None:
    pairs = [table("a", to("b")), table("b", to("a")), table("c", to("d")), table("d", to("c"), to("gone"))]
    assert all_chosen(*pairs) == {"a": "b", "b": None, "c": "d", "d": None}
