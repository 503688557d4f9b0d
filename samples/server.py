"""A small loopback web server for the sample site, tests and the farm: pages out of a function, stopped on
leaving."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers. An etag is made from the body where there is none."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


class PortTaken(Exception):
    """The port that the site has to be served at is another program's; the message says what to do."""


@contextmanager
def serve(
    answer: Callable[[str], Reply | None], *, port: int = 0, or_another: bool = True, gzipped: bool = True
) -> Iterator[str]:
    """Answers GET on loopback with ``answer(path with query)``; None is 404. Yields the base address, without
    a slash at its end. The port is the given one where it is free, else any free one; without ``or_another`` raises
    PortTaken then. ``gzipped``: to those who accept it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            reply = answer(self.path) or Reply(b"<html><title>404</title></html>", status=404)
            body, headers = reply.body, dict(reply.headers)
            if reply.status == 200:
                headers.setdefault("ETag", f'"{hashlib.sha256(body).hexdigest()[:16]}"')
                if self.headers.get("If-None-Match") == headers["ETag"]:
                    self._send(304, {"ETag": headers["ETag"]}, b"")
                    return
                if gzipped and "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 1000:
                    body = gzip.compress(body, mtime=0)
                    headers["Content-Encoding"] = "gzip"
            headers.setdefault("Content-Type", reply.content_type)
            self._send(reply.status, headers, body)

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Silence: the program's own output is what the user reads."""

    try:
        server = _Server(("127.0.0.1", port), Handler)
    except OSError as error:
        if not or_another:
            raise PortTaken(f"port {port} on 127.0.0.1 cannot be used: {error.strerror}") from error
        server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
