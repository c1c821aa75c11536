"""Signs links for what a scan for malware found clean, and counts the rest."""

from collections.abc import Iterable, Iterator
from itertools import repeat

from presign import scan_many, scan_tags
from presign.bulk.job import Done, Job
from presign.bulk.manifest import Batch
from presign.bulk.rows import Left, Own, Wanted
from presign.errors import BulkError
from presign.outputs import Outputs
from presign.prepare import Prepared


def require(stack: Outputs) -> None:
    """Raise BulkError where the outputs say of no scan."""
    if not stack.scan.prefixes:
        raise BulkError(
            "--scanned is for a bucket that is scanned for malware, and these outputs lack MalwareScan: "
            "leave it out, or give the outputs of the last deploy"
        )


def doubts(stack: Outputs) -> list[str]:
    """Say what is doubtful about links whose objects nobody asked for their tags."""
    if not stack.scan.enforced:
        return []
    where = "" if "" in stack.scan.prefixes else f" below {', '.join(stack.scan.prefixes)}"
    return [
        f"S3 answers 403 for objects{where} that no scan for malware found clean: --scanned leaves them out"
    ]


def sign(job: Job, batches: Iterable[Batch], prepared: Prepared, left: Left) -> Iterator[Done]:
    """Sign all batches in order, and count in ``left`` what no scan found clean.

    Raises BulkError where the credentials may not ask.
    """
    with scan_many.asking(prepared) as asker:
        for batch in batches:
            wanted, bad = job.layout.good(batch)
            clean = _clean(wanted, prepared, asker, left)
            yield Done(job.rows(clean), len(clean.keys), bad, job.doubts(clean.keys))


def _clean(wanted: Wanted, prepared: Prepared, asker: scan_many.Asker, left: Left) -> Wanted:
    versions = [one.query.get("versionId") if one else None for one in wanted.own]
    keys: list[str] = []
    own: list[Own | None] = []
    results = asker.values(wanted.keys, versions)
    for key, asked, said in zip(wanted.keys, wanted.own or repeat(None), results, strict=False):
        if said is None:
            version = bool(asked and "versionId" in asked.query)
            raise BulkError(
                f"--scanned cannot know whether {key!r} was scanned: the credentials need "
                f"{scan_tags.lacking(prepared, version=version)}"
            )
        if said == prepared.stack.scan.clean:
            keys.append(key)
            own.append(asked)
        else:
            left.count(scan_tags.result(said).objects)
    return Wanted(keys, own if wanted.own else ())
