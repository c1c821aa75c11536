"""Presigned S3 links that work under the bucket's own policy.

The command line is ``presign``. From Python, ``presign.open("outputs.json")`` makes links and forms for a
bucket, with the same limits; ``presign.Signer`` signs without any.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from presign.opened import Bucket, PresignWarning
    from presign.opened import open_bucket as open
    from presign.signer import Signer

__version__ = "0.1.0"

__all__ = ["Bucket", "PresignWarning", "Signer", "__version__", "open"]


def __getattr__(name: str) -> object:
    """Load a name when it is asked for: the command line first sees to a quiet Ctrl-C."""
    if name == "Signer":
        from presign.signer import Signer

        return Signer
    if name in ("Bucket", "PresignWarning", "open"):
        from presign import opened

        return getattr(opened, "open_bucket" if name == "open" else name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
