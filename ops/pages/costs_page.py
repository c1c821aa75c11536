"""Writes docs/costs.md from costs.toml: what each option costs a month, for three sizes of bucket."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ops.shared.toolchain import ROOT

PAGE = Path("docs", "costs.md")
DATA = Path(__file__).with_name("costs.toml")

Prices = Mapping[str, float]
Size = Mapping[str, Any]

BUCKET_KEY_SHARE = 0.01
"""Of the requests for objects, how many reach KMS: S3 Bucket Keys save up to 99 %.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
"""
LOG_BYTES = 500
"""Of one request in the access log, an assumption."""
REPLICATION_METRICS = 3
"""BytesPendingReplication, OperationsPendingReplication and ReplicationLatency of one rule, an assumption."""


def storage(prices: Prices, size: Size) -> float:
    """Return what the objects cost, without earlier versions."""
    return float(size["gb"] * prices["storage_gb_month"])


def requests(prices: Prices, size: Size) -> float:
    """Return what uploads and downloads cost."""
    return float(size["puts"] / 1000 * prices["put_1000"] + size["gets"] / 1000 * prices["get_1000"])


def sse_kms(prices: Prices, size: Size) -> float:
    """Return what the data's key and its use cost."""
    asked = (size["puts"] + size["gets"]) * BUCKET_KEY_SHARE
    return float(prices["key_month"] + asked / 10_000 * prices["kms_10000"])


def state(prices: Prices, _size: Size) -> float:
    """Return what a state backend costs: its key; the few objects cost less than a cent."""
    return prices["key_month"]


def logs(prices: Prices, size: Size) -> float:
    """Return what a year of access logs costs a month to store; S3 delivers them without a charge."""
    year = 12 * (size["puts"] + size["gets"]) * LOG_BYTES / 1e9
    return float(year * prices["storage_gb_month"])


def inventory(prices: Prices, size: Size) -> float:
    """Return what four lists a month cost."""
    return float(4 * size["objects"] / 1e6 * prices["inventory_million"])


def replication(prices: Prices, size: Size) -> float:
    """Return what a replica costs: storage, what is new each month, a key and the metrics."""
    new = size["gb"] / 10
    return float(
        storage(prices, size)
        + size["puts"] / 1000 * prices["put_1000"]
        + new * prices["transfer_gb"]
        + prices["key_month"]
        + REPLICATION_METRICS * prices["metric_month"]
    )


def time_control(prices: Prices, size: Size) -> float:
    """Return what the guarantee of 15 minutes adds."""
    return float(size["gb"] / 10 * prices["time_control_gb"])


def audit_writes(prices: Prices, size: Size) -> float:
    """Return what alarms and a trail of writes cost: the key and the data events."""
    return float(prices["key_month"] + size["puts"] / 100_000 * prices["data_events_100000"])


def audit_all(prices: Prices, size: Size) -> float:
    """Return what a trail of reads and writes costs."""
    return float(audit_writes(prices, size) + size["gets"] / 100_000 * prices["data_events_100000"])


def scan(prices: Prices, size: Size) -> float:
    """Return what it costs to scan and tag what is new each month; every object keeps its tag."""
    new = size["puts"] / 1000
    return float(
        size["gb"] / 10 * prices["scan_gb"]
        + new * (prices["scan_1000"] + prices["get_1000"] + prices["put_1000"])
        + size["objects"] / 10_000 * prices["tags_10000_month"]
    )


ROWS: tuple[tuple[str, Callable[[Prices, Size], float]], ...] = (
    ("the objects themselves, S3 Standard", storage),
    ("uploads and downloads", requests),
    ('`encryption.mode = "sse-kms"` (default)', sse_kms),
    ("the state backend of an environment", state),
    ("`[logging]`: a year of access logs", logs),
    ('`[inventory]`, `frequency = "weekly"`', inventory),
    ("`[replication]` to another region", replication),
    ("`replication.time_control`, in addition", time_control),
    ('`[audit]`, `data_events = "write"`', audit_writes),
    ('`[audit]`, `data_events = "all"`', audit_all),
    ("`[malware_scan]` of the whole bucket", scan),
)

HEAD = """# What it costs

What each option costs a month, in US dollars. `make docs` writes the table from
[costs.toml](../ops/pages/costs.toml); change prices and sizes there to get your own. The prices are those of
`us-east-1` as known on {known_on}. **Check them before you decide**: prices differ between regions, and only
the prices of KMS keys and of CloudTrail were read on AWS's pages. S3 fills in its page's table in the
browser, so its rates are those that have been published for years. Free tiers and discounts are left out, and
so is the traffic to the Internet, which can cost more than all of this.

AWS's pages: {pages}.

{table}

{sizes}

- **No price of their own**: the bucket policy, versioning, Object Lock, lifecycle rules without transitions,
  Block Public Access, IAM policies, EventBridge rules for AWS's own events, the first 1,000 alarm mails a
  month. But every version that is kept costs as much as an object:
  [lifecycle](data-protection.md#lifecycle).
- **Rotation** of a key costs 1.00 a month more after its first and after its second time, and then no more.
- **Keys that wait for deletion** cost nothing.
- With `encryption.mode = "sse-s3"` there is no key, and no price for encryption."""


def page() -> str:
    """Return the page's text."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    prices, sizes = data["prices"], data["sizes"]
    head = "| option | " + " | ".join(one["name"] for one in sizes) + " |\n|---|" + "--:|" * len(sizes)
    rows = [
        f"| {words} | " + " | ".join(_money(costs(prices, one)) for one in sizes) + " |"
        for words, costs in ROWS
    ]
    pages = ",\n".join(f"[{name}]({address})" for name, address in data["pages"].items())
    described = "; ".join(
        f"**{one['name']}**: {one['gb']:,} GB, {one['objects']:,} objects, each month {one['puts']:,} "
        f"uploads and {one['gets']:,} downloads"
        for one in sizes
    )
    table = "\n".join([head, *rows])
    return (
        HEAD.format(
            known_on=data["known_on"], pages=pages, table=table, sizes=_wrapped(f"Sizes: {described}.")
        )
        + "\n"
    )


def _wrapped(text: str) -> str:
    return text.replace("; ", ";\n")


def _money(amount: float) -> str:
    return "< 0.01" if amount < 0.005 else f"{amount:,.2f}"


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
