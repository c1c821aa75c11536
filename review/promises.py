"""What a bucket policy of our own stacks promises and no longer holds, or holds now, for every request."""

import json
from collections.abc import Iterator
from functools import lru_cache

from review.model import Finding, dangerous, good

OURS = "DenyInsecureTransport"
"""The Sid by which a bucket policy is known as one of ours."""


def promise_findings(bucket: object, account: str, before: str, after: str) -> Iterator[Finding]:
    """Yield the promises that one of two policies of a bucket keeps and the other does not.

    A promise that cannot be decided is left out: the changed statements are judged in any case.

    Args:
        bucket: the bucket's name.
        account: whose it is, 12 digits.
        before: the policy as it is, in JSON.
        after: the policy as it will be.
    """
    if not isinstance(bucket, str) or f'"{OURS}"' not in before + after:
        return
    old, new = (kept(f"arn:aws:s3:::{bucket}", account, policy) for policy in (before, after))
    for says, holds in new.items():
        if holds is not None and old.get(says) == (not holds):
            promise = says.removesuffix(".")
            yield good(f"holds now: {promise}") if holds else dangerous(f"no longer holds: {promise}")


@lru_cache(maxsize=256)
def kept(arn: str, account: str, document: str) -> dict[str, bool | None]:
    """Return for each promise whether a bucket's policy keeps it; None where that cannot be decided."""
    # Loading the solver takes a tenth of a second, which most plans can do without.
    from proof import DocumentError, Undecided, policy_text
    from proof.properties import Property, check, control, encryption, links, transport
    from proof.properties.things import Bucket

    try:
        bucket = Bucket("data bucket", arn, account, policy_text(document, "bucket policy"))
    except DocumentError:
        return {}
    promises = [
        transport.https_only([bucket], []),
        transport.no_outdated_tls([bucket]),
        links.no_legacy_signatures([bucket]),
        encryption.headers_required(bucket, required=True),
        encryption.one_key(bucket, _own_key(document)),
        control.administrators_keep_control([bucket], []),
    ]
    proven = check([one for one in promises if isinstance(one, Property)], reasons=False)
    return {
        one.promised.says: None if any(isinstance(v, Undecided) for v in one.verdicts) else one.holds
        for one in proven
    }


def _own_key(document: str) -> str | None:
    """Return the key that the policy names as the bucket's own."""
    for one in json.loads(document)["Statement"]:
        if isinstance(one, dict) and one.get("Sid") == "DenyIncorrectKMSKey":
            block = (one.get("Condition") or {}).get("StringNotEquals") or {}
            return next((value for value in block.values() if isinstance(value, str)), None)
    return None
