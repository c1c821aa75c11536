"""Whatever two parts of the settings an environment has, its promises are proven."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from settings.loading import load_environments
from settings.problems import SettingsError
from tests.synthesis import synthesize_here

import pytest

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
BASE = f'account_id = "{ACCOUNT}"\naccess.deploy_role = "{ROLE}/deploy"\nevents.eventbridge = true\n'
"""What several of the parts need."""
LOGGED = "logging.enabled = true"
PARTS = {
    "access points": 'access.access_points = ["etl"]',
    "account-regional": 'bucket_namespace = "account-regional"\n'
    'terraform = { provider_version = "6.45.0", provider_version_untested = true }',
    "audit": f'{LOGGED}\naudit = {{ enabled = true, data_events = "all", notify = ["ops@example.com"] }}',
    "ci": 'ci = { repository = "acme/storage", create_provider = false }',
    "cors": 'cors.allowed_origins = ["https://app.example.com"]',
    "destroyable": "protect = false",
    "grants": 'access.readers = [{ principal = "arn:aws:iam::444455556666:root", prefix = "published/" }]\n'
    'access.writers = [{ principal = "arn:aws:iam::777788889999:role/partner", prefix = "inbox/partner/" }]',
    "inventory": f"{LOGGED}\ninventory.enabled = true",
    "lenient": "encryption.require_upload_headers = false",
    "locked": 'object_lock = { mode = "governance", days = 30 }',
    "named principals": f'access.principals = ["{ROLE}/etl"]',
    "perimeter": 'network.vpc_endpoints = ["vpce-0123456789abcdef0"]\n'
    f'network.exempt_roles = ["{ROLE}/deploy"]',
    "replication": 'replication = { enabled = true, region = "eu-west-3", delete_markers = true }',
    "revoked": 'presign.revoked = ["inbox/"]',
    "logs": LOGGED,
    "scan": 'malware_scan = { enabled = true, prefixes = ["inbox/"] }',
    "scan, enforced": 'malware_scan = { enabled = true, enforce = true, prefixes = ["inbox/"] }',
    "shared state": "state.shared = true",
    "sse-s3": 'encryption.mode = "sse-s3"',
}
EXCLUSIVE = {frozenset({"named principals", "sse-s3"}), frozenset({"scan", "scan, enforced"})}
"""What the settings refuse together."""
Chosen = dict[str, bool]


def settings_file(parts: Sequence[str]) -> str:
    lines = [line for part in parts for line in PARTS[part].splitlines()]
    return "\n".join((BASE, *dict.fromkeys(lines)))


def fit(folder: Path, parts: tuple[str, str]) -> bool:
    """Return whether the settings take both parts."""
    (folder / "dev.toml").write_text(settings_file(parts))
    try:
        load_environments(folder, {})
    except SettingsError:
        return False
    return True


def environments(refused: set[frozenset[str]]) -> Iterator[list[str]]:
    """Yield parts of environments, such that each two parts are together in one and apart in one."""
    missing = {
        ((one, first), (other, second))
        for one, other in combinations(PARTS, 2)
        for first in (True, False)
        for second in (True, False)
        if (first or second) and not (first and second and frozenset((one, other)) in refused)
    }
    while missing:
        chosen: Chosen = dict(min(missing))
        for part in (one for one in PARTS if one not in chosen):
            with_it, without = ({**chosen, part: on} for on in (True, False))
            takes = not any(on and frozenset((part, other)) in refused for other, on in chosen.items())
            better = len(missing & pairs(with_it)) > len(missing & pairs(without))
            chosen = with_it if takes and better else without
        missing -= pairs(chosen)
        yield [part for part in PARTS if chosen[part]]


def pairs(chosen: Chosen) -> set[tuple[tuple[str, bool], tuple[str, bool]]]:
    return set(combinations([(part, chosen[part]) for part in PARTS if part in chosen], 2))


@pytest.mark.real
def test_each_two_parts_keep_their_promises_together(tmp_path: Path) -> None:
    folder = tmp_path / "environments"
    folder.mkdir()
    refused = {frozenset(pair) for pair in combinations(PARTS, 2) if not fit(folder, pair)}
    assert refused == EXCLUSIVE
    (folder / "dev.toml").unlink()
    for number, parts in enumerate(environments(refused)):
        (folder / f"all-{number}.toml").write_text(f"# {', '.join(parts)}\n{settings_file(parts)}")
    done = synthesize_here(tmp_path / "out", tmp_path)
    assert [line for line in done.stderr.splitlines() if line.startswith("Error: ")] == []
    assert done.returncode == 0, done.stderr
