"""`presign explain` says what in a link shows that S3 cannot serve it, and only that."""

from pathlib import Path

from presign.signer import Signer
from tests.presign.presign_support import OutputsFile, Presign

import pytest

AWS = "amazonaws.com"


def link_to(host: str, region: str = "eu-west-1", key: str = "k") -> str:
    signer = Signer(
        access_key="AKIAIOSFODNN7EXAMPLE", secret_key="s", region=region, bucket_url=f"https://{host}/"
    )
    return signer.url("GET", "KEY", 900).replace("KEY?", f"{key}?")


USUAL = link_to(f"bucket.s3.eu-west-1.{AWS}")
WRONG = {
    "region": (
        link_to(f"bucket.s3.eu-west-1.{AWS}", "us-east-1"),
        "The link is signed for the region us-east-1, and its host is in eu-west-1.",
    ),
    "region in an old form of host": (
        link_to(f"bucket.s3-us-west-2.{AWS}", "us-east-1"),
        "The link is signed for the region us-east-1, and its host is in us-west-2.",
    ),
    "partition": (
        link_to(f"bucket.s3.eu-west-1.{AWS}.cn"),
        f"The link is signed for the region eu-west-1, and its host is in another partition than {AWS}.",
    ),
    "partition of China": (
        link_to(f"bucket.s3.cn-north-1.{AWS}", "cn-north-1"),
        f"The link is signed for the region cn-north-1, and its host is in another partition than {AWS}.cn.",
    ),
    "user": (USUAL.replace("https://", "https://user:word@"), "The link has a user name before its host: "),
    "long key": (link_to(f"bucket.s3.eu-west-1.{AWS}", key="b" * 1025), "The key 'bbbbbb"),
    "not UTF-8": (
        link_to(f"bucket.s3.eu-west-1.{AWS}", key="%FF"),
        "The path is not UTF-8, as S3 keys must be.",
    ),
    "plus": (
        link_to(f"bucket.s3.eu-west-1.{AWS}", key="a+b"),
        "The path has a '+' that is not escaped, which",
    ),
    "percent": (
        link_to(f"bucket.s3.eu-west-1.{AWS}", key="100%.csv"),
        "The path has a '%' that is not escaped, w",
    ),
    "dots": (
        link_to(f"my.bucket.s3.eu-west-1.{AWS}"),
        "The bucket's name has dots, and S3's certificate covers no",
    ),
    "website": (
        link_to(f"bucket.s3-website-eu-west-1.{AWS}"),
        "The host is of a website, and takes no signed links.",
    ),
    "website with a dot": (
        link_to(f"bucket.s3-website.eu-central-1.{AWS}", "eu-central-1"),
        "The host is of a website, and takes no signed links.",
    ),
}
FINE = {
    "usual": USUAL,
    "no region in the host": link_to(f"bucket.s3.{AWS}", "us-east-1"),
    "bucket that looks like a region": link_to(f"data-lake-1.s3.{AWS}", "us-east-1"),
    "bucket that is called as another region": link_to(f"us-east-1.s3.eu-west-1.{AWS}"),
    "old form of host": link_to(f"bucket.s3-us-west-2.{AWS}", "us-west-2"),
    "China": link_to(f"bucket.s3.cn-north-1.{AWS}.cn", "cn-north-1"),
    "accelerated": link_to(f"bucket.s3-accelerate.{AWS}"),
    "VPC endpoint": link_to(f"bucket.bucket.vpce-1a2b3c4d-5e6f.s3.eu-west-1.vpce.{AWS}"),
    "access point": link_to(f"team-111122223333.s3-accesspoint.eu-west-1.{AWS}"),
    "longest key": link_to(f"bucket.s3.eu-west-1.{AWS}", key="b" * 1024),
    "plus": link_to(f"bucket.s3.eu-west-1.{AWS}", key="a%2Bb"),
    "percent": link_to(f"bucket.s3.eu-west-1.{AWS}", key="100%25.csv"),
    "plus on another server": link_to("s3.example/bucket", key="a+b"),
    "region of another server": link_to("s3.eu-west-1.example/bucket", "us-east-1"),
    "dots in the path": link_to(f"s3.eu-west-1.{AWS}/my.bucket"),
    "dots on another server": link_to("my.bucket.s3.example"),
}


def first_line(presign: Presign, *arguments: str) -> str:
    return presign("explain", *arguments).out.partition("\n")[0]


@pytest.mark.parametrize("case", WRONG)
def test_what_s3_does_not_serve_is_named(presign: Presign, case: str) -> None:
    url, words = WRONG[case]
    out = presign("explain", url).out
    assert out.startswith(words)
    assert ":word" not in out


@pytest.mark.parametrize("case", FINE)
def test_what_it_serves_is_not(presign: Presign, case: str) -> None:
    assert first_line(presign, FINE[case]).startswith("Nothing is wrong")


def test_certificates_are_no_reason_once_an_answer_came(presign: Presign) -> None:
    Path("answer").write_text("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
    assert "certificate" not in presign("explain", "--answer", "answer", WRONG["dots"][0]).out


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        (f"https://s3.us-east-1.{AWS}", "eu-west-1"),
        (f"https://s3.eu-west-1.{AWS}.cn", "eu-west-1"),
        (f"https://s3.cn-north-1.{AWS}", "cn-north-1"),
        (f"http://s3.eu-west-1.{AWS}", "eu-west-1"),
        (f"https://user:word@s3.eu-west-1.{AWS}", "eu-west-1"),
        (f"https://s3.eu-west-1.{AWS}", "eu-west-1"),
        (f"https://s3.{AWS}", "eu-west-1"),
        (f"https://s3.cn-north-1.{AWS}.cn", "cn-north-1"),
    ],
)
def test_nothing_is_wrong_only_where_presign_makes_links(
    presign: Presign, outputs_file: OutputsFile, endpoint: str, region: str
) -> None:
    outputs = outputs_file(S3BucketRegion=region)
    made = presign("get", "--outputs", outputs, "--endpoint-url", endpoint, "k")
    url = f"{endpoint}/secure-dev-data-bucket{link_to('x', region).partition('//x')[2]}"
    fine = first_line(presign, "--outputs", outputs, url).startswith("Nothing is wrong")
    assert fine <= (made.code == 0)
