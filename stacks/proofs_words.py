"""What the settings of an environment say, in the words of `proof`: plain values for its properties."""

from dataclasses import replace
from datetime import UTC

from constructs_lib.event_patterns import ALARMS
from constructs_lib.scan_events import SCAN_ALARMS
from proof.asking import Action, Resource, When, Where
from proof.properties import environments, keys, managed, records, replicas, shared_states
from proof.properties.links import Links
from proof.properties.perimeter import Perimeter
from proof.properties.things import Bucket, Grant, Key, any_of
from settings import resource_names
from stacks.deployed import Deployed

NOTHING = any_of([])


class InProofsWords:
    """The settings of one environment."""

    def __init__(self, deployed: Deployed) -> None:
        """Take the settings of `deployed`."""
        self._deployed = deployed
        self._settings = deployed.settings
        self._place = deployed.place
        self._buckets, self._keys = deployed.buckets, deployed.keys
        access = self._settings.access
        self._readers = tuple(Grant(one.principal, one.prefix) for one in access.readers)
        self._writers = tuple(Grant(one.principal, one.prefix) for one in access.writers)
        presign = self._settings.presign
        before = presign.revoke_issued_before
        self._links = Links(
            int(presign.max_expiry.total_seconds()),
            None if before is None else f"{before.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            presign.revoked,
        )

    @property
    def _data(self) -> Bucket:
        return self._buckets["data bucket"]

    @property
    def _with_data(self) -> list[Bucket]:
        return [one for one in self._buckets.values() if one.what in ("data bucket", "replica bucket")]

    @property
    def _state(self) -> Bucket | None:
        """The state bucket, if it is this environment's."""
        return self._buckets.get("state bucket")

    @property
    def _state_use(self) -> managed.StateUse:
        state, partition = self._settings.state, self._place.partition
        bucket = self._place.bucket(state.bucket)
        key = f"{self._deployed.storage}/terraform.tfstate"
        own = self._keys.get("state key")
        every = replace(self._place, region=state.region).arn("kms", "key/*")
        # Of another environment's key, only the alias is known.
        of_alias = When({"ForAnyValue:StringEquals": {"kms:ResourceAliases": state.key_alias}})
        return managed.StateUse(
            bucket,
            Resource(every) & of_alias if own is None else own.itself,
            key,
            via(state.region, partition),
            (*self._before_sharing, f"{bucket}/{key}", f"{bucket}/{key}.tflock") if state.shared else (),
        )

    @property
    def _before_sharing(self) -> tuple[str, ...]:
        """What its owner wrote before a bucket was shared is encrypted for the bucket, with a bucket key."""
        return () if self._state is None else (self._state.arn,)

    @property
    def _ci_folders(self) -> dict[str, str]:
        """What the keys of CI's files begin with."""
        environment, kinds = self._settings.environment, ("review", "plans", "deployed")
        if self._settings.state.of is None:
            return {kind: f"ci/{environment}/{kind}/" for kind in kinds}
        return {kind: f"ci-of-guests/{kind}/{environment}/" for kind in kinds}

    def _own_part(self) -> shared_states.OwnPart:
        """Return what is this environment's in a state bucket that others use, too."""
        use, folders = self._state_use, self._ci_folders.values()
        files = [f"{use.bucket_arn}/{folder}*" for folder in folders]
        state = f"{use.bucket_arn}/{use.state_key}"
        own_key = Resource(*(one.arn for what, one in self._keys.items() if what != "state key"))
        return shared_states.OwnPart(
            use.bucket_arn,
            (state, f"{state}.tflock", *files),
            ("env:/", use.state_key, *(f"{folder}*" for folder in folders)),
            use.key & ~own_key,
            (*use.contexts, *files),
        )

    @property
    def _trail_arn(self) -> str:
        return self._place.arn("cloudtrail", f"trail/{resource_names.trail(self._settings.environment)}")

    @property
    def _access_points(self) -> list[str]:
        return [self._place.access_point(one) for one in self._settings.access.access_points]

    @property
    def _replication_role(self) -> str | None:
        if not self._settings.replication.enabled:
            return None
        return self._place.iam(f"role/{resource_names.replication_role(self._settings.environment)}")

    @property
    def _scan_role(self) -> str | None:
        if not self._settings.malware_scan.enabled:
            return None
        return self._place.iam(f"role/{resource_names.scan_role(self._settings.environment)}")

    @property
    def _managed_rules(self) -> str:
        """The rules of EventBridge that GuardDuty makes for all its plans of the account."""
        return self._place.arn("events", "rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*")

    @property
    def _alarms(self) -> tuple[str, ...]:
        return (*ALARMS, *(SCAN_ALARMS if self._scan_role else ()))

    def _role_into(self, bucket: Bucket) -> str | None:
        """Return the role that replicates into a bucket."""
        back = self._settings.replication.replica_modifications
        into = ("replica bucket", "data bucket") if back else ("replica bucket",)
        return self._replication_role if bucket.what in into else None

    @property
    def _perimeter(self) -> Perimeter:
        network, access = self._settings.network, self._settings.access
        ours = (access.deploy_role, self._replication_role, self._scan_role)
        roles = {*network.exempt_roles, *filter(None, ours)}
        of_ci: list[str] = []
        if self._settings.ci.repository is not None:
            names = resource_names.ci_roles(self._settings.environment)
            of_ci = [self._place.iam(f"role/{name}") for name in names]
        return Perimeter(
            network.vpc_endpoints,
            network.source_ips,
            network.organization_id,
            tuple(sorted(roles)),
            network.listing,
            tuple(of_ci),
        )

    def _headers(self) -> list[dict[str, str]]:
        """Return each way in which an upload may say how it is encrypted."""
        found = [self._deployed.upload_headers]
        if not self._settings.encryption.require_upload_headers:
            key = self._keys.get("data key")
            found.append({"x-amz-server-side-encryption": "AES256"} if key is None else key_headers(key.arn))
        return found

    def _uses(self) -> dict[str, keys.S3Use]:
        settings, partition = self._settings, self._place.partition
        everybody = (self._place.iam("root"),)
        principals = tuple(settings.access.principals) or everybody
        found = {}
        if self._state is not None:
            found["state key"] = keys.S3Use(
                self._state.arn,
                via(settings.state.region, partition),
                self._deployed.account,
                everybody,
            )
        if "data key" in self._keys:
            found["data key"] = keys.S3Use(
                self._data.arn,
                via(settings.region, partition),
                self._deployed.account,
                principals,
                self._readers,
                self._writers,
                self._replication_role,
                self._key_uses["data key"],
                self._scan_role,
            )
        if "replica key" in self._keys:
            found["replica key"] = keys.S3Use(
                self._buckets["replica bucket"].arn,
                via(settings.replication.region or "", partition),
                self._deployed.account,
                principals,
                replication_role=self._replication_role,
                replication_uses=self._key_uses["replica key"],
            )
        return found

    @property
    def _key_uses(self) -> dict[str, tuple[str, ...]]:
        """What the replication does with each key: with bucket keys it encrypts and decrypts with both.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
        """
        both = replicas.DECRYPT + replicas.ENCRYPT
        if self._settings.replication.replica_modifications:
            return {"data key": both, "replica key": both}
        return {"data key": ("kms:Decrypt", "kms:GenerateDataKey"), "replica key": both}

    def _sides(self, *, any_key: bool) -> tuple[replicas.Side, ...]:
        """Return the data bucket and the replica bucket, with their keys, or with any of the account."""
        both = (("data", self._settings.region), ("replica", self._settings.replication.region or ""))
        found = []
        for what, region in both:
            uses = replicas.DECRYPT + replicas.ENCRYPT if any_key else self._key_uses[f"{what} key"]
            key = self._keys.get(f"{what} key")
            every = replace(self._place, region=region).arn("kms", "key/*")
            keys_ = [every] if any_key else [key.arn] if key else []
            bucket = self._buckets[f"{what} bucket"]
            found.append(replicas.Side(bucket, tuple(keys_), via(region, self._place.partition), uses))
        return tuple(found)

    @property
    def _deliveries(self) -> list[records.Delivery]:
        settings = self._settings
        acl = (("s3:x-amz-acl", "bucket-owner-full-control"),)
        found = [records.Delivery("logging.s3.amazonaws.com", settings.logging.prefix, self._data.arn)]
        if settings.inventory.enabled:
            found.append(records.Delivery("s3.amazonaws.com", "inventory/", self._data.arn, acl))
        if settings.audit.enabled:
            prefix = f"AWSLogs/{self._deployed.account}/"
            found.append(
                records.Delivery("cloudtrail.amazonaws.com", prefix, self._trail_arn, acl, looks=True)
            )
        return found

    def _uses_by_services(self) -> dict[Bucket | Key, Where]:
        """Return what services of AWS may do with each bucket, key and topic."""
        uses: dict[Bucket | Key, Where] = dict.fromkeys(self._buckets.values(), NOTHING)
        if "log bucket" in self._buckets:
            logs = self._buckets["log bucket"]
            uses[logs] = records.by_services(logs, self._deliveries)
        uses |= {one: Action(*keys.USING) for one in self._keys.values()}
        if "audit key" in self._keys:
            uses[self._keys["audit key"]] |= Action("kms:DescribeKey")
        return uses | {one: Action("sns:Publish") for one in self._deployed.topics.values()}

    def _rule(self, alarm: str) -> str:
        name = resource_names.alarm_rule(self._settings.environment, alarm)
        return self._place.arn("events", f"rule/{name}")

    def _environment(self) -> environments.Environment:
        settings, place = self._settings, self._place
        own = [one.arn for one in self._buckets.values()]
        of_state: tuple[str, ...] = ()
        if settings.state.shared:
            part = self._own_part()
            own = [arn for arn in own if arn != part.bucket_arn]
            of_state = (part.bucket_arn, *part.objects)
        points = self._access_points
        if settings.logging.existing_bucket is not None:
            own.append(place.bucket(settings.logging.existing_bucket))
        iam = [place.iam(f"policy/{policy}") for policy in self._deployed.managed]
        iam += [
            place.iam(f"role/{role}") for role in (*self._deployed.roles, *settings.access.attach_to_roles)
        ]
        aliases = [settings.encryption.key_alias, settings.state.key_alias]
        aliases += [settings.replication.key_alias, settings.audit.key_alias]
        regions = {place.region, settings.state.region, settings.replication.region or place.region}
        places = [replace(place, region=region) for region in sorted(regions)]
        return environments.Environment(
            arns=(
                *own,
                *(f"{one}/*" for one in own),
                *of_state,
                *points,
                *(f"{one}/object/*" for one in points),
                *iam,
                *(one.arn("kms", alias) for alias in aliases for one in places),
                self._trail_arn,
                *(self._rule(alarm) for alarm in self._alarms),
                *([self._managed_rules] if self._scan_role else []),
                *(f"{self._deployed.topic_arn}{rest}" for rest in ("", ":*")),
            ),
            own_keys=tuple(one.arn for one in self._keys.values()),
            keys=tuple(one.arn("kms", "key/*") for one in places),
            plans=place.arn("guardduty", "malware-protection-plan/*"),
            aliases=tuple(aliases),
            tags={key: settings.tags[key] for key in ("Environment", "Project")},
        )


def via(region: str, partition: str) -> tuple[str, ...]:
    """Return S3 as `kms:ViaService` names it; in China, where no page could be read, in both ways."""
    name = f"s3.{region}.amazonaws.com"
    return (name, f"{name}.cn") if partition == "aws-cn" else (name,)


def key_headers(key_arn: str) -> dict[str, str]:
    """Return the headers that say with which key an upload is encrypted."""
    header = "x-amz-server-side-encryption"
    return {header: "aws:kms", f"{header}-aws-kms-key-id": key_arn}
