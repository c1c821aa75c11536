"""`bulk get --scanned`: which links it makes, by what S3 answers to requests for tags, many at once."""

import random
import signal
import threading
import time
from pathlib import Path
from threading import Event

from tests.presign.presign_support import OutputsFile, Presign, Result
from tests.presign.scan_support import CLEAN, LEFT, MANY, Said, scan, scanning

import pytest

pytestmark = pytest.mark.usefixtures("keys")


def bulk(presign: Presign, outputs: str, url: str, *options: str) -> Result:
    place = ("--outputs", outputs, "--endpoint-url", url)
    return presign("bulk", "get", *place, "--scanned", *options, "-o", "out.csv")


def signed() -> list[str]:
    return [row.partition(",")[0] for row in Path("out.csv").read_text().splitlines()[1:]]


@pytest.fixture
def outputs(outputs_file: OutputsFile) -> str:
    """The outputs of a bucket of which inbox/ is scanned."""
    return outputs_file(MalwareScan=scan("inbox/"))


# Which links are made.


@pytest.mark.parametrize("listed", [True, False])
def test_scanned_leaves_out_what_is_not_clean_and_counts_it(
    presign: Presign, outputs_file: OutputsFile, listed: bool
) -> None:
    Path("keys.txt").write_text("\n".join([*MANY, "inbox/gone"]))
    with scanning(MANY) as url:
        place = ("--outputs", outputs_file(MalwareScan=scan("inbox/")), "--endpoint-url", url)
        source = ("--prefix", "inbox/") if listed else ("keys.txt",)
        done = presign("bulk", "get", *place, *source, "--scanned", "-o", "out.csv")
    assert done.code == 0, done.err
    keys = [row.partition(",")[0] for row in Path("out.csv").read_text().splitlines()[1:]]
    assert keys == (["inbox/clean"] if listed else ["inbox/clean", "other/a"])
    gone = [] if listed else ["objects that are not there"]
    for what in [*LEFT, *gone]:
        assert f"Left out: 1 {what}\n" in done.err
    assert "Warning" not in done.err


def test_without_the_option_one_line_warns(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("keys.txt").write_text("\n".join(MANY))

    def warned(value: object, command: str = "get") -> str:
        done = presign(
            "bulk", command, "--outputs", outputs_file(MalwareScan=value), "keys.txt", "-o", "out.csv"
        )
        assert done.code == 0
        assert len(Path("out.csv").read_text().splitlines()) == len(MANY) + 1
        return "".join(line for line in done.err.splitlines(keepends=True) if "Warning" in line)

    assert warned(scan("inbox/")) == (
        "Warning: S3 answers 403 for objects below inbox/ that no scan for malware found clean: "
        "--scanned leaves them out\n"
    )
    assert "for objects that no scan" in warned(scan())
    assert warned(scan("inbox/", enforced=False)) == warned(None) == warned(scan(), "put") == ""


def test_credentials_that_may_not_ask_are_one_line(presign: Presign, outputs_file: OutputsFile) -> None:
    Path("keys.txt").write_text("inbox/a")
    with scanning({"inbox/a": 403}) as url:
        place = ("--outputs", outputs_file(MalwareScan=scan()), "--endpoint-url", url)
        done = presign("bulk", "get", *place, "keys.txt", "--scanned", "-o", "out.csv")
    assert (done.code, done.err.count("\n")) == (1, 1), done.err
    assert "cannot know whether 'inbox/a' was scanned: the credentials need s3:GetObjectTagging" in done.err
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("options", "value", "code", "words"),
    [
        (["--resume"], scan(), 2, "cannot be resumed"),
        ([], None, 1, "these outputs lack MalwareScan"),
    ],
)
def test_scanned_is_refused_where_it_would_do_nothing(
    presign: Presign, outputs_file: OutputsFile, options: list[str], value: object, code: int, words: str
) -> None:
    Path("keys.txt").write_text("inbox/a")
    place = ("--outputs", outputs_file(MalwareScan=value))
    done = presign("bulk", "get", *place, "keys.txt", "--scanned", "-o", "out.csv", *options)
    assert done.code == code
    assert words in done.err


# Many at once.


def test_links_stay_in_order_however_late_the_answers_come(presign: Presign, outputs: str) -> None:
    keys = [f"inbox/{number}" for number in range(40)]
    Path("keys.txt").write_text("\n".join(keys))
    tags = {key: "THREATS_FOUND" if number % 2 else CLEAN for number, key in enumerate(keys)}
    sleeps = random.Random(7)  # noqa: S311
    with scanning(tags, before=lambda _: time.sleep(sleeps.random() / 50)) as url:
        done = bulk(presign, outputs, url, "keys.txt")
    assert (done.code, signed()) == (0, keys[::2]), done.err
    assert "Left out: 20 objects in which GuardDuty found a threat\n" in done.err


@pytest.mark.usefixtures("signals_are_not_ignored")
@pytest.mark.parametrize("command", [["bulk", "get", "keys.txt", "--scanned"], ["page", "get", "inbox/"]])
def test_ctrl_c_does_not_wait_for_requests(presign: Presign, outputs: str, command: list[str]) -> None:
    keys = [f"inbox/{number}" for number in range(100)]
    Path("keys.txt").write_text("\n".join(keys))
    released, asked, answered = Event(), list[str](), list[str]()

    def hang(key: str) -> None:
        asked.append(key)
        if len(asked) == 16:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        released.wait(60)
        answered.append(key)

    threads = set(threading.enumerate())
    with scanning(dict.fromkeys(keys, CLEAN), before=hang) as url:
        done = presign(*command, "--outputs", outputs, "--endpoint-url", url, "-o", "out.csv")
        began = [one for one in set(threading.enumerate()) - threads if one.name.endswith("(work)")]
        waited = list(answered)
        released.set()
        for one in began:
            one.join(60)
    assert (done.code, done.out, done.err, waited) == (130, "", "", [])
    assert len(began) == 16
    assert all(one.daemon for one in began)  # Python waits for all others when it ends
    assert len(asked) == 16
    assert not Path("out.csv").exists()


# What S3 answers.


REFUSED = "Error: S3 does not say which tags 'inbox/a' has: it answers "


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((404, "NoSuchBucket"), f"{REFUSED}404 NoSuchBucket"),
        ((403, "InvalidAccessKeyId"), f"{REFUSED}403 InvalidAccessKeyId"),
        ((403, "SignatureDoesNotMatch"), f"{REFUSED}403 SignatureDoesNotMatch"),
        ((403, "RequestTimeTooSkewed"), f"{REFUSED}403 RequestTimeTooSkewed"),
        ((400, "ExpiredToken"), f"{REFUSED}400 ExpiredToken"),
    ],
)
def test_what_is_no_verdict_is_an_error(presign: Presign, outputs: str, said: Said, words: str) -> None:
    Path("keys.txt").write_text("inbox/a")
    with scanning({"inbox/a": said}) as url:
        for done in (
            bulk(presign, outputs, url, "keys.txt"),
            presign("get", "--check", "--outputs", outputs, "--endpoint-url", url, "inbox/a"),
        ):
            assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done.err
            assert done.err.startswith(words)
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion"])
def test_what_is_not_there_is_left_out(presign: Presign, outputs: str, code: str) -> None:
    Path("keys.txt").write_text("inbox/a")
    with scanning({"inbox/a": (404, code)}) as url:
        done = bulk(presign, outputs, url, "keys.txt")
    assert (done.code, signed()) == (0, [])
    assert "Left out: 1 objects that are not there\n" in done.err


def test_an_answer_without_tags_is_no_clean_scan(presign: Presign, outputs: str) -> None:
    Path("keys.txt").write_text("inbox/a")
    with scanning({"inbox/a": (200, "")}) as url:
        done = bulk(presign, outputs, url, "keys.txt")
        checked = presign("get", "--check", "--outputs", outputs, "--endpoint-url", url, "inbox/a")
    assert (done.code, signed()) == (0, [])
    assert "Left out: 1 objects that GuardDuty has not scanned yet\n" in done.err
    assert "it has no clean scan for malware yet" in checked.err


def test_each_version_is_asked_and_one_that_cannot_be_is_a_bad_row(presign: Presign, outputs: str) -> None:
    rows = [
        "",
        "inbox/a,old",
        "inbox/a,wrong",
        "inbox/a,not a version",
        "inbox/a,new",
        "other/b,x",
        "inbox/a,odd",
        "inbox/a,marker",
        "inbox/c,",
    ]
    Path("keys.csv").write_text("key,version" + "\n".join(rows))
    tags: dict[str, Said] = {
        "inbox/a?old": CLEAN,
        "inbox/a?wrong": (400, "InvalidArgument"),
        "inbox/a?odd": (400, "InvalidArgument"),
        "inbox/a?new": "THREATS_FOUND",
        "inbox/a?marker": (405, "MethodNotAllowed"),
        "inbox/c": CLEAN,
    }
    with scanning(tags) as url:
        done = bulk(presign, outputs, url, "keys.csv", "--version-column", "version")
    assert (done.code, signed()) == (3, ["inbox/a", "other/b", "inbox/c"]), done.err
    assert "versionId=old" in Path("out.csv").read_text()
    assert "Left out: 1 objects in which GuardDuty found a threat\n" in done.err
    assert "Left out: 1 objects that are not there\n" in done.err
    assert Path("out.csv.errors").read_text().splitlines() == [
        "line 3: S3 does not take the version id 'wrong': In words",
        "line 4: 'not a version' is not a version id: give one without spaces and line breaks",
        "line 7: S3 does not take the version id 'odd': In words",
    ]


def test_credentials_that_may_not_ask_for_versions_are_one_line(presign: Presign, outputs: str) -> None:
    Path("keys.csv").write_text("key,version\ninbox/a,v")
    with scanning({"inbox/a?v": 403}) as url:
        done = bulk(presign, outputs, url, "keys.csv", "--version-column", "version")
    assert (done.code, done.err.count("\n")) == (1, 1), done.err
    assert "the credentials need s3:GetObjectVersionTagging" in done.err


@pytest.mark.parametrize("source", [["keys.txt", "--scanned"], ["--prefix", "inbox/"]])
def test_a_profile_that_is_not_there_is_one_line(
    presign: Presign, outputs: str, monkeypatch: pytest.MonkeyPatch, source: list[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nosuch")
    Path("keys.txt").write_text("inbox/a")
    done = presign("bulk", "get", "--outputs", outputs, *source, "-o", "out.csv")
    assert (done.code, done.out, done.err) == (
        1,
        "",
        "Error: cannot ask S3 about the bucket secure-dev-data-bucket: "
        "The config profile (nosuch) could not be found\n",
    )
