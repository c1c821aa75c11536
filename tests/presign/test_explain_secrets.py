"""`presign explain` prints no signature and no session token, not even of a link that is broken."""

import random
from pathlib import Path
from urllib.parse import quote, unquote

from presign.signer import Signer
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign

import pytest

TOKEN = "IQoJb3JpZ2luX2VjEHgaCXVzLWVhc3QtMSJHMEUCIQC+Dth+2tfhUj1EvwG7IKgc4tv8uVgxYCB02Ja3d9mb7QIg"
SIGNER = Signer(
    access_key="ASIAIOSFODNN7EXAMPLE",
    secret_key="s",
    session_token=TOKEN,
    region="eu-west-1",
    bucket_url="https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com/",
)


def test_neither_a_signature_nor_a_token_is_printed(presign: Presign, outputs_file: OutputsFile) -> None:
    url = SIGNER.url("PUT", "k", 900, OUTPUTS["UploadHeaders"])
    signature = url.rpartition("=")[2]
    said = f"<Code>InvalidToken</Code><Message>{TOKEN} {signature}</Message><Token-0>{TOKEN}</Token-0>"
    Path("answer.xml").write_text(f"<Error>{said}</Error>")
    for options in ([], ["--format", "json"], ["--answer", "answer.xml"]):
        for link in (url, url.replace("&", "&amp;"), url[:-20], url.replace("%", "%25")):
            out = presign("explain", "--outputs", outputs_file(), *options, link).out
            assert signature[:40] not in out
            assert TOKEN[:20] not in out


@pytest.mark.parametrize("times", range(3))
@pytest.mark.parametrize("mark", ["?", "", "&", "%3F", ";"])
@pytest.mark.parametrize("name", ["X-Amz-Security-Token", "x-amz-security-token", "X_Amz_Security_Token"])
def test_no_token_is_printed_under_any_name_and_however_often_it_is_encoded(
    presign: Presign, outputs_file: OutputsFile, name: str, mark: str, times: int
) -> None:
    token = "IQoJb3JpZ2/uX2VjEHgaCX+zLWVhc3QtMSJHME/CIQC+Dth+2tfhUj1EvwG7IKgc4tv8uVgx/CB02Ja3d9mb7QIg=="
    for _ in range(times):
        token = quote(token, safe="")
    host = "https://secure-dev-data-bucket.s3.eu-west-1.amazonaws.com"
    link = f"{host}/k{mark}{name}={token}&X-Amz-SignedHeaders=host%3Bx-amz-tagging&X-Amz-Expires=60"
    for form in ("text", "json"):
        result = presign("explain", "--outputs", outputs_file(), "--format", form, link)
        printed = result.out + result.err
        for _ in range(times + 1):
            assert not {token[n : n + 16] for n in range(len(token) - 15) if token[n : n + 16] in printed}
            token = unquote(token)


def test_no_part_of_a_secret_is_printed_of_a_link_that_is_broken_anywhere(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    chance = random.Random(7)  # noqa: S311
    outputs = outputs_file()
    for _ in range(300):
        url = SIGNER.url("PUT", "a b/ü+.csv", 900, OUTPUTS["UploadHeaders"])
        broken = list(url)
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(broken))
            broken[place : place + chance.randrange(3)] = chance.choice("%&=?#/\n é<[@:\x1b")
        form = chance.choice(["text", "json"])
        result = presign("explain", "--outputs", outputs, "--format", form, "--", "".join(broken))
        assert result.code in (0, 1)
        signature = url.rpartition("=")[2]
        for secret in (signature[:33], signature[-33:], TOKEN[:33], TOKEN[-33:]):
            assert secret not in result.out + result.err, broken
