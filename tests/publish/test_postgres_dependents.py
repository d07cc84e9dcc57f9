"""What leans on a target's tables without being of the dataset goes on with those of each refresh, or is refused."""

from collections.abc import Iterator, Sequence

import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.publish.errors import DatabaseFailed, PreflightFailed
from synth_assets.publish.postgres import PostgresPublisher
from synth_assets.publish.publish import rollback
from tests.publish.parts import catalog_of, dataset, settings
from tests.publish.postgres_shop import SHOP, connected, dumped, own_schemas, rows_of, run_in, shop_frames
from tests.servers import PostgresServer

READERS = """
CREATE SCHEMA reports;
CREATE VIEW moods AS SELECT id, mood, moods, points FROM customers;
CREATE VIEW plain AS SELECT id, note FROM orders;
CREATE VIEW whole AS SELECT o AS ordered FROM orders o JOIN plain p ON p.id = o.id AND p.note = o.note;
CREATE MATERIALIZED VIEW of_whole AS SELECT (ordered).note, count(*) AS n FROM whole GROUP BY 1;
CREATE VIEW reports.orders WITH (security_barrier=true) AS SELECT id, note FROM public.orders;
CREATE VIEW checked AS SELECT id, note FROM orders WHERE id > 0 WITH LOCAL CHECK OPTION;
ALTER VIEW checked ALTER COLUMN note SET DEFAULT 'y';
CREATE MATERIALIZED VIEW reports.totals WITH (fillfactor=70) AS
  SELECT note, count(*) AS n, max(id) AS most FROM reports.orders GROUP BY note;
CREATE UNIQUE INDEX totals_note ON reports.totals (note) INCLUDE (n);
CREATE INDEX totals_much ON reports.totals (lower(note)) WHERE n > 1; COMMENT ON INDEX reports.totals_much IS 'much';
ALTER TABLE reports.totals CLUSTER ON totals_note; ALTER TABLE reports.totals ALTER COLUMN note SET STATISTICS 7;
COMMENT ON MATERIALIZED VIEW reports.totals IS 'It''s all'; COMMENT ON COLUMN reports.totals.n IS 'how many';
CREATE MATERIALIZED VIEW not_yet AS SELECT count(*) FROM customers WITH NO DATA;
CREATE VIEW of_totals AS SELECT t.*, m.mood FROM reports.totals t JOIN moods m ON m.id = t.most;
CREATE FUNCTION label(orders) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1.note';
CREATE FUNCTION reports.latest("from" int DEFAULT 5) RETURNS SETOF public.orders LANGUAGE plpgsql AS
  'BEGIN RETURN QUERY SELECT * FROM public.orders WHERE id > $1; END';
CREATE FUNCTION counted() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM orders WHERE note = 'refresh 2'; END;
CREATE PROCEDURE cleaned(orders) LANGUAGE sql AS 'SELECT 1'; COMMENT ON PROCEDURE cleaned IS 'cleans';
CREATE FUNCTION of_mood(mood, positive) RETURNS mood LANGUAGE sql AS 'SELECT $1';
CREATE VIEW labelled AS SELECT o.id, label(o) AS label FROM orders o;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER instead INSTEAD OF INSERT ON labelled FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER VIEW labelled ALTER COLUMN label DROP DEFAULT; COMMENT ON VIEW labelled IS 'labels';
REVOKE EXECUTE ON FUNCTION label FROM PUBLIC; GRANT EXECUTE ON FUNCTION label TO dep_reader WITH GRANT OPTION;
GRANT SELECT (label) ON labelled TO dep_reader; GRANT SELECT ON reports.totals, moods TO dep_reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA public TO dep_owner; GRANT USAGE, CREATE ON SCHEMA reports, public TO dep_owner;
ALTER VIEW reports.orders OWNER TO dep_owner; ALTER MATERIALIZED VIEW reports.totals OWNER TO dep_owner;
ALTER FUNCTION label OWNER TO dep_owner;
"""
NEIGHBOURS = """
CREATE SCHEMA x;
CREATE TABLE x.child (o int, CONSTRAINT "to" FOREIGN KEY (o) REFERENCES orders ON DELETE CASCADE DEFERRABLE);
COMMENT ON CONSTRAINT "to" ON x.child IS 'a key'; INSERT INTO x.child VALUES (NULL), (3);
CREATE TABLE x.guarded (n int, at mood, CHECK (at <> 'sad'::mood)); ALTER TABLE x.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON x.guarded USING (n IN (SELECT id FROM orders)) WITH CHECK (EXISTS (SELECT FROM labelled));
CREATE TABLE numbered (n bigint DEFAULT nextval('orders_id_seq'), m bigint DEFAULT counted());
CREATE TABLE notes (note text PRIMARY KEY); INSERT INTO notes SELECT 'refresh ' || n FROM generate_series(1, 9) n;
ALTER TABLE orders ADD CONSTRAINT known_note FOREIGN KEY (note) REFERENCES notes ON UPDATE CASCADE;
SET client_min_messages TO error;
CREATE PUBLICATION "a few" FOR TABLE orders (id, note) WHERE (id > 2), numbered;
"""


@pytest.fixture
def live(catalog: Catalog, target: str) -> Iterator[str]:
    """A target with refresh 1 of the shop."""
    with connected(target) as connection:
        connection.execute("CREATE ROLE dep_reader; CREATE ROLE dep_owner")
    dataset(catalog, shop_frames(1)).publish(target)
    yield target
    run_in(target, "DROP OWNED BY dep_reader, dep_owner CASCADE; DROP ROLE dep_reader, dep_owner")


def test_dependents_go_on_with_the_tables_of_each_refresh(catalog: Catalog, live: str) -> None:
    run_in(live, READERS + NEIGHBOURS)
    before, oids = dumped(live), "SELECT 'moods'::regclass::oid, 'counted'::regproc::oid"
    kept = rows_of(live, oids)
    for refresh, is_rollback in ((2, False), (3, False), (2, True)):
        if is_rollback:
            rollback(target="staging", database=settings(), url=live, sources={}, dataset="shop")
        else:
            dataset(catalog, shop_frames(refresh), refresh=f"r{refresh}").publish(live)
        note = f"refresh {refresh}"
        assert dumped(live) == before
        # What could be replaced in place is the very object that it was.
        assert rows_of(live, oids) == kept
        assert rows_of(live, "SELECT note, n, most FROM reports.totals") == [(note, 200, 200)]
        assert rows_of(live, "SELECT note, mood::text FROM of_totals") == [(note, None)]
        assert rows_of(live, "SELECT note, n FROM of_whole") == [(note, 200)]
        assert rows_of(live, "SELECT DISTINCT (ordered).note FROM whole") == [(note,)]
        assert rows_of(live, "SELECT DISTINCT note FROM reports.latest(7)") == [(note,)]
        assert rows_of(live, "SELECT DISTINCT label FROM labelled") == [(note,)]
        assert rows_of(live, "SELECT counted()") == [(200 if refresh == 2 else 0,)]
        assert rows_of(live, "SELECT relispopulated FROM pg_class WHERE relname = 'not_yet'") == [(False,)]
        with connected(live) as connection, pytest.raises(Exception, match='key constraint "to"'):
            connection.execute("INSERT INTO x.child VALUES (777)")
        with connected(live) as connection, pytest.raises(Exception, match='key constraint "known_note"'):
            connection.execute("UPDATE orders SET note = 'unknown'")
        assert rows_of(live, "INSERT INTO numbered (m) VALUES (1) RETURNING n > 200") == [(True,)]
        assert own_schemas(live) == ["previous"]
    # Numbers that another table has drawn are not drawn again.
    assert rows_of(live, "SELECT count(*), count(DISTINCT n) FROM numbered") == [(3, 3)]


REFUSED = """
CREATE FUNCTION f(orders) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION count_up(int, orders) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';
CREATE AGGREGATE counted_up(orders) (sfunc = count_up, stype = int, initcond = '0');
CREATE TABLE kid () INHERITS (orders);
CREATE TABLE held (o orders, CHECK (f(o)));
CREATE TABLE logged (id int); CREATE RULE noted AS ON INSERT TO orders DO ALSO INSERT INTO logged VALUES (NEW.id);
CREATE RULE taken AS ON UPDATE TO logged DO ALSO DELETE FROM orders;
CREATE POLICY own ON orders USING (f(orders));
CREATE VIEW ruled AS SELECT o FROM orders o; CREATE RULE replaced AS ON DELETE TO ruled DO INSTEAD NOTHING;
"""
NAMED = (
    "function counted_up(orders)",
    "table kid",
    "column o of table held",
    "constraint held_o_check on table held",
    "rule noted on table orders",
    "rule taken on table logged",
    "policy own on table orders",
    "rule replaced on view ruled",
)


def refusal(catalog: Catalog, url: str, *, rows: int = 200, refresh: int = 2) -> str:
    """What a publication is refused for. Nothing has become of it."""
    before = dumped(url)
    with pytest.raises(PreflightFailed) as refused:
        dataset(catalog, shop_frames(refresh, rows=rows), refresh=f"r{refresh}").publish(url)
    assert dumped(url) == before
    return str(refused.value)


def test_what_cannot_be_bound_is_refused_with_its_list(catalog: Catalog, live: str) -> None:
    run_in(live, REFUSED + "CREATE TABLE above (a text); ALTER TABLE nothing INHERIT above;")
    said = refusal(catalog, live)
    assert "nothing: it is a part of table above, or inherits from it" in said
    assert [name for name in NAMED if f"orders: {name} depends on it" not in said] == []
    assert own_schemas(live) == []


def test_keys_that_the_new_rows_break_are_refused_before_the_swap(catalog: Catalog, live: str) -> None:
    run_in(live, READERS + NEIGHBOURS + "INSERT INTO x.child VALUES (150)")
    assert "orders: foreign key to of table x.child refers to rows that are not there" in refusal(catalog, live, rows=9)
    run_in(live, "DELETE FROM notes WHERE note = 'refresh 2'")
    said = refusal(catalog, live)
    assert "orders: foreign key known_note to notes, which is not of the dataset, cannot be made" in said
    assert own_schemas(live) == []
    dataset(catalog, shop_frames(3), refresh="r3").publish(live)
    # A key whose rows nobody has checked is not checked by a refresh, either.
    run_in(live, 'ALTER TABLE x.child DROP CONSTRAINT "to"; INSERT INTO x.child VALUES (999)')
    run_in(live, "ALTER TABLE x.child ADD CONSTRAINT later FOREIGN KEY (o) REFERENCES orders NOT VALID")
    dataset(catalog, shop_frames(4), refresh="r4").publish(live)
    assert rows_of(live, "SELECT convalidated FROM pg_constraint WHERE conname = 'later'") == [(False,)]


def test_a_table_that_left_the_dataset_goes_when_nothing_depends_on_it(catalog: Catalog, live: str) -> None:
    run_in(live, "CREATE VIEW of_nothing AS SELECT a, note FROM nothing, orders")
    run_in(live, "CREATE POLICY p ON orders USING (note NOT IN (SELECT a FROM nothing))")
    tables = tuple(table for table in catalog.tables if table.name != "nothing")
    fewer = catalog.model_copy(update={"tables": tables})
    frames = {name: frame for name, frame in shop_frames(2).items() if name != "nothing"}
    with pytest.raises(PreflightFailed) as refused:
        dataset(fewer, frames, refresh="r2").publish(live)
    gone = "nothing: it is not in the dataset any more, and"
    assert f"{gone} view of_nothing depends on it" in str(refused.value)
    assert f"{gone} policy p on table orders depends on it" in str(refused.value)
    run_in(live, "DROP VIEW of_nothing; DROP POLICY p ON orders; CREATE INDEX more ON orders (note)")
    made = dataset(fewer, frames, refresh="r2").publish(live)
    assert made.notes == ("orders: index more of the target is not in the source, and goes.",)
    assert rows_of(live, "SELECT to_regclass('nothing')") == [(None,)]


def test_columns_of_other_types_give_views_other_columns(catalog: Catalog, live: str, postgres: PostgresServer) -> None:
    run_in(live, "CREATE VIEW mails AS SELECT email, mood FROM customers; CREATE VIEW twice AS SELECT * FROM mails")
    run_in(live, "GRANT SELECT ON twice TO dep_reader; CREATE TABLE other (m mood, n positive)")
    source = postgres.create_database()
    run_in(source, SHOP.replace("varchar(80)", "varchar(90)").replace("'happy')", "'happy', 'glad')"))
    newer = catalog_of(source, "public")
    assert "mood: column m of table other depends on it" in refusal(newer, live)
    run_in(live, "ALTER TABLE other DROP COLUMN m")
    columns = (
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'twice'::regclass AND attnum > 0"
    )
    labels = "SELECT array_length(enum_range(NULL::mood), 1)"
    for made, url in ((newer, live), (catalog, live)):
        assert rows_of(url, columns)[0] == (f"character varying({80 if made is newer else 90})",)
        dataset(made, shop_frames(2), refresh=f"of {len(made.model_dump_json())}").publish(url)
    assert rows_of(live, labels) == [(3,)]
    rollback(target="staging", database=settings(), url=live, sources={}, dataset="shop")
    assert rows_of(
        live, columns + " UNION ALL " + labels.replace("array", "(array").replace(", 1)", ", 1))::text")
    ) == [
        ("character varying(90)",),
        ("mood",),
        ("4",),
    ]
    assert rows_of(live, "SELECT has_table_privilege('dep_reader', 'twice', 'SELECT')") == [(True,)]


def test_what_is_made_after_the_audit_stops_the_swap(
    catalog: Catalog, live: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = PostgresPublisher.audit

    def view(publisher: PostgresPublisher) -> Sequence[str]:
        run_in(live, "CREATE VIEW v AS SELECT * FROM orders")
        return audit(publisher)

    monkeypatch.setattr(PostgresPublisher, "audit", view)
    with pytest.raises(DatabaseFailed, match="was changed while it was published"):
        dataset(catalog, shop_frames(2), refresh="r2").publish(live)
    assert rows_of(live, "SELECT DISTINCT note FROM v") == [("refresh 1",)]
    assert own_schemas(live) == []
