"""Cases of credentials that were believed, and should not be: no secret may land in a URL or in a message."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from presign.credentials import resolve
from tests.presign.presign_support import OutputsFile, Presign

import pytest

USER, SESSION = "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab"  # without / and +, as every fourth is
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLETOKEN//////////"

UNUSABLE = {
    "swapped": ((SECRET, USER, None), "the access key id and the secret access key are swapped"),
    "swapped, of a session": ((SECRET, SESSION, TOKEN), "are swapped"),
    "swapped, of another server": ((SECRET, "minio-user", None), "are swapped"),
    "a blank in the id": (("AKIA IOSFODNN7EXAMPLE", SECRET, None), "the access key id has a blank"),
    "a line break in the id": ((f"{USER}\n{SECRET}", SECRET, None), "the access key id has a blank"),
    "a carriage return in the id": ((f"{USER}\rx", SECRET, None), "the access key id has a blank"),
    "quotes around the id": ((f'"{USER}"', SECRET, None), "the access key id has a blank, a quote"),
    "a slash in the id": ((SECRET[:20] + "/" + SECRET[20:30], SECRET, None), "a slash"),
    "a letter of another script in the id": (
        ("\N{CYRILLIC CAPITAL LETTER A}KIAIOSFODNN7EXAMPLE", SECRET, None),
        "the access key id",
    ),
    "a blank in the secret": ((USER, "wJalrXUt nFEMI", None), "the secret access key has a blank"),
    "quotes around the secret": ((USER, f"'{SECRET}'", None), "the secret access key has a blank"),
    "an escape in the secret": ((USER, f"{SECRET}\x1b[0m", None), "the secret access key has a blank"),
    "a byte that is not UTF-8 in the secret": (
        (USER, f"{SECRET}\udcff", None),
        "the secret access key has a blank",
    ),
    "a byte that is not UTF-8 in the token": (
        (SESSION, SECRET, f"{TOKEN}\udcff"),
        "the session token has a blank",
    ),
    "a line break in the token": ((SESSION, SECRET, f"{TOKEN}\n{TOKEN}"), "the session token has a blank"),
    "quotes around the token": ((SESSION, SECRET, f'"{TOKEN}"'), "the session token has a blank"),
    "a session without its token": ((SESSION, SECRET, None), "set AWS_SESSION_TOKEN, too"),
    "a user with another's token": ((USER, SECRET, TOKEN), "unset AWS_SESSION_TOKEN"),
}


def environment(keys: tuple[str, str, str | None]) -> dict[str, str]:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {name: value for name, value in zip(names, keys, strict=True) if value is not None}


@pytest.mark.parametrize("command", [["get", "k"], ["post", "in/"], ["bulk", "get", "m.txt", "-o", "-"]])
@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_credentials_is_refused_and_not_shown(
    presign: Presign,
    outputs_file: OutputsFile,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    command: list[str],
) -> None:
    keys, words = UNUSABLE[case]
    for name, value in environment(keys).items():
        monkeypatch.setenv(name, value)
    Path("m.txt").write_text("k\n")
    result = presign(*command, "--outputs", outputs_file())
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("Error: the AWS credentials in the environment cannot be used: ")
    assert words in result.err
    for part in (SECRET[:20], USER, SESSION, TOKEN[:20]):
        assert part not in result.err


def test_a_profiles_credentials_are_looked_at_too(
    presign: Presign, outputs_file: OutputsFile, tmp_path: Path
) -> None:
    (tmp_path / "aws-credentials").write_text(
        f"[team]\naws_access_key_id = {SECRET}\naws_secret_access_key = {USER}\n"
    )
    result = presign("get", "--outputs", outputs_file(), "--profile", "team", "k")
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        "Error: the AWS credentials in the profile 'team' cannot be used: the access key id and the secret "
        "access key are swapped\n"
    )


@pytest.mark.parametrize(
    "keys", [(USER, SECRET, None), (SESSION, SECRET, TOKEN), ("minioadmin", "a/b+c=", None)]
)
def test_white_space_at_the_ends_is_no_part_of_credentials(keys: tuple[str, str, str | None]) -> None:
    padded = tuple(None if text is None else f" {text}\r\n" for text in keys)
    found = resolve(None, environment(padded))  # type: ignore[arg-type]
    assert (found.access_key, found.secret_key, found.session_token) == keys


def test_an_expiration_without_a_zone_is_in_utc(
    monkeypatch: pytest.MonkeyPatch, presign: Presign, outputs_file: OutputsFile
) -> None:
    """The zone of this machine has no part in it."""
    monkeypatch.setenv("TZ", "America/New_York")
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    naive = f" {ends.replace(tzinfo=None).isoformat()} "
    for name, value in environment((SESSION, SECRET, TOKEN)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", naive)
    result = presign("get", "--outputs", outputs_file(), "--expires", "6h", "k")
    assert f"links expire earlier than asked, at {ends:%Y-%m-%dT%H:%M:%SZ}" in result.err
