"""Has GuardDuty scan the objects that were there before the scan for malware; by itself it scans new ones.

https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-on-demand.html
"""

import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator

from ops.deploy.caller import require_own_account
from ops.deploy.scan_results import listed, results
from ops.shared import aws
from ops.shared.checkout import file_of, settings_of
from ops.shared.errors import OpsError
from ops.shared.sandbox_variable import as_here
from settings.model import Settings

ARCHIVES = ("DEEP_ARCHIVE", "GLACIER")
"""The storage classes of what GuardDuty cannot read:
https://docs.aws.amazon.com/guardduty/latest/ug/supported-s3-features-malware-protection-s3.html"""

AGAIN = ("", "ACCESS_DENIED", "FAILED")
"""What is sent: objects that no scan said anything of, or only that it could not be done."""

RATE = 10
"""Objects a second. GuardDuty's quotas have a number of control plane operations a second, of the account and
region (it was 25). No page says whether this operation is one, so we stay well below.
https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-quotas-guardduty.html"""


def run_scan_existing(environment: str, *, prefix: str | None, after: str, rate: int, dry_run: bool) -> None:
    """Send the objects of an environment's bucket that have no result, and print how many there are of each.

    Args:
        environment: its name.
        prefix: only objects whose keys start with it; all that are scanned where None.
        after: only objects whose keys come after it.
        rate: how many are sent in a second.
        dry_run: count only.

    Raises:
        OpsError: the environment is not scanned there, or AWS refuses something.
    """
    settings = settings_of(environment)
    prefixes = _prefixes(settings, prefix)
    require_own_account(settings)
    scan_existing(settings, prefixes, after=after, rate=rate, dry_run=dry_run)


def scan_existing(
    settings: Settings,
    prefixes: tuple[str, ...],
    *,
    after: str = "",
    rate: int = RATE,
    dry_run: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Do it for the objects below `prefixes`; `pause` waits for a number of seconds."""
    bucket, environment = settings.bucket_name, settings.environment
    patient = {"retries": {"mode": "adaptive", "total_max_attempts": 10}}
    s3 = aws.client("s3", settings.region, config={"max_pool_connections": 16})
    guardduty = aws.client("guardduty", settings.region, config=patient)
    count: Counter[str] = Counter()
    last = after
    try:
        with aws.one_line_errors(f"cannot list what is in {bucket}, or ask for its tags"):
            for key, said in results(s3, bucket, _keys(s3, bucket, prefixes, after, count)):
                if said not in AGAIN:
                    count["with a result"] += 1
                    continue
                if not dry_run:
                    with aws.one_line_errors(f"cannot have {key!r} scanned"):
                        guardduty.send_object_malware_scan(S3Object={"Bucket": bucket, "Key": key})
                    pause(1 / rate)
                count["without a result"] += 1
                last = key
    except BaseException:
        if last != after:
            print(f"{_said(count, dry_run=dry_run)}\nTo go on, add --after {shlex.quote(last)}")
        raise
    print(f"✓ {_said(count, dry_run=dry_run)}")
    if count["without a result"] and not dry_run:
        dry = as_here(f"make scan-existing ENV={environment} ARGS=--dry-run")
        print(f"Next: wait for the scans; {dry} counts the rest.")


def _said(count: Counter[str], *, dry_run: bool) -> str:
    """Say how many objects there are of each kind."""
    sent = "to be scanned" if dry_run else "sent to be scanned"
    texts = [f"{count['without a result']:,} {sent}", f"{count['with a result']:,} with a result"]
    if archived := count["archived"]:
        texts.append(f"{archived:,} archived, which GuardDuty cannot read: restore them first")
    return f"objects: {'; '.join(texts)}"


def _keys(
    s3: aws.Client, bucket: str, prefixes: tuple[str, ...], after: str, count: Counter[str]
) -> Iterator[str]:
    """Yield the keys below the prefixes in order, and count what is archived instead."""
    for prefix in sorted(prefixes):
        for key, storage_class in listed(s3, bucket, prefix, after):
            if storage_class in ARCHIVES:
                count["archived"] += 1
            else:
                yield key


def _prefixes(settings: Settings, prefix: str | None) -> tuple[str, ...]:
    """Return what to list. GuardDuty would scan any object on demand, and its role read only those."""
    scan, file = settings.malware_scan, file_of(settings.environment)
    if not scan.enabled:
        raise OpsError(
            f"{settings.environment} is not scanned for malware",
            f"set malware_scan.enabled = true in {file}, and deploy it",
        )
    if prefix is None:
        return scan.prefixes or ("",)
    if scan.prefixes and not prefix.startswith(scan.prefixes):
        raise OpsError(
            f'"{prefix}" is not below what is scanned: {", ".join(scan.prefixes)}',
            f"give a prefix below one of these, or change malware_scan.prefixes in {file}",
        )
    return (prefix,)
