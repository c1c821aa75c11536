"""Links that are right, to what is denied or not there."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

from presign.endpoint import bucket_url
from tests.enforcement.broken.bench import WHO, Bench, Case, ago, cause, error, signed
from tests.enforcement.bucket import KEY_HEADER, Bucket


@cause("no such bucket at this host")
def bucket_that_does_not_exist(bench: Bench) -> Case:
    """MiniStack looks at the signature first; AWS says so."""
    name = "secure-nobody-data-bucket"
    endpoint = bench.place.variables["AWS_ENDPOINT_URL"]
    url = signed(bench, bucket_url=bucket_url(name, "us-east-1", endpoint)).url("GET", bench.key, 900)
    bench.refused("GET", url)
    return Case(url, error("NoSuchBucket", "The specified bucket does not exist", BucketName=name))


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


@cause("bucket has Object Lock, which takes no upload without a checksum")
def object_lock(bench: Bench) -> Case:
    """MiniStack does not ask for one."""
    message = (
        "Content-MD5 OR x-amz-checksum- HTTP header is required for requests with Object Lock parameters"
    )
    return Case(bench.made("put")["url"], error("InvalidRequest", message))


def number(value: int) -> dict[str, object]:
    return {"value": value, "type": "number", "sensitive": False}
