"""How politely and how patiently to fetch. Defaults are for government sites seen from outside."""

from __future__ import annotations

from dataclasses import dataclass

PROJECT = "cityreports"


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """contact is a mail address or URL that a webmaster can turn to; it goes into every request.

    Times in seconds, sizes in bytes. A server that asks us to come back later than ``max_retry_after`` is
    left alone until the next run. ``deadline`` bounds one whole transfer, dripping or not; ``delay`` is
    the pause between two requests to one host (a longer ``Crawl-delay`` in robots.txt wins, up to
    ``max_delay``).
    """

    contact: str = ""
    version: str = "0.1"
    concurrency: int = 24
    per_host: int = 1
    delay: float = 1.0
    local_delay: float = 0.0
    max_delay: float = 20.0
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    deadline: float = 60.0
    listing_deadline: float = 18.0
    max_bytes: int = 64 * 2**20
    max_listing_bytes: int = 8 * 2**20
    max_expanded: int = 96 * 2**20
    max_redirects: int = 8
    attempts: int = 3
    retry_wait: float = 2.0
    max_retry_after: float = 20.0
    breaker_after: int = 4
    max_pages: int = 3
    max_pages_back: int = 60
    visit_deadline: float = 300.0
    recheck_days: tuple[int, ...] = (7, 30)
    max_clock_skew: float = 86_400.0

    @property
    def product(self) -> str:
        """The name by which robots.txt may speak of us."""
        return f"{PROJECT}/{self.version}"

    @property
    def user_agent(self) -> str:
        who = f"+{self.contact}" if self.contact else "no contact set"
        return f"{self.product} ({who})"
