"""`presign explain` names the cause of a refusal in its first line: of requests that are broken by hand.

Each is really sent, where a server here can refuse it. Where the answer is AWS's and not the server's, the
function that breaks the request says so.
"""

import re
from collections.abc import Callable
from pathlib import Path

from tests.enforcement.broken import denials, forms, links, sent, signers
from tests.enforcement.broken.bench import CASES, Bench, Case
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest

KEY = "reports/ü 1+2 100%.csv"

MODULES = (denials, forms, links, sent, signers)
"""Each adds its cases."""


@pytest.fixture
def bench(place: Place, presign: Presign, request: pytest.FixtureRequest) -> Bench:
    place.store(KEY, b"content")
    return Bench(place, presign, KEY, lambda name: request.getfixturevalue("deploy")(name))


@pytest.mark.parametrize("place", ["MiniStack"], indirect=True)
@pytest.mark.parametrize(("case", "words"), [pytest.param(*one, id=one[0].__name__) for one in CASES])
def test_the_first_line_names_the_cause(
    bench: Bench,
    presign: Presign,
    monkeypatch: pytest.MonkeyPatch,
    case: Callable[[Bench], Case],
    words: str,
) -> None:
    broken = case(bench)
    if not broken.by_the_signer:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    options = [*broken.options]
    if broken.answer is not None:
        Path("answer.txt").write_text(broken.answer)
        options += ["--answer", "answer.txt"]
    result = presign("explain", *options, "-", stdin=broken.link.encode())
    assert (result.code, result.err) == (0, "")
    first, _, rest = result.out.partition("\n")
    assert words.lower() in first.lower()
    assert rest.startswith("To do  ")
    for secret in secrets_in(broken.link):
        assert secret not in result.out


def secrets_in(text: str) -> list[str]:
    found = re.findall(r"X-Amz-(?:Signature|Security-Token)=(?:3D)?([^&\"\s]{20,})", text)
    return [*found, *re.findall(r'"(?:policy|x-amz-signature|x-amz-security-token)": "([^"]+)"', text)]


def test_there_are_at_least_70_cases() -> None:
    assert len(CASES) >= 70
