"""Every way in which a site misbehaves has a name, and one bad site never stops the others."""

from __future__ import annotations

import datetime as dt
import ssl
import time
from dataclasses import replace
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scrapers.failures import REASONS
from scrapers.model import Failure, Fetched, Link, TlsException
from scrapers.settings import FetchSettings
from tests.scrapers import misbehaving as bad
from tests.scrapers.conftest import NOW, QUICK, Night, local_source
from tests.scrapers.misbehaving import misbehaving

TITLE = "2026年太原市政府工作报告"
ARTICLE = f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1>{bad.REPORT}</body></html>"
GOOD_LISTING = bad.listing(("/r.html", TITLE), ("/n.html", "市政府召开常务会议研究工作"))


@pytest.mark.parametrize(
    ("reason", "routes"),
    [
        ("challenge_page", {"/list.html": bad.page(bad.CHALLENGE)}),
        ("stub_listing", {"/list.html": bad.page(bad.STUB)}),
        ("layout_changed", {"/list.html": bad.page(f"<html><body>{bad.REPORT}</body></html>".encode())}),
        ("deadline", {"/list.html": bad.drip}),
        ("truncated_body", {"/list.html": bad.truncated}),
        ("truncated_body", {"/list.html": bad.truncated_gzip}),
        ("decompression_bomb", {"/list.html": bad.bomb}),
        ("too_large", {"/list.html": bad.too_large}),
        (
            "redirect_loop",
            {"/list.html": bad.redirect("/a"), "/a": bad.redirect_ring, "/b": bad.redirect_ring},
        ),
        ("redirect_loop", {"/list*": bad.endless_redirects}),
        (
            "wrong_content_type",
            {"/list.html": bad.page(b"\x89PNG\r\n\x1a\n" + bytes(900), Content_Type="image/png")},
        ),
        ("not_found", {}),
        ("http_error", {"/list.html": bad.page(b"oh", status="500 Internal Server Error")}),
        ("rate_limited", {"/list.html": bad.page(b"slow", status="429 Too Many", Retry_After="1")}),
        ("challenge_page", {"/list.html": bad.page(bad.CHALLENGE, status="412 Precondition Failed")}),
        ("protocol_error", {"/list.html": lambda talk: talk.connection.sendall(b"SSH-2.0-nope\r\n\r\n")}),
        ("connection_lost", {"/list.html": lambda talk: None}),
        (
            "robots_denied",
            {"/robots.txt": bad.page(b"User-agent: *\nDisallow: /list", Content_Type="text/plain")},
        ),
        ("robots_unreachable", {"/robots.txt": bad.page(b"", status="500 Oops")}),
        ("damaged_encoding", {"/list.html": bad.page(b"\x1f\x8bnot gzip at all", Content_Encoding="gzip")}),
        ("soft_404", {"/list.html": bad.redirect("/"), "/": bad.page(bad.HOME)}),
        ("soft_404", {"/list.html": bad.page("<title>404</title>您访问的页面不存在".encode())}),
        ("soft_404", {"/robots.txt": bad.page(b""), "/*": bad.page(bad.HOME)}),
        ("private_address", {"/list.html": bad.redirect("http://127.0.0.2:1/list.html")}),
        ("bad_address", {"/list.html": bad.redirect("file:///etc/passwd")}),
        ("bad_address", {"/list.html": bad.redirect("gopher://127.0.0.1/")}),
        ("bad_address", {"/list.html": bad.redirect("http://[bad")}),
        ("bad_address", {"/list.html": bad.redirect("http://x.cn:99999/")}),
        ("bad_address", {"/list.html": bad.redirect("http://0177.0.0.1/")}),
        ("bad_address", {"/list.html": bad.redirect("http://:secret@127.0.0.1/")}),
        ("bad_address", {"/robots.txt": bad.redirect("http://[bad")}),
        ("private_address", {"/list.html": bad.redirect("http://2130706433:1/")}),
        ("private_address", {"/list.html": bad.redirect("http://0:1/")}),
        ("private_address", {"/list.html": bad.redirect("http://[::ffff:127.0.0.1]:1/")}),
        ("private_address", {"/list.html": bad.redirect("//127.1:1/")}),
        ("private_address", {"/robots.txt": bad.redirect("http://127.0.0.2:1/robots.txt")}),
        ("http_error", {"/list.html": bad.page(b"", status="304 Not Modified")}),
        ("truncated_body", {"/list.html": bad.page(GOOD_LISTING[:90], status="206 Partial Content")}),
        ("rate_limited", {"/list.html": bad.unnatural_retry_after}),
        ("decompression_bomb", {"/list.html": bad.members}),
        (
            "robots_denied",
            {
                "/robots.txt": bad.page(
                    "\ufeffUser-agent: *\nDisallow: /list".encode(), Content_Type="text/plain"
                )
            },
        ),
    ],
)
def test_a_look_at_a_misbehaving_site_fails_by_name(
    night: Night, reason: str, routes: dict[str, bad.Behaviour]
) -> None:
    bad.bomb_body()  # made before the clock runs
    neighbours = bad.page(GOOD_LISTING.decode().replace("太原", "大同").encode())
    with misbehaving(routes) as site, misbehaving({"/list.html": neighbours}) as other:
        healthy = local_source(
            other.base, id="140200", region_code="140200", region_name="大同市", title_pattern="报告"
        )
        started = time.monotonic()
        look, fine = night.look(local_source(site.base), healthy)
    assert (look.ok, look.error) == (False, reason), look.detail
    assert look.detail
    assert fine.ok
    assert time.monotonic() - started < 30


def test_a_source_that_is_not_local_never_reaches_a_private_address(night: Night) -> None:
    with misbehaving({"/list.html": bad.page(GOOD_LISTING)}) as site:
        look = night.look(local_source(site.base, local=False))[0]
        assert look.error == "private_address"
        named = local_source(site.base.replace("127.0.0.1", "localhost"), local=False)
        assert night.look(named)[0].error == "private_address"
        assert site.asked == []


def test_a_local_source_reaches_only_the_port_that_its_entry_names(night: Night) -> None:
    """A page of a mirror in the house must not be able to make us talk to the database beside it."""
    with misbehaving({"/list.html": bad.page(GOOD_LISTING)}) as secret:
        with misbehaving({"/list.html": bad.redirect(f"{secret.base}/list.html")}) as site:
            assert night.look(local_source(site.base))[0].error == "private_address"
        assert secret.asked == []


def test_a_name_that_resolves_anew_for_each_question_does_not_get_round_the_check(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public at first, private at the next question. The connection goes to what was
    checked."""
    import asyncio

    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1", "127.0.0.1"])
    asked: list[str] = []

    async def getaddrinfo(self: object, host: str, port: int, **_: object) -> list[object]:
        address = next(answers)
        asked.append(address)
        return [(2, 1, 6, "", (address, port))]

    connected: list[str] = []

    async def connect_tcp(self: object, host: str, port: int, *_: object, **__: object) -> object:
        import httpcore

        connected.append(host)
        raise httpcore.ConnectError("nobody there")

    import httpcore

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    source = local_source("http://rebinding.example", local=False)
    assert night.look(source)[0].error == "no_network"
    assert night.look(source)[0].error == "private_address"
    assert connected == ["93.184.216.34"]


def test_a_machine_without_a_network_says_so_at_once(night: Night) -> None:
    started = time.monotonic()
    look = night.look(local_source("http://no-such-host.invalid", local=False))[0]
    assert look.error in ("name_not_found", "no_network")
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b:1::7f00:1",
        "fec0::1",
        "3fff::1",
        "5f00::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    import ipaddress

    from scrapers.network import is_public

    assert not is_public(ipaddress.ip_address(address))


def test_public_addresses() -> None:
    import ipaddress

    from scrapers.network import is_public, may_be_local

    assert is_public(ipaddress.ip_address("202.108.22.5"))
    assert is_public(ipaddress.ip_address("240e:83:205::1"))
    assert not may_be_local(ipaddress.ip_address("169.254.169.254"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = dt.datetime.now(dt.UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    pkcs8 = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())
        + cert.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_bad_certificate_fails_by_name_and_an_exception_is_explicit_recorded_and_ends(
    night: Night, certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with misbehaving(
        {"/list.html": bad.page(GOOD_LISTING), "/r.html": bad.page(ARTICLE.encode())}, tls=context
    ) as site:
        source = local_source(site.base)
        assert night.look(source)[0].error == "bad_certificate"
        excepted = replace(source, tls=TlsException("chain is incomplete since 2025", dt.date(2026, 6, 30)))
        looks, fetched = night.run(excepted)
        assert looks[0].ok
        assert "chain is incomplete" in looks[0].notes[0]
        assert isinstance(fetched[0], Fetched)
        assert "chain is incomplete" in night.archive.held(fetched[0].url)[0].notes[0]
        ended = replace(source, tls=TlsException("chain is incomplete since 2025", dt.date(2026, 1, 31)))
        assert night.look(ended)[0].error == "expired_tls_exception"


def test_an_exception_to_tls_ends_at_the_sources_own_site(
    night: Night, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a page of an excepted site leads to elsewhere is verified like everything."""
    monkeypatch.setattr("scrapers.network.is_public", lambda address: True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    pages = {"/list.html": bad.page(GOOD_LISTING)}
    excepted = TlsException("chain is incomplete since 2025", dt.date(2026, 6, 30))
    with misbehaving(pages, tls=context, host="127.0.0.2") as other:
        routes = {"/list.html": bad.redirect(f"{other.base}/list.html")}
        with misbehaving(routes, tls=context) as site:
            look = night.look(local_source(site.base, tls=excepted))[0]
            assert (look.error, other.asked) == ("bad_certificate", []), look.detail
            assert "/list.html" in site.asked


@pytest.mark.parametrize("declared", ["", "utf-8", "gbk", "gb2312", "big5", "iso-8859-1", "nonsense"])
@pytest.mark.parametrize("real", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_charset_is_believed_when_the_bytes_agree(night: Night, declared: str, real: str) -> None:
    """Header, meta tag and bytes may all say something else; the title that is read is the one that was written."""
    page = GOOD_LISTING.decode().replace("<head>", "<head><meta charset='gb2312'>").encode(real)
    kind = f"text/html; charset={declared}" if declared else "text/html"
    with misbehaving({"/list.html": bad.page(page, Content_Type=kind)}) as site:
        look = night.look(local_source(site.base))[0]
        assert [link.claim.title for link in look.links] == [TITLE], look.detail


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "br", "gzip, br"])
def test_compressed_answers_are_unpacked(night: Night, encoding: str) -> None:
    body = GOOD_LISTING
    for step in encoding.split(", "):
        body = bad.PACK[step](body)
    with misbehaving({"/list.html": bad.page(body, Content_Encoding=encoding.removeprefix("raw "))}) as site:
        assert night.look(local_source(site.base))[0].links_seen == 1


@pytest.mark.parametrize(
    ("reason", "routes"),
    [
        ("challenge_page", {"/r.html": bad.page(bad.CHALLENGE)}),
        ("soft_404", {"/r.html": bad.page(bad.HOME)}),
        ("soft_404", {"/r.html": bad.page("<title>页面不存在</title><p>请返回首页</p>".encode())}),
        ("stub_listing", {"/r.html": bad.page(bad.STUB)}),
        (
            "wrong_content_type",
            {"/r.html": bad.page(b"\xff\xd8\xff\xe0" + bytes(500), Content_Type="text/html")},
        ),
        (
            "truncated_body",
            {"/r.html": bad.page(b"%PDF-1.4\n" + b"0" * 9000, Content_Type="application/pdf")},
        ),
        ("truncated_body", {"/r.html": bad.page(b"PK\x03\x04" + b"0" * 9000)}),
        ("decompression_bomb", {"/r.html": bad.bomb}),
        ("too_large", {"/r.html": bad.too_large}),
        ("deadline", {"/r.html": bad.drip}),
        ("not_found", {}),
    ],
)
def test_a_document_that_cannot_be_had_fails_by_name_and_alone(
    night: Night, reason: str, routes: dict[str, bad.Behaviour]
) -> None:
    bad.bomb_body()
    rows = bad.listing(("/r.html", TITLE), ("/other.html", "2025年太原市政府工作报告"))
    routes = {"/list.html": bad.page(rows), "/other.html": bad.page(ARTICLE.encode()), **routes}
    with misbehaving(routes) as site:
        looks, fetched = night.run(local_source(site.base))
        assert looks[0].links_new == 2
        failed, fine = fetched
        assert isinstance(failed, Failure)
        assert failed.reason == reason, failed.detail
        assert isinstance(fine, Fetched)
        # It is neither forgotten nor asked for every night.
        again = night.look(local_source(site.base))[0]
        assert again.links == ()
        assert reason in again.notes[0]
        later = night.look(local_source(site.base), now=NOW + dt.timedelta(days=1))[0]
        assert [link.url for link in later.links] == [f"{site.base}/r.html"]


def test_changing_bytes_with_the_same_text_are_no_news(night: Night) -> None:
    today = dt.datetime.now(dt.UTC)  # the archive tells the time of day, whatever the run's is
    article = ARTICLE.replace("<h1>", "<div>浏览次数：{hits} 编号：{now}</div><h1>")
    with misbehaving({"/list.html": bad.page(GOOD_LISTING), "/r.html": bad.counting(article)}) as site:
        source = local_source(site.base)
        _, first = night.run(source, now=today)
        looks, again = night.run(source, now=today + dt.timedelta(days=8))
        assert looks[0].links_new == 1, "a held report is looked at again after a week"
        assert isinstance(again[0], Fetched)
        assert (again[0].new, again[0].same_text) == (False, True)
        assert again[0].document_id == first[0].document_id  # type: ignore[union-attr]
        assert len(night.archive.entries()) == 1
        assert night.look(source, now=today + dt.timedelta(days=9))[0].links_new == 0


def test_a_report_that_its_publisher_corrected_is_news(night: Night) -> None:
    today = dt.datetime.now(dt.UTC)  # the archive tells the time of day, whatever the run's is
    changed = ARTICLE.replace("增长5%", "增长5.5%")
    routes = {"/list.html": bad.page(GOOD_LISTING), "/r.html": _versions(ARTICLE, changed)}
    with misbehaving(routes) as site:
        source = local_source(site.base)
        night.run(source, now=today)
        _, again = night.run(source, now=today + dt.timedelta(days=8))
        assert isinstance(again[0], Fetched)
        assert again[0].new
        assert len(night.archive.held(again[0].url)) == 2


def _versions(*texts: str) -> bad.Behaviour:
    left = list(texts)
    return lambda talk: talk.send((left.pop(0) if len(left) > 1 else left[0]).encode())


def test_a_listing_that_lost_all_its_links_is_an_error_though_it_worked_yesterday(night: Night) -> None:
    empty = f"<html><body><div id='app'></div>{bad.REPORT}</body></html>"
    with misbehaving(
        {"/list.html": _versions(GOOD_LISTING.decode(), empty), "/r.html": bad.page(ARTICLE.encode())}
    ) as site:
        source = local_source(site.base)
        assert night.look(source)[0].ok
        assert night.look(source)[0].error == "layout_changed"


def test_no_report_in_the_listing_when_one_is_due_is_an_error(night: Night) -> None:
    with misbehaving(
        {"/list.html": bad.page(bad.listing(("/n.html", "市政府召开常务会议研究工作")))}
    ) as site:
        source = local_source(site.base)
        overdue = dt.datetime(2026, 4, 10, tzinfo=dt.UTC)
        (look,) = night.look(source, now=overdue)
        assert (look.error, look.detail) == (
            "blind_in_season",
            "no report in the listing, due by 2026-03-31",
        )
        summer = dt.datetime(2026, 7, 10, tzinfo=dt.UTC)
        assert night.look(source, now=summer)[0].ok


@pytest.mark.parametrize(
    "day", [dt.datetime(2025, 12, 20), dt.datetime(2026, 1, 5), NOW, dt.datetime(2026, 4, 30)]
)
def test_a_listing_that_never_named_a_report_is_an_error_from_the_seasons_first_day(
    night: Night, day: dt.datetime
) -> None:
    nothing = bad.page(bad.listing(("/n.html", "市政府召开常务会议研究工作")))
    with misbehaving({"/list.html": nothing}) as site:
        source = local_source(site.base)
        for days in (0, 1):  # and stays one, for two requests
            (look,) = night.look(
                source, now=day.replace(tzinfo=dt.UTC) + dt.timedelta(days=days * (day.month != 4))
            )
            assert (look.ok, look.error, look.links_seen) == (False, "blind_in_season", 0)
        assert look.requests == 2
        assert look.detail.startswith("no report")
        early = dt.datetime(2025, 12, 19, tzinfo=dt.UTC)
        assert night.look(source, now=early)[0].ok, "out of season nothing is asked of it"


def test_a_listing_that_names_last_years_report_waits_for_this_years(night: Night) -> None:
    """Zero results are an error; no result of this year, in January, is none."""
    last_year = bad.page(bad.listing(("/r.html", "2025年太原市政府工作报告")))
    with misbehaving({"/list.html": last_year}) as site:
        look = night.look(local_source(site.base), now=dt.datetime(2026, 1, 5, tzinfo=dt.UTC))[0]
        assert (look.ok, look.links_seen) == (True, 1)
        assert (look.asked, look.season_due) == (True, "03-31")


def test_a_second_place_need_name_nothing_before_the_report_is_due_and_is_not_blind_where_it_is_not_asked(
    night: Night,
) -> None:
    news = bad.page(bad.listing(("/n.html", "市政府召开常务会议研究工作")))
    with misbehaving({"/list.html": news}) as site:
        paper = local_source(site.base, id="140100-newspaper", place="newspaper")
        congress = local_source(site.base, id="140100-congress", place="congress")
        january, summer = dt.datetime(2026, 1, 5, tzinfo=dt.UTC), dt.datetime(2026, 7, 5, tzinfo=dt.UTC)
        looks = night.look(paper, congress, now=january)
        assert [(look.error, look.asked) for look in looks] == [(None, True), (None, True)]
        looks = night.look(paper, congress, now=summer)
        assert [(look.error, look.asked) for look in looks] == [(None, False), (None, False)]
        overdue = dt.datetime(2026, 4, 10, tzinfo=dt.UTC)
        assert {look.error for look in night.look(paper, congress, now=overdue)} == {"blind_in_season"}


def test_a_portal_that_leads_to_no_report_is_searched_once_a_week_and_is_an_error_all_the_while(
    night: Night,
) -> None:
    home = "<a href='/zwgk/'>政务公开</a><a href='/t20260109_1.html'>市政府召开常务会议研究工作</a>"
    pages = {"/": bad.page(home.encode()), "/zwgk*": bad.page(home.encode())}
    with misbehaving(pages) as site:
        source = local_source(site.base, "/", platform="portal")
        requests = []
        for day in range(8):
            (look,) = night.look(source, now=NOW + dt.timedelta(days=day))
            assert look.error == "blind_in_season"
            requests.append(look.requests)
        assert requests[0] > 2
        assert set(requests[1:7]) == {2}
        assert requests[7] == requests[0]


def test_a_listing_that_is_blind_beside_a_newspaper_that_brought_the_report_is_an_error_still(
    night: Night,
) -> None:
    routes = {
        "/list.html": bad.page(bad.listing(("/n.html", "市政府召开常务会议研究工作"))),
        "/paper.html": bad.page(bad.listing(("/r.html", "2026年太原市政府工作报告"))),
        "/r.html": bad.page(ARTICLE.encode()),
    }
    with misbehaving(routes) as site:
        portal = local_source(site.base)
        paper = local_source(site.base, "/paper.html", id="140100-newspaper", place="newspaper")
        night.run(portal, paper)
        portals, papers = night.look(portal, paper, now=NOW + dt.timedelta(days=1))
        assert (portals.error, papers.ok, papers.asked) == ("blind_in_season", True, False)


def test_a_listing_that_named_reports_and_names_none_is_an_error_at_once_in_season(night: Night) -> None:
    """Not only when the report is due: by then it is weeks late."""
    nothing = bad.listing(("/n.html", "市政府召开常务会议研究工作"))
    last_year = bad.listing(("/r.html", "2025年太原市政府工作报告"))
    with misbehaving({"/list.html": _versions(last_year.decode(), nothing.decode())}) as site:
        source = local_source(site.base)
        assert night.look(source)[0].ok
        for day in (1, 2):  # and stays one
            (look,) = night.look(source, now=NOW + dt.timedelta(days=day))
            assert (look.error, look.links_seen) == ("blind_in_season", 0)
        summer = dt.datetime(2026, 7, 10, tzinfo=dt.UTC)
        assert night.look(source, now=summer)[0].ok


def test_a_report_that_came_and_scrolled_off_is_no_error(night: Night) -> None:
    nothing = bad.listing(("/n.html", "市政府召开常务会议研究工作"))
    routes = {
        "/list.html": _versions(GOOD_LISTING.decode(), nothing.decode()),
        "/r.html": bad.page(ARTICLE.encode()),
    }
    with misbehaving(routes) as site:
        source = local_source(site.base)
        night.run(source)
        assert night.look(source, now=NOW + dt.timedelta(days=1))[0].ok


def test_a_clock_far_off_is_named_and_its_dates_are_not_used(night: Night) -> None:
    headers = {"Date": "Thu, 01 Jan 1970 00:00:00 GMT", "Last_Modified": "Thu, 01 Jan 1970 00:00:00 GMT"}
    future = bad.listing(("/r.html", TITLE)).replace(b"2026-02-09", b"2036-02-09")
    with misbehaving({"/list.html": bad.page(future, **headers)}) as site:
        look = night.look(local_source(site.base))[0]
        assert look.ok
        assert [failure.reason for failure in look.failures] == ["clock_far_off"]
        assert look.links[0].claim.published is None
        night.look(local_source(site.base))
    from scrapers.state import recall

    assert [item.last_modified for item in recall(night.archive, "140100").listings.values()] == [""]


def test_when_all_servers_disagree_with_our_clock_it_is_ours(night: Night) -> None:
    page = bad.page(GOOD_LISTING, Date="Thu, 01 Jan 1970 00:00:00 GMT")
    with misbehaving({"/list.html": page}) as site:
        sources = [local_source(site.base, id=f"14010{n}") for n in range(4)]
        reasons = [failure.reason for look in night.look(*sources) for failure in look.failures]
    assert reasons.count("own_clock_off") == 1


def test_a_ring_of_redirects_is_recognised_when_it_closes(night: Night) -> None:
    ring = {"/list.html": bad.redirect("/a"), "/a": bad.redirect_ring, "/b": bad.redirect_ring}
    with misbehaving(ring) as site:
        assert night.look(local_source(site.base))[0].error == "redirect_loop"
        assert site.asked == ["/robots.txt", "/list.html", "/a", "/b"]


def test_a_cookie_set_by_a_redirect_to_itself_is_kept_for_the_visit(night: Night) -> None:
    with misbehaving({"/list.html": bad.cookie_then(GOOD_LISTING)}) as site:
        look = night.look(local_source(site.base))[0]
        assert (look.ok, look.links_seen) == (True, 1)


def test_a_server_that_is_busy_once_is_asked_again_after_the_time_it_names(night: Night) -> None:
    with misbehaving({"/list.html": bad.busy_then(GOOD_LISTING, Retry_After="0")}) as site:
        assert night.look(local_source(site.base))[0].ok


def test_a_host_that_keeps_failing_is_left_alone(night: Night) -> None:
    rows = bad.listing(*((f"/r{n}.html", f"2026年太原市政府工作报告（第{n}部分）") for n in range(12)))
    broken = bad.page(b"", status="500 Oops")
    with misbehaving({"/list.html": bad.page(rows), "/r*": broken, "/robots.txt": bad.page(b"")}) as site:
        _, fetched = night.run(local_source(site.base))
        reasons = [item.reason for item in fetched if isinstance(item, Failure)]
        assert len(reasons) == 12
        assert reasons[-1] == "circuit_open"
        assert (
            sum(path.startswith("/r") and path != "/robots.txt" for path in site.asked) == QUICK.breaker_after
        )


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_host_that_asks_for_a_long_rest_is_left_alone_for_the_run(night: Night, status: str) -> None:
    rows = bad.listing(*((f"/r{n}.html", f"2026年太原市政府工作报告（第{n}部分）") for n in range(6)))
    busy = bad.page(b"", status=status, Retry_After="3600")
    with misbehaving({"/list.html": bad.page(rows), "/robots.txt": bad.page(b""), "/r*": busy}) as site:
        _, fetched = night.run(local_source(site.base))
        assert [item.reason for item in fetched if isinstance(item, Failure)] == ["rate_limited"] * 6
        assert [path for path in site.asked if path.startswith("/r") and path != "/robots.txt"] == [
            "/r0.html"
        ]


def test_retry_after_as_a_date_is_waited_for(night: Night) -> None:
    asked: list[float] = []

    def busy_for_two_seconds(talk: bad.Conversation) -> None:
        asked.append(time.monotonic())
        if len(asked) > 1:
            talk.send(GOOD_LISTING)
            return
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
        talk.send(b"", status="503 Busy", Retry_After=format_datetime(soon, usegmt=True))

    night.settings = replace(QUICK, max_retry_after=5.0)
    with misbehaving({"/list.html": busy_for_two_seconds}) as site:
        assert night.look(local_source(site.base))[0].ok
    assert asked[1] - asked[0] > 0.9


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("User-agent: *\nDisallow: /list", False),
        ("User-agent: cityreports\nDisallow: /list\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: example\nDisallow: /list\n\nUser-agent: *\nAllow: /", True),
        ("User-agent: other\nDisallow: /list", True),
        ("User-agent: *\nDisallow: /list\nAllow: /list.html", True),
        ("User-agent: *\nDisallow: /*.html$", False),
        ("<html><title>首页</title>User-agent: *\nDisallow: /</html>", True),
    ],
)
def test_rules_of_robots(night: Night, rules: str, allowed: bool) -> None:
    """Those for us and for all; a robot whose name stands in our contact (tests@example.org) is not us."""
    with misbehaving({"/robots.txt": bad.page(rules.encode()), "/list.html": bad.page(GOOD_LISTING)}) as site:
        assert night.look(local_source(site.base))[0].ok is allowed


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "410 Gone"])
def test_robots_that_are_not_there_forbid_nothing(night: Night, status: str) -> None:
    with misbehaving(
        {"/robots.txt": bad.page(b"no", status=status), "/list.html": bad.page(GOOD_LISTING)}
    ) as site:
        assert night.look(local_source(site.base))[0].ok


def test_robots_elsewhere_are_the_rules(night: Night) -> None:
    routes = {
        "/robots.txt": bad.redirect("/rules.txt"),
        "/rules.txt": bad.page(b"User-agent: *\nDisallow: /"),
        "/list.html": bad.page(GOOD_LISTING),
    }
    with misbehaving(routes) as site:
        assert night.look(local_source(site.base))[0].error == "robots_denied"


def test_the_user_agent_is_honest_and_names_a_contact(night: Night) -> None:
    seen: list[str] = []

    def listing(talk: bad.Conversation) -> None:
        seen.append(talk.headers["user-agent"])
        talk.send(GOOD_LISTING)

    with misbehaving({"/list.html": listing}) as site:
        night.look(local_source(site.base))
    assert seen == ["cityreports/0.1 (+tests@example.org)"]
    assert "no contact" in FetchSettings().user_agent


def test_between_two_requests_to_a_host_there_is_a_pause(night: Night) -> None:
    night.settings = replace(QUICK, local_delay=0.3)
    with misbehaving({"/list.html": bad.page(GOOD_LISTING)}) as site:
        started = time.monotonic()
        look = night.look(local_source(site.base))[0]
        assert look.requests == 2  # robots.txt and the listing
        assert time.monotonic() - started >= 0.3


def test_every_reason_says_what_to_do() -> None:
    assert all(what and todo for what, todo in REASONS.values())


def test_a_link_whose_source_is_unknown_is_fetched_as_a_public_page(night: Night) -> None:
    from extraction.model import Claim

    result = night.fetch((Link("?", "http://127.0.0.1:9/r.html", "r.html", Claim()),))
    assert isinstance(result[0], Failure)
    assert result[0].reason == "private_address"


def test_the_documentation_names_every_failure_and_every_platform() -> None:
    from scrapers import platforms

    text = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    missing = [
        reason for reason, (what, todo) in REASONS.items() if f"| `{reason}` | {what} | {todo} |" not in text
    ]
    assert missing == []
    assert [name for name in platforms.names() if f"| `{name}` |" not in text] == []


def test_hosts_that_an_exception_to_tls_holds_for() -> None:
    import httpx

    from scrapers.network import GuardedTransport

    strict, lenient = (httpx.create_ssl_context(verify=verify) for verify in (True, False))

    def excepted(named: str, host: str) -> bool:
        transport = GuardedTransport(strict, frozenset(), lenient=lenient, excepted=frozenset({named}))
        return transport._pool_for(host) is transport._lenient

    assert excepted("www.dt.gov.cn", "www.dt.gov.cn")
    assert excepted("www.dt.gov.cn", "xxgk.dt.gov.cn")
    assert not excepted("www.dt.gov.cn", "www.evildt.gov.cn")
    assert not excepted("www.dt.gov.cn", "www.yq.gov.cn")
    assert not excepted("www.gov.cn", "www.yq.gov.cn")
