"""Alerts against real listeners: once, rolled up, fit to the channel, nothing secret, also after a kill."""

from __future__ import annotations

import base64
import errno
import hmac
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from expectations import alerts
from expectations.alerts import Policy, Problem, notify_problem, notify_run, outbox, start
from expectations.alerts.channels import ChannelError, parse_channels, redact
from expectations.alerts.model import Alert, problems_of
from expectations.alerts.outbox import load_policy
from expectations.alerts.render import bytes_of, escape_markdown, render, title
from expectations.model import CheckResult, Sample
from expectations.results import write_results
from expectations.session import CheckError
from tests.expectations import listeners
from tests.expectations.listeners import Web

NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
TOKEN = "s3cr3t-token-0123456789abcdef"


def failed(
    check: str = "headline_growth_is_possible", region: str = "太原市", severity: str = "error", **fields: Any
) -> CheckResult:
    sample = Sample(
        region,
        "gdp",
        2026,
        "5000 %",
        "地区生产总值增长5000%。",
        "https://www.example.cn/2026/a.html",
        "a.html",
        "between -15 and 35 expected",
        "id1",
    )
    return CheckResult(
        check=check,
        gate="staging",
        threat="digit_lost",
        severity=severity,
        status="failed",
        failing_rows=1,
        samples=(sample if region == "太原市" else Sample(region, "gdp", 2026, "1 %"),),
        detail="1 row",
        what="A growth rate that no city has ever had.",
        runbook=check,
        **fields,
    )  # type: ignore[arg-type]


def passed(check: str = "headline_growth_is_possible") -> CheckResult:
    return CheckResult(check=check, gate="staging", threat="digit_lost", severity="error", status="passed")


def run(
    home: Path,
    number: int,
    results: list[CheckResult],
    urls: list[str],
    *,
    published: bool = False,
    at: datetime = NOW,
    policy: Policy | None = None,
) -> list[alerts.Delivery]:
    return notify_run(
        home=home, run_id=f"r{number}", results=results, published=published, urls=urls, now=at, policy=policy
    )


@pytest.fixture
def web() -> Iterator[Web]:
    with listeners.web() as state:
        yield state


@pytest.fixture
def other() -> Iterator[Web]:
    with listeners.web() as state:
        yield state


def test_says_what_failed_where_and_what_to_do(
    tmp_path: Path, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.perf_counter()
    run(tmp_path, 1, [failed(), failed("growth_is_possible", severity="warn"), passed("x")], [web.url])
    assert time.perf_counter() - started < 10
    (body,) = web.bodies
    for word in ("NOT PUBLISHED", "1 error", "1 warning", "太原市"):
        assert word in body["title"]
    for word in (
        "headline_growth_is_possible",
        "5000 %",
        "地区生产总值增长5000%",
        "https://www.example.cn/2026/a.html",
        "docs/runbooks.md#headline_growth_is_possible",
        "since 2026-03-01",
    ):
        assert word in body["text"]
    assert body["published"] is False
    assert body["problems"][0]["severity"] == "error"
    assert "headline_growth_is_possible" in capsys.readouterr().err
    lines = [json.loads(line) for line in (tmp_path / "logs/alerts.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["alert", "delivery"]


def test_says_it_once_and_again_on_change_and_when_over(tmp_path: Path, web: Web) -> None:
    urls = [web.url]
    run(tmp_path, 1, [failed()], urls)
    run(tmp_path, 2, [failed()], urls)
    assert len(web.got) == 1
    run(tmp_path, 3, [failed(), failed(region="大同市", check="growth_is_possible")], urls)
    assert len(web.got) == 2
    assert web.bodies[1]["news"] == ["staging/growth_is_possible"]
    assert len(web.bodies[1]["problems"]) == 2
    assert web.bodies[1]["problems"][0]["since"] == NOW.isoformat()
    run(tmp_path, 4, [passed(), passed("growth_is_possible")], urls, published=True)
    assert web.bodies[2]["level"] == "info"
    assert {name for name, _ in web.bodies[2]["resolved"]} == {
        "headline_growth_is_possible",
        "growth_is_possible",
    }
    run(tmp_path, 5, [passed()], urls, published=True)
    assert len(web.got) == 3


def test_a_check_that_did_not_run_is_not_over(tmp_path: Path, web: Web) -> None:
    warehouse = CheckResult(
        check="ratios_are_possible",
        gate="warehouse",
        threat="wrong_unit",
        severity="warn",
        status="failed",
        failing_rows=1,
    )
    run(tmp_path, 1, [passed(), warehouse], [web.url], published=True)
    run(tmp_path, 2, [failed()], [web.url])  # stopped at the first gate
    assert web.bodies[1]["resolved"] == []
    run(tmp_path, 3, [failed()], [web.url])
    assert len(web.got) == 2


def test_a_gate_that_broke_resolves_nothing(tmp_path: Path, web: Web) -> None:
    run(tmp_path, 1, [failed()], [web.url])
    broke = CheckResult(
        check="staging_gate_ran",
        gate="staging",
        threat="checks_broken",
        severity="error",
        status="broke",
        detail="no file",
    )
    run(tmp_path, 2, [broke], [web.url])
    assert web.bodies[1]["resolved"] == []
    assert "broke" in web.bodies[1]["text"]


def test_reminds_after_the_set_time_and_never_where_it_is_zero(tmp_path: Path, web: Web) -> None:
    policy = Policy(remind_hours=24)
    for number, hours in enumerate((0, 12, 23, 25, 26)):
        run(tmp_path, number, [failed()], [web.url], at=NOW + timedelta(hours=hours), policy=policy)
    assert len(web.got) == 2
    run(tmp_path, 9, [failed()], [web.url], at=NOW + timedelta(days=30), policy=Policy(remind_hours=0))
    assert len(web.got) == 2


def test_quiet_hours_hold_warnings_and_let_errors_through(tmp_path: Path, web: Web) -> None:
    (tmp_path / "alerts.yml").write_text('quiet: {from: "22:00", to: "08:00"}\n')
    run(tmp_path, 1, [failed(severity="warn")], [web.url], published=True)  # 02:30 in Shanghai
    assert web.got == []
    run(tmp_path, 2, [failed(severity="warn"), failed("other")], [web.url])
    assert [body["level"] for body in web.bodies] == ["error"]
    start(home=tmp_path, urls=[web.url], now=NOW + timedelta(hours=6))  # 08:30
    assert [body["level"] for body in web.bodies] == ["error", "warn"]
    start(home=tmp_path, urls=[web.url], now=NOW + timedelta(hours=7))
    assert len(web.got) == 2


@pytest.mark.parametrize(
    "text", ["quite: {}", "quiet: {from: 25}", "timezone: Mars/Olympus", "remind_hours: often"]
)
def test_policy_that_nobody_understands_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "alerts.yml").write_text(text)
    with pytest.raises(CheckError, match=r"alerts\.yml"):
        load_policy(tmp_path)


def test_routes_by_severity(tmp_path: Path, web: Web, other: Web) -> None:
    urls = [f"{web.url}#only=error", f"{other.url}#only=warn"]
    run(tmp_path, 1, [failed(severity="warn")], urls, published=True)
    assert (len(web.got), len(other.got)) == (0, 1)
    run(tmp_path, 2, [failed()], urls)
    assert (len(web.got), len(other.got)) == (1, 1)


def test_falls_back_and_reports_the_channel_that_failed(tmp_path: Path, web: Web, other: Web) -> None:
    web.status = 500
    deliveries = run(tmp_path, 1, [failed()], [web.url, f"{other.url}#only=fallback"])
    assert [d.ok for d in deliveries] == [False, True]
    assert "alert channel failed: http://127.0.0.1 (HTTP 500)" in other.bodies[0]["text"]
    web.status = 200
    run(tmp_path, 2, [failed("new")], [web.url, f"{other.url}#only=fallback"])
    assert (len(web.got), len(other.got)) == (2, 1)


def test_the_other_channels_hear_of_a_failing_one_once(tmp_path: Path, web: Web, other: Web) -> None:
    web.status = 503
    run(tmp_path, 1, [failed()], [web.url, other.url])
    run(tmp_path, 2, [failed("b")], [web.url, other.url])
    titles = [body["problems"][0]["key"] for body in other.bodies]
    assert titles == ["staging/headline_growth_is_possible", "alerts/channels", "staging/b"]


def test_a_channel_that_hangs_holds_up_no_other(tmp_path: Path, web: Web, other: Web) -> None:
    web.hang = 30
    started = time.perf_counter()
    deliveries = run(tmp_path, 1, [failed()], [web.url, other.url])
    assert time.perf_counter() - started < 10
    assert [d.ok for d in deliveries] == [False, True]


def test_nobody_reached_means_tried_again_at_the_next_start(tmp_path: Path, web: Web) -> None:
    web.status = 502
    run(tmp_path, 1, [failed()], [web.url])
    web.status = 200
    assert [d.ok for d in start(home=tmp_path, urls=[web.url], now=NOW + timedelta(hours=1))] == [True]
    assert start(home=tmp_path, urls=[web.url], now=NOW + timedelta(hours=2)) == []
    assert web.bodies[0]["alert_id"] == web.bodies[1]["alert_id"]


KILLED = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from expectations import alerts
from expectations.alerts import outbox
from expectations.results import write_results
from tests.expectations.test_alerts import failed, NOW
home, where, url = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
def die(*a, **k): os.kill(os.getpid(), 9)
write_results(None, [failed()], "r1", home=home, at=NOW)
if where == "before the alert": die()
if where == "in the outbox": outbox.write_state = die
if where == "before delivery": alerts._try_all = die
alerts.notify_run(home=home, run_id="r1", results=[failed()], published=False, urls=[url], now=NOW)
"""


@pytest.mark.parametrize("where", ["before the alert", "in the outbox", "before delivery"])
def test_exactly_once_when_killed_between_check_and_alert(tmp_path: Path, web: Web, where: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), where, web.url],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert process.returncode == -9
    assert web.got == []
    started = time.perf_counter()
    for hours in (1, 2):
        start(home=tmp_path, urls=[web.url], now=NOW + timedelta(hours=hours))
    assert time.perf_counter() - started < 10
    assert len(web.got) == 1
    assert "5000 %" in web.bodies[0]["text"]
    run(tmp_path, 2, [failed()], [web.url])
    assert len(web.got) == 1


def test_runs_that_broke_and_sources_that_fell_silent(tmp_path: Path, web: Web) -> None:
    broke = Problem(
        "run/build",
        "error",
        "open",
        "build broke",
        detail=f"https://user:{TOKEN}@host/x failed",
        runbook="run-broke",
    )
    notify_problem(broke, home=tmp_path, kind="broke", run_id="r1", urls=[web.url], now=NOW)
    notify_problem(broke, home=tmp_path, kind="broke", run_id="r2", urls=[web.url], now=NOW)
    notify_problem([], home=tmp_path, kind="silent", run_id="r2", urls=[web.url], now=NOW)
    assert [body["kind"] for body in web.bodies] == ["broke"]
    assert TOKEN not in json.dumps(web.bodies)
    assert "NOT PUBLISHED" in web.bodies[0]["title"]
    notify_problem([], home=tmp_path, kind="broke", run_id="r3", urls=[web.url], now=NOW)
    assert web.bodies[1]["resolved"] == [["build broke", NOW.isoformat()]]


def test_a_problem_of_one_part_is_not_over_because_another_part_went_well(tmp_path: Path, web: Web) -> None:
    def tell(problems: list[Problem], of: str, run_id: str) -> None:
        notify_problem(problems, home=tmp_path, kind="broke", of=of, run_id=run_id, urls=[web.url], now=NOW)

    tell([Problem("warehouse/copy", "error", "broke", "not copied")], "warehouse", "r1")
    tell([], "night", "r2")
    assert len(web.got) == 1
    tell([], "warehouse", "r2")
    assert web.bodies[1]["resolved"] == [["not copied", NOW.isoformat()]]


@pytest.mark.parametrize("what", ["files", "everything"])
def test_a_full_disk_keeps_no_alert_from_going_out(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The disk is full: that is just what somebody must hear of. It cannot be noted that they did, so they hear again."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(outbox, "_write", full)
    monkeypatch.setattr(alerts, "_log", full)
    if what == "everything":
        monkeypatch.setattr(outbox, "FileLock", full)
    for number in (1, 2):
        broke = Problem("night", "error", "broke", "the night broke", runbook="run-broke")
        told = notify_problem(
            broke, home=tmp_path, kind="broke", run_id=f"r{number}", urls=[web.url], now=NOW
        )
        assert [delivery.ok for delivery in told] == [True]
        assert len(web.got) == number
    monkeypatch.undo()
    # With room again it is told once more, and then it is known.
    for number in (3, 4):
        notify_problem(broke, home=tmp_path, kind="broke", run_id=f"r{number}", urls=[web.url], now=NOW)
    assert len(web.got) == 3


def test_a_channel_that_is_away_for_three_nights_gets_each_alert_once_it_is_back(
    tmp_path: Path, web: Web
) -> None:
    web.status = 503
    for number in range(3):
        night = NOW + timedelta(days=number)
        start(home=tmp_path, urls=[web.url], now=night)
        run(tmp_path, number, [failed(region=f"第{number}市")], [web.url], at=night)
    assert run(tmp_path, 3, [failed(region="第2市")], [web.url], at=NOW + timedelta(days=2, hours=1)) != []
    web.status, tried = 200, len(web.got)
    start(home=tmp_path, urls=[web.url], now=NOW + timedelta(days=3))
    told = [body["problems"][0]["cities"] for body in web.bodies[tried:]]
    assert told == [["第0市"], ["第1市"], ["第2市"]]
    start(home=tmp_path, urls=[web.url], now=NOW + timedelta(days=4))
    assert len(web.got) == tried + 3


def test_mail_is_html_that_shows_page_text_as_text(tmp_path: Path) -> None:
    bad = failed()
    bad = CheckResult(
        **{
            **{f: getattr(bad, f) for f in CheckResult.__dataclass_fields__},
            "samples": (
                Sample(
                    "太原市", "gdp", 2026, "1 %", "<script>alert(1)</script>增长", "https://e.cn/a?b=1&c=2"
                ),
            ),
        }
    )
    with listeners.smtp() as (port, mails):
        deliveries = run(
            tmp_path,
            1,
            [bad],
            [f"mailto://127.0.0.1:{port}?from=night@example.org&to=ops@example.org&mode=insecure"],
        )
    assert [d.ok for d in deliveries] == [True]
    (mail,) = mails
    assert "NOT PUBLISHED" in str(mail["Subject"])
    assert "太原市" in str(mail["Subject"])
    html = listeners.html_of(mail)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>" not in html
    assert 'href="https://e.cn/a?b=1&amp;c=2"' in html


def robot(monkeypatch: pytest.MonkeyPatch, name: str, path: str) -> None:
    """Only the host of the robot's address is changed: the edge of the world."""
    from importlib import import_module

    classes = {"dingtalk": "NotifyDingTalk", "wecombot": "NotifyWeComBot", "feishu": "NotifyFeishu"}
    monkeypatch.setattr(getattr(import_module(f"apprise.plugins.{name}"), classes[name]), "notify_url", path)


def test_dingtalk_gets_signed_markdown(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    robot(monkeypatch, "dingtalk", f"http://127.0.0.1:{web.port}/robot/send?access_token={{token}}")
    (delivery,) = run(tmp_path, 1, [failed()], [f"dingtalk://SECmysecret@{TOKEN.replace('-', '')}"])
    assert delivery.ok, delivery
    path, _, body = web.got[0]
    query = parse_qs(urlsplit(path).query)
    assert query["access_token"] == [TOKEN.replace("-", "")]
    expected = hmac.digest(b"SECmysecret", f"{query['timestamp'][0]}\nSECmysecret".encode(), "sha256")
    assert base64.b64decode(query["sign"][0]) == expected
    assert body["msgtype"] == "markdown"
    assert "太原市" in body["markdown"]["title"]
    assert "地区生产总值增长5000%" in body["markdown"]["text"]
    assert "[原文](https://www.example.cn/2026/a.html)" in body["markdown"]["text"]


def test_wecom_gets_at_most_4096_bytes(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    robot(monkeypatch, "wecombot", f"http://127.0.0.1:{web.port}/send?key={{key}}")
    many = [failed(f"check_number_{n}") for n in range(60)]
    (delivery,) = run(tmp_path, 1, many, [f"wecombot://{TOKEN}"])
    assert delivery.ok
    content = web.bodies[0]["markdown"]["content"]
    assert web.bodies[0]["msgtype"] == "markdown"
    assert len(content.encode()) <= 4096
    assert "60 errors" in content
    assert "还有" in content


def test_feishu_gets_a_post(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    robot(monkeypatch, "feishu", f"http://127.0.0.1:{web.port}/hook/{{token}}/")
    (delivery,) = run(tmp_path, 1, [failed()], [f"feishu://{TOKEN}"])
    assert delivery.ok
    post = web.bodies[0]["content"]["post"]["zh_cn"]
    assert web.bodies[0]["msg_type"] == "post"
    assert "NOT PUBLISHED" in post["title"]
    assert any("5000 %" in part["text"] for line in post["content"] for part in line)
    assert "sign" not in web.bodies[0]


@pytest.mark.parametrize(
    "url",
    ["feishu://{}?secret=SECfeishu", "https://open.feishu.cn/open-apis/bot/v2/hook/{}?secret=SECfeishu"],
)
def test_feishu_robot_with_a_secret_gets_a_signature(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    robot(monkeypatch, "feishu", f"http://127.0.0.1:{web.port}/hook/{{token}}/")
    (delivery,) = run(tmp_path, 1, [failed()], [url.format(TOKEN)])
    assert delivery.ok, delivery
    (path, _, body) = web.got[0]
    assert path == f"/hook/{TOKEN}/"
    assert abs(int(body["timestamp"]) - time.time()) < 60
    expected = hmac.digest(f"{body['timestamp']}\nSECfeishu".encode(), b"", "sha256")
    assert base64.b64decode(body["sign"]) == expected


def test_slack_gets_markdown_that_is_its_own(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{web.port}/services")
    web.answer = "ok"
    hostile = failed()
    sample = replace(hostile.samples[0], sentence="<!channel> *增长* <http://e.vil|看这里>")
    url = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    (delivery,) = run(tmp_path, 1, [replace(hostile, samples=(sample,))], [url])
    assert delivery.ok, delivery
    path, _, body = web.got[0]
    assert path == "/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    said = json.dumps(body, ensure_ascii=False)
    for word in ("NOT PUBLISHED", "headline_growth_is_possible", "5000 %", "docs/runbooks.md"):
        assert word.replace("_", "") in said.replace("_", "").replace("\\", ""), word
    for markup in ("<!channel>", "<http://e.vil|"):
        assert markup not in said
    assert "&lt;!channel&gt;" in said


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_teams_gets_an_adaptive_card(tmp_path: Path, certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with listeners.web(tls) as web:
        (delivery,) = run(
            tmp_path, 1, [failed()], [f"workflows://127.0.0.1:{web.port}/{'a' * 20}/{'b' * 20}?verify=no"]
        )
    assert delivery.ok, delivery
    path, _, body = web.got[0]
    assert path.startswith(f"/workflows/{'a' * 20}/triggers/manual/paths/invoke")
    card = body["attachments"][0]["content"]
    assert body["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    said = json.dumps(card, ensure_ascii=False)
    for word in ("NOT PUBLISHED", "5000 %", "地区生产总值增长5000%", "https://www.example.cn/2026/a.html"):
        assert word in said, word


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For a loopback server; nobody signed it but itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}),
        ("wecombot", {"errcode": 93000, "errmsg": "invalid webhook url"}),
        ("feishu", {"code": 19021, "msg": "sign match fail"}),
    ],
)
def test_a_robot_that_refuses_with_200_has_failed(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch, name: str, answer: dict[str, Any]
) -> None:
    robot(
        monkeypatch,
        name,
        f"http://127.0.0.1:{web.port}/x/{{token}}{{key}}".replace(
            "{key}" if name != "wecombot" else "{token}", ""
        ),
    )
    web.answer = answer
    (delivery,) = run(tmp_path, 1, [failed()], [f"{name}://{TOKEN.replace('-', '')}"])
    assert not delivery.ok
    assert str(next(iter(answer.values()))) in delivery.detail


def test_nothing_secret_in_files_logs_or_messages(
    tmp_path: Path, web: Web, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    web.status = 500
    urls = [
        f"{web.url}?token={TOKEN}",
        f"http://127.0.0.1:1/{TOKEN}",
        f"mailto://user:{TOKEN}@127.0.0.1:1?to=a@b.cn",
        f"wecombot://{TOKEN}",
    ]
    leak = failed()
    leak = CheckResult(
        **{
            **{f: getattr(leak, f) for f in CheckResult.__dataclass_fields__},
            "status": "broke",
            "detail": f"cannot open https://u:{TOKEN}@h/x?access_token={TOKEN}",
        }
    )
    run(tmp_path, 1, [leak], urls)
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    out = capsys.readouterr()
    for text in (written, out.err, out.out, caplog.text, json.dumps(web.bodies)):
        assert TOKEN not in text


def test_redacts_what_looks_like_a_secret() -> None:
    text = redact(
        "POST https://a:b@c.cn/robot/send?access_token=abc, password=hunter2; Authorization: Bearer abcdefghijkl"
    )
    for word in ("a:b", "abc,", "hunter2", "abcdefghijkl"):
        assert word not in text


def test_wrong_url_is_refused_by_position_not_by_content() -> None:
    with pytest.raises(ChannelError, match="alert channel 2") as caught:
        parse_channels(["https://hooks.example.com/x", f"nonsense-{TOKEN}"])
    assert TOKEN not in str(caught.value)


def test_a_wrong_url_keeps_no_other_channel_from_hearing(tmp_path: Path, web: Web) -> None:
    deliveries = run(tmp_path, 1, [failed()], ["nonsense", web.url])
    assert [d.ok for d in deliveries] == [True]


@pytest.mark.parametrize("limit", [40, 200, 600, 1000, 4000])
@pytest.mark.parametrize("markup", ["text", "markdown", "html"])
def test_every_limit_is_kept_and_the_verdict_is_last_to_go(limit: int, markup: Any) -> None:
    problems = problems_of([failed(f"check_{n}") for n in range(30)])
    alert = Alert(
        "a1", "run", "error", "r1", NOW.isoformat(), False, problems, tuple(p.key for p in problems)
    )
    text = render(alert, markup, limit, bytes_of)
    assert bytes_of(text) <= limit
    if limit >= 600:
        assert "未发布" in text
    assert "30 errors" in title(alert)


def test_text_of_pages_cannot_become_markup() -> None:
    assert (
        escape_markdown("# @all [x](http://e.vil) *b* `c`")
        == "\\# ＠all \\[x\\](http://e.vil) \\*b\\* \\`c\\`"
    )


def test_run_that_was_told_is_not_told_again_at_start(tmp_path: Path, web: Web) -> None:
    write_results(None, [failed()], "r1", home=tmp_path, at=NOW)
    run(tmp_path, 1, [failed()], [web.url])
    start(home=tmp_path, urls=[web.url], now=NOW)
    assert len(web.got) == 1


def test_alert_test_reaches_every_channel(tmp_path: Path, web: Web, other: Web) -> None:
    deliveries = alerts.send(alerts.test_alert(), [web.url, f"{other.url}#only=error"], home=tmp_path)
    assert [d.ok for d in deliveries] == [True, True]
    assert "test message" in web.bodies[0]["title"]
