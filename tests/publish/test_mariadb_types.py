"""Every type of MariaDB and MySQL read and published unchanged, compared by the server itself."""

from pathlib import Path

from synth_assets.catalog.drift import compare
from synth_assets.publish.authorize import authorize
from tests.extract.snapshots import Snapshots
from tests.mariadb_zoo import TYPES, columns, rows, zoo_script
from tests.publish.mariadb_shop import rows_of
from tests.publish.parts import Dataset, catalog_of, settings
from tests.servers import MysqlFamilyServer


def test_every_type_comes_through_unchanged(either_path: MysqlFamilyServer, tmp_path: Path) -> None:
    """Once by LOAD DATA, once where the server forbids it, by INSERT."""
    dialect = either_path.dialect
    source, target = either_path.create_database(zoo_script(dialect)), either_path.create_database()
    authorize("staging", settings(), target, {"production": source})
    catalog, snapshots = catalog_of(source), Snapshots(tmp_path)
    made = Dataset(catalog, snapshots.rows(source, catalog=catalog), snapshots.store)
    made.judge()
    made.publish(target)
    assert len({native for native, _ in TYPES[dialect]}) >= 45
    assert compare(catalog, catalog_of(target)).changes == ()
    here, there = (url.rpartition("/")[2] for url in (source, target))
    # Bytes are compared: equal for the column's collation is not enough.
    same = ", ".join(f"SUM(HEX(a.{name}) <=> HEX(b.{name}) AND a.{name} <=> b.{name})" for name in columns(dialect))
    equal = rows_of(target, f"SELECT {same} FROM {here}.zoo a JOIN {there}.zoo b USING (id)")[0]
    wrong = {TYPES[dialect][n][0]: int(count) for n, count in enumerate(equal) if count != rows(dialect)}
    assert wrong == {}
