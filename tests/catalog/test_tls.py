"""The policy for TLS, tried on real servers with a certificate authority of the test's own."""

import datetime
import ipaddress
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from synth_assets.catalog.connection import open_engine
from synth_assets.catalog.errors import ServerNotTrusted, UrlInvalid
from synth_assets.catalog.tls import for_postgres, is_on_this_machine
from tests.servers import (
    MYSQL_FAMILY,
    MariadbServer,
    MysqlFamilyServer,
    PostgresServer,
    ServerMissingError,
    start_postgres,
)


def issue(folder: Path) -> None:
    """ca.pem, and a certificate of it for 127.0.0.1 in cert.pem and key.pem."""
    now = datetime.datetime.now(datetime.UTC)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server")}
    names = {n: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"test {n}")]) for n in keys}
    for subject, extensions in {
        "ca": [(x509.BasicConstraints(ca=True, path_length=None), True)],
        "server": [(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)],
    }.items():
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[subject])
            .issuer_name(names["ca"])
            .public_key(keys[subject].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        made = builder.sign(keys["ca"], hashes.SHA256())
        (folder / f"{'ca' if subject == 'ca' else 'cert'}.pem").write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
        )
    key = keys["server"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(key)


@pytest.fixture(scope="module", params=["postgresql", *MYSQL_FAMILY])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """The url of a server that speaks TLS, and its authority's certificate."""
    folder = Path(tempfile.mkdtemp(prefix="synth_tls_"))
    issue(folder)
    account = "postgres" if request.param == "postgresql" else "mysql"
    if os.geteuid() == 0:
        entry = pwd.getpwnam(account)
        for path in (folder, *folder.iterdir()):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    (folder / "key.pem").chmod(0o600)
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    running: PostgresServer | MysqlFamilyServer
    try:
        if request.param == "postgresql":
            running = start_postgres(settings={"ssl": "on", "ssl_cert_file": cert, "ssl_key_file": key})
        else:
            running = MYSQL_FAMILY[request.param](settings={"ssl-cert": cert, "ssl-key": key})
    except (ServerMissingError, KeyError) as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    try:
        yield running.create_database(), folder / "ca.pem"
    finally:
        running.stop()
        shutil.rmtree(folder)


def cipher(url: str) -> str:
    with open_engine(url).connect() as connection:
        if connection.dialect.name == "postgresql":
            return str(
                connection.exec_driver_sql("SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()").scalar()
            )
        return str(connection.exec_driver_sql("SHOW STATUS LIKE 'Ssl_cipher'").one()[1])


def test_a_server_that_proves_itself_is_trusted(server: tuple[str, Path]) -> None:
    url, authority = server
    assert cipher(f"{url}?sslmode=verify-full&sslrootcert={authority}")
    assert cipher(f"{url}?sslmode=require")


def test_a_certificate_that_nobody_vouches_for_is_refused(server: tuple[str, Path]) -> None:
    url, _ = server
    with pytest.raises(ServerNotTrusted) as refused:
        open_engine(f"{url}?sslmode=verify-full")
    assert "?sslrootcert=" in refused.value.next_step
    assert "?sslmode=disable" in refused.value.next_step


def test_a_certificate_of_another_name_is_refused(server: tuple[str, Path]) -> None:
    url, authority = server
    elsewhere = url.replace("127.0.0.1", "localhost")
    with pytest.raises(ServerNotTrusted):
        open_engine(f"{elsewhere}?sslmode=verify-full&sslrootcert={authority}")
    assert cipher(f"{elsewhere}?sslmode=verify-ca&sslrootcert={authority}")


def test_a_server_without_tls_is_refused_where_it_is_asked_for(
    postgres: PostgresServer, mariadb: MariadbServer
) -> None:
    for url in (postgres.create_database(), mariadb.create_database()):
        with pytest.raises(ServerNotTrusted):
            open_engine(f"{url}?sslmode=require")
        open_engine(f"{url}?sslmode=disable")
        open_engine(url)
        with pytest.raises(UrlInvalid, match="sslmode is none of"):
            open_engine(f"{url}?sslmode=off")


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("postgresql://u@db.example/d", False),
        ("postgresql://u@10.0.0.5/d", False),
        ("postgresql://u@/d?host=db1.example&host=localhost", False),
        ("postgresql://u@localhost/d", True),
        ("postgresql://u@[::1]/d", True),
        ("postgresql:///d?host=/run/postgresql", True),
        ("mysql://u@127.0.0.2/d", True),
        ("mysql://u@/d?unix_socket=/run/mysqld.sock", True),
    ],
)
def test_only_this_machine_is_trusted_without_proof(url: str, local: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGSSLMODE", "PGSERVICE", "PGSERVICEFILE"):
        monkeypatch.delenv(name, raising=False)
    parsed = sqlalchemy.make_url(url)
    assert is_on_this_machine(parsed) is local
    assert for_postgres(parsed).query.get("sslmode") == (None if local else "verify-full")
