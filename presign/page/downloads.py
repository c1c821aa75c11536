"""Finds what a page is to download: objects by their keys, and those below prefixes."""

from collections.abc import Iterator, Sequence

from presign import check, keys, listing, reserved, scan_many, scan_tags
from presign.errors import PageError
from presign.prepare import Prepared

MOST = 1000
"""More are too many for a page that people read."""

NOT_YET, UNKNOWN = 1, 2
"""What the page says of a file: it was not scanned for malware yet, or S3 does not tell whether it was."""


def find(prepared: Prepared, wanted: Sequence[str]) -> tuple[dict[str, int], str, list[str]]:
    """Return the size in bytes of each object by its key, their common prefix, and what was left out.

    Raises PageError where there are none, or too many.
    """
    found: dict[str, int] = {}
    left: dict[str, int] = {}
    named = [keys.in_bucket(text, prepared.stack.bucket) for text in wanted]
    for text in named:
        sizes = _below(prepared, text, left) if text.endswith("/") else [(text, _size(prepared, text))]
        for key, size in sizes:
            found[key] = size
            if len(found) > MOST:
                raise PageError(
                    f"these are more than {MOST:,} files, the most that a page lists: name a longer prefix, "
                    "or make links with 'presign bulk get'"
                )
    said = [f"left out {count:,} {what}" for what, count in left.items()]
    if not found:
        raise PageError(f"there is nothing to download: {'; '.join(said) or 'S3 lists no objects there'}")
    return found, named[0] if len(named) == 1 and named[0].endswith("/") else "", said


def leave_unclean(prepared: Prepared, found: dict[str, int]) -> tuple[dict[str, int], list[str]]:
    """Take out what a scan for malware did not find clean, and return the marks of what may still be scanned.

    Where the bucket enforces no scan, there are no marks: it serves what waits. The texts are what was left
    out, and what cannot be known. Raises PageError where nothing is left.
    """
    scan = prepared.stack.scan
    covered = [key for key in found if scan.covers(key)]
    if not covered:
        return {}, []
    with scan_many.asking(prepared) as asker:
        results = {key: said.result() for key, said in zip(covered, asker.ask(covered), strict=True)}
    marks = {key: NOT_YET if said == "" else UNKNOWN for key, said in results.items() if not said}
    left: dict[str, int] = {}
    for key, said in results.items():
        if said and said != scan.clean:
            del found[key]
            what = scan_tags.result(said).objects
            left[what] = left.get(what, 0) + 1
    texts = [f"left out {count:,} {what}" for what, count in left.items()]
    if not found:
        raise PageError(f"there is nothing to download: {'; '.join(texts)}")
    counts = list(marks.values())
    if waiting := counts.count(NOT_YET):
        until = ": S3 answers 403 until then" if scan.enforced else ", and can be downloaded"
        texts.append(f"{waiting:,} {_files(waiting)} not scanned for malware yet{until}")
    if unknown := counts.count(UNKNOWN):
        refused = ", and answers 403 where not" if scan.enforced else ""
        texts.append(
            f"S3 does not tell whether {unknown:,} {_files(unknown)} scanned for malware{refused}: "
            f"the credentials need {scan_tags.lacking(prepared)}"
        )
    return marks if scan.enforced else {}, texts


def _files(count: int) -> str:
    return "file was" if count == 1 else "files were"


def _below(prepared: Prepared, prefix: str, left: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the objects below a prefix that a browser can download, and count the others."""
    reserved.refuse(prefix)
    for page in listing.pages(prepared, prefix):
        for entry in page:
            why = _why_not(prepared, entry)
            if why:
                left[why] = left.get(why, 0) + 1
            elif not entry.key.endswith("/"):  # a folder, as consoles make it
                yield entry.key, entry.size


def _why_not(prepared: Prepared, entry: listing.Entry) -> str:
    if entry.storage in listing.ARCHIVES:
        return "archived objects, which must be restored first"
    if prepared.stack.revoked.by(entry.key):
        return "objects whose links are revoked"
    if keys.s3_cannot_have(entry.key, virtual=prepared.virtual):
        return "objects that S3 does not serve by such links"
    if keys.dotted(entry.key):
        return "objects whose keys have a '.' or '..' part, which browsers rewrite"
    return ""


def _size(prepared: Prepared, key: str) -> int:
    """Return the size of an object, after a look whether its link works. Raises PresignError."""
    keys.refuse(key, virtual=prepared.virtual)
    reserved.refuse(key)
    prepared.stack.revoked.refuse(key)
    if keys.dotted(key):
        raise PageError(
            f"no browser can download {key!r}: its key has a '.' or '..' part, which they rewrite"
        )
    answer = check.ask(prepared, key)
    if answer.unscanned and (entry := _listed(prepared, key)):
        if why := _why_not(prepared, entry):
            raise PageError(f"{key!r} cannot be downloaded: it is one of the {why}")
        return entry.size
    answer.require()
    return answer.size


def _listed(prepared: Prepared, key: str) -> listing.Entry | None:
    """Return what a listing says of an object, which S3 does not serve before it was scanned."""
    first = next(listing.pages(prepared, key), ())[:1]
    return first[0] if first and first[0].key == key else None
