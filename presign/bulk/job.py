"""How one row becomes one link, and a batch of rows a piece of the output."""

import gzip
import json
import re
from dataclasses import dataclass

from presign.bulk.manifest import BadRow, Batch, Layout
from presign.bulk.rows import Own, Wanted
from presign.keys import Doubts
from presign.signer import Plan

FORMATS = ("csv", "jsonl", "url")
HEADER_COLUMNS = {"checksum": "header", "content_type": "content_type"}
"""Where CSV has what an upload must send: the checksum as a whole header, the content type alone."""

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
    """How one row becomes one link."""

    layout: Layout
    method: str
    plan: Plan
    format: str
    compress: bool

    @property
    def header(self) -> bytes:
        """Return what comes before the first row."""
        names = ",".join(["key", "url", *(HEADER_COLUMNS[name] for name in self._headers)])
        return self._packed(f"{names}\n") if self.format == "csv" else b""

    @property
    def _headers(self) -> list[str]:
        """What uploads say of themselves, in the order of the output's columns."""
        return [name for name in HEADER_COLUMNS if self.layout.uploads and name in self.layout.columns]

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

    def _own_rows(self, wanted: Wanted) -> bytes:
        rows = []
        named = self._headers
        plans: dict[tuple[str, ...], Plan] = {}  # whose headers need new values only
        for key, own in zip(wanted.keys, wanted.own, strict=True):
            plan = self.plan
            if own:
                names = tuple(own.headers)
                plan = plans.get(names) or plans.setdefault(names, plan.also(own.headers, {}))
                plan = plan.also(own.headers, own.query)
            url = plan.url(key)
            if self.format == "csv":
                rows.append(",".join([_csv_field(key), url, *_values(own, named)]) + "\n")
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


def _values(own: Own | None, named: list[str]) -> list[str]:
    """Return the columns of CSV with the headers of one upload."""
    headers = own.headers if own else {}
    sums = [f"{name}: {value}" for name, value in headers.items() if name != "content-type"]
    values = {"checksum": "".join(sums), "content_type": headers.get("content-type", "")}
    return [_csv_field(values[name]) for name in named]
