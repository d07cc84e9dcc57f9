"""A small TCP proxy between a client and a server, which can fail in the ways in which networks fail."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy

_CHUNK = 65536
# Closing then sends a reset, as a device in between does that has forgotten a connection.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards connections to one server.

    Attributes:
        sent: Bytes from clients to the server so far, over all connections.
    """

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._limit: int | None = None
        self._answers_lost = False
        self._going = threading.Event()
        self._going.set()
        self.sent = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def cut(self) -> None:
        """Reset every connection, to both sides; new ones are taken."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                _reset(end)

    def cut_after(self, sent: int | None) -> None:
        """Cut once, when clients have sent so many bytes more."""
        self._limit = None if sent is None else self.sent + sent

    def lose_the_next_answer(self) -> None:
        """Cut once, when the server answers the next time, and keep its answer."""
        self._answers_lost = True

    def stall(self, seconds: float) -> None:
        """Forward nothing for a while, over the connections that there are and over new ones."""
        self._going.clear()
        threading.Timer(seconds, self._going.set).start()

    def close(self) -> None:
        # Closing alone would leave the thread in accept().
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    server = socket.create_connection(self._server)
                except OSError:
                    _reset(client)
                    continue
                with self._lock:
                    self._pairs.append((client, server))
                for source, destination, asks in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._forward, args=(source, destination, asks), daemon=True).start()

    def _forward(self, source: socket.socket, destination: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                self._going.wait()
                if asks:
                    self.sent += len(data)
                    if self._limit is not None and self.sent >= self._limit:
                        destination.sendall(data[: len(data) - (self.sent - self._limit)])
                        self._limit = None
                        self.cut()
                        return
                elif self._answers_lost:
                    self._answers_lost = False
                    self.cut()
                    return
                destination.sendall(data)
            destination.shutdown(socket.SHUT_WR)


@contextmanager
def proxied(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the server of a url, and the url by way of it."""
    parsed = sqlalchemy.make_url(url)
    assert parsed.port is not None
    proxy = Proxy(parsed.port)
    try:
        yield proxy, parsed.set(port=proxy.port).render_as_string(hide_password=False)
    finally:
        proxy.close()


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        # A thread that is reading keeps a closed socket open.
        end.shutdown(socket.SHUT_RDWR)
    end.close()
