"""What leans on a target's tables without being of the dataset goes on with those of each refresh, or is refused."""

from collections.abc import Iterator

import pytest

from synth_assets.catalog.model import Catalog
from synth_assets.publish.errors import DatabaseFailed, PreflightFailed
from synth_assets.publish.publish import rollback
from tests.publish.parts import dataset, settings
from tests.publish.postgres_shop import connected, dumped, own_schemas, rows_of, run_in, shop_frames

READERS = """
CREATE SCHEMA reports;
CREATE VIEW moods AS SELECT id, mood, moods, points FROM customers;
CREATE VIEW whole AS SELECT o AS ordered FROM orders o;
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
