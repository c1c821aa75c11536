"""Links that the bucket's settings take back: none is made that cannot work."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from presign import outputs
from presign.duration import iso
from presign.errors import OutputsError
from tests.presign.presign_support import OUTPUTS, OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

REVOKED = ["reports/november.csv", "inbox/"]


def refused(key: str, by: str) -> str:
    return (
        f"Error: links for '{key}' are revoked: the bucket's settings have '{by}' in [presign] revoked; "
        "requests that are signed with credentials pass\n"
    )


@pytest.mark.parametrize("command", [["get"], ["put"], ["post", "--key"]], ids=lambda one: one[0])
@pytest.mark.parametrize(
    ("key", "by"),
    [("reports/november.csv", "reports/november.csv"), ("inbox/a/b", "inbox/"), ("inbox/", "inbox/")],
)
def test_no_link_is_made_for_a_key_that_is_revoked(
    presign: Presign, outputs_file: OutputsFile, command: list[str], key: str, by: str
) -> None:
    prefix = [key[:3]] if command[0] == "post" else []
    done = presign(*command, key, *prefix, "--outputs", outputs_file(PresignRevoked=REVOKED))
    assert (done.code, done.out, done.err) == (1, "", refused(key, by))


def test_a_uri_is_the_key_that_it_names(presign: Presign, outputs_file: OutputsFile) -> None:
    uri = f"s3://{OUTPUTS['S3BucketName']}/inbox/a"
    done = presign("get", uri, "--outputs", outputs_file(PresignRevoked=REVOKED))
    assert done.err == refused("inbox/a", "inbox/")


@pytest.mark.parametrize(
    "key", ["reports/november.csv.bak", "reports/november", "inbox", "Inbox/a", "an/inbox/a"]
)
@pytest.mark.parametrize("command", ["get", "put"])
def test_links_for_all_other_keys_are_made_without_a_word(
    presign: Presign, outputs_file: OutputsFile, command: str, key: str
) -> None:
    done = presign(command, key, "--outputs", outputs_file(PresignRevoked=REVOKED))
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("bucket", ["", f"s3://{OUTPUTS['S3BucketName']}/"], ids=["keys", "uris"])
@pytest.mark.parametrize("command", ["get", "put"])
def test_of_many_keys_those_that_are_revoked_are_bad_rows(
    presign: Presign, outputs_file: OutputsFile, command: str, bucket: str
) -> None:
    keys = ["a", "inbox/b", "inbox2/c", "reports/november.csv", "reports/november.csv.bak"]
    Path("keys.txt").write_text("".join(f"{bucket}{key}\n" for key in keys))
    file = outputs_file(PresignRevoked=REVOKED)
    done = presign("bulk", command, "keys.txt", "-o", "out.jsonl", "--outputs", file)
    assert done.code == 3
    made = [json.loads(line)["key"] for line in Path("out.jsonl").read_text().splitlines()]
    assert made == ["a", "inbox2/c", "reports/november.csv.bak"]
    expected = [(2, "inbox/b", "inbox/"), (4, "reports/november.csv", "reports/november.csv")]
    reports = [
        f"line {line}: {refused(key, by).removeprefix('Error: ').rstrip()}" for line, key, by in expected
    ]
    assert Path("out.jsonl.errors").read_text().splitlines() == reports


def test_a_form_below_a_revoked_prefix_is_refused(presign: Presign, outputs_file: OutputsFile) -> None:
    for prefix in ("inbox/", "inbox/2026"):
        done = presign("post", prefix, "--outputs", outputs_file(PresignRevoked=REVOKED))
        assert (done.code, done.err) == (1, refused(prefix, "inbox/"))


def test_a_form_above_one_says_where_it_does_not_work(presign: Presign, outputs_file: OutputsFile) -> None:
    done = presign("post", "in/", "--outputs", outputs_file(PresignRevoked=["in/box/"]))
    assert (done.code, done.err) == (0, "Warning: the form cannot upload to in/box/: revoked\n")
    done = presign("post", "in/", "--key", "in/dex", "--outputs", outputs_file(PresignRevoked=["in/box/"]))
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("command", [["get", "k"], ["put", "k"], ["post", "p/"]], ids=lambda one: one[0])
@pytest.mark.parametrize("hours_ago", [0, 35])
def test_a_session_that_may_have_begun_before_is_warned_of(
    presign: Presign,
    outputs_file: OutputsFile,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    hours_ago: int,
) -> None:
    before = iso(datetime.now(UTC) - timedelta(hours=hours_ago))
    file = outputs_file(PresignRevokedBefore=before)
    warning = f"links of sessions that began before {before} are revoked: if yours did, sign in again\n"
    assert "revoked:" not in presign(*command, "--outputs", file).err, "an access key has no session"
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    assert warning in presign(*command, "--outputs", file).err


@pytest.mark.parametrize(("hours_ago", "left"), [(37, None), (25, 12)])
def test_a_session_that_must_have_begun_after_is_not(
    presign: Presign,
    outputs_file: OutputsFile,
    monkeypatch: pytest.MonkeyPatch,
    hours_ago: int,
    left: int | None,
) -> None:
    now = datetime.now(UTC)
    file = outputs_file(PresignRevokedBefore=iso(now - timedelta(hours=hours_ago)))
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    if left is not None:
        monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", iso(now + timedelta(hours=left)))
    done = presign("get", "k", "--outputs", file)
    assert done.code == 0
    assert "revoked" not in done.err


def explained(presign: Presign, link: str, file: str, answer: str) -> str:
    options = []
    if answer:
        Path("answer.xml").write_text(f"<Error><Code>AccessDenied</Code><Message>{answer}</Message></Error>")
        options = ["--answer", "answer.xml"]
    return presign("explain", link, "--outputs", file, *options).out.partition("\n")[0]


ANSWERS = [
    "",
    "Access Denied",
    "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: s3:GetObject on "
    "resource: &quot;arn:aws:s3:::b/k&quot; with an explicit deny in a resource-based policy",
]


@pytest.mark.parametrize("answer", ANSWERS, ids=["no answer", "no reason", "a reason"])
def test_explain_names_what_was_revoked_since(
    presign: Presign, outputs_file: OutputsFile, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    by_key = presign("get", "inbox/a", "--outputs", outputs_file(), "--format", "url").out
    form = presign("post", "inbox/", "--outputs", outputs_file(), "--format", "json").out
    point = f"arn:aws:s3:{OUTPUTS['S3BucketRegion']}:111122223333:accesspoint/etl"
    through = ["--access-point", point, "--format", "url"]
    by_point = presign("get", "inbox/a", "--outputs", outputs_file(S3AccessPointArns=[point]), *through).out
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    of_session = presign("get", "k", "--outputs", outputs_file(), "--format", "url").out
    file = outputs_file(PresignRevoked=REVOKED, S3AccessPointArns=[point])
    for link in (by_key, form, by_point):
        said = explained(presign, link, file, answer)
        assert (
            said.casefold()
            == "links for 'inbox/' are revoked, by [presign] revoked in the bucket's settings."
        )
    later, earlier = (iso(datetime.now(UTC) + timedelta(minutes=one)) for one in (1, -1))
    file = outputs_file(PresignRevokedBefore=later)
    expected = f"links of sessions that began before {later} are revoked."
    assert explained(presign, of_session, file, answer).casefold() == expected.casefold()
    assert "revoked" not in explained(presign, by_key, file, "")
    assert "revoked" not in explained(presign, of_session, outputs_file(PresignRevokedBefore=earlier), "")


@pytest.mark.parametrize(
    ("method", "signer", "hours_ago", "said"),
    [
        ("get", "ASIAIOSFODNN7EXAMPLE", 1, True),
        ("put", "ASIAIOSFODNN7EXAMPLE", 1, True),
        ("get", "ASIAIOSFODNN7EXAMPLE", 37, False),
        ("get", "AKIAIOSFODNN7EXAMPLE", 1, False),
    ],
)
def test_explain_does_not_forget_sessions_that_may_have_begun_before(
    presign: Presign,
    outputs_file: OutputsFile,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    signer: str,
    hours_ago: int,
    said: bool,
) -> None:
    """Where S3 says nothing, a link that was signed after the moment may be of a session from before."""
    before = iso(datetime.now(UTC) - timedelta(hours=hours_ago))
    file = outputs_file(PresignRevokedBefore=before)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", signer)
    if signer.startswith("ASIA"):
        monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    link = presign(method, "k", "--outputs", file, "--format", "json").out
    words = f"or its session began before {before}, and its links are revoked"
    assert (words in explained(presign, link, file, "Access Denied")) is said


def test_show_says_what_is_revoked(presign: Presign, outputs_file: OutputsFile) -> None:
    file = outputs_file(PresignRevoked=REVOKED, PresignRevokedBefore="2026-11-26T11:00:00+01:00")
    rows = ["Revoked    reports/november.csv", "inbox/*", "sessions that began before 2026-11-26T10:00:00Z"]
    assert f"\n{f'{chr(10):12}'.join(rows)}\n" in presign("show", "--outputs", file).out
    document = json.loads(presign("show", "--outputs", file, "--format", "json").out)
    assert (document["revoked"], document["revoked_before"]) == (REVOKED, "2026-11-26T10:00:00Z")


def test_outputs_of_before_revoke_nothing(presign: Presign, outputs_file: OutputsFile) -> None:
    document = json.loads(presign("show", "--outputs", outputs_file(), "--format", "json").out)
    assert (document["revoked"], document["revoked_before"]) == ([], None)
    assert "Revoked" not in presign("show", "--outputs", outputs_file()).out


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("PresignRevoked", "inbox/", "a list of keys"),
        ("PresignRevoked", [1], "a list of keys"),
        ("PresignRevokedBefore", "yesterday", "a date and time"),
        ("PresignRevokedBefore", "2026-11-26T10:00:00", "a date and time"),
        ("PresignRevokedBefore", 20261126, "a date and time"),
    ],
)
def test_outputs_that_cannot_be_understood_are_refused(name: str, value: object, what: str) -> None:
    with pytest.raises(OutputsError, match=f"the output {name} in f is .*, not {what}"):
        outputs.parse({"stack": {**OUTPUTS, name: value}}, "f")
