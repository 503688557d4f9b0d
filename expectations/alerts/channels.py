"""Channels: where alerts go, told by URL, and how each wants its message.

    https://host/path                     any webhook: the alert as JSON
    mailto:// slack:// workflows:// …     through Apprise (https://appriseit.com), 100 services and more
    dingtalk:// wecombot:// feishu://     robots of 钉钉, 企业微信 and 飞书; their https:// addresses work, too

``#only=error``, ``#only=warn`` or ``#only=fallback`` at the end of a URL restricts it. The robots answer 200 to a
message that they refuse and say so in the body, which Apprise does not read: to them we speak ourselves.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from expectations.alerts import render
from expectations.alerts.model import Alert

Only = Literal["all", "error", "warn", "fallback"]

TIMEOUT_S = 4.0

#: Robots count bytes; a little is left for what they add themselves.
_LIMIT_BYTES = {"dingtalk": 18_000, "wecombot": 4_000, "feishu": 18_000}

_ONLY = re.compile(r"#only=(error|warn|fallback)$")
_FEISHU_PATH = re.compile(r"/open-apis/bot/v2/hook/([\w-]+)/?")
_NATIVE_HOSTS = re.compile(
    r"(oapi\.dingtalk\.com|qyapi\.weixin\.qq\.com|open\.feishu\.cn|open\.larksuite\.com|hooks\.slack\.com"
    r"|.*\.webhook\.office\.com|.*\.logic\.azure\.com|.*\.powerplatform\.com|discord(app)?\.com)"
)


class ChannelError(Exception):
    """A channel that cannot be used or did not take the message; the text holds nothing secret."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel. ``url`` is secret: it is never shown, logged or written; ``label`` is for people, ``ident`` for
    the outbox."""

    url: str
    only: Only = "all"

    @property
    def ident(self) -> str:
        return hashlib.sha256(self.url.encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        parts = urlsplit(self.url)
        host = parts.hostname if parts.scheme in ("http", "https") else ""
        return f"{parts.scheme}://{host or '…'}"

    def __repr__(self) -> str:
        return f"Channel({self.label}, only={self.only})"

    def wants(self, alert: Alert) -> bool:
        """Whether the alert's severity is this channel's; ``info`` (resolved, test) goes to all but fallbacks."""
        match self.only:
            case "fallback":
                return False
            case "error":
                return alert.level != "warn"
            case "warn":
                return alert.level != "error"
            case _:
                return True


def parse_channels(urls: Sequence[str]) -> list[Channel]:
    """Channels of the configured URLs, in order. Raises ChannelError that says which (by position) and why."""
    channels = []
    for position, raw in enumerate(urls, 1):
        found = _ONLY.search(raw)
        url = raw[: found.start()] if found else raw
        channel = Channel(url.strip(), found.group(1) if found else "all")  # type: ignore[arg-type]
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S", channel.url):
            raise ChannelError(f"alert channel {position}: is no URL; see docs/alerts.md for the forms")
        if not _is_webhook(channel) and _plugin(channel) is None:
            raise ChannelError(
                f"alert channel {position} ({channel.label}): Apprise cannot read this URL; see docs/alerts.md"
            )
        channels.append(channel)
    return channels


def deliver(alert: Alert, channel: Channel) -> None:
    """Hand ``alert`` to ``channel``, once. Raises ChannelError where it was not taken."""
    try:
        if _is_webhook(channel):
            _webhook(alert, channel)
            return
        plugin = _plugin(channel)
        if plugin is None:
            raise ChannelError("Apprise cannot read its URL")
        robot = _ROBOTS.get(_scheme(plugin))
        if robot is not None:
            robot(alert, plugin, channel)
        else:
            _apprise(alert, plugin)
    except ChannelError as error:
        raise ChannelError(redact(str(error), [channel.url])) from None
    except Exception as error:
        # The text of such errors holds the URL, and the URL holds the token: only the kind is told.
        raise ChannelError(f"{type(error).__name__}") from None


def _is_webhook(channel: Channel) -> bool:
    parts = urlsplit(channel.url)
    return parts.scheme in ("http", "https") and not _NATIVE_HOSTS.fullmatch(parts.hostname or "")


def _plugin(channel: Channel) -> Any:
    import logging

    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    from apprise import Apprise

    url = channel.url
    parts = urlsplit(url)
    token = parse_qs(parts.query).get("access_token")
    if parts.hostname == "oapi.dingtalk.com" and token:
        secret = parse_qs(parts.query).get("secret")
        url = f"dingtalk://{secret[0]}@{token[0]}" if secret else f"dingtalk://{token[0]}"
    if parts.hostname == "open.feishu.cn" and (hook := _FEISHU_PATH.fullmatch(parts.path)):
        url = f"feishu://{hook[1]}"
    plugin = Apprise.instantiate(url, suppress_exceptions=True)
    return plugin or None


def _scheme(plugin: Any) -> str:
    names = plugin.secure_protocol or plugin.protocol
    return names if isinstance(names, str) else str(names[0])


def _webhook(alert: Alert, channel: Channel) -> None:
    """The alert as JSON: all fields, and the message as text for receivers that only show something."""
    payload = {
        **alert.as_dict(),
        "title": render.title(alert),
        "text": render.render(alert, "text", 20_000),
    }
    _post(channel.url, payload, headers={"X-Cityreports-Alert": alert.alert_id})


def _post(url: str, payload: Any, *, headers: dict[str, str] | None = None, params: Any = None) -> Any:
    import httpx

    body = json.dumps(payload, ensure_ascii=False).encode()
    # A drip of bytes must not hold the alert for ever: httpx counts each read, the pool in send() the whole.
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as client:
        response = client.post(
            url, content=body, params=params, headers={"Content-Type": "application/json", **(headers or {})}
        )
    if not 200 <= response.status_code < 300:
        raise ChannelError(f"HTTP {response.status_code}")
    try:
        return response.json()
    except ValueError:
        return None


def _dingtalk(alert: Alert, plugin: Any, channel: Channel) -> None:
    params = None
    if plugin.secret:
        # Signed here: Apprise's signature comes percent-encoded and would be encoded twice.
        stamp = str(round(time.time() * 1000))
        digest = hmac.digest(plugin.secret.encode(), f"{stamp}\n{plugin.secret}".encode(), "sha256")
        params = {"access_token": plugin.token, "timestamp": stamp, "sign": base64.b64encode(digest).decode()}
    name = render.title(alert)
    text = f"### {render.escape_markdown(name)}\n\n" + render.render(
        alert, "markdown", _LIMIT_BYTES["dingtalk"], render.bytes_of
    )
    payload = {
        "msgtype": "markdown",
        "markdown": {"title": name, "text": text},
        "at": {"atMobiles": plugin.targets, "isAtAll": False},
    }
    _accepted(
        _post(plugin.notify_url.format(token=plugin.token), payload, params=params), "errcode", "errmsg"
    )


def _wecom(alert: Alert, plugin: Any, channel: Channel) -> None:
    head = f"### {render.escape_markdown(render.title(alert))}\n"
    limit = _LIMIT_BYTES["wecombot"] - render.bytes_of(head)
    payload = {
        "msgtype": "markdown",
        "markdown": {"content": head + render.render(alert, "markdown", limit, render.bytes_of)},
    }
    _accepted(_post(plugin.notify_url.format(key=plugin.key), payload), "errcode", "errmsg")


def _feishu(alert: Alert, plugin: Any, channel: Channel) -> None:
    """A post with a title: Feishu's plain lines show text as it is, nothing in it is markup."""
    text = render.render(alert, "text", _LIMIT_BYTES["feishu"], render.bytes_of)
    content = [[{"tag": "text", "text": line}] for line in text.split("\n")]
    payload: dict[str, Any] = {
        "msg_type": "post",
        "content": {"post": {"zh_cn": {"title": render.title(alert), "content": content}}},
    }
    secret = parse_qs(urlsplit(channel.url).query).get("secret")
    if secret:
        # Apprise knows no signed robots of Feishu: seconds and secret are the key, and what is signed is empty.
        stamp = str(round(time.time()))
        digest = hmac.digest(f"{stamp}\n{secret[0]}".encode(), b"", "sha256")
        payload |= {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}
    _accepted(_post(plugin.notify_url.format(token=plugin.token), payload), "code", "msg")


def _accepted(answer: Any, code: str, message: str) -> None:
    """Robots refuse with 200 and a code: a missing keyword, a wrong signature, too many messages a minute."""
    if not isinstance(answer, dict) or code not in answer:
        raise ChannelError("answered 200 with a body that is not the robot's")
    if answer[code] != 0:
        raise ChannelError(f"refused: {code} {answer[code]} {str(answer.get(message, ''))[:120]}")


_ROBOTS: dict[str, Callable[[Alert, Any, Channel], None]] = {
    "dingtalk": _dingtalk,
    "wecombot": _wecom,
    "feishu": _feishu,
}

#: Services that show Markdown as such, by the first of their schemes; email takes HTML; the rest gets plain text.
#: Slack is none of them: it has a markup of its own, without a way to write a letter that is markup as it is.
_MARKDOWN = frozenset({"workflow", "discord", "mmosts", "matrixs", "rockets"})


def _apprise(alert: Alert, plugin: Any) -> None:
    from apprise import NotifyFormat, NotifyType

    scheme = _scheme(plugin)
    markup: render.Markup = (
        "html" if scheme.startswith("mailto") else "markdown" if scheme in _MARKDOWN else "text"
    )
    if hasattr(plugin, "include_image"):
        # Apprise's own pictures: each reader would load them from elsewhere.
        plugin.include_image = False
    name = render.title(alert)
    room = plugin.body_maxlen - (0 if plugin.title_maxlen else len(name) + 4)
    kind = {"error": NotifyType.FAILURE, "warn": NotifyType.WARNING}.get(alert.level, NotifyType.INFO)
    taken = plugin.notify(
        body=render.render(alert, markup, min(room, 100_000)),
        title=name[: plugin.title_maxlen or None],
        notify_type=kind,
        body_format={"html": NotifyFormat.HTML, "markdown": NotifyFormat.MARKDOWN}.get(
            markup, NotifyFormat.TEXT
        ),
    )
    if not taken:
        raise ChannelError("Apprise could not deliver")


_SECRETS = (
    (re.compile(r"(://)[^/\s@]+@"), r"\1…@"),
    (
        re.compile(
            r"(?i)\b((?:access_?token|api_?key|key|sign|secret|password|passwd|pwd|token)\s*[=:]\s*)[^\s&,;\"']+"
        ),
        r"\1…",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"), r"\1 …"),
    (re.compile(r"(/robot/send|/webhook/send|/bot/v2/hook|/services)[^\s\"']*"), r"\1…"),
)


def redact(text: str, urls: Sequence[str] = ()) -> str:
    """``text`` without tokens, passwords, and whatever the configured channel URLs consist of."""
    for url in urls:
        text = text.replace(url, "…")
        for part in re.split(r"[/?&=@:#]+", url.split("://", 1)[-1]):
            # Host names and short words are no secrets; long opaque parts are.
            if len(part) >= 12 and "." not in part:
                text = text.replace(part, "…")
    for pattern, by in _SECRETS:
        text = pattern.sub(by, text)
    return text
