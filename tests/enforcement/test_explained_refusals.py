"""`presign explain` names the cause of a refusal in its first line: of requests that are broken by hand.

Each is really sent, where a server here can refuse it. Where the answer is AWS's and not the server's, the
function that breaks the request says so.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from presign import Signer, form
from presign.credentials import Credentials
from presign.endpoint import bucket_url
from tests.enforcement.broken_requests import Bench, error
from tests.enforcement.bucket import ALGORITHM_HEADER, KEY_HEADER, Bucket, aws_client
from tests.enforcement.clients import send_by_requests
from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest
from botocore.config import Config

KEY = "reports/ü 1+2 100%.csv"
WHO = "User: arn:aws:iam::000000000000:user/team is not authorized to perform"


@dataclass(frozen=True)
class Case:
    """What is explained: a link, or what `--format json` printed, the answer, and further options.

    `by_the_signer` is true where the environment has the keys that signed.
    """

    link: str
    answer: str | None
    options: tuple[str, ...] = ()
    by_the_signer: bool = False


CASES: list[tuple[Callable[[Bench], Case], str]] = []


def cause(words: str) -> Callable[[Callable[[Bench], Case]], Callable[[Bench], Case]]:
    """Add a case, and what the first line must say."""

    def add(case: Callable[[Bench], Case]) -> Callable[[Bench], Case]:
        CASES.append((case, words))
        return case

    return add


def put(bench: Bench, change: dict[str, str | None], *options: str) -> Case:
    """Upload with other headers than those of the link."""
    made = bench.made("put", *options)
    headers = {name: value for name, value in {**made["headers"], **change}.items() if value is not None}
    return Case(made["url"], bench.mismatched("PUT", made["url"], headers))


def get(bench: Bench, change: Callable[[str], str], *options: str, key: str | None = None) -> Case:
    """Download with a URL that was changed after the link was made, and explain the link that was made."""
    url = bench.made("get", *options, key=key)["url"]
    return Case(url, bench.mismatched("GET", change(url)))


def changed(bench: Bench, change: Callable[[str], str]) -> Case:
    """Explain a link as it arrived, changed on its way, with the answer that it got."""
    url = change(bench.made("get")["url"])
    return Case(url, bench.refused("GET", re.sub(r"\s", "", url)))


def signed(bench: Bench, **arguments: Any) -> Signer:
    """Return a signer with the team's keys, but for what is given."""
    variables = bench.place.variables
    usual = {
        "access_key": variables["AWS_ACCESS_KEY_ID"],
        "secret_key": variables["AWS_SECRET_ACCESS_KEY"],
        "region": "us-east-1",
        "bucket_url": bucket_url(bench.place.bucket, "us-east-1", variables["AWS_ENDPOINT_URL"]),
    }
    return Signer(**{**usual, **arguments})


def ago(age: timedelta) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) - age


@cause("header x-amz-server-side-encryption differs: S3 got 'AES256', and 'aws:kms' was signed")
def wrong_header(bench: Bench) -> Case:
    return put(bench, {ALGORITHM_HEADER: "AES256"})


@cause("request lacks the header x-amz-server-side-encryption-aws-kms-key-id, which is signed")
def missing_header(bench: Bench) -> Case:
    return put(bench, {KEY_HEADER: None})


@cause("the header content-type is not the one that was signed: content-type was 'text/html'")
def another_content_type(bench: Bench) -> Case:
    return put(bench, {"content-type": "text/html"}, "--content-type", "text/csv")


@cause("header content-type differs: S3 got 'text/html', and 'text/csv' was signed")
def another_content_type_and_the_links_json(bench: Bench) -> Case:
    made = bench.made("put", "--content-type", "text/csv")
    headers = {**made["headers"], "content-type": "text/html"}
    return Case(json.dumps(made), bench.refused("PUT", made["url"], headers))


@cause("request lacks the headers content-type, x-amz-server-side-encryption and")
def no_headers(bench: Bench) -> Case:
    made = bench.made("put", "--content-type", "text/csv")
    return Case(made["url"], bench.mismatched("PUT", made["url"]))


@cause("sends a header that is not signed: x-amz-acl")
def extra_header(bench: Bench) -> Case:
    """MiniStack refuses it by policy; AWS names the headers first."""
    made = bench.made("put")
    bench.refused("PUT", made["url"], {**made["headers"], "x-amz-acl": "public-read"})
    message = "There were headers present in the request which were not signed"
    return Case(made["url"], error("AccessDenied", message, HeadersNotSigned="x-amz-acl"))


@cause("path was percent-encoded twice")
def path_encoded_twice(bench: Bench) -> Case:
    return get(bench, lambda url: "?".join([url.split("?")[0].replace("%", "%25"), url.split("?")[1]]))


@cause("link was percent-encoded twice")
def link_encoded_twice(bench: Bench) -> Case:
    return changed(bench, lambda url: url.replace("%", "%25"))


@cause("method is PUT, and the link is for GET")
def download_link_used_to_upload(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(url, bench.mismatched("PUT", url))


@cause("method is GET, and the link is for PUT")
def upload_link_used_to_download(bench: Bench) -> Case:
    made = bench.made("put")
    return Case(made["url"], bench.refused("GET", made["url"], made["headers"]))


@cause("method is DELETE, and the link is for GET")
def download_link_used_to_delete(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(url, bench.mismatched("DELETE", url))


@cause("answered 403 without a body: the link was most likely used with HEAD, and is for GET")
def download_link_used_with_head(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(url, bench.refused("HEAD", url))


@cause("link has expired: it worked until ")
def expired(bench: Bench) -> Case:
    url = signed(bench, clock=ago(timedelta(minutes=16))).url("GET", bench.key, 900)
    return Case(url, bench.refused("GET", url))


@cause("link has expired: it worked until ")
def expired_and_no_answer(bench: Bench) -> Case:
    return Case(signed(bench, clock=ago(timedelta(days=3))).url("GET", bench.key, 900), None)


@cause("clock of the machine that signed is 1 day ahead")
def not_yet_valid(bench: Bench) -> Case:
    url = signed(bench, clock=ago(timedelta(days=-1, minutes=-5))).url("GET", bench.key, 900)
    return Case(url, bench.refused("GET", url))


@cause("link is signed for the region eu-west-1, and the bucket is in us-east-1")
def another_region(bench: Bench) -> Case:
    """MiniStack takes any region; AWS refuses so."""
    url = signed(bench, region="eu-west-1").url("GET", bench.key, 900)
    message = (
        "Error parsing the X-Amz-Credential parameter; the region 'eu-west-1' is wrong; expecting 'us-east-1'"
    )
    return Case(url, error("AuthorizationQueryParametersError", message, Region="us-east-1"))


@cause("path was rewritten: the client or a proxy removed '.', '..' or a doubled '/'")
def path_with_dots_rewritten(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace("/a/../", "/"), key="a/../b.csv")


@cause("path was rewritten: the client or a proxy removed '.', '..' or a doubled '/'")
def path_with_double_slash_rewritten(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace("a//b", "a/b"), key="a//b.csv")


@cause("path was rewritten: S3 got '/api/")
def path_below_a_gateway(bench: Bench) -> Case:
    bucket = bench.place.bucket
    return get(bench, lambda url: url.replace(f"/{bucket}/", f"/api/{bucket}/"))


@cause("'+' in the key (%2B) was sent without its escape")
def plus_not_escaped(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace("%2B", "%20"))


@cause("space in the key (%20) was sent as '+'")
def blank_as_plus(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace("%20", "%2B"))


@cause("letters of the path changed between upper and lower case")
def path_in_lower_case(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace("/Reports/", "/reports/"), key="Reports/a.csv")


@cause("link was cut off: 20 of the signature's 64 characters are there")
def truncated(bench: Bench) -> Case:
    return changed(bench, lambda url: url[:-44])


@cause("link was cut off: X-Amz-Signature is missing")
def truncated_before_the_signature(bench: Bench) -> Case:
    return changed(bench, lambda url: url.partition("&X-Amz-Signature")[0])


@cause("link was cut off: X-Amz-Credential, X-Amz-Date, ")
def cut_by_a_shell_at_the_first_ampersand(bench: Bench) -> Case:
    return changed(bench, lambda url: url.partition("&")[0])


@cause("the %2F in X-Amz-Credential were lost")
def in_a_bat_file(bench: Bench) -> Case:
    return changed(bench, lambda url: url.replace("%2F", "F"))


@cause("link has no signature")
def cut_at_the_question_mark(bench: Bench) -> Case:
    return changed(bench, lambda url: url.partition("?")[0])


@cause("link is escaped for HTML")
def escaped_for_html(bench: Bench) -> Case:
    return changed(bench, lambda url: url.replace("&", "&amp;"))


@cause("link was used without all of its parameters: a shell cut it at an '&', or '&amp;' was sent")
def escaped_for_html_by_the_one_who_used_it(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    answer = bench.refused("GET", url.replace("&X-Amz-Expires", "&amp;X-Amz-Expires"))
    return Case(url, answer)


@cause("link was broken into several lines")
def broken_by_a_mail_client(bench: Bench) -> Case:
    """What S3 gets is what is before the break."""
    url = bench.made("get")["url"]
    cut = url.index("&X-Amz-Expires") + 5
    return Case(f"{url[:cut]}\r\n> {url[cut:]}", bench.refused("GET", url[:cut]))


@cause("copied from the source of a mail")
def quoted_printable(bench: Bench) -> Case:
    url = bench.made("get")["url"].replace("=", "=3D")
    return Case(url, bench.refused("GET", url))


@cause("a mail filter replaced the link by one of its own, on eur01.safelinks.protection.outlook.com")
def wrapped_by_a_mail_filter(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(f"https://eur01.safelinks.protection.outlook.com/?url={quote(url, safe='')}&data=05", None)


@cause("no such bucket at this host")
def bucket_that_does_not_exist(bench: Bench) -> Case:
    """MiniStack looks at the signature first; AWS says so."""
    name = "secure-nobody-data-bucket"
    endpoint = bench.place.variables["AWS_ENDPOINT_URL"]
    url = signed(bench, bucket_url=bucket_url(name, "us-east-1", endpoint)).url("GET", bench.key, 900)
    bench.refused("GET", url)
    return Case(url, error("NoSuchBucket", "The specified bucket does not exist", BucketName=name))


@cause("the path differs: ")
def bucket_replaced(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace(f"/{bench.place.bucket}/", "/another-bucket/"))


@cause("session token is missing")
def token_missing(bench: Bench) -> Case:
    sts = aws_client("sts", bench.place.variables["AWS_ENDPOINT_URL"], *keys_of(bench))
    session = sts.get_session_token()["Credentials"]
    url = signed(bench, access_key=session["AccessKeyId"], secret_key=session["SecretAccessKey"]).url(
        "GET", bench.key, 900
    )
    return Case(url, bench.refused("GET", url))


@cause("parameter X-Amz-Expires was changed: S3 got '604800', and '900' was signed")
def longer_life(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace("Expires=900", "Expires=604800"))


@cause("link is signed for the service 'sqs', not for s3")
def another_service(bench: Bench) -> Case:
    """The credential is changed, as no signer of ours signs for another service; AWS refuses it so."""
    url = bench.made("get")["url"].replace("%2Fs3%2F", "%2Fsqs%2F")
    bench.refused("GET", url)
    message = 'Error parsing the X-Amz-Credential parameter; incorrect service "sqs".'
    return Case(url, error("AuthorizationQueryParametersError", message))


@cause("parameter 'utm_source' was added")
def parameter_added(bench: Bench) -> Case:
    return changed(bench, lambda url: f"{url}&utm_source=mail")


@cause("parameter 'response-content-type' was added after the link was signed")
def override_added(bench: Bench) -> Case:
    return get(bench, lambda url: f"{url}&response-content-type=text/html")


@cause("the parameter versionId was changed")
def another_version(bench: Bench) -> Case:
    old, new = bench.place.store(bench.key, b"old"), bench.place.store(bench.key, b"new")
    return get(bench, lambda url: url.replace(old, new), "--version-id", old)


@cause("the Host header differs: S3 got 'files.example.com'")
def host_rewritten(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(url, bench.refused("GET", url, {"Host": "files.example.com"}))


@cause("the content is not that of the checksum")
def checksum_of_another_file(bench: Bench) -> Case:
    made = bench.made("put", "--checksum", f"sha256:{hashlib.sha256(b'one').hexdigest()}")
    return Case(made["url"], bench.refused("PUT", made["url"], made["headers"], b"two"))


@cause("the bucket's policy denies it: the encryption headers are not the bucket's")
def another_kms_key(bench: Bench) -> Case:
    """The link is signed for another key; MiniStack has no DenyIncorrectKMSKey here, so AWS's words."""
    url = signed(bench).url("PUT", bench.key, 900, {**bench.place.headers, KEY_HEADER: "alias/aws/s3"})
    message = (
        f'{WHO}: s3:PutObject on resource: "{bench.key}" with an explicit deny in a resource-based policy'
    )
    return Case(url, error("AccessDenied", message))


@cause("the bucket's policy denies x-amz-server-side-encryption-aws-kms-key-id: 'alias/aws/s3'")
def another_kms_key_and_the_links_json(bench: Bench) -> Case:
    """As above, where the headers that were signed are known."""
    headers = {**bench.place.headers, KEY_HEADER: "alias/aws/s3"}
    url = signed(bench).url("PUT", bench.key, 900, headers)
    message = (
        f'{WHO}: s3:PutObject on resource: "{bench.key}" with an explicit deny in a resource-based policy'
    )
    return Case(json.dumps({"url": url, "method": "PUT", "headers": headers}), error("AccessDenied", message))


@cause("the bucket's policy denies uploads without x-amz-server-side-encryption and x-amz-server-side")
def upload_without_encryption(bench: Bench) -> Case:
    url = signed(bench).url("PUT", bench.key, 900, {"content-type": "text/csv"})
    return Case(url, bench.refused("PUT", url, {"content-type": "text/csv"}))


@cause("denies signatures older than 1 hour, and this one is 2 hours old")
def older_than_the_bucket_allows(bench: Bench) -> Case:
    """The servers have no s3:signatureAge; AWS denies so."""
    Path("short.json").write_text(json.dumps({**bench.place.outputs, "PresignMaxSeconds": number(3600)}))
    url = signed(bench, clock=ago(timedelta(hours=2, minutes=1))).url("GET", bench.key, 86400)
    message = (
        f'{WHO}: s3:GetObject on resource: "{bench.key}" with an explicit deny in a resource-based policy'
    )
    return Case(url, error("AccessDenied", message), ("--outputs", "short.json"))


@cause("credentials that signed may not use the KMS key of the bucket")
def no_decrypt(bench: Bench) -> Case:
    """MiniStack checks no use of KMS for objects; AWS denies so."""
    arn = bench.place.headers[KEY_HEADER]
    message = f"{WHO}: kms:Decrypt on resource: {arn} because no identity-based policy allows the action"
    return Case(bench.made("get")["url"], error("AccessDenied", message))


@cause("no IAM policy allows arn:aws:iam::000000000000:user/team s3:GetObject")
def no_policy(bench: Bench) -> Case:
    """The team has the policy; AWS says so of who has not."""
    message = f"{WHO}: s3:GetObject on resource: x because no identity-based policy allows the action"
    return Case(bench.made("get")["url"], error("AccessDenied", message))


@cause("a service control policy of the organization denies")
def organization(bench: Bench) -> Case:
    """No server here has organizations."""
    message = f'{WHO}: s3:GetObject on resource: "x" with an explicit deny in a service control policy'
    return Case(bench.made("get")["url"], error("AccessDenied", message))


@cause("object is archived and must be restored before it can be downloaded (it is in GLACIER)")
def archived(bench: Bench) -> Case:
    algorithm, arn = bench.place.headers.values()
    encryption = {"ServerSideEncryption": algorithm, "SSEKMSKeyId": arn}
    bench.place.s3.put_object(
        Bucket=bench.place.bucket, Key="archived", Body=b"x", StorageClass="GLACIER", **encryption
    )
    url = bench.made("get", key="archived")["url"]
    return Case(url, bench.refused("GET", url))


@cause("there is no object under this key: s3://")
def no_such_key(bench: Bench) -> Case:
    url = bench.made("get", key="gone")["url"]
    return Case(url, bench.refused("GET", url))


@cause("there is no object s3://")
def no_such_key_and_403(bench: Bench) -> Case:
    """MiniStack answers 404 where AWS, to who may not list the bucket, answers 403."""
    return Case(bench.made("get", key="gone")["url"], error("AccessDenied", "Access Denied"))


@cause("this version is a delete marker")
def deleted(bench: Bench) -> Case:
    bench.place.store("deleted", b"x")
    answered = bench.place.s3.delete_object(Bucket=bench.place.bucket, Key="deleted")
    url = bench.made("get", "--version-id", answered["VersionId"], key="deleted")["url"]
    return Case(url, bench.refused("GET", url))


@cause("the secret key that signed is not that of the access key")
def wrong_secret(bench: Bench) -> Case:
    url = signed(bench, secret_key="wrong").url("GET", bench.key, 900)
    return Case(url, bench.refused("GET", url))


@cause("signed with another secret key than the one in the environment")
def wrong_secret_explained_by_the_signer(bench: Bench) -> Case:
    url = signed(bench, secret_key="wrong").url("GET", bench.key, 900)
    return Case(url, bench.refused("GET", url), by_the_signer=True)


@cause("the signature is not that of this link: the link was changed after it was signed")
def longer_life_where_only_the_changed_link_is_known(bench: Bench) -> Case:
    url = bench.made("get")["url"].replace("Expires=900", "Expires=604800")
    return Case(url, bench.refused("GET", url), by_the_signer=True)


@cause("the request's method is GET, and the link is for DELETE")
def link_of_an_unknown_method_explained_by_the_signer(bench: Bench) -> Case:
    url = signed(bench).url("DELETE", bench.key, 900)
    return Case(url, bench.refused("GET", url), by_the_signer=True)


@cause("S3 does not know the access key")
def unknown_access_key(bench: Bench) -> Case:
    url = signed(bench, access_key="AKIAIOSFODNN7EXAMPLE").url("GET", bench.key, 900)
    return Case(url, bench.refused("GET", url))


@cause("has no access key id: perhaps the secret key is in its place")
def keys_swapped(bench: Bench) -> Case:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    url = signed(bench, access_key=secret, secret_key="AKIAIOSFODNN7EXAMPLE").url("GET", bench.key, 900)
    return Case(url, bench.refused("GET", url))


@cause("the client sends an Authorization header in addition")
def two_signatures(bench: Bench) -> Case:
    """MiniStack reads the header and leaves the link; AWS refuses both."""
    message = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
        "parameter or the Authorization header should be specified"
    )
    answer = error("InvalidArgument", message, ArgumentName="Authorization", ArgumentValue="Basic eDp5")
    return Case(bench.made("get")["url"], answer)


@cause("signed with Signature Version 2")
def signature_version_2(bench: Bench) -> Case:
    s3 = aws_client("s3", bench.place.variables["AWS_ENDPOINT_URL"], *keys_of(bench), config=legacy())
    return Case(
        s3.generate_presigned_url("get_object", Params={"Bucket": bench.place.bucket, "Key": bench.key}), None
    )


@cause("answer is not S3's: it comes from a proxy")
def proxy_that_refuses(bench: Bench) -> Case:
    """The page of a proxy, which no server here is."""
    return Case(bench.made("get")["url"], "<html><head><title>407 Proxy</title></head><body>No</body></html>")


@cause("the answer is to another link")
def answer_to_another_link(bench: Bench) -> Case:
    other = signed(bench, clock=ago(timedelta(seconds=9))).url("GET", "other", 900)
    return Case(bench.made("get")["url"], bench.mismatched("PUT", other))


@cause("the form's field Content-Type must begin with 'image/', and does not")
def form_with_another_type(bench: Bench) -> Case:
    return posted(bench, {"Content-Type": "text/html"}, "--content-type", "image/*")


@cause("the form sends a field that its policy does not name: x-amz-meta-extra")
def form_with_a_field_more(bench: Bench) -> Case:
    return posted(bench, {"x-amz-meta-extra": "1"})


@cause("the form's policy or signature was changed")
def form_with_another_policy(bench: Bench) -> Case:
    far = base64.b64encode(b'{"expiration": "2999-01-01T00:00:00Z", "conditions": []}').decode()
    return posted(bench, {"policy": far})


@cause("the file is larger than the form")
def form_with_too_much(bench: Bench) -> Case:
    return posted(bench, {}, "--max-size", "3")


@cause("the form has expired: it worked until ")
def form_that_expired(bench: Bench) -> Case:
    made = bench.made("post", key="in/")
    old = form.fields(
        form.Rules("in/"),
        bucket=bench.place.bucket,
        region="us-east-1",
        credentials=Credentials(*keys_of(bench)),
        headers=bench.place.headers,
        content_type=None,
        expires=900,
        now=datetime.now(UTC) - timedelta(minutes=16),
    )
    return sent_form({**made, "fields": old})


def posted(bench: Bench, change: dict[str, str], *options: str) -> Case:
    """Upload by a form with other fields than its own."""
    made = bench.made("post", *options, key="in/")
    answer = sent_form({**made, "fields": {**made["fields"], **change}}).answer
    return Case(json.dumps(made), answer)


def sent_form(made: dict[str, Any]) -> Case:
    Path("file").write_bytes(b"content")
    answer = send_by_requests(made, Path("file"))
    assert answer.code
    return Case(json.dumps(made), answer.body.decode())


@cause("the bucket's policy denies it: the request comes from outside its perimeter")
def outside_the_perimeter(bench: Bench) -> Case:
    """SeaweedFS denies it, by the stack's own statement; the message is AWS's."""
    bucket: Bucket = bench.deploy("loopback")
    assert bucket.upload(source="127.0.0.1").outcome == "200"
    link = bucket.link("GET", "uploads/report.csv")
    assert bucket.use("GET", link, source="127.0.0.2").outcome == "403 AccessDenied"
    Path("loopback.json").write_text(json.dumps(bucket.outputs))
    message = f'{WHO}: s3:GetObject on resource: "x" with an explicit deny in a resource-based policy'
    options = ("--outputs", "loopback.json", "--endpoint-url", bucket.server.https)
    return Case(link, error("AccessDenied", message), options)


@cause("session that signed has ended")
def session_ended(bench: Bench) -> Case:
    """No session here ends soon enough."""
    message = "The provided token has expired."
    return Case(bench.made("get")["url"], error("ExpiredToken", message, **{"Token-0": "IQoJb3JpZ2luX2Vj"}))


@cause("bucket has Object Lock, which takes no upload without a checksum")
def object_lock(bench: Bench) -> Case:
    """MiniStack does not ask for one."""
    message = (
        "Content-MD5 OR x-amz-checksum- HTTP header is required for requests with Object Lock parameters"
    )
    return Case(bench.made("put")["url"], error("InvalidRequest", message))


def number(value: int) -> dict[str, object]:
    return {"value": value, "type": "number", "sensitive": False}


def keys_of(bench: Bench) -> tuple[str, str]:
    variables = bench.place.variables
    return variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]


def legacy() -> Any:
    return Config(signature_version="s3")


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


def test_there_are_at_least_30_cases() -> None:
    assert len(CASES) >= 30
