"""What an environment promises about the scan for malware, by its settings."""

from collections.abc import Iterator

from proof.asking import EVERY, Where
from proof.properties import GivenUp, Property, control, scans
from settings import resource_names
from stacks.proofs_words import InProofsWords, via


class ScansInProofsWords(InProofsWords):
    """The settings of one environment, those about scans among them."""

    def _scans(self) -> Iterator[Property | GivenUp]:
        """Yield every promise about the scan; none where nothing is scanned."""
        if self._scan_role is None:
            return
        settings, environment = self._settings.malware_scan, self._settings.environment
        role = self._deployed.roles[resource_names.scan_role(environment)]
        boundary = self._deployed.boundary(resource_names.scan_role(environment))
        wanted, most = self._scanner(any_key=False), self._scanner(any_key=True)
        parts = [scans.Part(one, settings.prefixes) for one in self._with_data]
        readers, replication = settings.readers_of_unscanned, filter(None, [self._replication_role])
        otherwise = (*replication, *readers)
        scanner = {one: (self._scan_role,) if one.bucket == self._data else () for one in parts}
        read_by = {one: scans.Readers((*scanner[one], *readers), otherwise) for one in parts}
        yield scans.nothing_unscanned_is_read(read_by, enforced=settings.enforce)
        yield scans.only_the_scanner_tags(
            {one: (*scanner[one], *filter(None, [self._role_into(one.bucket)])) for one in parts}
        )
        yield scans.scans_exactly({role: wanted, boundary: most})
        yield scans.taken_by_guardduty_only(role, self._deployed.account)
        yield scans.scan_passes(role.arn, wanted, read_by, control.inside(self._perimeter))

    def _scanner(self, *, any_key: bool) -> scans.Scanner:
        key, place = self._keys.get("data key"), self._place
        keys = (place.arn("kms", "key/*"),) if any_key else () if key is None else (key.arn,)
        prefixes = () if any_key else self._settings.malware_scan.prefixes
        return scans.Scanner(
            scans.Part(self._data, prefixes), self._managed_rules, keys, via(place.region, place.partition)
        )

    def _readable(self) -> Where:
        """Return the requests that no scan keeps from reading."""
        settings = self._settings.malware_scan
        if self._scan_role is None or not settings.enforce:
            return EVERY
        parts = [scans.Part(one, settings.prefixes).clean() for one in self._with_data]
        readable = parts[0]
        for one in parts[1:]:
            readable &= one
        return readable
