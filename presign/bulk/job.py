"""How one row becomes one link, and a batch of rows a piece of the output."""

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from presign.bulk.manifest import BadRow, Batch, Layout
from presign.bulk.rows import Wanted
from presign.keys import Doubts
from presign.signer import Plan

FORMATS = ("csv", "jsonl", "url")

_CSV_SPECIAL = re.compile('[",\r\n]')
_GZIP_LEVEL = 1  # signatures do not compress, and all else does at any level


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a batch: rows of output, how many, what could not be signed, and what is doubtful."""

    data: bytes
    count: int
    bad: list[BadRow]
    doubts: Doubts


@dataclass(frozen=True, slots=True)
class Job:
    """How one row becomes one link. It can be pickled.

    ``summed`` has the plan for each header with a checksum, where the rows have checksums.
    """

    layout: Layout
    method: str
    plan: Plan
    format: str
    compress: bool
    summed: Mapping[str, Plan] = field(default_factory=dict)

    @property
    def header(self) -> bytes:
        """Return what comes before the first row."""
        names = "key,url,header" if self.layout.checksum else "key,url"
        return self._packed(f"{names}\n") if self.format == "csv" else b""

    def sign(self, batch: Batch) -> Done:
        """Sign the batch's good rows."""
        wanted, bad = self.layout.good(batch)
        return Done(self.rows(wanted), len(wanted.keys), bad, self.doubts(wanted.keys))

    def doubts(self, keys: list[str]) -> Doubts:
        """Return what is doubtful about keys."""
        return Doubts(self.method).look(keys, listed=self.layout.listed)

    def rows(self, wanted: Wanted) -> bytes:
        """Return rows of output. Compressed, they are a whole gzip file, of which many make one."""
        keys = wanted.keys
        if self.layout.checksum:
            return self._packed("".join(map(self._summed, keys))) if keys else b""
        if wanted.own:
            return self._own_rows(wanted)
        urls = self.plan.urls(keys)
        if self.format == "csv":
            text = "".join([f"{_csv_field(key)},{url}\n" for key, url in zip(keys, urls, strict=True)])
        elif self.format == "jsonl":
            text = "".join(
                [
                    f'{{"key": {json.dumps(key)}, "url": "{url}"}}\n'
                    for key, url in zip(keys, urls, strict=True)
                ]
            )
        else:
            text = "".join([f"{url}\n" for url in urls])
        return self._packed(text) if text else b""

    def _summed(self, key: str) -> str:
        """Return the row of a key with a checksum, whose header the upload must send."""
        name, value = key.header  # type: ignore[attr-defined]
        url = self.summed[name].with_header(name, value).url(key)
        if self.format == "csv":
            return f"{_csv_field(key)},{url},{name}: {value}\n"
        return json.dumps({"key": key, "url": url, "headers": {name: value}}) + "\n"

    def _own_rows(self, wanted: Wanted) -> bytes:
        rows = []
        for key, own in zip(wanted.keys, wanted.own, strict=True):
            url = (self.plan.also(own.headers, own.query) if own else self.plan).url(key)
            if self.format == "csv":
                rows.append(f"{_csv_field(key)},{url}\n")
            elif self.format == "jsonl":
                row: dict[str, object] = {"key": key, "url": url}
                if own and "versionId" in own.query:
                    row["version_id"] = own.query["versionId"]
                if own and own.headers:
                    row["headers"] = own.headers
                rows.append(f"{json.dumps(row)}\n")
            else:
                rows.append(f"{url}\n")
        return self._packed("".join(rows)) if rows else b""

    def _packed(self, text: str) -> bytes:
        data = text.encode()
        return gzip.compress(data, _GZIP_LEVEL, mtime=0) if self.compress else data


def _csv_field(key: str) -> str:
    if not _CSV_SPECIAL.search(key):
        return key
    quoted = key.replace('"', '""')
    return f'"{quoted}"'
