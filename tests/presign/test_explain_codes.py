"""S3's error codes: `presign explain` and the documentation say the same of each."""

from pathlib import Path

from presign.explain.codes import CODES
from presign.signer import Signer
from tests.presign.presign_support import Presign

ROOT = Path(__file__).parents[2]
URL = Signer(
    access_key="AKIAIOSFODNN7EXAMPLE",
    secret_key="s",
    region="eu-west-1",
    bucket_url="https://bucket.s3.eu-west-1.amazonaws.com/",
).url("GET", "k", 900)


def test_every_code_is_said_in_words(presign: Presign) -> None:
    for code, known in CODES.items():
        Path("answer").write_text(f"<Error><Code>{code}</Code><Message>x</Message></Error>")
        result = presign("explain", "--answer", "answer", URL)
        assert result.code == 0
        assert f"\nIt means   {known.meaning}" in result.out
    Path("answer").write_text("<Error><Code>Novel</Code><Message>nothing known</Message></Error>")
    assert (
        presign("explain", "--answer", "answer", URL).out.partition("\n")[0]
        == "S3 answers Novel: nothing known."
    )


def test_the_page_has_the_table_of_codes() -> None:
    page = (ROOT / "docs" / "presign.md").read_text(encoding="utf-8")
    _, _, table = page.partition("| S3's code | What it means | What to do |\n|---|---|---|\n")
    rows = [f"| `{name}` | {code.meaning} | {code.remedy} |" for name, code in sorted(CODES.items())]
    assert table.split("\n\n")[0].splitlines() == rows
