"""No page gets in that should not, and nothing that S3 refuses: the settings about CORS and Object Lock."""

from pathlib import Path

from settings.loading import load_environments
from settings.problems import SettingsError

import pytest


def problems(folder: Path, text: str) -> list[str]:
    """Return the problems of an environment, without the file's name."""
    file = folder / "dev.toml"
    file.write_text(text)
    try:
        load_environments(folder, {})
    except SettingsError as error:
        return [line.removeprefix(f"{file.as_posix()}: ") for line in error.problems]
    return []


@pytest.mark.parametrize(
    "text",
    [
        'cors.allowed_origins = ["*"]',
        'cors.allowed_origins = ["https://a.example:8443", "https://*.b.example", "http://localhost:5173"]',
        'cors = { allowed_origins = ["https://a.example"], allowed_headers = ["*"] }',
        'cors = { allowed_origins = ["*"], allowed_headers = ["content-*", "x-amz-*", "range"] }',
        'object_lock = { mode = "governance", years = 100 }',
        'protect = true\nobject_lock = { mode = "compliance", days = 36500 }',
    ],
)
def test_what_is_sound_is_taken(text: str, tmp_path: Path) -> None:
    assert problems(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'cors.allowed_origins = ["http://a.example"]',
            'cors.allowed_origins[0]: must begin with https://, except on localhost, not "http://a.example"; '
            "over plain HTTP, the page can be changed on its way",
        ),
        (
            'cors.allowed_origins = ["http://localhost.evil.example"]',
            "cors.allowed_origins[0]: must begin with https://, except on localhost, "
            'not "http://localhost.evil.example"; over plain HTTP, the page can be changed on its way',
        ),
        (
            'cors.allowed_origins = ["https://*"]',
            'cors.allowed_origins[0]: may have "*" only as its whole first label',
        ),
        ('cors.allowed_origins = ["null"]', "cors.allowed_origins[0]: must be an origin: "),
        ('cors.allowed_origins = ["https://a.example/"]', "cors.allowed_origins[0]: must be an origin: "),
        (
            'cors.allowed_origins = ["*", "https://a.example"]',
            'cors.allowed_origins: must list "*"',
        ),
        *(
            (
                f'cors = {{ allowed_origins = ["*"], allowed_headers = ["etag", "{header}"] }}',
                "cors.allowed_headers[1]: must not allow credentials where cors.allowed_origins is "
                f'"*", not "{header}"; name the origins, or headers like "content-type"',
            )
            for header in ("*", "Authorization", "COOKIE", "auth*", "*e")
        ),
        (
            'cors.expose_headers = ["x-amz-*"]',
            'cors.expose_headers[0]: must be the whole name of a header, without "*", not "x-amz-*"; '
            'like "ETag"',
        ),
        ('cors.allowed_headers = ["x-*-*"]', "cors.allowed_headers[0]: must be the name of a header"),
        ('cors.allowed_methods = ["PATCH"]', "cors.allowed_methods[0]: must be "),
        ("object_lock.days = 1", "object_lock.days: may only be set together with object_lock.mode, not 1"),
        (
            'object_lock.mode = "governance"',
            'object_lock: needs either days or years, as mode is "governance"',
        ),
        (
            'object_lock = { mode = "governance", days = 1, years = 1 }',
            'object_lock: needs either days or years, as mode is "governance"',
        ),
        (
            'object_lock = { mode = "compliance", days = 1 }',
            'protect: must be true where object_lock.mode is "compliance", not false; '
            "nothing can empty such a bucket",
        ),
    ],
)
def test_what_is_not_is_one_line(text: str, problem: str, tmp_path: Path) -> None:
    [line] = problems(tmp_path, text)
    assert line.startswith(problem)
