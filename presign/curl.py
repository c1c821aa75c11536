"""The curl command for a link, ready to be pasted into bash."""

import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit

_MAX_NAME_BYTES = 255 - len(".partial")  # Linux and macOS allow 255; commands.py adds this
_GLOB_CHARACTERS = set("[]{}#\\")  # curl gives them a meaning in URLs, in --upload-file and in --output


def command(method: str, url: str, headers: Mapping[str, str], file: str) -> str:
    """Return one shell-quoted curl command that uses the link.

    ``file`` is the local path to upload from (PUT) or to save to (GET).
    ``--fail-with-body`` makes curl exit with an error when S3 refuses, and
    still show why; it needs curl 7.76 (2021). A download to a file has
    ``--fail``: a refusal must not replace a file of that name.
    """
    words = ["curl", "--fail" if method == "GET" and file != "-" else "--fail-with-body"]
    if has_dot_segments(url):
        words.append("--path-as-is")
    if _GLOB_CHARACTERS & set(url + file):
        words.append("--globoff")
    if method == "PUT":
        words += ["-X", "PUT"]
        for name, value in headers.items():
            words += ["-H", f"{name}: {value}"]
        if urlsplit(url).path.endswith(("/", "/.", "/..")):
            # --upload-file would append the file's name to such a URL, as into a folder. It does so before
            # it heeds --path-as-is.
            words += ["-H", "Content-Type:", "--data-binary", f"@{_path(file)}"]
        else:
            words += ["--upload-file", _path(file)]
    else:
        words += ["--output", file if file == "-" else _path(file)]
    return " ".join([*map(shlex.quote, words), f"'{url}'"])


def form_command(url: str, fields: Mapping[str, str], file: str) -> str:
    """Return one shell-quoted curl command that uploads ``file`` with a form's fields."""
    words = ["curl", "--fail-with-body"]
    for name, value in fields.items():
        # -F would trim blanks, and read a file or a type from some values.
        words += ["--form-string", f"{name}={value}"]
    escaped = _path(file).replace("\\", "\\\\").replace('"', '\\"')
    return shlex.join([*words, "-F", f'file=@"{escaped}"', url])


def has_dot_segments(url: str) -> bool:
    """Tell whether the URL has a ``.`` or ``..`` segment, which most HTTP clients rewrite before sending."""
    return not {".", ".."}.isdisjoint(urlsplit(url).path.split("/"))


def local_name(key: str) -> str:
    """Return a file name for a key: its last segment, if a file can be called that."""
    name = key.rstrip("/").rpartition("/")[2]
    name = "".join(character if character.isprintable() else "_" for character in name)
    name = name.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
    return "object" if name in ("", ".", "..") else name


def _path(file: str) -> str:
    """Keep a name such as ``-v``, ``-`` or ``.`` from meaning something else to curl."""
    return f"./{file}" if file.startswith("-") or file == "." else file
