"""docs/guarantees.md says what is proven."""

from ops.pages.guarantees_page import BEGIN, END, PAGE, page
from tests.conftest import ROOT


def test_the_page_says_what_is_proven() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert BEGIN in text
    assert END in text
    assert text == page(text), "make docs renews docs/guarantees.md"
