"""A listing of links, and nothing more known of it.

name: plain
known-by: none of the other families' marks
listing: any page with links to articles; the next page is an ordinary link 下一页
article: head tags where there are any, else the first heading
facts: a link is taken for an article's when its title has six characters and its address looks like a page's,
not like
    an index's; what is worth fetching is told by the title pattern, not here.
"""

from __future__ import annotations

from scrapers.pages import Article, Page, Row, following_link, plain_article, plain_rows


def rows(page: Page) -> list[Row]:
    return plain_rows(page)


def following(page: Page) -> str | None:
    return following_link(page)


def article(page: Page) -> Article:
    return plain_article(page)
