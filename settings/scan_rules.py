"""The rules of [malware_scan]: with other sections, and between its prefixes."""

from collections.abc import Iterator

from settings.model import Settings
from settings.names.aws import InvalidValueError
from settings.problems import Conflict


def wrong_scans(settings: Settings) -> Iterator[Conflict]:
    """Yield what is wrong with scans for malware."""
    scan = settings.malware_scan
    if scan.enforce and not scan.enabled:
        rule = InvalidValueError(
            "must be true where malware_scan.enforce is true", "nothing would be scanned"
        )
        yield "malware_scan.enabled", rule, False
    if scan.enabled and not settings.events.eventbridge:
        rule = InvalidValueError(
            "must be true where malware_scan.enabled is true",
            "GuardDuty turns it on, and the next deploy would turn it off again",
        )
        yield "events.eventbridge", rule, False
    for place, prefix in enumerate(scan.prefixes):
        wider = next((one for one in scan.prefixes if one != prefix and prefix.startswith(one)), None)
        if wider is not None:
            rule = InvalidValueError(
                f'must not begin with "{wider}", which is listed too and scans it already'
            )
            yield f"malware_scan.prefixes[{place}]", rule, prefix
