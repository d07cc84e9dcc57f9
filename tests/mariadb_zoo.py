"""A table of every type of MariaDB and of MySQL, with the values at their ends."""

# Type, and SQL expressions of values beside NULL.
Types = tuple[tuple[str, tuple[str, ...]], ...]
_SHARED: Types = (
    ("tinyint", ("-128", "127")),
    ("tinyint unsigned", ("0", "255")),
    ("tinyint(1)", ("0", "2")),
    ("smallint", ("-32768", "32767")),
    ("mediumint", ("-8388608", "8388607")),
    ("int", ("-2147483648", "2147483647")),
    ("int(8) unsigned zerofill", ("5", "4294967295")),
    ("bigint", ("-9223372036854775808", "9223372036854775807")),
    ("bigint unsigned", ("0", "18446744073709551615")),
    ("decimal(10,2)", ("-99999999.99", "1.10")),
    ("decimal(38,10) unsigned", ("0", "1234567890123456789012345678.0123456789")),
    ("decimal(65,30)", ("-0.000000000000000000000000000001", "12345678901234567890123456789012345.5")),
    ("float", ("0.1", "16777217", "-3.4e38", "1.17549e-38")),
    ("float(7,2)", ("99999.99", "0.05")),
    ("double", ("0.1", "-0e0", "1.7976931348623157e308", "5e-324")),
    ("double(12,3)", ("123456789.123", "0.1")),
    ("bit(1)", ("b'0'", "b'1'")),
    ("bit(5)", ("b'0'", "b'10101'")),
    ("bit(64)", ("b'0'", "0xFFFFFFFFFFFFFFFF")),
    ("char(5)", ("'ab'", "''", "'é😀'")),
    ("varchar(40)", ("''", "'a\\\\.\\r\\n\\t\\0 \\'\"`%s'", "'\\\\N'", "'NULL'", "' pad '")),
    ("varchar(20) CHARACTER SET latin1", ("'é'", "'ß'")),
    ("tinytext", ("'😀'",)),
    ("text", ("REPEAT('é', 300)",)),
    ("mediumtext", ("'{file}'",)),
    ("longtext", ("'\\Z'",)),
    ("binary(4)", ("0x00ff", "0x0a095c27")),
    ("varbinary(9)", ("''", "0x005c4e")),
    ("tinyblob", ("0x00",)),
    ("blob", ("0xfffe",)),
    ("mediumblob", ("''",)),
    ("longblob", ("0x5c2e0a",)),
    ("enum('a','it''s','b\\\\c','ü')", ("'a'", "'it''s'", "'b\\\\c'", "'ü'")),
    ("set('x','y','it''s')", ("''", "'x,it''s'")),
    ("json", ('\'{"a": 1.10, "b": null}\'', "'null'", "'\"\\\\\\\\u00e9\"'")),
    ("date", ("'0001-01-01'", "'9999-12-31'")),
    ("date", ("'0000-00-00'", "'2024-00-00'", "'2024-05-06'")),
    ("time", ("'00:00:00'", "'23:59:59'")),
    ("time(6)", ("'-838:59:59.000000'", "'838:59:59'", "'10:00:00.000001'")),
    ("time(6)", ("'23:59:59.999999'", "'00:00:00.000001'")),
    ("datetime", ("'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'")),
    ("datetime(6)", ("'2024-02-29 01:02:03.000004'",)),
    ("datetime(3)", ("'0000-00-00'", "'2024-02-31 00:00:00.5'")),
    ("timestamp(6) NULL", ("'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.999999'")),
    ("timestamp NULL", ("'2024-03-31 02:30:00'", "'2024-10-27 02:30:00'")),
    ("year", ("0", "1901", "2155")),
    ("point", ("ST_GeomFromText('POINT(1 2)', 4326)",)),
    ("geometry", ("ST_GeomFromText('LINESTRING(0 0, 1.5 2)')",)),
)

_MARIADB_ONLY: Types = (
    ("uuid", ("'7F000000-0000-4000-8000-00000000000A'",)),
    ("inet6", ("'::ffff:1.2.3.4'", "'2001:db8::1'")),
    ("inet4", ("'0.0.0.0'", "'255.1.2.3'")),
)
_MYSQL_ONLY: Types = (
    ("point SRID 4326", ("ST_GeomFromText('POINT(1 2)', 4326)",)),
    ("geomcollection", ("ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')",)),
    ("vector(3)", ("STRING_TO_VECTOR('[1,-2.5,3e10]')",)),
)
TYPES: dict[str, Types] = {"mariadb": _SHARED + _MARIADB_ONLY, "mysql": _SHARED + _MYSQL_ONLY}


def columns(dialect: str) -> tuple[str, ...]:
    """The columns of the table `zoo`, beside its key, in the order of TYPES."""
    return tuple(f"c{number}" for number in range(len(TYPES[dialect])))


def rows(dialect: str) -> int:
    return max(len(values) for _, values in TYPES[dialect]) + 1


def zoo_script(dialect: str) -> str:
    """The table `zoo`, filled: row 0 is NULL but for its key."""
    types = TYPES[dialect]
    defined = ", ".join(f"{name} {native}" for name, (native, _) in zip(columns(dialect), types, strict=True))
    statements = [
        "SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
        f"CREATE TABLE zoo (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, {defined}) ROW_FORMAT=DYNAMIC",
        "INSERT INTO zoo (id) VALUES (0)",
    ]
    for row in range(rows(dialect) - 1):
        given = ", ".join(values[row % len(values)] for _, values in types)
        statements.append(f"INSERT INTO zoo VALUES ({row + 1}, {given})")
    return ";\n".join(statements)
