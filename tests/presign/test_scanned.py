"""Objects that are scanned for malware: what is refused, and what is said of them."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from constructs_lib.policies import scanned_objects as policies
from presign import outputs
from presign.errors import OutputsError
from presign.scanned import READS, Scan
from settings.loading import load_environments
from tests.conftest import ROOT, VARIANTS
from tests.presign.presign_support import BUCKET as EXISTING
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign, Result, embedded
from tests.presign.scan_support import CLEAN, TAG, scan, scanning

import boto3
import pytest
from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("keys")

BUCKET = OUTPUTS["S3BucketName"]
SCANNER = "arn:aws:iam::000000000000:role/scanner"


def parsed(value: object) -> Scan:
    return outputs.parse({"secure-storage-dev": {**OUTPUTS, "MalwareScan": value}}, "f").scan


# The outputs.


def test_the_output_tells_what_is_scanned() -> None:
    assert outputs.parse({"s": OUTPUTS}, "f").scan == Scan()
    found = parsed(scan("inbox/", "outbox/"))
    assert found == Scan(("inbox/", "outbox/"), True, TAG, CLEAN)
    assert [found.stops(key) for key in ("inbox/a", "outbox/", "inbox", "reports/inbox/a")] == [
        True,
        True,
        False,
        False,
    ]


def test_it_is_the_output_that_the_stack_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # where the jsii child stays; the folder of this test is deleted
    from stacks import malware_scan  # only here, as it starts the jsii child process

    (settings,) = load_environments(VARIANTS, {"ENVIRONMENT_SUFFIX": "malware-scan"})
    assert parsed(malware_scan.output(settings)) == Scan(("inbox/", "outbox/"), True, TAG, CLEAN)


def test_without_prefixes_the_whole_bucket_is_scanned_and_without_the_output_nothing() -> None:
    assert parsed(scan()).stops("any")
    assert not parsed(scan(enforced=False)).stops("any")
    assert parsed(scan(enforced=False)).covers("any")
    assert not Scan().covers("any")


@pytest.mark.parametrize(
    "value",
    [
        "on",
        True,
        [],
        {},
        scan() | {"Prefixes": "inbox/"},
        scan() | {"Prefixes": [1]},
        scan() | {"Enforced": "true"},
        scan() | {"Tag": ""},
        scan() | {"Clean": None},
        {name: value for name, value in scan().items() if name != "Enforced"},
    ],
)
def test_an_output_that_is_malformed_is_one_line(value: object) -> None:
    with pytest.raises(OutputsError) as caught:
        parsed(value)
    assert str(caught.value).startswith("the output MalwareScan in f is ")
    assert "\n" not in str(caught.value)


def test_show_says_what_is_scanned(presign: Presign, outputs_file: OutputsFile) -> None:
    said = presign("show", "--outputs", outputs_file(MalwareScan=scan("inbox/"))).out
    assert "\nScanned    inbox/*, for malware; nobody reads them before they are found clean\n" in said
    said = presign("show", "--outputs", outputs_file(MalwareScan=scan(enforced=False))).out
    assert "\nScanned    all objects, for malware\n" in said
    document = json.loads(
        presign("show", "--format", "json", "--outputs", outputs_file(MalwareScan=scan("inbox/"))).out
    )
    assert (document["scanned"], document["scan_enforced"]) == (["inbox/"], True)


# Tags.

TAGGED = [
    ["put", "inbox/a"],
    ["put", "--multipart", "--size", "1MB", "inbox/a"],
    ["put", "--multipart", "--size", "1MB", "--format", "html", "inbox/a"],
    ["post", "inbox/"],
    ["post", "inbox/sub/"],
    ["post", "", "--key", "inbox/a"],
]


@pytest.mark.parametrize("command", TAGGED, ids=" ".join)
@pytest.mark.parametrize("enforced", [True, False])
def test_an_upload_with_tags_to_what_is_scanned_is_refused(
    presign: Presign,
    outputs_file: OutputsFile,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    enforced: bool,
) -> None:
    monkeypatch.setenv("PRESIGN_PAGES_ON_LOOPBACK", "1")
    place = ("--outputs", outputs_file(MalwareScan=scan("inbox/", enforced=enforced)))
    done = presign(*command, *place, "--endpoint-url", "http://127.0.0.1:9", "--tag", "team=a")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done.err
    assert re.match(r"Error: an upload to 'inbox/\S*' cannot have tags: only GuardDuty may tag", done.err)
    assert done.err.endswith("(DenyScanTagTampering): leave --tag out\n")


@pytest.mark.parametrize(
    "command", [["put", "other/a", "--tag", "a=b"], ["put", "inbox/a"], ["post", "inbox/"]], ids=" ".join
)
def test_uploads_without_tags_and_tags_elsewhere_pass(
    presign: Presign, outputs_file: OutputsFile, command: list[str]
) -> None:
    done = presign(*command, "--outputs", outputs_file(MalwareScan=scan("inbox/")))
    assert done.code == 0, done.err
    assert "GuardDuty" not in done.err


def test_a_form_whose_keys_are_scanned_in_part_warns(presign: Presign, outputs_file: OutputsFile) -> None:
    done = presign("post", "in", "--tag", "a=b", "--outputs", outputs_file(MalwareScan=scan("inbox/")))
    assert done.code == 0
    assert "Warning: the form cannot upload below inbox/: only GuardDuty may tag" in done.err


# --check and explain.


@pytest.fixture
def checked(presign: Presign, outputs_file: OutputsFile) -> Callable[..., Result]:
    def run(said: str | int | None, *options: str, prefixes: tuple[str, ...] = ("inbox/",)) -> Result:
        with scanning({"inbox/a": said}) as url:
            place = ("--outputs", outputs_file(MalwareScan=scan(*prefixes)), "--endpoint-url", url)
            return presign("get", "--check", *place, *options, "inbox/a")

    return run


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "it has no clean scan for malware yet: wait until GuardDuty has scanned it"),
        ("THREATS_FOUND", "GuardDuty found a threat in it: do not use the file"),
        ("UNSUPPORTED", "GuardDuty cannot scan it"),
        ("ACCESS_DENIED", "GuardDuty may not read it"),
        ("FAILED", "its scan for malware failed"),
        ("NEW_VALUE", "its scan for malware says NEW_VALUE"),
        (404, "there is no such object: compare the key"),
        (403, "cannot be known, as the credentials lack s3:GetObjectTagging: none of this project's IAM"),
    ],
)
def test_a_check_says_what_the_scan_found(
    checked: Callable[..., Result], said: str | int | None, words: str
) -> None:
    done = checked(said)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done.err
    assert done.err.startswith(f"Error: S3 refuses s3://{BUCKET}/inbox/a (403): ")
    assert words in done.err


def test_a_check_of_a_version_asks_for_its_tags(checked: Callable[..., Result]) -> None:
    assert "lack s3:GetObjectVersionTagging" in checked(403, "--version-id", "v").err


def test_what_was_found_clean_passes_the_check(checked: Callable[..., Result]) -> None:
    assert (checked(CLEAN).code, checked(CLEAN).err) == (0, "")


def test_where_nothing_is_scanned_the_check_does_not_speak_of_it(checked: Callable[..., Result]) -> None:
    done = checked(None, prefixes=("other/",))
    assert done.code == 1
    assert "malware" not in done.err


def test_a_server_that_does_not_say_the_tags_is_one_line(checked: Callable[..., Result]) -> None:
    done = checked(500)
    assert (done.code, done.err) == (
        1,
        "Error: S3 does not say which tags 'inbox/a' has: it answers 500 InternalError In words\n",
    )


DENIED = "<Error><Code>AccessDenied</Code><Message>{}</Message></Error>"
BY_BUCKET = "User: arn:x is not authorized to perform: {} with an explicit deny in a resource-based policy"
BY_IAM = "User: arn:x is not authorized to perform: s3:GetObject because no identity-based policy allows it"


def explained(presign: Presign, place: str, message: str, command: tuple[str, ...]) -> str:
    link = presign(*command, "--format", "json", "--outputs", place).out
    Path("answer.xml").write_text(DENIED.format(message))
    done = presign("explain", "--answer", "answer.xml", "--outputs", place, "-", stdin=link.encode())
    assert done.code == 0, done.err
    return done.out.splitlines()[0]


@pytest.mark.parametrize("message", ["Access Denied", *map(BY_BUCKET.format, READS)])
def test_explain_names_the_scan_where_it_may_be_the_reason(
    presign: Presign, outputs_file: OutputsFile, message: str
) -> None:
    place = outputs_file(MalwareScan=scan("inbox/"))
    said = explained(presign, place, message, ("get", "inbox/a"))
    assert "it was not scanned for malware yet, GuardDuty found a threat in it or could not scan it" in said
    for other in ("outside/a", "inbox"):
        assert "malware" not in explained(presign, place, message, ("get", other))
    assert "malware" not in explained(presign, place, message, ("put", "inbox/a"))
    assert "malware" not in explained(presign, place, BY_IAM, ("get", "inbox/a"))
    for value in (scan("inbox/", enforced=False), None):
        assert "malware" not in explained(
            presign, outputs_file(MalwareScan=value), message, ("get", "inbox/a")
        )


def test_explain_blames_the_scan_for_nothing_else(presign: Presign, outputs_file: OutputsFile) -> None:
    assert list(READS) == policies.READ_ACTIONS
    place = outputs_file(MalwareScan=scan())
    for action in ("s3:ListBucket", "s3:GetObjectTagging", "s3:GetObjectTorrent"):
        for message in (BY_BUCKET.format(action), f"arn:x is not authorized to perform: {action}"):
            assert "malware" not in explained(presign, place, message, ("get", "inbox/a"))
    Path("answer.xml").write_text(DENIED.format(BY_BUCKET.format("s3:GetObject")))
    listing = f"https://{BUCKET}.s3.eu-west-1.amazonaws.com/?X-Amz-Signature=0"
    assert "malware" not in presign("explain", "--answer", "answer.xml", "--outputs", place, listing).out


def test_explain_asks_for_the_tags_of_the_version_and_of_the_bucket(
    presign: Presign, outputs_file: OutputsFile
) -> None:
    point = "arn:aws:s3:eu-west-1:111122223333:accesspoint/etl"
    place = outputs_file(MalwareScan=scan(), S3AccessPointArns=[point])

    def asks(*options: str) -> str:
        link = presign("get", *options, "a", "--format", "json", "--outputs", place).out
        Path("answer.xml").write_text(DENIED.format("Access Denied"))
        return presign("explain", "--answer", "answer.xml", "--outputs", place, "-", stdin=link.encode()).out

    plain = f"(`aws s3api get-object-tagging --bucket {BUCKET} --key …`, which needs s3:GetObjectTagging)"
    assert plain in asks()
    assert plain in asks("--access-point", point)
    assert "--key … --version-id …`, which needs s3:GetObjectVersionTagging)" in asks("--version-id", "v")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("inbox/a", "inbox/a"),
        ("inbox/a: leave it", "inbox/a: leave it"),
        (f"inbox/{'a' * 100}", f"inbox/{'a' * 74}…"),
    ],
)
def test_explain_names_the_tags_of_an_upload_to_what_is_scanned(
    presign: Presign, outputs_file: OutputsFile, key: str, shown: str
) -> None:
    link = presign("put", key, "--tag", "a=b", "--format", "json", "--outputs", outputs_file()).out
    place = outputs_file(MalwareScan=scan("inbox/"))
    done = presign("explain", "--outputs", place, "-", stdin=link.encode())
    assert done.out.startswith(f"An upload to {shown!r} cannot have tags: only GuardDuty may tag"), done.out


# A server that enforces.


@pytest.fixture
def enforced(
    s3: S3Client,
    s3_endpoint: str,
    outputs_file: OutputsFile,
    upload_headers: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The outputs of a bucket that denies a user what is not clean below scanned/."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    iam = boto3.client("iam", **embedded(s3_endpoint))
    iam.create_user(UserName="reader")
    actions = ["s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket"]
    allows = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allows]})
    iam.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=policy)
    access = iam.create_access_key(UserName="reader")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", access["SecretAccessKey"])
    found = policies.Scan(("scanned/",), True, SCANNER, replication=None, taggers=(SCANNER,), readers=())
    denies = policies.deny_unscanned_reads(bucket_arn=f"arn:aws:s3:::{EXISTING}", scan=found)
    s3.put_bucket_policy(Bucket=EXISTING, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denies]}))
    s3.put_object(Bucket=EXISTING, Key="scanned/new", Body=b"x")
    s3.put_object(Bucket=EXISTING, Key="scanned/clean", Body=b"x", Tagging=f"{TAG}={CLEAN}")
    s3.put_object(Bucket=EXISTING, Key="scanned/bad", Body=b"x", Tagging=f"{TAG}=THREATS_FOUND")
    yield outputs_file(S3BucketName=EXISTING, UploadHeaders=upload_headers, MalwareScan=scan("scanned/"))
    s3.delete_bucket_policy(Bucket=EXISTING)  # other tests use the bucket, too


def test_a_bucket_that_enforces_the_scan(presign: Presign, enforced: str) -> None:
    def checked(key: str) -> str:
        return presign("get", "--outputs", enforced, "--check", key).err

    assert checked("scanned/clean") == ""
    refused = f"Error: S3 refuses s3://{EXISTING}/scanned/"
    assert checked("scanned/new").startswith(f"{refused}new (403): it has no clean scan for malware yet: ")
    assert checked("scanned/bad").startswith(f"{refused}bad (403): GuardDuty found a threat in it: ")
    assert checked("scanned/gone").startswith(f"{refused}gone (403): there is no such object: ")
    done = presign("bulk", "get", "--outputs", enforced, "--prefix", "scanned/", "--scanned", "-o", "out.csv")
    assert done.code == 0, done.err
    assert [row.partition(",")[0] for row in Path("out.csv").read_text().splitlines()[1:]] == [
        "scanned/clean"
    ]
