"""A server's door on loopback that can be slammed: what is behind it seems to go away and come back."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class TcpProxy:
    """Passes bytes on to a server; ``drop`` cuts every connection, ``shut`` also lets no new one in."""

    def __init__(self, host: str, port: int, *, cut_after: int | None = None) -> None:
        """Listens at once.

        Args:
            host: of the server behind.
            port: of the server behind.
            cut_after: bytes towards the server after which the first connection is cut.
        """
        self._target = (host, port)
        self._cut_after = cut_after
        self._open = True
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def drop(self) -> None:
        """Cut every connection; new ones are let in."""
        with self._lock:
            found, self._sockets = self._sockets, set()
        for one in found:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def shut(self) -> None:
        """Cut every connection and let no new one in."""
        self._open = False
        self.drop()

    def open(self) -> None:
        """Let connections in again."""
        self._open = True

    def close(self) -> None:
        """End."""
        self.shut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
            except OSError:
                return
            if not self._open:
                inner.close()
                continue
            outer = socket.create_connection(self._target)
            for one in (inner, outer):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets |= {inner, outer}
            for source, target, counted in ((inner, outer, True), (outer, inner, False)):
                threading.Thread(target=self._pass, args=(source, target, counted), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if counted and self._cut_after is not None:
                    self._cut_after -= len(data)
                    if self._cut_after <= 0:
                        self._cut_after = None
                        self.drop()
                        return
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
