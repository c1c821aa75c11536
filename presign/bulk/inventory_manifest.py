"""Reads the ``manifest.json`` of an S3 Inventory, which names its data files."""

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from presign.bulk.inventory_files import Files
from presign.errors import ManifestError

_MD5 = re.compile(r"[0-9A-Fa-f]{32}")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of rows: its key in the destination bucket, its size in bytes, and its MD5 as hexadecimal."""

    key: str
    size: int
    md5: str

    @property
    def name(self) -> str:
        """Return the last part of the key, which no other data file has."""
        return PurePosixPath(self.key).name


class InventoryManifest:
    """What a parsed ``manifest.json`` says; every method raises ManifestError where it does not say it."""

    def __init__(self, files: Files) -> None:
        self._document = _parsed(files)
        self._name = files.manifest_name

    def text(self, field: str) -> str:
        """Return a field that must be a text."""
        value = self._document.get(field)
        if not isinstance(value, str) or not value:
            raise self._wrong(f"{field!r} is {value!r}, not a text")
        return value

    def format(self) -> str:
        """Return CSV or Parquet."""
        form = self.text("fileFormat")
        if form == "ORC":
            raise ManifestError(
                f"{self._name} is of an inventory in ORC, which is not read: configure one in CSV or Parquet"
            )
        if form == "Parquet":
            _need_pyarrow(self._name)
        elif form != "CSV":
            raise self._wrong(f"'fileFormat' is {form!r}, not CSV or Parquet")
        return form

    def columns(self) -> list[str]:
        """Return the names of the columns of its CSV files."""
        columns = [name.strip() for name in self.text("fileSchema").split(",")]
        if columns.count("Key") != 1:
            raise self._wrong(f"'fileSchema' names no column Key: {', '.join(columns)[:200]}")
        return columns

    def files(self) -> list[DataFile]:
        """Return its data files."""
        listed = self._document.get("files")
        if not isinstance(listed, list):
            raise self._wrong("'files' is no list")
        return [self._file(entry) for entry in listed]

    def _file(self, entry: object) -> DataFile:
        match entry:
            case {"key": str(key), "size": int(size), "MD5checksum": str(md5)} if _MD5.fullmatch(md5):
                # The key names a file on this machine, too, and must not lead out of the folder.
                if not PurePosixPath(key).is_absolute() and ".." not in key.split("/") and "\0" not in key:
                    return DataFile(key, size, md5)
        raise self._wrong(f"'files' has {str(entry)[:200]}, not a data file's key, size and MD5checksum")

    def _wrong(self, reason: str) -> ManifestError:
        return ManifestError(f"{self._name} is not the manifest of an S3 Inventory: {reason}")


def _parsed(files: Files) -> dict[str, Any]:
    try:
        document = json.loads(files.manifest())
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{files.manifest_name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ManifestError(
            f"{files.manifest_name} is not the manifest of an S3 Inventory: not a JSON object"
        )
    return document


def _need_pyarrow(name: str) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ManifestError(
            f"{name} is of an inventory in Parquet, which takes pyarrow to read: "
            "'pip install pyarrow', or install presign with its extra 'parquet'"
        ) from error
