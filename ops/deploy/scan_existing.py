"""Has GuardDuty scan the objects that were there before the scan for malware; by itself it scans new ones.

https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-on-demand.html
"""

import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ops.deploy.caller import require_own_account
from ops.deploy.scan_results import AT_A_TIME, Version, listed, results
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


@dataclass(frozen=True)
class Choice:
    """What is sent, and how fast.

    Attributes:
        rate: how many are sent in a second.
        after: only objects whose keys come after it.
        versions: earlier versions, too, and what is behind a delete marker.
        everything: also what has a result: anybody could write that tag before the scan began.
        dry_run: count only.
    """

    rate: int
    after: str = ""
    versions: bool = False
    everything: bool = False
    dry_run: bool = False


def run_scan_existing(environment: str, prefix: str | None, choice: Choice) -> None:
    """Send the objects of an environment's bucket to be scanned, and print how many there are of each kind.

    Args:
        environment: its name.
        prefix: only objects whose keys start with it; all that are scanned where None.
        choice: which of them, and how fast.

    Raises:
        OpsError: the environment is not scanned there, or AWS refuses something.
    """
    settings = settings_of(environment)
    prefixes = _prefixes(settings, prefix)
    require_own_account(settings)
    scan_existing(settings, prefixes, choice)


def scan_existing(
    settings: Settings,
    prefixes: tuple[str, ...],
    choice: Choice,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Do it for the objects below `prefixes`; `pause` waits for a number of seconds."""
    bucket = settings.bucket_name
    patient = {"retries": {"mode": "adaptive", "total_max_attempts": 10}}
    s3 = aws.client("s3", settings.region, config={"max_pool_connections": AT_A_TIME})
    guardduty = aws.client("guardduty", settings.region, config=patient)
    count: Counter[str] = Counter()
    done, key = choice.after, ""
    try:
        with aws.one_line_errors(f"cannot list what is in {bucket}, or ask for its tags"):
            chosen = _chosen(s3, bucket, prefixes, choice, count)
            asked = ((one, "") for one in chosen) if choice.everything else results(s3, bucket, chosen)
            for one, said in asked:
                if said not in AGAIN:
                    count["with a result"] += 1
                    continue
                if key != one.key:  # all versions of a key are sent before the next one's
                    done, key = key or done, one.key
                if not choice.dry_run:
                    with aws.one_line_errors(f"cannot have {key!r} scanned"):
                        guardduty.send_object_malware_scan(S3Object=_named(bucket, one))
                    pause(1 / choice.rate)
                count["sent"] += 1
    except BaseException:
        if count["sent"]:
            print(_said(count, choice))
        if done != choice.after:
            print(f"To go on, add --after {shlex.quote(done)}")
        raise
    print(f"✓ {_said(count, choice)}")
    if count["sent"] and not choice.dry_run:
        print(f"Next: wait for the scans; {_next(settings.environment, choice)}")


def _named(bucket: str, one: Version) -> dict[str, str]:
    """Name a version as GuardDuty takes it; the latest of a bucket without versions needs no id."""
    name = {"Bucket": bucket, "Key": one.key}
    return name if one.is_latest and one.id == "null" else name | {"VersionId": one.id}


def _next(environment: str, choice: Choice) -> str:
    """Say how to see what was scanned."""
    if choice.everything:
        return "GuardDuty's metrics in CloudWatch count them, as no tag says when it was written."
    arguments = "'--versions --dry-run'" if choice.versions else "--dry-run"
    return as_here(f"make scan-existing ENV={environment} ARGS={arguments}") + " counts the rest."


def _said(count: Counter[str], choice: Choice) -> str:
    """Say how many objects, or versions of them, there are of each kind."""
    texts = [f"{count['sent']:,} {'to be scanned' if choice.dry_run else 'sent to be scanned'}"]
    if not choice.everything:
        texts.append(f"{count['with a result']:,} with a result")
    if archived := count["archived"]:
        texts.append(f"{archived:,} archived, which GuardDuty cannot read: restore them first")
    if earlier := count["earlier"]:
        texts.append(f"{earlier:,} earlier versions left out: --versions takes them, too")
    return f"{'versions' if choice.versions else 'objects'}: {'; '.join(texts)}"


def _chosen(
    s3: aws.Client, bucket: str, prefixes: tuple[str, ...], choice: Choice, count: Counter[str]
) -> Iterator[Version]:
    """Yield what is below the prefixes, in the order of the keys, and count what is left out instead."""
    for prefix in sorted(prefixes):
        for one in listed(s3, bucket, prefix, choice.after):
            if not one.is_latest and not choice.versions:
                count["earlier"] += 1
            elif one.storage_class in ARCHIVES:
                count["archived"] += 1
            else:
                yield one


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
