"""Polite and patient HTTP: `Network` is what a run knows of all hosts, `Visit` a stay at one source's site.

robots.txt is honoured (RFC 9309), hosts are asked one request at a time with a pause between, a host that
keeps failing is left alone for the rest of the run. Every failure has a name (`scrapers.failures`).
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from protego import Protego
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from scrapers.archive import Wire
from scrapers.decoding import undo_content_encodings
from scrapers.failures import LookError
from scrapers.model import Source
from scrapers.network import GuardedTransport, Recorder
from scrapers.settings import FetchSettings

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WORTH_RETRYING = frozenset({408, 425, 429, 500, 502, 503, 504})
_ROBOTS_LIMIT = 500 * 1024
_BREAKER_REST_SECONDS = 300.0
#: A page may unpack to so many times its size cap on the wire, within ``max_expanded``.
_UNPACKS_TO = 4
#: Failures that say something of the host, not of one page.
_OF_THE_HOST = frozenset(
    {
        "no_network",
        "name_not_found",
        "connection_lost",
        "deadline",
        "http_error",
        "bad_certificate",
        "protocol_error",
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A page or document that came. body has all encodings undone; wire is as it was; before are the
    redirects.

    skew is how far the server's clock is from ours, in seconds (0 where it tells no time).
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    wire: Wire
    before: tuple[Wire, ...] = ()
    skew: float = 0.0

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        match = re.search(r"charset\s*=\s*[\"']?([\w.-]+)", self.headers.get("content-type", ""), re.I)
        return match[1].lower() if match else ""


@dataclass(frozen=True, slots=True)
class _Limits:
    """Of one transfer: bytes on the wire, seconds."""

    size: int
    seconds: float

    @classmethod
    def of(cls, settings: FetchSettings, listing: bool) -> _Limits:
        if listing:
            return cls(settings.max_listing_bytes, settings.listing_deadline)
        return cls(settings.max_bytes, settings.deadline)


@dataclass(slots=True)
class _Host:
    """What a run knows of one host."""

    gate: asyncio.Semaphore
    free_at: float = 0.0
    delay: float = 0.0
    failures: int = 0
    closed_until: float = 0.0
    resting_until: float = 0.0
    robots: asyncio.Future[Protego | LookError] | None = None


@dataclass(slots=True)
class Network:
    """Shared by all visits of a run: hosts' gates, breakers and robots. Lives in one event loop."""

    settings: FetchSettings
    hosts: dict[str, _Host] = field(default_factory=dict)

    def host(self, url: str) -> _Host:
        parts = urlsplit(url)
        key = f"{parts.scheme}://{parts.netloc}"
        if key not in self.hosts:
            self.hosts[key] = _Host(asyncio.Semaphore(self.settings.per_host))
        return self.hosts[key]


@cache
def _tls_context(*, verify: bool) -> ssl.SSLContext:
    """One for all hosts of a process: each holds the certificates of all authorities, half a megabyte and more."""
    context = httpx.create_ssl_context(trust_env=False)
    if not verify:
        # A recorded exception of one source; such servers tend to be old in other ways, too.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("DEFAULT@SECLEVEL=1")
        context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    return context


class Visit:
    """A stay at one source's site: its cookies, its connections, its count of requests. Use as a context
    manager."""

    def __init__(self, network: Network, source: Source, now: datetime) -> None:
        self.network = network
        self.source = source
        self.now = now
        self.requests = 0
        self.notes: list[str] = []
        lenient = None
        if source.tls is not None:
            if now.date() > source.tls.until:
                raise LookError(
                    "expired_tls_exception", f"{source.id}: {source.tls.reason}, until {source.tls.until}"
                )
            self.notes.append(f"TLS not verified until {source.tls.until}: {source.tls.reason}")
            lenient = _tls_context(verify=False)
        hosts = (urlsplit(listing).hostname for listing in source.listings)
        transport = GuardedTransport(
            _tls_context(verify=True),
            _local_pairs(source),
            lenient=lenient,
            excepted=frozenset(host for host in hosts if host),
        )
        settings = network.settings
        self._client = httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout),
            headers={
                "User-Agent": settings.user_agent,
                "Accept": "text/html,application/xhtml+xml,application/pdf,*/*;q=0.8",
                "Accept-Language": "zh-CN,zh;q=0.9",
                "Accept-Encoding": "gzip, deflate, br",
            },
        )

    async def __aenter__(self) -> Visit:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(
        self, url: str, *, etag: str = "", last_modified: str = "", listing: bool = False
    ) -> Answer:
        """Fetch one address, redirects followed. With etag or last_modified of an earlier answer the new one
        may be `not_modified`. A listing has a smaller size cap and a shorter deadline. Raises LookError."""
        conditions = {}
        if etag:
            conditions["If-None-Match"] = etag
        if last_modified:
            conditions["If-Modified-Since"] = last_modified
        settings = self.network.settings
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(settings.attempts),
            retry=retry_if_exception(lambda error: isinstance(error, LookError) and error.retry),
            wait=self._wait,
            reraise=True,
        ):
            with attempt:
                return await self._follow(url, conditions, _Limits.of(settings, listing))
        raise AssertionError("unreachable")

    def _wait(self, state: RetryCallState) -> float:
        """What the server asked for, else a random pause that doubles."""
        settings = self.network.settings
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, LookError) and error.after is not None:
            return error.after
        return wait_random_exponential(multiplier=settings.retry_wait, max=settings.max_retry_after)(state)

    async def _follow(self, url: str, conditions: dict[str, str], limits: _Limits) -> Answer:
        hops: list[Wire] = []
        visited: set[tuple[str, str]] = set()
        while True:
            self._check_address(url)
            # The same address again is a loop unless a cookie was set meanwhile (some sites set one by a 302
            # to itself).
            state = (
                url,
                repr(sorted((c.domain, c.path, c.name, c.value or "") for c in self._client.cookies.jar)),
            )
            if state in visited or len(hops) > self.network.settings.max_redirects:
                raise LookError("redirect_loop", f"{len(hops)} redirects, at last to {url}")
            visited.add(state)
            await self._ask_robots(url)
            answer = await self._exchange(url, conditions, limits)
            target = answer.headers.get("location", "")
            if answer.status in _REDIRECTS and target:
                hops.append(answer.wire)
                url = _joined(url, target)
                continue
            if answer.status == 304 and not conditions:
                # Nothing was asked whether it changed: taken for "unchanged", it would be an empty success.
                raise LookError("http_error", f"{url} answers 304 to a question without conditions")
            if answer.status == 206:
                raise LookError("truncated_body", f"{url} answers 206, a part of what was asked for")
            _check_status(answer, self.network.settings.max_retry_after)
            return replace(answer, before=tuple(hops))

    def _check_address(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # http://[bad, http://x:99999
            named = False
        if not named or "@" in parts.netloc:
            raise LookError("bad_address", f"{url} is no http(s) address")

    async def _exchange(self, url: str, conditions: dict[str, str], limits: _Limits) -> Answer:
        """One request and its answer, when the host's turn comes."""
        settings = self.network.settings
        host = self.network.host(url)
        async with host.gate:
            if time.monotonic() < host.resting_until:
                raise LookError("rate_limited", f"{urlsplit(url).netloc} asked to come back later")
            if time.monotonic() < host.closed_until:
                raise LookError(
                    "circuit_open", f"{urlsplit(url).netloc} failed {settings.breaker_after} times in a row"
                )
            await asyncio.sleep(max(0.0, host.free_at - time.monotonic()))
            broken = True
            later = 0.0
            try:
                answer = await self._transfer(url, conditions, limits)
                broken = answer.status >= 500
                later = _asks_for_rest(answer)
            except LookError as error:
                broken = error.reason in _OF_THE_HOST
                raise
            finally:
                host.failures = host.failures + 1 if broken else 0
                if host.failures >= settings.breaker_after:
                    host.closed_until = time.monotonic() + _BREAKER_REST_SECONDS
                delay = settings.local_delay if self.source.local else settings.delay
                host.free_at = time.monotonic() + max(delay, host.delay)
                if later > settings.max_retry_after:
                    host.resting_until = time.monotonic() + later
                elif later:
                    host.free_at = max(host.free_at, time.monotonic() + later)
            return answer

    async def _transfer(self, url: str, conditions: dict[str, str], limits: _Limits) -> Answer:
        settings = self.network.settings
        self.requests += 1
        at = datetime.now(UTC)
        try:
            async with asyncio.timeout(limits.seconds):
                async with self._client.stream("GET", url, headers=conditions) as response:
                    size = 0
                    parts: list[bytes] = []
                    stated = response.headers.get("content-length", "")
                    if stated.isdigit() and int(stated) > limits.size:
                        raise LookError("too_large", f"{url} has {stated} bytes, the cap is {limits.size}")
                    async for part in response.aiter_raw():
                        size += len(part)
                        if size > limits.size:
                            raise LookError("too_large", f"{url} has more than {limits.size} bytes")
                        parts.append(part)
                    stream = response.extensions["network_stream"]
        except TimeoutError:
            raise LookError("deadline", f"{url} took longer than {limits.seconds:g} s") from None
        except LookError:
            raise
        except Exception as error:
            raise _named(error, url) from error
        assert isinstance(stream, Recorder)
        wire = Wire(url, bytes(stream.sent), bytes(stream.received), at, stream.address)
        headers = {name.lower(): value for name, value in response.headers.items()}
        unpacked = min(settings.max_expanded, _UNPACKS_TO * limits.size)
        body = undo_content_encodings(b"".join(parts), headers.get("content-encoding", ""), max_size=unpacked)
        return Answer(url, response.status_code, headers, body, wire, skew=_skew(headers.get("date", ""), at))

    async def _ask_robots(self, url: str) -> None:
        """Raises LookError ``robots_denied`` or ``robots_unreachable``, or what kept robots.txt from
        coming."""
        host = self.network.host(url)
        if host.robots is None:
            host.robots = asyncio.get_running_loop().create_future()
            try:
                host.robots.set_result(await self._fetch_robots(url))
            except BaseException:
                host.robots.cancel()
                host.robots = None
                raise
        rules = await asyncio.shield(host.robots)
        if isinstance(rules, LookError):
            if rules.retry:
                host.robots = None
            raise LookError(rules.reason, rules.detail, retry=rules.retry, after=rules.after)
        agent = self.network.settings.product  # without the contact, in which any robot's name may stand
        if not rules.can_fetch(url, agent):
            raise LookError("robots_denied", f"{urlsplit(url).netloc}/robots.txt keeps {agent} from {url}")
        host.delay = min(float(rules.crawl_delay(agent) or 0.0), self.network.settings.max_delay)

    async def _fetch_robots(self, url: str) -> Protego | LookError:
        parts = urlsplit(url)
        robots = f"{parts.scheme}://{parts.netloc}/robots.txt"
        limits = _Limits(_ROBOTS_LIMIT * 4, self.network.settings.listing_deadline)
        answer = None
        try:
            for _ in range(5):
                answer = await self._exchange(robots, {}, limits)
                if answer.status not in _REDIRECTS or "location" not in answer.headers:
                    break
                robots = _joined(robots, answer.headers["location"])
                self._check_address(robots)
        except LookError as error:
            if error.reason in ("too_large", "truncated_body", "damaged_encoding", "decompression_bomb"):
                return LookError("robots_unreachable", f"{robots}: {error.detail}")
            return error
        assert answer is not None
        if answer.status >= 500 or answer.status == 429:
            return LookError("robots_unreachable", f"{robots} answers {answer.status}")
        text = answer.body[:_ROBOTS_LIMIT].decode("utf-8-sig", "replace")
        # Client errors mean that there are no rules; so does the home page served for everything.
        if answer.status >= 300 or re.match(r"\s*<(!doctype|html|head|script)", text, re.I):
            text = ""
        return Protego.parse(text)


def _joined(url: str, target: str) -> str:
    """Where a redirect leads. Raises LookError ``bad_address``."""
    try:
        return urljoin(url, target)
    except ValueError:
        raise LookError("bad_address", f"{url} leads to {target!r}, which is no address") from None


def _local_pairs(source: Source) -> frozenset[tuple[str, int]]:
    """The hosts and ports that a local source may reach though they are private: those that its entry
    names."""
    if not source.local:
        return frozenset()
    named = [urlsplit(listing) for listing in source.listings]
    return frozenset(
        (part.hostname, part.port or (443 if part.scheme == "https" else 80))
        for part in named
        if part.hostname
    )


def _check_status(answer: Answer, longest_wait: float) -> None:
    status = answer.status
    if 200 <= status < 300 or status == 304:
        return
    after = _retry_after(answer.headers.get("retry-after", ""), answer.wire.fetched_at)
    if status in (404, 410):
        raise LookError("not_found", f"{answer.url} answers {status}")
    if status == 429 or (status == 503 and after is not None):
        soon = after is None or after <= longest_wait
        detail = f"{answer.url} answers {status}" + (
            f", come back in {after:g} s" if after is not None else ""
        )
        raise LookError("rate_limited", detail, retry=soon, after=after)
    # 412 and 521 are how two common browser checks answer whoever runs no script.
    if status in (403, 405, 412, 521) and is_challenge(answer.body):
        raise LookError("challenge_page", f"{answer.url} answers {status} with a browser check")
    raise LookError("http_error", f"{answer.url} answers {status}", retry=status in _WORTH_RETRYING)


_CHALLENGE_MARKS = (
    b"__jsl_clearance",
    b"acw_sc__v2",
    b"$_ts",
    b"cf-chl-",
    b"cf_chl_opt",
    b"/cdn-cgi/challenge",
    b"wzws_sid",
    b"yunsuo_session",
    b"_waf_",
)
# These stand in the search boxes of ordinary pages, too.
_CAPTCHA_MARKS = (
    b"geetest",
    b"initnecaptcha",
    b"tencentcaptcha",
    b"aliyuncaptcha",
    b"captcha.js",
    b"slidecaptcha",
    b"slide-captcha",
    b"verifycode",
    b"verify-code",
    b"verify_code",
)
_CHALLENGE_WORDS = (
    *("请完成安全验证", "安全验证", "滑动验证", "拖动滑块", "请输入验证码", "人机验证", "访问验证"),
    "正在检查您的浏览器",
)
_SURE_MARKS = _CHALLENGE_MARKS + tuple(
    word.encode(encoding) for word in _CHALLENGE_WORDS for encoding in ("utf-8", "gb18030")
)
_LARGEST_CHALLENGE = 60_000


def is_challenge(body: bytes) -> bool:
    """A captcha or browser check: a small page with the marks of one and hardly a word beside.

    Real pages carry search boxes with captchas, too; but they also carry text.
    """
    if len(body) > _LARGEST_CHALLENGE:
        return False
    lowered = body.lower()
    sure = any(mark in lowered for mark in _SURE_MARKS)
    if not sure and not any(mark in lowered for mark in _CAPTCHA_MARKS):
        return False
    visible = re.sub(rb"(?is)<(script|style|head).*?</\1>|<[^>]+>|\s+", b"", body)
    return len(visible) < (1500 if sure else 300)


def _asks_for_rest(answer: Answer) -> float:
    """Seconds for which a host wants to be left alone, all its pages; 0 where it does not say."""
    if answer.status not in (429, 503):
        return 0.0
    return _retry_after(answer.headers.get("retry-after", ""), answer.wire.fetched_at) or 0.0


def _retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait, from either form of the header; None where it says nothing."""
    if re.fullmatch(r"\s*[0-9]+\s*", value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def _skew(date: str, now: datetime) -> float:
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return (there.replace(tzinfo=there.tzinfo or UTC) - now).total_seconds()


def _named(error: Exception, url: str) -> LookError:
    """The name of what httpcore and ssl throw."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    text = f"{url}: {error or type(error).__name__}"
    for cause in causes:
        if isinstance(cause, LookError):
            return cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            return LookError("bad_certificate", f"{url}: {cause.verify_message}")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return LookError("bad_certificate", text)
    if isinstance(error, httpcore.ConnectTimeout | httpcore.ConnectError):
        return LookError("no_network", text, retry=isinstance(error, httpcore.ConnectTimeout))
    if isinstance(error, httpcore.ReadTimeout | httpcore.WriteTimeout | httpcore.PoolTimeout):
        return LookError("deadline", f"{text}: no byte came for too long")
    if isinstance(error, httpx.RemoteProtocolError) and "location header" in str(error):
        return LookError("bad_address", text)
    if isinstance(error, httpcore.RemoteProtocolError):
        if "without sending complete message" in str(error) or "incomplete chunked" in str(error):
            return LookError("truncated_body", text, retry=True)
        if "disconnected without" in str(error):
            return LookError("connection_lost", text, retry=True)
        return LookError("protocol_error", text)
    if isinstance(error, httpcore.NetworkError):
        return LookError("connection_lost", text, retry=True)
    if isinstance(error, httpcore.ProtocolError | httpx.DecodingError):
        return LookError("protocol_error", text)
    if isinstance(error, httpx.InvalidURL | httpcore.UnsupportedProtocol | UnicodeError):
        return LookError("bad_address", text)
    return LookError("broke", f"{url}: {type(error).__name__}: {error}")
