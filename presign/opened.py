"""Links and forms from Python: ``presign.open("outputs.json").get("reports/november.csv", "1h")``."""

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Unpack

from presign import duration, find, form, keys, make, reserved, says
from presign.credentials import Credentials
from presign.errors import OutputsError
from presign.options import PlaceOptions
from presign.outputs import Outputs
from presign.prepare import Prepared, prepare
from presign.signer import utc_now

Expires = str | int | datetime | None
"""How long a link works: ``"1h"``, or seconds, or until when. None: 15 minutes, or what the bucket allows."""


class PresignWarning(UserWarning):
    """A link or form was made, and may not be what was meant."""


class Bucket:
    """One bucket, as its outputs describe it. ``presign.open`` makes it.

    Everything raises ``presign.errors.PresignError`` where the command line would end with an error, and
    warns with PresignWarning where the command line would.
    """

    def __init__(self, stack: Outputs, options: PlaceOptions) -> None:
        self.outputs = stack
        self._options = options
        self._credentials: Credentials | None = None

    def __repr__(self) -> str:
        return f"<presign.Bucket {self.outputs.bucket}>"

    def get(self, key: str, expires: Expires = None, **options: Unpack[says.DownloadSays]) -> make.Link:
        """Make a link that downloads the object ``key``."""
        _require_known("get", options, says.DownloadSays)
        query = says.query(options)
        made = make.link("GET", self._prepared(expires), key, {}, query)
        _warn(made.warnings)
        return made

    def put(self, key: str, expires: Expires = None, **options: Unpack[says.UploadSays]) -> make.Link:
        """Make a link that uploads to ``key``, with the headers that the upload must send."""
        _require_known("put", options, says.UploadSays)
        headers = says.headers(options)
        made = make.link("PUT", self._prepared(expires), key, headers, {})
        _warn(made.warnings)
        return made

    def post(
        self,
        prefix: str,
        expires: Expires = None,
        *,
        key: str | None = None,
        min_size: int = 0,
        max_size: int = form.MAX_SIZE,
        **options: Unpack[says.FormSays],
    ) -> make.Form:
        """Make a form that uploads any file under ``prefix``, or to ``key`` alone; sizes are in bytes.

        With a content type such as ``image/*``, put the file's own type into the field Content-Type, or give
        it as ``field_type``.
        """
        _require_known("post", options, says.FormSays)
        own = says.fields(options)
        prepared = self._prepared(expires)
        bucket = prepared.stack.bucket
        rules = form.rules(
            keys.in_bucket(prefix, bucket),
            key if key is None else keys.in_bucket(key, bucket),
            min_size,
            max_size,
            options.get("content_type"),
        )
        made = make.post(prepared, rules, own, form.field_type(rules, options.get("field_type")))
        _warn(made.warnings)
        return made

    def urls(self, keys: Iterable[str], expires: Expires = None, *, method: str = "GET") -> Iterator[str]:
        """Return the URL for each key, in order; the fast way for many. They expire together.

        With the method PUT, each upload must send ``outputs.upload_headers``. Raises ObjectKeyError at a key
        that S3 cannot have, or whose links are revoked.
        """
        if method not in ("GET", "PUT"):
            raise ValueError(f"the method is GET or PUT, not {method!r}")
        prepared = self._prepared(expires)
        if method == "PUT":
            make.require_checksum(self.outputs, {}, "call put() with a checksum for each")
        headers = self.outputs.upload_headers if method == "PUT" else {}
        plan = prepared.signer.plan(method, prepared.expires, headers)
        _warn(prepared.warnings)
        return plan.urls(self._allowed(keys, virtual=prepared.virtual))

    def _allowed(self, given: Iterable[str], *, virtual: bool) -> Iterator[str]:
        for key in given:
            own = keys.in_bucket(key, self.outputs.bucket)
            keys.refuse(own, virtual=virtual)
            reserved.refuse(own)
            self.outputs.revoked.refuse(own)
            yield own

    def _prepared(self, expires: Expires) -> Prepared:
        if isinstance(expires, datetime):
            life: int | datetime | None = duration.moment(expires.isoformat(timespec="seconds"))
        else:
            life = None if expires is None else duration.parse(str(expires))
        found = self._credentials
        # Those of the environment are found at once, and a session may have been renewed.
        in_environment = self._options["profile"] is None and "AWS_ACCESS_KEY_ID" in os.environ
        renewed = (
            found and found.session_token and (found.expires_at is None or found.expires_at <= utc_now())
        )
        if in_environment or renewed:
            found = None
        prepared = prepare(self._options, life, stack=self.outputs, credentials=found)
        self._credentials = prepared.credentials
        return prepared


def open_bucket(
    outputs: str | os.PathLike[str],
    *,
    stack: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> Bucket:
    """Read the outputs of a storage stack, and return its bucket; credentials are found with the first link.

    ``outputs`` is a file, or a Terraform state such as ``s3://BUCKET/KEY``. The rest is as on the command
    line. Raises OutputsError.
    """
    source = os.fspath(outputs)
    if not source:
        raise OutputsError("no outputs given: name their file")
    options = PlaceOptions(outputs=source, stack=stack, profile=profile, endpoint_url=endpoint_url)
    return Bucket(find.locate(options), options)


def _require_known(method: str, options: Mapping[str, object], says: type) -> None:
    """Raise TypeError as for any other unknown argument: ``Unpack`` is for type checkers only."""
    for name in options:
        if name not in says.__annotations__:
            raise TypeError(f"{method}() got an unexpected keyword argument {name!r}")


def _warn(texts: Sequence[str]) -> None:
    for text in texts:
        warnings.warn(text, PresignWarning, stacklevel=3)
