"""Settings that are legal and surely not meant: each is a warning, with its key."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from settings.files import settings_file
from settings.model import Settings
from settings.problems import shown, toml_keys


class Doubt(NamedTuple):
    """A setting that is surely not meant: its key in the file, and why."""

    key: str
    why: str


def doubts(settings: Settings) -> Iterator[Doubt]:
    """Yield what is surely not meant in settings that are all valid."""
    yield from _grants(settings)
    yield from _alarms(settings)
    yield from _scans(settings)
    yield from _expiries(settings)
    yield from _misplaced(settings)


def warnings_of(environments: Iterable[Settings], directory: Path) -> Iterator[str]:
    """Yield a line with file and key for each doubt; `directory` has the files of the environments."""
    for settings in environments:
        file = settings_file(settings.environment, directory).as_posix()
        yield from (f"{file}: {key}: {why}" for key, why in doubts(settings))


def _grants(settings: Settings) -> Iterator[Doubt]:
    """Yield prefixes that are not a folder; S3 has no folders, and compares only how a key begins."""
    for name in ("readers", "writers"):
        for place, grant in enumerate(getattr(settings.access, name)):
            key, prefix = f"access.{name}[{place}].prefix", grant.prefix
            if prefix.startswith("/"):
                yield Doubt(key, f"{shown(prefix)} begins with a slash, as hardly any key does; leave it out")
            elif prefix and not prefix.endswith("/"):
                other, meant = shown(f"{prefix}-old/x"), shown(f"{prefix}/")
                yield Doubt(key, f"{shown(prefix)} also lets in to {other}; {meant} is the folder alone")


def _alarms(settings: Settings) -> Iterator[Doubt]:
    if settings.audit.enabled and not settings.audit.notify:
        yield Doubt("audit.notify", "is empty, so nobody gets the alarms; name an e-mail address")


def _scans(settings: Settings) -> Iterator[Doubt]:
    if settings.malware_scan.unscanned_become_unreadable:
        yield Doubt(
            "malware_scan.unscanned_become_unreadable",
            "also lets prefixes pass that are added later; remove it once enforce is deployed",
        )
    if settings.malware_scan.enabled and not settings.audit.enabled:
        yield Doubt(
            "malware_scan.enabled",
            "is true without audit.enabled, so no alarm says that a threat was found, or that a scan failed",
        )


def _expiries(settings: Settings) -> Iterator[Doubt]:
    """Yield expiries that only hide objects: the bucket keeps every version.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-actions
    """
    rules = settings.lifecycle.rules
    ending = [rule.prefix for rule in rules if rule.noncurrent_expiration_days is not None]
    for place, rule in enumerate(rules):
        if rule.expiration_days is not None and not any(map(rule.prefix.startswith, ending)):
            yield Doubt(
                f"lifecycle.rules[{place}].expiration_days",
                "deletes nothing: the bucket keeps the version; set noncurrent_expiration_days, too",
            )


def _misplaced(settings: Settings) -> Iterator[Doubt]:
    for key in toml_keys(Settings):
        if key in settings.tags:
            yield Doubt(f"tags.{key}", f"is a tag here; the setting {key} belongs above the first [section]")
