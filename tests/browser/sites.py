"""Pages that are open in the browser: one of the bucket's own host, and one of another."""

import html
from collections.abc import Mapping
from typing import Any

from tests.enforcement.places import Place

from playwright.sync_api import BrowserContext, Page

SITE = "http://localhost:5173"
"""A site of somebody else's; the tests answer for it, there is no server."""


def open_site(context: BrowserContext, body: str = "", site: str = SITE) -> Page:
    """Open a page of `site` that says `body`, which is HTML."""
    page = context.new_page()
    document = f"<!doctype html><title>A site</title>{body}"
    page.route(
        f"{site}/**", lambda route: route.fulfill(body=document, content_type="text/html; charset=utf-8")
    )
    page.goto(f"{site}/")
    return page


def open_host(page: Page, place: Place) -> Page:
    """Open something of the bucket's own host, whatever it answers."""
    page.goto(place.variables["AWS_ENDPOINT_URL"])
    return page


def fetch(page: Page, link: Mapping[str, Any], body: bytes | None = None) -> tuple[int, str]:
    """Use a link in the shape of `--format json` as a page's script does, and return status and answer.

    Status 0 says that the browser did not send it, or shows the page nothing of the answer.
    """
    asked = {"url": link["url"], "method": link["method"], "headers": link["headers"]}
    script = """async ({url, method, headers, body}) => {
        try {
            const answer = await fetch(url, {method, headers, body: body && new Uint8Array(body)});
            return [answer.status, await answer.text()];
        } catch (error) {
            return [0, String(error)];
        }
    }"""
    status, text = page.evaluate(script, {**asked, "body": list(body) if body is not None else None})
    return int(status), str(text)


def form(made: Mapping[str, Any]) -> str:
    """Return the HTML of a form in the shape of `--format json`, as a web page has it."""
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in made["fields"].items()
    )
    action = html.escape(made["url"])
    return (
        f'<form method="post" enctype="multipart/form-data" action="{action}">{fields}'
        f'<input type="file" name="file" aria-label="File"><button>Upload</button></form>'
    )


def href(url: str) -> str:
    """Return the HTML of a link."""
    return f'<a href="{html.escape(url)}">Download</a>'
