"""`--until`: the moment at which links end, instead of how long they live."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from tests.presign.presign_support import OutputsFile, Presign

import pytest

pytestmark = pytest.mark.usefixtures("keys")

COMMANDS = {
    "get": ("get", "k", "--format", "json"),
    "put": ("put", "k", "--format", "json"),
    "post": ("post", "p/", "--format", "json"),
    "bulk": ("bulk", "get", "m.txt", "-o", "out.txt"),
}
commands = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture(autouse=True)
def manifest() -> None:
    Path("m.txt").write_text("k\n")


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC).replace(second=7, microsecond=0) + timedelta(hours=hours)


def end_of(url: str) -> datetime:
    [moment] = re.findall(r"X-Amz-Date=(\w+)", url)
    [seconds] = re.findall(r"X-Amz-Expires=(\d+)", url)
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) + timedelta(seconds=int(seconds))


@commands
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30))])
def test_links_and_forms_end_at_the_very_moment(
    presign: Presign, outputs_file: OutputsFile, command: str, zone: timezone
) -> None:
    end = in_hours(26)
    result = presign(
        *COMMANDS[command], "--outputs", outputs_file(), "--until", end.astimezone(zone).isoformat()
    )
    assert result.code == 0, result.err
    said = f"{end:%Y-%m-%dT%H:%M:%SZ}"
    if command == "bulk":
        assert f"until {said}" in result.err
        assert end_of(Path("out.txt").read_text()) == end
        return
    document = json.loads(result.out)
    assert document["expires_at"] == said
    if command != "post":
        assert end_of(document["url"]) == end


def test_seconds_may_be_left_out(presign: Presign, outputs_file: OutputsFile) -> None:
    end = in_hours(2)
    result = presign(*COMMANDS["get"], "--outputs", outputs_file(), "--until", f"{end:%Y-%m-%dT%H:%MZ}")
    assert json.loads(result.out)["expires_at"] == f"{end:%Y-%m-%dT%H:%M:00Z}"


@commands
@pytest.mark.parametrize(
    ("hours", "limit", "words"),
    [
        (-1, 604800, r"\S+Z is past: it is \S+Z now"),
        (24 * 8, 604800, r"\S+Z is too late: .* longer than S3 allows: at most 7 days, which is \S+Z"),
        (3, 3600, r"\S+Z is too late: .* longer than this bucket allows .*: at most 1 hour, which is \S+Z"),
    ],
)
def test_what_is_past_or_too_late_is_one_line(
    presign: Presign, outputs_file: OutputsFile, command: str, hours: int, limit: int, words: str
) -> None:
    place = ("--outputs", outputs_file(PresignMaxSeconds=limit))
    result = presign(*COMMANDS[command], *place, "--until", in_hours(hours).isoformat())
    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(f"Error: {words}\n", result.err), result.err
    assert not Path("out.txt").exists()


@pytest.mark.parametrize(
    "text",
    ["2026-12-01", "2026-12-01T08:00", "08:00Z", "tomorrow", "2026-13-01T08:00Z", "0001-01-01T00:00+23:59"],
)
def test_what_names_no_moment_is_refused(presign: Presign, outputs_file: OutputsFile, text: str) -> None:
    result = presign(*COMMANDS["get"], "--outputs", outputs_file(), "--until", text)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"{text!r} is not a date and time with an offset: give one such as" in result.err


@commands
def test_it_is_not_given_with_a_time(presign: Presign, outputs_file: OutputsFile, command: str) -> None:
    wanted = ("--until", in_hours(1).isoformat(), "--expires", "1h")
    result = presign(*COMMANDS[command], "--outputs", outputs_file(), *wanted)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "--expires and --until say the same: give one of them" in result.err


def test_a_resumed_run_ends_at_the_same_moment(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("m.txt").write_text("a\nb\nc\n")
    command = (*COMMANDS["bulk"], "--outputs", outputs_file(), "--until", in_hours(5).isoformat())
    assert presign(*command).code == 0
    whole = Path("out.txt").read_text()
    Path("out.txt.partial").write_text(whole.partition("\n")[0] + "\n")
    assert presign(*command, "--resume").code == 0
    assert Path("out.txt").read_text() == whole
