"""One TLS policy for the drivers of all servers: the server proves who it is, or nothing is sent to it.

Urls say `sslmode` and `sslrootcert` in libpq's words whatever the family is. Without `sslmode` a server on this very
machine is spoken to as it likes; any other must show a certificate of its host name (verify-full) that a root
certificate of `sslrootcert`, or of the operating system, vouches for. What libpq's environment variables and pymysql's
own `ssl_...` parameters say is said on purpose, and stands.
"""

import ipaddress
import os
import ssl
from pathlib import Path
from typing import Literal, get_args

import sqlalchemy

Mode = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]
MODES: tuple[str, ...] = get_args(Mode)
SAID = ("certificate", "[ssl", "ssl error", "ssl is required", "ssl was required", "does not support ssl")

_LIBPQ = ("PGSSLMODE", "PGSERVICE", "PGSERVICEFILE")
# Where operating systems keep the roots that they trust; libpq before 16 does not look for itself.
_SYSTEM_ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def for_postgres(url: sqlalchemy.URL) -> sqlalchemy.URL:
    """The url with the policy in its query, which libpq reads."""
    if "service" in url.query or any(os.environ.get(name) for name in _LIBPQ):
        return url
    if "sslmode" not in url.query:
        if is_on_this_machine(url):
            return url
        url = url.update_query_dict({"sslmode": "verify-full"})
    own_root = os.environ.get("PGSSLROOTCERT") or (Path.home() / ".postgresql" / "root.crt").exists()
    if str(url.query["sslmode"]).startswith("verify-") and "sslrootcert" not in url.query and not own_root:
        url = url.update_query_dict({"sslrootcert": _system_root()})
    return url


def for_mariadb(url: sqlalchemy.URL) -> tuple[sqlalchemy.URL, dict[str, object]]:
    """The url without the policy's words, and what pymysql is told instead."""
    asked, root = url.query.get("sslmode"), url.query.get("sslrootcert")
    if any(name.startswith("ssl_") for name in url.query):
        return url, {}
    plain = url.difference_update_query(["sslmode", "sslrootcert"])
    mode = str(asked) if asked else "disable" if is_on_this_machine(url) else "verify-full"
    if mode == "disable":
        return plain, {"ssl_disabled": True}
    if mode == "prefer":
        return plain, {}
    context = ssl.create_default_context(cafile=str(root) if root else None)
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return plain, {"ssl": context}


def is_on_this_machine(url: sqlalchemy.URL) -> bool:
    """Whether a url leads to a socket or to a loopback address."""
    if "unix_socket" in url.query:
        return True
    hosts = url.query.get("host") or url.host or "localhost"
    return all(_is_local(host) for text in ([hosts] if isinstance(hosts, str) else hosts) for host in text.split(","))


def _is_local(host: str) -> bool:
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _system_root() -> str:
    known = (ssl.get_default_verify_paths().cafile, *_SYSTEM_ROOTS)
    return next((path for path in known if path and Path(path).exists()), "system")
