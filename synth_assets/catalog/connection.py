"""Opening a database by its url, with errors that say what is wrong and never a password."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, urlsplit

import sqlalchemy
from sqlalchemy import exc

from synth_assets.catalog.errors import (
    DatabaseError,
    DatabaseMissing,
    DatabaseUnreachable,
    DriverMissing,
    LoginRefused,
    ServerNotTrusted,
    UrlInvalid,
)
from synth_assets.catalog.tls import MODES, SAID, for_mariadb, for_postgres

CONNECT_SECONDS = 10
# A server that is not there any more, and cannot say so, is noticed after two minutes, not after two hours.
KEEPALIVES = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 6, "tcp_user_timeout": 120_000}
FILE_FAMILIES = ("sqlite", "duckdb")
# The name before :// as people write it, and the dialect and driver that are meant.
DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
EXTRAS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "duckdb": "duckdb"}
SECRETS = ("password", "passwd", "sslpassword")
# What PostgreSQL and MySQL say; libpq hands no SQLSTATE over for a connection that failed.
REFUSALS = (
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "is not permitted to log in",
    "permission denied for database",
    "authentication failed",
    "access denied for user",
)


def open_engine(url: str, *, create: bool = False) -> sqlalchemy.Engine:
    """An engine for `url` that has answered once, without a pool: every connection is a new one.

    `postgresql://`, `postgres://`, `mysql://` and `mariadb://` mean the drivers of this package's extras. Passwords
    in the url's query are moved to where SQLAlchemy masks them.

    Args:
        url: An SQLAlchemy url.
        create: Whether a SQLite or DuckDB file that does not exist is made. A DuckDB file that exists is only read.

    Raises:
        ServerNotTrusted: the server does not prove by TLS who it is; see catalog.tls.
        UrlInvalid: not a url, or an unknown or in-memory database.
        DriverMissing: the driver is not installed; the message names the extra.
        DatabaseMissing, LoginRefused, DatabaseUnreachable: see there.
    """
    parsed, arguments = _parse(url)
    family = parsed.get_backend_name()
    if family in FILE_FAMILIES:
        _check_file(parsed, create=create)
    if family == "duckdb":
        # Beside other processes that read; a file that does not exist is made by opening it for writing.
        arguments["read_only"] = not create or (file_path(parsed) or Path()).exists()
    if family == "postgresql":
        arguments.setdefault("connect_timeout", CONNECT_SECONDS)
        arguments.setdefault("fallback_application_name", "synth-assets")
        arguments |= {name: value for name, value in KEEPALIVES.items() if name not in parsed.query}
    elif family in ("mysql", "mariadb"):
        arguments.setdefault("connect_timeout", CONNECT_SECONDS)
    if str(parsed.query.get("sslmode", MODES[0])) not in MODES:
        raise _url_invalid(location(url), f"sslmode is none of {', '.join(MODES)}")
    if family == "postgresql":
        parsed = for_postgres(parsed)
    elif family in ("mysql", "mariadb"):
        try:
            parsed, said = for_mariadb(parsed)
        except OSError as error:
            raise _url_invalid(
                location(url), f"sslrootcert cannot be read ({error.strerror or 'no certificate'})"
            ) from None
        arguments |= said
    try:
        engine = sqlalchemy.create_engine(
            parsed, poolclass=sqlalchemy.NullPool, hide_parameters=True, connect_args=arguments
        )
    except (exc.NoSuchModuleError, ImportError) as error:
        raise _driver_missing(parsed, error) from None
    except exc.ArgumentError as error:
        raise _url_invalid(location(url), _clean(error, parsed, arguments)) from None
    try:
        with engine.connect() as connection:
            # SQLite opens its file no sooner than it has to read it.
            if family == "sqlite":
                connection.exec_driver_sql("PRAGMA schema_version")
            else:
                connection.execute(sqlalchemy.select(1))
    except exc.DBAPIError as error:
        raise _connection_error(error, parsed, arguments) from None
    except exc.InvalidRequestError:
        # SQLAlchemy's dialect of MariaDB looks for it.
        where = location(url)
        raise UrlInvalid(
            f"The server of {where} is MySQL", location=where, next_step="Begin the url with mysql://."
        ) from None
    return engine


def open_connection(url: str) -> sqlalchemy.Connection:
    """A connection to `url`; closing it is all there is to be done in the end. Raises as `open_engine` does."""
    engine = open_engine(url)
    try:
        return engine.connect()
    except exc.DBAPIError:
        # It answered a moment ago.
        raise connection_lost(engine.url) from None


def connection_lost(url: sqlalchemy.URL) -> DatabaseUnreachable:
    """The error of a connection that went away."""
    where = location(url)
    return DatabaseUnreachable(
        f"The connection to {where} was lost",
        location=where,
        next_step="Check that the server runs and answers, and try again.",
    )


def location(url: str | sqlalchemy.URL) -> str:
    """The url without password and query, for people; a url that cannot be read gives its first word only."""
    if isinstance(url, str):
        try:
            return location(sqlalchemy.make_url(url))
        except (exc.ArgumentError, ValueError):
            return f"{url.partition(':')[0]}:..." if ":" in url else "..."
    family = url.drivername.partition("+")[0]
    if family in FILE_FAMILIES:
        return f"{family}:///{url.database or ''}"
    user = f"{url.username or url.query.get('user')}@" if url.username or url.query.get("user") else ""
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{family}://{user}{host}{port}/{url.database or ''}"


def file_path(url: sqlalchemy.URL) -> Path | None:
    """The file of a SQLite or DuckDB url; None in memory."""
    database = url.database or ""
    if database.startswith("file:"):
        parts = urlsplit(database)
        if parts.path in ("", ":memory:") or "mode=memory" in parts.query or url.query.get("mode") == "memory":
            return None
        return Path(unquote(parts.path))
    return None if database in ("", ":memory:") or database.startswith(":memory:") else Path(database)


def _parse(url: str) -> tuple[sqlalchemy.URL, dict[str, object]]:
    try:
        parsed = sqlalchemy.make_url(url)
    except (exc.ArgumentError, ValueError):
        raise _url_invalid(location(url), "it is not of the form dialect://user:password@host:port/database") from None
    if parsed.drivername in DRIVERS:
        parsed = parsed.set(drivername=DRIVERS[parsed.drivername])
    arguments: dict[str, object] = {}
    for name in SECRETS:
        secret = parsed.query.get(name)
        if secret is None:
            continue
        secret = secret if isinstance(secret, str) else secret[-1]
        if name == "sslpassword":
            arguments[name] = secret
        elif parsed.password is None:
            parsed = parsed.set(password=secret)
        parsed = parsed.difference_update_query([name])
    for name in ("connect_timeout", "fallback_application_name"):
        if name in parsed.query:
            arguments[name] = parsed.query[name]
            parsed = parsed.difference_update_query([name])
    return parsed, arguments


def _check_file(url: sqlalchemy.URL, *, create: bool) -> None:
    path = file_path(url)
    family, where = url.get_backend_name(), location(url)
    if path is None:
        raise _url_invalid(where, "a database in memory cannot be shared between the steps of a refresh")
    if path.is_dir():
        raise DatabaseUnreachable(
            f"{where} could not be opened",
            location=where,
            reason="it is a directory",
            next_step="Name the database's file in the url.",
        )
    if path.exists():
        return
    if not create:
        raise DatabaseMissing(
            f"There is no database file {path}",
            location=where,
            next_step=f"Correct the path; {family}:///name is relative to the current directory ({Path.cwd()}), "
            f"{family}:////name is absolute.",
        )
    if not path.parent.is_dir():
        raise DatabaseMissing(
            f"There is no folder {path.parent} to make the database file in",
            location=where,
            next_step="Make the folder, or correct the path.",
        )


def _connection_error(error: exc.DBAPIError, url: sqlalchemy.URL, arguments: dict[str, object]) -> DatabaseError:
    where, family = location(url), url.get_backend_name()
    reason = _clean(error.orig, url, arguments)
    if isinstance(error, exc.ProgrammingError):
        return _url_invalid(where, reason)
    said = reason.lower()
    code = error.orig.args[0] if error.orig is not None and error.orig.args else None
    user = f" user {url.username!r}" if url.username else " this user"
    if code == 1049 or ("database" in said and "does not exist" in said):
        return DatabaseMissing(
            f"The server of {where} has no database {url.database!r}",
            location=where,
            next_step="Create the database, or correct its name at the end of the url.",
        )
    if code in (1044, 1045) or any(refusal in said for refusal in REFUSALS) or ("role" in said and "not exist" in said):
        return LoginRefused(
            f"{where} refused{user}",
            location=where,
            reason=reason,
            next_step="Check the user and the password of the url, or the environment variable that holds it.",
        )
    if any(words in said for words in SAID):
        return ServerNotTrusted(
            f"{where} does not prove that it is that server",
            location=where,
            reason=reason,
            next_step="Name the certificate of its authority in the url: ?sslrootcert=/path/to/ca.pem. On a network "
            "that nobody else can listen to or answer on, do without: ?sslmode=disable.",
        )
    if family in FILE_FAMILIES:
        return DatabaseUnreachable(
            f"{where} could not be opened",
            location=where,
            reason=reason,
            next_step=f"Check that the file is a {'SQLite' if family == 'sqlite' else 'DuckDB'} database, that it may "
            "be read and written, and that no other process holds it open for writing.",
        )
    return DatabaseUnreachable(
        f"{where} does not answer",
        location=where,
        reason=reason,
        next_step="Check host and port, that the server runs, and that it accepts connections from this machine.",
    )


def _driver_missing(url: sqlalchemy.URL, error: Exception) -> DatabaseError:
    where, family = location(url), url.drivername.partition("+")[0]
    extra = EXTRAS.get(family)
    if extra is None:
        return _url_invalid(where, f"no SQLAlchemy dialect named {family!r} is installed")
    missing = error.name if isinstance(error, ImportError) and error.name else url.drivername
    return DriverMissing(
        f"The driver for {where} is not installed",
        location=where,
        reason=str(missing),
        next_step=f"pip install 'synth-assets[{extra}]', and begin the url with {family}://",
    )


def _url_invalid(where: str, reason: str) -> UrlInvalid:
    return UrlInvalid(
        f"The database url {where} cannot be used",
        location=where,
        reason=reason,
        next_step="Write it as sqlite:///file.db, duckdb:///file.duckdb or "
        "postgresql://user:password@host:port/database; a special character in the password stands as %XX.",
    )


def _clean(error: BaseException | None, url: sqlalchemy.URL, arguments: dict[str, object]) -> str:
    """The driver's words in one line, without any secret of the url."""
    parts = [part for part in getattr(error, "args", ()) if isinstance(part, str)]
    lines = [line.strip() for part in parts for line in part.splitlines() if line.strip()]
    # Further lines repeat the first for every address that was tried.
    text = lines[0].rstrip(".!") if lines else ""
    for secret in _secrets(url, arguments):
        text = text.replace(secret, "***")
    return text


def _secrets(url: sqlalchemy.URL, arguments: dict[str, object]) -> Iterable[str]:
    plain = [str(secret) for secret in (url.password, arguments.get("sslpassword")) if secret]
    spelled = {form for secret in plain for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    return sorted(spelled, key=len, reverse=True)
