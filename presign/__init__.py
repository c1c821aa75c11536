"""Presigned S3 links that work under the bucket's own policy.

The command line is ``presign``; the signer can also be used from Python:
``from presign import Signer``.
"""

from presign.signer import Signer

__version__ = "0.1.0"

__all__ = ["Signer", "__version__"]
