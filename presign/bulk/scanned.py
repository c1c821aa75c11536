"""Signs links for what a scan for malware found clean, and counts the rest."""

from collections.abc import Iterable, Iterator

from presign import scan_many, scan_tags
from presign.bulk.job import Done, Job
from presign.bulk.manifest import BadRow, Batch
from presign.bulk.rows import Left, Own, Wanted
from presign.errors import BulkError, RequestError
from presign.prepare import Prepared


def sign(job: Job, batches: Iterable[Batch], prepared: Prepared, left: Left) -> Iterator[Done]:
    """Sign all batches in order, and count in ``left`` what no scan found clean.

    Raises BulkError where the credentials may not ask.
    """
    with scan_many.asking(prepared) as asker:
        for batch in batches:
            wanted, bad = job.layout.good(batch)
            clean = _clean(wanted, batch, bad, prepared, asker, left)
            bad.sort(key=lambda row: row.number)
            yield Done(job.rows(clean), len(clean.keys), bad, job.doubts(clean.keys))


def _clean(
    wanted: Wanted, batch: Batch, bad: list[BadRow], prepared: Prepared, asker: scan_many.Asker, left: Left
) -> Wanted:
    """Return what was found clean; rows with a version that cannot be are added to ``bad``."""
    asked = wanted.own or [None] * len(wanted.keys)
    answers = asker.ask(wanted.keys, [one.query.get("versionId") if one else None for one in asked])
    without = {row.number for row in bad}
    numbers = [number for number in batch.numbers if number not in without]
    keys: list[str] = []
    own: list[Own | None] = []
    for number, key, one, answer in zip(numbers, wanted.keys, asked, answers, strict=True):
        try:
            said = answer.result()
        except RequestError as error:
            bad.append(BadRow(number, str(error), batch.file))
            continue
        if said is None:
            version = bool(one and "versionId" in one.query)
            raise BulkError(
                f"--scanned cannot know whether {key!r} was scanned: the credentials need "
                f"{scan_tags.lacking(prepared, version=version)}"
            )
        if said == prepared.stack.scan.clean:
            keys.append(key)
            own.append(one)
        else:
            left.count(scan_tags.result(said).objects)
    return Wanted(keys, own if wanted.own else ())
