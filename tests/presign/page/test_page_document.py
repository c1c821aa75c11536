"""A page runs no script but its own, asks no server but the bucket's, and injects nothing as HTML."""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser
from importlib import resources

from presign.page import document
from tests.presign.page.page_support import about

import pytest

HOSTILE = '</script><script>alert(1)</script><!--"&\u2028'
ABOUT = {"bucket": "b", "base": "/", "files": [[HOSTILE, 1, "0"]]}
KINDS = ("put", "get")
CODE = {
    file.name: file.read_text("utf-8")
    for file in resources.files("presign.page").joinpath("files").iterdir()
    if file.name.endswith(".js")
}


class Parsed(HTMLParser):
    """The elements of a page, and the text within them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.elements[-1][0] if self.elements else "", []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def pages() -> list[str]:
    form = document.plain_form(
        "https://b.example/a;b,c/",
        "https://b.example",
        {"key": HOSTILE},
        {"PLACE": HOSTILE, "UNTIL": "x", "SIZE": "1"},
    )
    return [document.page(kind, ABOUT, room=room).html.decode() for kind in KINDS for room in (0, 9999)] + [
        form.decode()
    ]


def policy(html: str) -> dict[str, list[str]]:
    [found] = [one for one in Parsed(html).all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    rules = [rule.split() for rule in (found["content"] or "").split("; ")]
    return {rule[0]: rule[1:] for rule in rules}


def digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("html", pages())
def test_the_policy_lets_its_own_script_and_style_run_and_nothing_else(html: str) -> None:
    rules = policy(html)
    [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    scripts = re.findall(r'<script type="module">(.*?)</script>', html, re.DOTALL)
    assert rules["default-src"] == ["'none'"]
    assert rules["style-src"] == [digest(style)]
    assert rules["script-src"] == ([digest(one) for one in scripts] or ["'none'"])
    assert rules["base-uri"] == rules["trusted-types"] == ["'none'"]
    assert rules["require-trusted-types-for"] == ["'script'"]
    # The first element that could load something comes after it.
    assert [name for name, _ in Parsed(html).elements][:4] == ["html", "head", "meta", "meta"]


@pytest.mark.parametrize("html", pages())
def test_nothing_comes_from_elsewhere_and_no_attribute_is_a_script(html: str) -> None:
    for name, attributes in Parsed(html).elements:
        assert not {"src", "style", "srcset", "srcdoc"} & set(attributes), name
        assert not [one for one in attributes if one.startswith("on")], name
        assert name not in ("link", "iframe", "object", "embed", "base", "img")
    assert "no-referrer" in [one.get("content") for one in Parsed(html).all("meta")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_the_bucket_asks_only_the_bucket(kind: str) -> None:
    rules = policy(document.page(kind, ABOUT, room=0).html.decode())
    assert (rules["connect-src"], rules["form-action"]) == (["'self'"], ["'none'"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_name_stays_data(kind: str) -> None:
    inside = document.page(kind, ABOUT, room=0)
    assert inside.fragment == ""
    assert HOSTILE not in inside.html.decode()
    assert len(Parsed(inside.html.decode()).all("script")) == 2
    assert about(inside.html.decode(), "") == ABOUT


@pytest.mark.parametrize("kind", KINDS)
def test_links_are_in_the_url_where_they_fit_and_else_in_the_page(kind: str) -> None:
    outside = document.page(kind, ABOUT, room=9999)
    assert about(outside.html.decode(), outside.fragment) == ABOUT
    assert "alert(1)" not in outside.html.decode()
    size = len(outside.fragment)
    assert document.page(kind, ABOUT, room=size) == outside
    assert document.page(kind, ABOUT, room=size - 1).fragment == ""


def test_no_value_is_taken_for_a_placeholder() -> None:
    page = document.page("get", {"bucket": "@@POLICY@@"}, room=0)
    assert about(page.html.decode(), "") == {"bucket": "@@POLICY@@"}


@pytest.mark.parametrize("name", CODE)
def test_scripts_keep_nothing_and_write_no_html(name: str) -> None:
    forbidden = (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"),
        *("localStorage", "sessionStorage", "indexedDB", "document.cookie", "caches", "serviceWorker"),
        *("window.open", "postMessage", "import("),
    )
    assert [one for one in forbidden if one in CODE[name]] == []
