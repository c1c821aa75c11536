"""Where the files of an S3 Inventory are: on this machine, or in S3."""

import tempfile
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol, cast

from presign.errors import ManifestError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

S3 = "s3://"


class Files(Protocol):
    """An inventory's manifest, and the data files that it names."""

    manifest_name: str

    def manifest(self) -> bytes:
        """Return the manifest's content. Raises ManifestError."""

    def open(self, bucket: str, key: str) -> BufferedReader:
        """Open a data file, to be read from anywhere. Raises ManifestError."""


class LocalFiles:
    """An inventory on this machine.

    In S3 its files are ``…/CONFIG/DATE/manifest.json`` and ``…/CONFIG/data/NAME``. A data file is
    therefore looked for as ``data/NAME`` next to the manifest and in the folder above, and then as its
    whole key below each of the manifest's folders, of which one may hold a copy of the bucket.
    """

    def __init__(self, path: str) -> None:
        self.manifest_name = path
        self._path = Path(path)

    def manifest(self) -> bytes:
        """Return the manifest's content. Raises ManifestError."""
        try:
            return self._path.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ManifestError(f"cannot read the manifest {self._path}: {reason}") from error

    def open(self, bucket: str, key: str) -> BufferedReader:  # noqa: ARG002
        """Open the first that there is of the places where the file may be. Raises ManifestError."""
        end = Path(*PurePosixPath(key).parts[-2:])  # data/NAME
        folder = self._path.absolute().parent
        places = [folder / end, folder.parent / end, *(above / key for above in (folder, *folder.parents))]
        for place in places:
            if place.is_file():
                try:
                    return place.open("rb")
                except OSError as error:
                    raise ManifestError(f"cannot read {place}: {error.strerror}") from error
        raise ManifestError(
            f"the inventory's data file {key} was not found: looked for {end} in {folder} and "
            f"{folder.parent}, and for the whole key below {folder} and each folder above"
        )


class S3Files:
    """An inventory in S3, read with the user's own credentials."""

    def __init__(self, url: str, region: str, profile: str | None, endpoint_url: str | None) -> None:
        """``region`` is the bucket's; an inventory is always in the region of the bucket that it lists."""
        self.manifest_name = url
        self._region = region
        self._profile = profile
        self._endpoint_url = endpoint_url
        self._client: S3Client | None = None

    def manifest(self) -> bytes:
        """Return the manifest's content. Raises ManifestError."""
        bucket, _, key = self.manifest_name.removeprefix(S3).partition("/")
        if not bucket or not key:
            raise ManifestError(f"{self.manifest_name} names no manifest: give s3://BUCKET/KEY")
        with self._fetched(bucket, key) as file:
            return file.read()

    def open(self, bucket: str, key: str) -> BufferedReader:
        """Download a data file to a temporary one, which is gone when it is closed. Raises ManifestError."""
        return self._fetched(bucket, key)

    def _fetched(self, bucket: str, key: str) -> BufferedReader:
        # Not read straight from the network: its checksum comes before its rows, Parquet is read from
        # its end, and S3 would close a connection that waits for slow output.
        file = tempfile.TemporaryFile(prefix="presign-")  # noqa: SIM115
        # Every way to fail here (no credentials, no access, no object) is one to the user.
        try:
            from boto3 import Session
            from boto3.s3.transfer import TransferConfig

            if self._client is None:
                session = Session(profile_name=self._profile)
                self._client = session.client("s3", region_name=self._region, endpoint_url=self._endpoint_url)
            self._client.download_fileobj(bucket, key, file, Config=TransferConfig(use_threads=False))
            file.seek(0)
        except Exception as error:
            file.close()
            raise ManifestError(f"cannot read {S3}{bucket}/{key}: {error}") from error
        except BaseException:
            file.close()
            raise
        return cast(BufferedReader, file)  # which it is in all but its name, and can be written to, too
