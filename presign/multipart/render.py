"""Writes an upload in parts: as JSON, or as a script that uploads."""

import json
import shlex
from collections.abc import Callable
from importlib import resources

from presign import duration
from presign.errors import RequestError
from presign.multipart.sizes import MIB, Parts
from presign.multipart.upload import DIGEST_HEADER, Part, Upload
from presign.report import printable
from presign.template import fill

Quote = Callable[[str], str]

FORMATS = ("sh", "powershell", "json")

_LARGEST_IN_POWERSHELL = 1024 * MIB  # bytes; a part is in memory there


def require(form: str, sizes: Parts) -> None:
    """Raise RequestError where ``form`` cannot have such parts."""
    if form == "powershell" and sizes.part_size > _LARGEST_IN_POWERSHELL:
        raise RequestError(
            f"parts of {sizes.part_size // MIB} MiB are too large for PowerShell, which keeps them in "
            "memory: use at most --part-size 1GiB, or --format sh"
        )


def render(upload: Upload, form: str) -> str:
    """Return the upload in one of FORMATS, without a final line break."""
    if form == "json":
        return _json(upload)
    return _shell(upload) if form == "sh" else _powershell(upload)


def _json(upload: Upload) -> str:
    document = {
        "place": upload.place,
        "upload_id": upload.upload_id,
        "expires_at": duration.iso(upload.expires_at),
        "removed_at": duration.iso(upload.removed_at) if upload.removed_at else None,
        "part_size": upload.sizes.part_size,
        "size": upload.sizes.size,
        "content_md5_required": upload.locked,
        "parts": [
            {
                "number": part.number,
                "offset": part.offset,
                "size": part.size,
                "method": "PUT",
                "url": part.url,
                "headers": part.headers,
            }
            for part in upload.parts
        ],
        "complete": {"method": "POST", "url": upload.complete, "headers": upload.complete_headers},
        "abort": {"method": "DELETE", "url": upload.abort},
    }
    return json.dumps(document, indent=2)


def _shell(upload: Upload) -> str:
    return _filled("upload.sh", upload, shlex.quote)


def _powershell(upload: Upload) -> str:
    # PowerShell 5 reads a script without a byte order mark in the machine's own encoding.
    return _filled("upload.ps1", upload, lambda text: "'" + text.replace("'", "''") + "'", ascii_only=True)


def _filled(template: str, upload: Upload, quote: Quote, *, ascii_only: bool = False) -> str:
    head, between = common(upload.parts[0])
    place = upload.place.encode("unicode_escape").decode() if ascii_only else printable(upload.place)
    file = f"./{upload.file}" if upload.file.startswith("-") else upload.file
    texts = {
        "PLACE": place,
        "FILE": "" if ascii_only and not upload.file.isascii() else file,
        "UNTIL": duration.iso(upload.expires_at),
        "NAME": upload.name,
        "HEAD": head,
        "BETWEEN": between,
        "COMPLETE": upload.complete,
        "ABORT": upload.abort,
        "LOCKED": "yes" if upload.locked else "",
        "CONDITION": "".join(f"{name}: {value}" for name, value in upload.complete_headers.items()),
    }
    values = {name: quote(text) for name, text in texts.items()}
    values["PART_MIB"] = str(upload.sizes.part_size // MIB)
    values["COUNT"] = str(len(upload.parts))
    values["LINKS"] = "\n".join(_link(part, head, between) for part in upload.parts)
    text = resources.files(__package__).joinpath(template).read_text("utf-8")
    return fill(text, values).rstrip("\n")


def common(part: Part) -> tuple[str, str]:
    """Return what all links of parts have before the number, and between that and the signature."""
    head, _, rest = part.url.partition("?partNumber=1&")
    return f"{head}?partNumber=", f"&{rest.rpartition('=')[0]}="


def _link(part: Part, head: str, between: str) -> str:
    """Return what only this part's link has: its number, its signature, and its digest if that is signed."""
    signature = part.url.removeprefix(f"{head}{part.number}{between}")
    return " ".join(filter(None, [str(part.number), signature, part.headers.get(DIGEST_HEADER)]))
