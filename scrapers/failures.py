"""The named ways in which looking and fetching fail, what each means, and what to do about it."""

from __future__ import annotations

#: reason → (what happened, what to do)
REASONS: dict[str, tuple[str, str]] = {
    # the site's answers
    "soft_404": ("the site answers an unknown path with its home page", "find the listing's new address"),
    "challenge_page": (
        "a captcha or browser check came instead of the page",
        "look by hand; add a second place",
    ),
    "stub_listing": (
        "the listing page is a stub without content",
        "usually passes; look by hand after three days",
    ),
    "layout_changed": ("the listing lost all its links", "compare the page with the platform's golden page"),
    "blind_in_season": (
        "the listing is there and names no report of any year, in season",
        "check listing and title pattern",
    ),
    "wrong_content_type": ("something else than a page or a document came", "look at the address by hand"),
    "truncated_body": ("the answer ended before its end", "usually passes by itself"),
    "damaged_encoding": ("the compressed answer cannot be unpacked", "usually passes by itself"),
    "decompression_bomb": (
        "the compressed answer unpacks to far more than a page",
        "do not raise the cap for it",
    ),
    "too_large": ("the answer is larger than the size cap", "raise max_bytes if it is a real report"),
    "deadline": ("the transfer took longer than its deadline", "usually passes; else raise the deadline"),
    "http_error": ("the server answered with an error status", "look at the address by hand"),
    "not_found": ("the server says that there is no such page", "find the page's new address"),
    "rate_limited": ("the server asks us to come later", "raise the delay for this host"),
    "clock_far_off": ("the server's clock is far from ours", "nothing: its dates are not used"),
    # the way there
    "name_not_found": ("the host's name does not resolve", "check the address and the resolver"),
    "no_network": ("no route, or nobody listens", "check the network; it may be the server that is down"),
    "connection_lost": ("the connection broke", "usually passes by itself"),
    "protocol_error": ("the server does not speak HTTP", "look at the address by hand"),
    "bad_certificate": (
        "the TLS certificate does not verify",
        "add a tls exception with reason and end date",
    ),
    "expired_tls_exception": (
        "the entry's tls exception has ended",
        "check the certificate, renew or remove it",
    ),
    "redirect_loop": ("redirects go round in circles, or too many of them", "find the page's new address"),
    "private_address": (
        "the address is private and the source not local",
        "mark the source local if that is meant",
    ),
    "bad_address": ("no http(s) address", "correct the entry"),
    "robots_denied": ("robots.txt does not allow it", "ask the webmaster, or use a second place"),
    "robots_unreachable": ("robots.txt answered with a server error", "usually passes by itself"),
    "circuit_open": ("this host failed too often in this run", "see the host's first failures"),
    # folders
    "folder_missing": ("there is no such folder", "correct the path"),
    "bad_manifest": (
        "manifest.csv cannot be read",
        "save it as CSV in UTF-8 with the columns of the contract",
    ),
    "bad_manifest_value": ("a cell of manifest.csv cannot be understood", "correct the cell"),
    "file_missing": ("manifest.csv names a file that is not there", "add the file or remove the line"),
    "outside_folder": ("manifest.csv names a file outside its folder", "move the file into the folder"),
    "duplicate_row": ("manifest.csv names a file twice", "remove one of the lines"),
    "region_unknown": ("nobody knows this region", "write its full name or six-digit code"),
    "unsupported_file": ("not a kind of file that reports come in", "convert it, or move it away"),
    "unreadable_file": ("the file cannot be opened", "check its permissions"),
    # ours
    "own_clock_off": ("most servers' clocks disagree with ours", "set this machine's clock"),
    "unknown_platform": ("the source names a platform that does not exist", "correct the entry"),
    "broke": ("the program failed; this is a defect of ours", "report it with the detail"),
}


class LookError(Exception):
    """A named failure on its way to the caller who turns it into a `Failure` or a failed `Look`.

    reason is a key of `REASONS`; detail says what exactly, for a human; retry says that a later attempt may
    go well; after is the pause in seconds that the server asked for.
    """

    def __init__(self, reason: str, detail: str, *, retry: bool = False, after: float | None = None) -> None:
        if reason not in REASONS:
            raise KeyError(f"unnamed failure {reason!r}: add it to scrapers/failures.py")
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.retry = retry
        self.after = after
