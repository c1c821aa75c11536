"""`presign explain` prints no signature and no session token, not even of a link that is broken."""

import random
from collections.abc import Callable
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


SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEX4MPL3KEy"
NAMES = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Security-Token")
PIECE = 10  # characters


def signed_wrongly(chance: random.Random) -> str:
    """A link whose secret was given in the place of something else, perhaps a part of it."""
    part = chance.choice([SECRET, SECRET[: chance.randrange(12, 40)], SECRET[chance.randrange(1, 20) :]])
    values = ["ASIAIOSFODNN7EXAMPLE", TOKEN, "eu-west-1"]
    values[chance.randrange(3)] = part
    signer = Signer(
        access_key=values[0],
        secret_key="s",
        session_token=values[1],
        region=values[2],
        bucket_url="https://b.s3.eu-west-1.amazonaws.com/",
    )
    return signer.url("PUT", "a b/ü+.csv", 900, OUTPUTS["UploadHeaders"])


def filled_wrongly(chance: random.Random) -> str:
    """A link in which a secret was pasted into one of the parameters."""
    url = SIGNER.url("PUT", "a b/ü+.csv", 900, OUTPUTS["UploadHeaders"])
    secret = chance.choice([SECRET, SECRET[5:30], TOKEN, url.rpartition("=")[2]])
    start, name, rest = url.partition(f"X-Amz-{chance.choice(NAMES)}=")
    return f"{start}{name}{chance.choice([secret, quote(secret, safe='')])}&{rest.partition('&')[2]}"


def filled_up(chance: random.Random) -> str:
    """A link to which a secret was added."""
    url = SIGNER.url("PUT", "a b/ü+.csv", 900, OUTPUTS["UploadHeaders"])
    added = chance.choice([SECRET, quote(SECRET, safe=""), url.rpartition("=")[2]])
    ways = (f"{url}&{added}", f"{url}&secret={added}", f"{url}&{added}=1", f"{url}#{added}")
    return chance.choice([*ways, url.replace("?", f"?{added}&")])


@pytest.mark.parametrize("make", [signed_wrongly, filled_wrongly, filled_up])
def test_no_piece_of_a_secret_is_printed_wherever_a_mistake_has_put_it(
    presign: Presign, outputs_file: OutputsFile, make: Callable[[random.Random], str]
) -> None:
    chance = random.Random(11)  # noqa: S311
    outputs = outputs_file()
    for _ in range(60):
        url = make(chance)
        broken = list(url)
        for _ in range(chance.randrange(5)):
            place = chance.randrange(url.index("?") + 1, len(broken))
            broken[place : place + chance.randrange(3)] = chance.choice([*"%&=?#/\n é<[@:;+", "%26", "%3D"])
        link = "".join(broken)
        link = chance.choice([link, link, link.swapcase(), quote(link, safe=":/?&=")])
        form = chance.choice(["text", "json"])
        result = presign("explain", "--outputs", outputs, "--format", form, "--", link)
        assert result.code in (0, 1)
        for secret in (SECRET, TOKEN, url.rpartition("=")[2]):
            for text in {secret, secret.swapcase(), quote(secret, safe="")}:
                found = [text[n : n + PIECE] for n in range(len(text) - PIECE + 1)]
                assert not [part for part in found if part in result.out + result.err], (link, result.out)


def test_what_is_no_secret_is_shown(presign: Presign, outputs_file: OutputsFile) -> None:
    query = {"versionId": "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY", "response-content-type": "text/csv"}
    url = SIGNER.plan("GET", 900, {}, query).url("reports/November-2026.csv")
    result = presign("explain", "--outputs", outputs_file(), url)
    for shown in (*query.values(), "reports/November-2026.csv", "ASIAIOSFODNN7EXAMPLE", "eu-west-1"):
        assert shown in result.out
    assert "utm_source" in presign("explain", "--outputs", outputs_file(), f"{url}&utm_source=mail").out
