"""What an environment promises, by its settings; whether its policies keep it, `proof` says.

The promises are written down here from the settings, and not with the functions that write the policies:
what is wrong in one of those must not be right in the other as well.
"""

from collections.abc import Iterator

from proof.asking import When
from proof.properties import (
    GivenUp,
    Property,
    control,
    encryption,
    environments,
    keys,
    links,
    managed,
    perimeter,
    records,
    replicas,
    shared_states,
    strangers,
    transport,
)
from proof.properties.links import Links
from proof.properties.perimeter import Perimeter
from proof.properties.things import Bucket, any_of
from settings import resource_names
from stacks.proofs_of_ci import CiInProofsWords
from stacks.proofs_of_scans import ScansInProofsWords
from stacks.proofs_words import key_headers, via

Guarantee = Property | GivenUp

STATE_LINKS = Links(7 * 24 * 3600)
"""Which links to the state work, whatever the settings say of the data's."""


class Guarantees(CiInProofsWords, ScansInProofsWords):
    """The promises of one environment."""

    def __iter__(self) -> Iterator[Guarantee]:
        """Yield every promise, and what the settings give up."""
        yield from self._outsiders()
        yield from self._requests()
        yield from self._encryption()
        yield from self._control()
        yield from self._protection()
        yield from self._scans()
        yield from self._handed_out()

    # One after the other, as a table shows them

    def _outsiders(self) -> Iterator[Guarantee]:
        topics = self._deployed.topics.values()
        yield strangers.nobody_without_credentials(
            list(self._buckets.values()), [*self._keys.values(), *topics]
        )
        yield strangers.services_do_no_more(self._uses_by_services())
        data_key = self._keys.get("data key")
        yield strangers.no_other_account(
            self._data,
            [one for one in self._buckets.values() if one != self._data],
            data_key,
            [*(one for one in self._keys.values() if one != data_key), *topics],
            self._readers,
            self._writers,
        )

        if self._readers or self._writers:
            yield strangers.granted(
                self._data,
                self._readers,
                self._writers,
                control.current(self._data, self._links) & control.inside(self._perimeter) & self._readable(),
                any_of([When(control.sent(one)) for one in self._headers()]),
            )

    def _requests(self) -> Iterator[Guarantee]:
        everywhere = list(self._buckets.values())
        yield transport.https_only(everywhere, list(self._deployed.topics.values()))
        yield transport.no_outdated_tls(everywhere)
        yield links.no_legacy_signatures(everywhere)
        yield links.no_old_links(self._with_data, self._links)
        if self._state is not None:
            yield links.no_old_links([self._state], STATE_LINKS, name="no-old-links-to-the-state")
        yield from links.revoked(self._with_data, self._links)
        yield from perimeter.properties(self._with_data, self._perimeter)

    def _encryption(self) -> Iterator[Guarantee]:
        data_key = self._keys.get("data key")
        yield encryption.one_key(
            self._data, None if data_key is None else data_key.arn, self._role_into(self._data)
        )
        yield encryption.headers_required(
            self._data,
            required=self._settings.encryption.require_upload_headers,
            scan_role=self._scan_role,
        )
        if self._state is not None:
            yield encryption.one_key(self._state, self._keys["state key"].arn)
        if "replica bucket" in self._buckets:
            replica_key = self._keys.get("replica key")
            yield encryption.one_key(
                self._buckets["replica bucket"],
                None if replica_key is None else replica_key.arn,
                self._replication_role,
            )
        for what, use in self._uses().items():
            yield keys.only_for_its_bucket(self._keys[what], use)
            yield keys.can_be_used(self._keys[what], use)
        if "audit key" in self._keys:
            yield from keys.for_the_audit(
                self._keys["audit key"],
                via=via(self._settings.region, self._place.partition),
                trail_arn=self._trail_arn,
                topic_arn=self._deployed.topic_arn,
            )

    def _control(self) -> Iterator[Guarantee]:
        all_buckets, all_keys = list(self._buckets.values()), list(self._keys.values())
        deploy_role = self._settings.access.deploy_role
        # Who bootstraps the state is an administrator, and keeps out who deploys.
        deployed = [one for one in all_buckets if one.what != "state bucket"]
        deployed_keys = [one for one in all_keys if one.what != "state key"]
        yield control.administrators_keep_control(all_buckets, all_keys)
        yield control.deploy_role_keeps_control(
            deployed,
            deployed_keys,
            deploy_role,
            emptied=[self._data] if self._settings.protect else deployed,
        )
        topics = list(self._deployed.topics.values())
        yield control.only_by_iam(all_buckets, all_keys, topics, deploy_role)
        private = "network.source_ips has only private ranges, and S3 sees none of those"
        yield control.uploads_pass(
            self._data,
            self._headers(),
            self._perimeter,
            self._links,
            scan_role=self._scan_role,
            hint=private if self._settings.network.source_ips else "",
        )
        yield control.use_passes(self._data, self._perimeter, self._links, self._readable())
        if self._state is not None:
            # Terraform uploads its lock file without headers.
            of_state: list[dict[str, str]] = [{}, key_headers(self._keys["state key"].arn)]
            yield control.uploads_pass(self._state, of_state, Perimeter(), STATE_LINKS)
            yield control.use_passes(self._state, Perimeter(), STATE_LINKS)

    def _protection(self) -> Iterator[Guarantee]:
        if "log bucket" in self._buckets:
            logs = self._buckets["log bucket"]
            sources = [self._data.arn]
            if self._settings.audit.enabled:
                sources.append(self._trail_arn)
            yield records.only_services_write(logs, account=self._deployed.account, sources=sources)
            yield self._records_stay(logs)
            yield records.records_arrive(logs, self._deployed.account, self._deliveries)
            yield records.each_below_its_prefix(logs, self._deliveries)
        for topic in self._deployed.topics.values():
            rules = [self._rule(name) for name in self._alarms]
            yield records.only_our_alarms(topic, rules)
            yield records.alarms_arrive(topic, rules)
        yield replicas.only_our_replication({one: self._role_into(one) for one in self._buckets.values()})
        if "replica bucket" in self._buckets:
            yield replicas.nobody_uploads(self._buckets["replica bucket"])
            yield control.use_passes(
                self._buckets["replica bucket"], self._perimeter, self._links, self._readable()
            )
            yield from self._replication()

    def _records_stay(self, logs: Bucket) -> Guarantee:
        promised = records.nobody_deletes(logs)
        if self._settings.protect:
            return promised
        why = "protect is false: a destroy empties the log bucket"
        return GivenUp(promised.name, promised.says, why)

    def _replication(self) -> Iterator[Guarantee]:
        settings = self._settings
        environment = settings.environment
        role = self._deployed.roles[resource_names.replication_role(environment)]
        wanted, most = self._sides(any_key=False), self._sides(any_key=True)
        chosen, object_lock = settings.replication, settings.object_lock.mode is not None
        both = chosen.replica_modifications
        sources, destinations = (wanted, wanted) if both else (wanted[:1], wanted[1:])
        boundary = self._deployed.boundary(resource_names.replication_role(environment))
        yield replicas.replicates_exactly(
            {
                role: replicas.Replication(sources, destinations, chosen.delete_markers, object_lock),
                boundary: replicas.Replication(most, most, deletes=True, locks=True),
            }
        )
        yield replicas.taken_by_s3_only(role, self._deployed.account, [one.bucket.arn for one in sources])
        yield replicas.replication_passes(role.arn, destinations)

    def _handed_out(self) -> Iterator[Guarantee]:
        environment = self._settings.environment
        names = resource_names.data_policies(environment)._asdict()
        holders = {kind: self._deployed.holder(names[kind.lower()]) for kind in managed.OBJECTS}
        yield managed.exactly(holders, self._data, self._keys.get("data key"), self._access_points)
        yield managed.state_exactly(
            self._deployed.holder(resource_names.state_policy(environment)), self._state_use
        )
        yield from self._ci()
        roles = self._deployed.roles
        of_roles = {policy.name for role in roles.values() for policy in role.policies}
        # A boundary allows nothing by itself.
        of_roles |= {
            resource_names.replication_boundary(environment),
            resource_names.scan_boundary(environment),
        }
        handed = [self._deployed.holder(name) for name in self._deployed.managed if name not in of_roles]
        everybody = [*handed, *roles.values()]
        yield environments.nothing_of_others(everybody, self._environment())
        if self._settings.state.shared:
            yield shared_states.nothing_of_other_states(everybody, self._own_part())
