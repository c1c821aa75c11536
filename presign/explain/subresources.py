"""The parts of an object and of a bucket that a parameter names, and which methods S3 has for them.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from collections.abc import Mapping

_READ, _SET, _ALL = ("GET",), ("GET", "PUT"), ("GET", "PUT", "DELETE")

OF_OBJECTS: Mapping[str, tuple[str, ...]] = {
    "acl": _SET,
    "attributes": _READ,
    "legal-hold": _SET,
    "restore": ("POST",),
    "retention": _SET,
    "select": ("POST",),
    "tagging": _ALL,
    "torrent": _READ,
}
OF_BUCKETS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("accelerate", "acl", "logging", "notification", "object-lock"), _SET),
    **dict.fromkeys(("requestPayment", "versioning"), _SET),
    **dict.fromkeys(("location", "policyStatus", "uploads", "versions"), _READ),
    **dict.fromkeys(("analytics", "cors", "encryption", "intelligent-tiering", "inventory"), _ALL),
    **dict.fromkeys(("lifecycle", "metrics", "ownershipControls", "policy", "publicAccessBlock"), _ALL),
    **dict.fromkeys(("replication", "tagging", "website"), _ALL),
    "delete": ("POST",),
}
