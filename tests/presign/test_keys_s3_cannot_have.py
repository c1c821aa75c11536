"""Keys that S3 does not serve: none gets a link, by any command, and `presign explain` names them."""

from pathlib import Path
from urllib.parse import quote

from presign import keys
from presign import open as open_bucket
from presign.errors import ObjectKeyError
from presign.signer import Signer
from tests.presign.presign_support import OutputsFile, Presign

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("keys")

MORE_DOTS = "has more '..' parts than others before them"
SOAP = "S3 does not serve the key 'soap' where the bucket is in the host's name"
REFUSED = {
    "videos/../../video1.wmv": MORE_DOTS,  # AWS's own example
    "..": MORE_DOTS,
    "../a": MORE_DOTS,
    "a/../../b/c": MORE_DOTS,
    "soap": SOAP,
}
SERVED = (
    "videos/../video1.wmv",
    "a/b/../../c",
    "a/..",
    ".",
    "./a",
    "a..b/..c",
    "...",
    "soap/a",
    "a/soap",
    "Soap",
)
FOR_ONE = (
    ["get"],
    ["put"],
    ["put", "--multipart", "--size", "20MB"],
    ["page", "get"],
)


@pytest.mark.parametrize("command", FOR_ONE, ids=" ".join)
@pytest.mark.parametrize(("key", "words"), REFUSED.items())
def test_no_command_makes_a_link(
    presign: Presign, outputs_file: OutputsFile, command: list[str], key: str, words: str
) -> None:
    result = presign(*command, "--outputs", outputs_file(), key)
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert words in result.err


@pytest.mark.parametrize("command", ["get", "put"])
@pytest.mark.parametrize("key", SERVED)
def test_all_other_keys_get_one(presign: Presign, outputs_file: OutputsFile, command: str, key: str) -> None:
    assert presign(command, "--outputs", outputs_file(), key).code == 0


@pytest.mark.parametrize(("prefix", "code"), [("../", 1), ("a/../../", 1), ("a/../", 0), ("soap", 0)])
def test_a_form_has_no_key_in_its_url(
    presign: Presign, outputs_file: OutputsFile, prefix: str, code: int
) -> None:
    assert presign("post", "--outputs", outputs_file(), prefix).code == code
    assert presign("post", "--outputs", outputs_file(), "--key", "soap", "").code == 0


@pytest.mark.parametrize("method", ["get", "put"])
def test_they_are_bad_rows_of_a_list(presign: Presign, outputs_file: OutputsFile, method: str) -> None:
    Path("m.txt").write_text("\n".join([*SERVED, *REFUSED]))
    result = presign("bulk", method, "--outputs", outputs_file(), "m.txt", "-o", "out.csv")
    assert result.code == 3
    assert len(Path("out.csv").read_text().splitlines()) == 1 + len(SERVED)
    errors = Path("out.csv.errors").read_text()
    assert [errors.count(words) for words in (MORE_DOTS, SOAP)] == [len(REFUSED) - 1, 1]


def test_python_refuses_them(outputs_file: OutputsFile) -> None:
    bucket = open_bucket(outputs_file())
    assert len(list(bucket.urls(SERVED, "1h"))) == len(SERVED)
    for key in REFUSED:
        with pytest.raises(ObjectKeyError):
            bucket.get(key, "1h")
        with pytest.raises(ObjectKeyError):
            list(bucket.urls([key], "1h"))


@pytest.mark.parametrize("where", ["path style", "another server"])
def test_soap_is_served_where_the_bucket_is_in_the_path(
    presign: Presign, outputs_file: OutputsFile, tmp_path: Path, where: str
) -> None:
    more = []
    if where == "path style":
        (tmp_path / "aws-config").write_text("[default]\ns3 =\n  addressing_style = path\n")
    else:
        more = ["--endpoint-url", "http://localhost:9000"]
    made = presign("get", "--outputs", outputs_file(), "--format", "url", *more, "soap")
    assert made.code == 0
    assert "/secure-dev-data-bucket/soap?" in made.out
    said = presign("explain", "--outputs", outputs_file(), *more, made.out.strip()).out
    assert said.startswith("Nothing is wrong")


PARTS = st.sampled_from(["..", ".", "", "a", "soap", "\N{GRINNING FACE}" * 130, "a+b", "*", "x" * 600])


@example(key=f"../{'x' * 1100}")
@given(key=st.lists(PARTS, min_size=1, max_size=5).map("/".join))
def test_nothing_is_wrong_only_with_links_that_presign_makes(key: str) -> None:
    """What refuses a key when a link is made, and what explains one, are the same rules."""
    from presign.explain import faults, link

    signer = Signer(
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="s",
        region="eu-west-1",
        bucket_url="https://bucket.s3.eu-west-1.amazonaws.com/",
    )
    usual = signer.url("GET", "KEY", 900)
    found = faults.faults(link.read(usual.replace("/KEY?", f"/{quote(key)}?")))
    if not key:
        return  # the bucket itself
    refused = ""
    try:
        signer.url("GET", key, 900)
        keys.refuse(key, virtual=True)
    except ObjectKeyError as error:
        refused = str(error)
    said = found[0].text if found else ""
    assert said.partition(":")[0] == refused.partition(":")[0]
