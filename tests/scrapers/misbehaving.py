"""A loopback server that misbehaves in the ways that real sites do, one address a way."""

from __future__ import annotations

import gzip
import socket
import socketserver
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import brotli  # type: ignore[import-untyped]

Behaviour = Callable[["Conversation"], None]

REPORT = "".join(
    f"<p>　　第{n}段。全市地区生产总值增长5%，一般公共预算收入增长3%，城镇新增就业8万人。</p>"
    for n in range(40)
)


def listing(*rows: tuple[str, str]) -> bytes:
    items = "".join(f'<li><a href="{url}">{title}</a><span>2026-02-09</span></li>' for url, title in rows)
    return f"<html><head><title>政府工作报告</title></head><body><ul>{items}</ul></body></html>".encode()


HOME = (
    "<html><head><title>某市人民政府门户网站</title></head><body>"
    + "".join(f'<a href="/art/2026/2/9/{n}.html">首页要闻标题第{n}条内容</a>' for n in range(40))
    + "</body></html>"
).encode()


@dataclass
class Conversation:
    """One request as the server sees it, and the connection to answer on."""

    connection: socket.socket
    path: str
    headers: dict[str, str]
    stopping: threading.Event
    asked: list[str]

    def send(self, body: bytes, *, status: str = "200 OK", length: int | None = None, **headers: str) -> None:
        fields = {"Content-Type": "text/html; charset=utf-8", "Connection": "close"}
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        fields["Content-Length"] = str(len(body) if length is None else length)
        head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.connection.sendall(head.encode() + b"\r\n" + body)


@dataclass
class Site:
    """Addresses of a running misbehaving site, and what it was asked for."""

    base: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def misbehaving(
    routes: dict[str, Behaviour], *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[Site]:
    """Serves ``routes`` (path → behaviour; a key that ends with * is a prefix). robots.txt is empty unless
    given."""
    stopping = threading.Event()
    asked: list[str] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = self.request
            if tls is not None:
                try:
                    connection = tls.wrap_socket(connection, server_side=True)
                except OSError:
                    return
            data = b""
            while b"\r\n\r\n" not in data:
                part = connection.recv(65536)
                if not part:
                    return
                data += part
            lines = data.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:] if line)}
            asked.append(path)
            talk = Conversation(connection, path, headers, stopping, asked)
            behaviour = routes.get(path) or next(
                (b for key, b in routes.items() if key.endswith("*") and path.startswith(key[:-1])), None
            )
            try:
                if behaviour is not None:
                    behaviour(talk)
                elif path == "/robots.txt":
                    talk.send(b"", Content_Type="text/plain")
                else:
                    talk.send(b"gone", status="404 Not Found")
            except OSError:
                pass
            finally:
                if tls is not None:
                    connection.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None: ...

    server = Server((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    scheme = "https" if tls else "http"
    try:
        yield Site(f"{scheme}://{host}:{server.server_address[1]}", asked)
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


# --- ways to misbehave


def page(body: bytes, **headers: str) -> Behaviour:
    return lambda talk: talk.send(body, **headers)


def drip(talk: Conversation) -> None:
    """A byte every tenth of a second: each read succeeds, the whole never ends."""
    talk.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    while not talk.stopping.wait(0.1):
        talk.connection.sendall(b"<")


def truncated(talk: Conversation) -> None:
    talk.send(b"<html><body>half a rep", length=5000)


def truncated_gzip(talk: Conversation) -> None:
    body = gzip.compress(HOME * 20)
    talk.send(body[: len(body) // 2], Content_Encoding="gzip")


@cache
def bomb_body() -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(40)), packer.flush()])


def bomb(talk: Conversation) -> None:
    """40 MB of zeros in 200 kB."""
    talk.send(bomb_body(), Content_Encoding="gzip")


def members(talk: Conversation) -> None:
    """A gzip answer of 20,000 empty members: nothing unpacks to nothing, for hours were they millions."""
    talk.send(gzip.compress(b"") * 20_000, Content_Encoding="gzip")


def unnatural_retry_after(talk: Conversation) -> None:
    """A digit to Unicode, and no number."""
    talk.connection.sendall(
        b"HTTP/1.1 429 Slow\r\nRetry-After: \xb2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )


def too_large(talk: Conversation) -> None:
    """200 MB that do not say how many they are."""
    talk.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    for _ in range(200):
        talk.connection.sendall(b"x" * (1 << 20))


def redirect(target: str) -> Behaviour:
    return lambda talk: talk.send(b"", status="302 Found", Location=target)


def redirect_ring(talk: Conversation) -> None:
    talk.send(b"", status="302 Found", Location="/b" if talk.path == "/a" else "/a")


def endless_redirects(talk: Conversation) -> None:
    talk.send(b"", status="302 Found", Location=f"{talk.path}x")


def cookie_then(body: bytes) -> Behaviour:
    """A 302 to itself that sets a cookie; the page comes only with it."""

    def behaviour(talk: Conversation) -> None:
        if "visited=1" in talk.headers.get("cookie", ""):
            talk.send(body)
        else:
            talk.send(b"", status="302 Found", Location=talk.path, Set_Cookie="visited=1; Path=/")

    return behaviour


def busy_then(body: bytes, status: str = "503 Service Unavailable", **headers: str) -> Behaviour:
    """Fails once, then gives the page."""
    failed: list[bool] = []

    def behaviour(talk: Conversation) -> None:
        if failed:
            talk.send(body)
        else:
            failed.append(True)
            talk.send(b"busy", status=status, **headers)

    return behaviour


def counting(template: str) -> Behaviour:
    """A page whose bytes change at each download: a visitor counter, a clock, a request id."""
    visits = iter(range(1, 10_000))

    def behaviour(talk: Conversation) -> None:
        number = next(visits)
        text = template.replace("{hits}", str(number)).replace("{now}", f"{time.time_ns()}")
        talk.send(text.encode())

    return behaviour


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


#: Content encodings by name.
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw deflate": _raw_deflate,
    "br": brotli.compress,
}

CHALLENGE = (
    "<html><head><title>安全验证</title><script>var arg1='3A';document.cookie='acw_sc__v2='+arg1;"
    "location.reload();</script></head><body>请完成安全验证</body></html>"
).encode()
STUB = b"<html><head></head><body><div class='list'></div></body></html>"
