"""What an environment promises, by its settings; whether its policies keep it, `proof` says.

The promises are written down here from the settings, and not with the functions that write the policies:
what is wrong in one of those must not be right in the other as well.
"""

from collections.abc import Iterator

from constructs_lib.event_patterns import ALARMS
from proof import Where
from proof.asking import EVERY, Action, Principal, When
from proof.properties import (
    GivenUp,
    Property,
    ci,
    control,
    encryption,
    environments,
    keys,
    links,
    managed,
    perimeter,
    records,
    replicas,
    strangers,
    transport,
)
from proof.properties.perimeter import Perimeter
from proof.properties.things import Bucket, Grant, Holder, any_of
from stacks.deployed import Deployed
from stacks.settings_defaults import ci_role_names, replication_boundary_name, replication_role_name

Guarantee = Property | GivenUp

STATE_LINKS = 7 * 24 * 3600
"""Seconds after which no link to the state works, whatever the settings say of the data's."""

ISSUER = "token.actions.githubusercontent.com"


class Guarantees:
    """The promises of one environment."""

    def __init__(self, deployed: Deployed) -> None:
        """Promise what the settings of `deployed` say."""
        self._is = deployed
        self._settings = deployed.settings
        self._buckets, self._keys = deployed.buckets, deployed.keys
        access = self._settings.access
        self._readers = tuple(Grant(one.principal, one.prefix) for one in access.readers)
        self._writers = tuple(Grant(one.principal, one.prefix) for one in access.writers)
        self._max_age = int(self._settings.presign.max_expiry.total_seconds())

    def __iter__(self) -> Iterator[Guarantee]:
        """Yield every promise, and what the settings give up."""
        yield from self._outsiders()
        yield from self._requests()
        yield from self._encryption()
        yield from self._control()
        yield from self._protection()
        yield from self._handed_out()

    # One after the other, as a table shows them

    def _outsiders(self) -> Iterator[Guarantee]:
        topics = self._is.topics.values()
        yield strangers.nobody_without_credentials(
            list(self._buckets.values()), [*self._keys.values(), *topics]
        )
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
                control.current(self._max_age) & control.inside(self._perimeter),
                any_of([When(control.sent(one)) for one in self._headers()]),
            )

    def _requests(self) -> Iterator[Guarantee]:
        everywhere = list(self._buckets.values())
        yield transport.https_only(everywhere, list(self._is.topics.values()))
        yield transport.no_outdated_tls(everywhere)
        yield links.no_legacy_signatures(everywhere)
        yield links.no_old_links(self._with_data, self._max_age)
        yield links.no_old_links([self._state], STATE_LINKS, name="no-old-links-to-the-state")
        yield from perimeter.properties(self._with_data, self._perimeter)

    def _encryption(self) -> Iterator[Guarantee]:
        data_key, state_key = self._keys.get("data key"), self._keys["state key"]
        yield encryption.one_key(
            self._data, None if data_key is None else data_key.arn, self._role_into(self._data)
        )
        yield encryption.headers_required(
            self._data, required=self._settings.encryption.require_upload_headers
        )
        yield encryption.one_key(self._state, state_key.arn)
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
                via=_via(self._settings.region, self._is.partition),
                trail_arn=self._trail_arn,
                topic_arn=self._is.topic_arn,
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
        yield control.only_by_iam(all_buckets, all_keys, deploy_role)
        private = "network.source_ips has only private ranges, and S3 sees none of those"
        yield control.uploads_pass(
            self._data,
            self._headers(),
            self._perimeter,
            self._max_age,
            hint=private if self._settings.network.source_ips else "",
        )
        yield control.use_passes(self._data, self._perimeter, self._max_age)
        # Terraform uploads its lock file without headers.
        of_state: list[dict[str, str]] = [{}, _named(self._keys["state key"].arn)]
        yield control.uploads_pass(self._state, of_state, Perimeter(), STATE_LINKS)
        yield control.use_passes(self._state, Perimeter(), STATE_LINKS)

    def _headers(self) -> list[dict[str, str]]:
        """Return each way in which an upload may say how it is encrypted."""
        found = [self._is.upload_headers]
        if not self._settings.encryption.require_upload_headers:
            key = self._keys.get("data key")
            found.append({"x-amz-server-side-encryption": "AES256"} if key is None else _named(key.arn))
        return found

    def _protection(self) -> Iterator[Guarantee]:
        if "log bucket" in self._buckets:
            logs = self._buckets["log bucket"]
            sources = [self._data.arn]
            if self._settings.audit.enabled:
                sources.append(self._trail_arn)
            yield records.only_services_write(logs, account=self._is.account, sources=sources)
            yield self._records_stay(logs)
            yield records.records_arrive(logs, self._is.account, self._deliveries)
            yield records.each_below_its_prefix(logs, self._deliveries)
        for topic in self._is.topics.values():
            rules = [self._rule(name) for name in ALARMS]
            yield records.only_our_alarms(topic, rules)
            yield records.alarms_arrive(topic, rules)
        yield replicas.only_our_replication({one: self._role_into(one) for one in self._buckets.values()})
        if "replica bucket" in self._buckets:
            yield replicas.nobody_uploads(self._buckets["replica bucket"])
            yield control.use_passes(self._buckets["replica bucket"], self._perimeter, self._max_age)
            yield from self._replication()

    def _replication(self) -> Iterator[Guarantee]:
        settings = self._settings
        environment = settings.environment
        role = self._is.roles[replication_role_name(environment)]
        wanted, most = self._sides(any_key=False), self._sides(any_key=True)
        chosen, object_lock = settings.replication, settings.object_lock.mode is not None
        both = chosen.replica_modifications
        sources, destinations = (wanted, wanted) if both else (wanted[:1], wanted[1:])
        boundary = self._is.holder(replication_boundary_name(environment))
        yield replicas.replicates_exactly(
            {
                role: replicas.Replication(sources, destinations, chosen.delete_markers, object_lock),
                boundary: replicas.Replication(most, most, deletes=True, locks=True),
            }
        )
        yield replicas.taken_by_s3_only(role, self._is.account, [one.bucket.arn for one in sources])
        yield replicas.replication_passes(role.arn, destinations)

    def _sides(self, *, any_key: bool) -> tuple[replicas.Side, ...]:
        """Return the data bucket and the replica bucket, with their keys, or with any of the account."""
        both = (("data", self._settings.region), ("replica", self._settings.replication.region or ""))
        found = []
        for what, region in both:
            uses = replicas.DECRYPT + replicas.ENCRYPT if any_key else self._key_uses[f"{what} key"]
            key = self._keys.get(f"{what} key")
            keys_ = [self._is.arn("kms", "key/*", region=region)] if any_key else [key.arn] if key else []
            bucket, via = self._buckets[f"{what} bucket"], _via(region, self._is.partition)
            found.append(replicas.Side(bucket, tuple(keys_), via, uses))
        return tuple(found)

    @property
    def _key_uses(self) -> dict[str, tuple[str, ...]]:
        """What the replication does with each key: with bucket keys it encrypts and decrypts with both.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
        """
        both = replicas.DECRYPT + replicas.ENCRYPT
        if self._settings.replication.replica_modifications:
            return {"data key": both, "replica key": both}
        return {"data key": ("kms:Decrypt", "kms:GenerateDataKey"), "replica key": both}

    def _rule(self, alarm: str) -> str:
        name = f"rule/secure-{self._settings.environment}-{alarm}"
        return self._is.arn("events", name, region=self._settings.region)

    def _handed_out(self) -> Iterator[Guarantee]:
        environment = self._settings.environment
        holders = {kind: self._is.holder(f"SecureS3{kind}-{environment}") for kind in managed.OBJECTS}
        yield managed.exactly(holders, self._data, self._keys.get("data key"), self._access_points)
        yield managed.state_exactly(
            self._is.holder(f"SecureStorageState-{environment}"),
            self._state,
            self._keys["state key"],
            f"secure-storage-{environment}/terraform.tfstate",
            _via(self._settings.state.region, self._is.partition),
        )
        roles = self._is.roles
        names = ci_role_names(environment)
        of_ci = [roles[name] for name in names if name in roles]
        if of_ci:
            yield ci.no_data(of_ci, self._data)
            state_bucket = self._state.arn
            yield ci.writes_only(
                roles[names.review],
                "ci-review-writes-reviews-only",
                "The role of pull requests changes nothing, and writes nothing but new reviews.",
                state_bucket,
                f"ci/{environment}/review/",
            )
            yield ci.writes_only(
                roles[names.plan],
                "ci-plan-writes-plans-only",
                "The role of the main branch changes nothing, and writes nothing but new plans.",
                state_bucket,
                f"ci/{environment}/plans/",
            )
            yield ci.taken_by(self._who_takes(roles))
            if not self._ref_is_known:
                yield GivenUp(
                    "ci-deploys-from-its-branch",
                    "The role that deploys is taken from the branch ci.branch only.",
                    f"STS does not know the claim ref in partition {self._is.partition} yet; the environment "
                    "on GitHub has to admit that branch alone",
                )
        of_roles = {policy.name for role in roles.values() for policy in role.policies}
        # A boundary allows nothing by itself.
        of_roles.add(replication_boundary_name(environment))
        handed = [self._is.holder(name) for name in self._is.managed if name not in of_roles]
        yield environments.nothing_of_others([*handed, *roles.values()], self._environment())

    # What the settings say, in other words

    @property
    def _data(self) -> Bucket:
        return self._buckets["data bucket"]

    @property
    def _with_data(self) -> list[Bucket]:
        return [one for one in self._buckets.values() if one.what in ("data bucket", "replica bucket")]

    @property
    def _state(self) -> Bucket:
        return self._buckets["state bucket"]

    @property
    def _trail_arn(self) -> str:
        name = f"trail/secure-storage-{self._settings.environment}"
        return self._is.arn("cloudtrail", name, region=self._settings.region)

    @property
    def _access_points(self) -> list[str]:
        named = self._settings.access.access_points
        region = self._settings.region
        return [
            one if one.startswith("arn:") else self._is.arn("s3", f"accesspoint/{one}", region=region)
            for one in named
        ]

    @property
    def _replication_role(self) -> str | None:
        if not self._settings.replication.enabled:
            return None
        return self._is.arn("iam", f"role/{replication_role_name(self._settings.environment)}")

    def _role_into(self, bucket: Bucket) -> str | None:
        """Return the role that replicates into a bucket."""
        back = self._settings.replication.replica_modifications
        into = ("replica bucket", "data bucket") if back else ("replica bucket",)
        return self._replication_role if bucket.what in into else None

    @property
    def _perimeter(self) -> Perimeter:
        network, access = self._settings.network, self._settings.access
        roles = {*network.exempt_roles, *filter(None, (access.deploy_role, self._replication_role))}
        of_ci: list[str] = []
        if self._settings.ci.repository is not None:
            names = ci_role_names(self._settings.environment)
            of_ci = [self._is.arn("iam", f"role/{name}") for name in names]
        return Perimeter(
            network.vpc_endpoints,
            network.source_ips,
            network.organization_id,
            tuple(sorted(roles)),
            network.listing,
            tuple(of_ci),
        )

    def _uses(self) -> dict[str, keys.S3Use]:
        settings, partition = self._settings, self._is.partition
        everybody = (f"arn:{partition}:iam::{self._is.account}:root",)
        principals = tuple(settings.access.principals) or everybody
        found = {
            "state key": keys.S3Use(
                self._state.arn,
                _via(settings.state.region, partition),
                self._is.account,
                everybody,
            )
        }
        if "data key" in self._keys:
            found["data key"] = keys.S3Use(
                self._data.arn,
                _via(settings.region, partition),
                self._is.account,
                principals,
                self._readers,
                self._writers,
                self._replication_role,
                self._key_uses["data key"],
            )
        if "replica key" in self._keys:
            found["replica key"] = keys.S3Use(
                self._buckets["replica bucket"].arn,
                _via(settings.replication.region or "", partition),
                self._is.account,
                principals,
                replication_role=self._replication_role,
                replication_uses=self._key_uses["replica key"],
            )
        return found

    @property
    def _deliveries(self) -> list[records.Delivery]:
        settings = self._settings
        acl = (("s3:x-amz-acl", "bucket-owner-full-control"),)
        found = [records.Delivery("logging.s3.amazonaws.com", settings.logging.prefix, self._data.arn)]
        if settings.inventory.enabled:
            found.append(records.Delivery("s3.amazonaws.com", "inventory/", self._data.arn, acl))
        if settings.audit.enabled:
            prefix = f"AWSLogs/{self._is.account}/"
            found.append(
                records.Delivery("cloudtrail.amazonaws.com", prefix, self._trail_arn, acl, looks=True)
            )
        return found

    def _records_stay(self, logs: Bucket) -> Guarantee:
        promised = records.nobody_deletes(logs)
        if self._settings.protect:
            return promised
        why = "protect is false: a destroy empties the log bucket"
        return GivenUp(promised.name, promised.says, why)

    def _who_takes(self, roles: dict[str, Holder]) -> dict[Holder, Where]:
        settings = self._settings
        names = ci_role_names(settings.environment)
        repo = f"repo:{settings.ci.repository}"
        claims = {
            names.review: {f"{ISSUER}:sub": f"{repo}:pull_request"},
            names.plan: {f"{ISSUER}:sub": f"{repo}:ref:refs/heads/{settings.ci.branch}"},
            names.deploy: {f"{ISSUER}:sub": f"{repo}:environment:{settings.ci.environment}"},
        }
        branch = {f"{ISSUER}:ref": f"refs/heads/{settings.ci.branch}"}
        from_branch = When({"StringEquals" if self._ref_is_known else "StringEqualsIfExists": branch})
        provider = self._is.arn("iam", f"oidc-provider/{ISSUER}")
        return {
            roles[name]: Principal(federated=(provider,))
            & Action("sts:AssumeRoleWithWebIdentity")
            & When({"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", **claim}})
            & (from_branch if name == names.deploy else EVERY)
            for name, claim in claims.items()
        }

    @property
    def _ref_is_known(self) -> bool:
        """Whether STS compares the claim `ref`, which it does since 2026 in commercial Regions.

        https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
        """
        return self._is.partition == "aws"

    def _environment(self) -> environments.Environment:
        settings, arn = self._settings, self._is.arn
        name, region = settings.environment, settings.region
        own = [one.arn for one in self._buckets.values()]
        points = self._access_points
        if settings.logging.existing_bucket is not None:
            own.append(self._is.bucket_arn(settings.logging.existing_bucket))
        iam = [arn("iam", f"policy/{policy}") for policy in self._is.managed]
        iam += [arn("iam", f"role/{role}") for role in (*self._is.roles, *settings.access.attach_to_roles)]
        aliases = [settings.encryption.key_alias, settings.state.key_alias]
        aliases += [settings.replication.key_alias, settings.audit.key_alias]
        regions = sorted({region, settings.state.region, settings.replication.region or region})
        return environments.Environment(
            arns=(
                *own,
                *(f"{one}/*" for one in own),
                *points,
                *(f"{one}/object/*" for one in points),
                *iam,
                *(arn("kms", alias, region=one) for alias in aliases for one in regions),
                self._trail_arn,
                *(arn("events", f"rule/secure-{name}-{alarm}", region=region) for alarm in ALARMS),
                *(f"{self._is.topic_arn}{rest}" for rest in ("", ":*")),
            ),
            own_keys=tuple(one.arn for one in self._keys.values()),
            keys=tuple(arn("kms", "key/*", region=one) for one in regions),
            aliases=tuple(aliases),
            tags={key: settings.tags[key] for key in ("Environment", "Project")},
        )


def _via(region: str, partition: str) -> tuple[str, ...]:
    """Return S3 as `kms:ViaService` names it; in China, where no page could be read, in both ways."""
    name = f"s3.{region}.amazonaws.com"
    return (name, f"{name}.cn") if partition == "aws-cn" else (name,)


def _named(key_arn: str) -> dict[str, str]:
    header = "x-amz-server-side-encryption"
    return {header: "aws:kms", f"{header}-aws-kms-key-id": key_arn}
