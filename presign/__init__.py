"""Presigned S3 links that work under the bucket's own policy.

The command line is ``presign``; the signer can also be used from Python:
``from presign import Signer``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from presign.signer import Signer

__version__ = "0.1.0"

__all__ = ["Signer", "__version__"]


def __getattr__(name: str) -> object:
    """Load the signer when it is asked for: the command line first sees to a quiet Ctrl-C."""
    if name == "Signer":
        from presign.signer import Signer

        return Signer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
