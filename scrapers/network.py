"""Connections: only to addresses that may be reached, and with every byte kept for the archive.

The address is checked where the connection is made, after the name was resolved, and the connection goes to
that very
address: neither a redirect nor a name that resolves differently the second time (DNS rebinding) gets round
it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore
import httpx

from scrapers.failures import LookError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


_INTERNET = ipaddress.ip_network("2000::/3")
_RESERVED = (ipaddress.ip_network("3fff::/20"), ipaddress.ip_network("3ffe::/16"))


def is_public(address: Address) -> bool:
    """Whether an address lies in the public internet, also when it wraps an IPv4 address.

    >>> is_public(ipaddress.ip_address("::ffff:127.0.0.1"))
    False
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        # What IANA has given to the internet is 2000::/3; the rest is old forms (::7f00:1, fec0::) and reserves.
        if address not in _INTERNET or any(address in reserved for reserved in _RESERVED):
            return False
    return address.is_global and not address.is_multicast


def may_be_local(address: Address) -> bool:
    """What a source marked local may reach: loopback and private networks, not link-local ones, where clouds
    keep their machines' credentials."""
    return (address.is_loopback or address.is_private) and not (
        address.is_link_local or address.is_multicast or address.is_unspecified
    )


class Recorder(httpcore.AsyncNetworkStream):
    """A connection that remembers what went over it since the last request began."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, address: str) -> None:
        self._inner = inner
        self.address = address
        self.sent = bytearray()
        self.received = bytearray()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._inner.read(max_bytes, timeout)
        self.received += data
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self.received:
            self.sent, self.received = bytearray(), bytearray()
        self.sent += buffer
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return Recorder(await self._inner.start_tls(ssl_context, server_hostname, timeout), self.address)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to private ones only for the given (host, port) pairs."""

    def __init__(self, local: frozenset[tuple[str, int]]) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._local = local

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await _resolve(host, port, timeout)
        allowed = [a for a in addresses if is_public(a) or ((host, port) in self._local and may_be_local(a))]
        if not allowed:
            raise LookError("private_address", f"{host}:{port} is {addresses[0]}")
        error: Exception | None = None
        for address in allowed[:3]:
            try:
                stream = await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
                continue
            return Recorder(stream, str(address))
        assert error is not None
        raise error

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise LookError("bad_address", "unix sockets are no web pages")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int, timeout: float | None) -> list[Address]:
    try:
        async with asyncio.timeout(timeout):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise LookError("name_not_found", f"{host}: the resolver does not answer", retry=True) from None
    except (socket.gaierror, UnicodeError) as error:
        # EAI_AGAIN is what a machine without a network says: no use in asking again within a run.
        raise LookError("name_not_found", f"{host}: {error}") from None
    addresses = [ipaddress.ip_address(item[4][0].partition("%")[0]) for item in found]
    if not addresses:
        raise LookError("name_not_found", f"{host}: no address")
    return addresses


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx over `GuardedBackend`, HTTP/1.1 (what is archived is what went over the wire, and WARC has no
    form for HTTP/2).

    excepted  hosts whose certificates, and those of hosts under them, go by ``lenient`` instead of ``strict``
    """

    def __init__(
        self,
        strict: ssl.SSLContext,
        local: frozenset[tuple[str, int]],
        *,
        lenient: ssl.SSLContext | None = None,
        excepted: frozenset[str] = frozenset(),
    ) -> None:
        backend = GuardedBackend(local)
        self._strict = _pool(strict, backend)
        self._lenient = _pool(lenient, backend) if lenient else self._strict
        # Not of www.gov.cn, under whose domain all governments lie.
        self._excepted = tuple(
            host.removeprefix("www.") if host.count(".") > 2 else host for host in excepted
        )

    def _pool_for(self, host: str) -> httpcore.AsyncConnectionPool:
        excepted = any(host == known or host.endswith(f".{known}") for known in self._excepted)
        return self._lenient if excepted else self._strict

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._pool_for(request.url.host).handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._strict.aclose()
        await self._lenient.aclose()


def _pool(context: ssl.SSLContext, backend: GuardedBackend) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        network_backend=backend,
        http1=True,
        http2=False,
        max_connections=4,
        keepalive_expiry=15.0,
    )
