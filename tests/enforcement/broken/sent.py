"""Requests that differ from the link: in a header, the method, the path, a parameter."""

import json
from collections.abc import Callable
from datetime import timedelta

from tests.enforcement.broken.bench import Bench, Case, ago, cause, error, signed
from tests.enforcement.bucket import ALGORITHM_HEADER, KEY_HEADER


def put(bench: Bench, change: dict[str, str | None], *options: str) -> Case:
    """Upload with other headers than those of the link."""
    made = bench.made("put", *options)
    headers = {name: value for name, value in {**made["headers"], **change}.items() if value is not None}
    return Case(made["url"], bench.mismatched("PUT", made["url"], headers))


def get(bench: Bench, change: Callable[[str], str], *options: str, key: str | None = None) -> Case:
    """Download with a URL that was changed after the link was made, and explain the link that was made."""
    url = bench.made("get", *options, key=key)["url"]
    return Case(url, bench.mismatched("GET", change(url)))


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


@cause("method is PUT, and the link is most likely for GET, HEAD or DELETE")
def download_link_used_to_upload(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(url, bench.mismatched("PUT", url))


@cause("method is GET, and the link is for PUT")
def upload_link_used_to_download(bench: Bench) -> Case:
    made = bench.made("put")
    return Case(made["url"], bench.refused("GET", made["url"], made["headers"]))


@cause("S3 got this very link, with DELETE: it is for another method, or")
def download_link_used_to_delete(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(url, bench.mismatched("DELETE", url))


@cause("method is DELETE, and the link is for GET")
def download_link_used_to_delete_and_the_links_json(bench: Bench) -> Case:
    made = bench.made("get")
    return Case(json.dumps(made), bench.mismatched("DELETE", made["url"]))


@cause("answered 403 without a body, as to HEAD, so it does not say why")
def download_link_used_with_head(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(url, bench.refused("HEAD", url))


@cause("answered 403 without a body: the link was most likely used with HEAD, and is for GET")
def download_link_used_with_head_and_the_links_json(bench: Bench) -> Case:
    made = bench.made("get")
    return Case(json.dumps(made), bench.refused("HEAD", made["url"]))


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


@cause("the path differs: ")
def bucket_replaced(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace(f"/{bench.place.bucket}/", "/another-bucket/"))


@cause("parameter X-Amz-Expires was changed: S3 got '604800', and '900' was signed")
def longer_life(bench: Bench) -> Case:
    return get(bench, lambda url: url.replace("Expires=900", "Expires=604800"))


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


@cause("the request's method is GET, and the link is for DELETE")
def link_of_an_unknown_method_explained_by_the_signer(bench: Bench) -> Case:
    url = signed(bench).url("DELETE", bench.key, 900)
    return Case(url, bench.refused("GET", url), by_the_signer=True)


@cause("the client sends an Authorization header in addition")
def two_signatures(bench: Bench) -> Case:
    """MiniStack reads the header and leaves the link; AWS refuses both."""
    message = (
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
        "parameter or the Authorization header should be specified"
    )
    answer = error("InvalidArgument", message, ArgumentName="Authorization", ArgumentValue="Basic eDp5")
    return Case(bench.made("get")["url"], answer)


@cause("answer (403) is not S3's: it comes from a proxy")
def proxy_that_refuses(bench: Bench) -> Case:
    """The page of a proxy, which no server here is."""
    page = "<html><head><title>Proxy</title></head><body>No</body></html>"
    return Case(bench.made("get")["url"], f"HTTP/1.1 403 Forbidden\r\nServer: squid/5.2\r\n\r\n{page}")


@cause("the answer is to another link")
def answer_to_another_link(bench: Bench) -> Case:
    other = signed(bench, clock=ago(timedelta(seconds=9))).url("GET", "other", 900)
    return Case(bench.made("get")["url"], bench.mismatched("PUT", other))
