"""Links that were made wrongly, or are used too early or too late."""

from datetime import timedelta
from typing import Any

from tests.enforcement.broken.bench import Bench, Case, ago, cause, error, keys_of, signed
from tests.enforcement.bucket import aws_client

from botocore.config import Config


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


@cause("session token is missing")
def token_missing(bench: Bench) -> Case:
    sts = aws_client("sts", bench.place.variables["AWS_ENDPOINT_URL"], *keys_of(bench))
    session = sts.get_session_token()["Credentials"]
    url = signed(bench, access_key=session["AccessKeyId"], secret_key=session["SecretAccessKey"]).url(
        "GET", bench.key, 900
    )
    return Case(url, bench.refused("GET", url))


@cause("link is signed for the service 'sqs', not for s3")
def another_service(bench: Bench) -> Case:
    """The credential is changed, as no signer of ours signs for another service; AWS refuses it so."""
    url = bench.made("get")["url"].replace("%2Fs3%2F", "%2Fsqs%2F")
    bench.refused("GET", url)
    message = 'Error parsing the X-Amz-Credential parameter; incorrect service "sqs".'
    return Case(url, error("AuthorizationQueryParametersError", message))


@cause("the secret key that signed is not that of the access key")
def wrong_secret(bench: Bench) -> Case:
    url = signed(bench, secret_key="wrong").url("GET", bench.key, 900)
    return Case(url, bench.refused("GET", url))


@cause("signed with another secret key than the one in the environment")
def wrong_secret_explained_by_the_signer(bench: Bench) -> Case:
    url = signed(bench, secret_key="wrong").url("GET", bench.key, 900)
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


@cause("signed with Signature Version 2")
def signature_version_2(bench: Bench) -> Case:
    s3 = aws_client("s3", bench.place.variables["AWS_ENDPOINT_URL"], *keys_of(bench), config=legacy())
    return Case(
        s3.generate_presigned_url("get_object", Params={"Bucket": bench.place.bucket, "Key": bench.key}), None
    )


@cause("session that signed has ended")
def session_ended(bench: Bench) -> Case:
    """No session here ends soon enough."""
    message = "The provided token has expired."
    return Case(bench.made("get")["url"], error("ExpiredToken", message, **{"Token-0": "IQoJb3JpZ2luX2Vj"}))


def legacy() -> Any:
    return Config(signature_version="s3")
