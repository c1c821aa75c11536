"""The rules between settings: which of them, each valid by itself, do not fit together."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from settings import resource_names
from settings.bucket_namespace import wrong_names
from settings.defaults import NamedAfterEnvironment
from settings.lifecycle_rules import wrong_rules
from settings.model import Settings
from settings.names import aws as aws_names
from settings.names.aws import InvalidValueError
from settings.names.provider import TESTED
from settings.problems import Conflict
from settings.scan_rules import wrong_scans
from settings.unique import taken_twice

SHORTEST_AUDIT = 90
"""The fewest days that a trail's records are kept: as long as CloudTrail's own event history."""

# The sections that a switch turns on, and that switch.
SWITCHES = {
    "replication": "enabled",
    "inventory": "enabled",
    "audit": "enabled",
    "malware_scan": "enabled",
    "cors": "allowed_origins",
}


def wrong_combinations(settings: Settings) -> Iterator[Conflict]:
    """Yield what is wrong with settings that are all valid by themselves."""
    yield from _principals(settings)
    yield from _state(settings)
    yield from taken_twice(settings)
    yield from _access_points(settings)
    yield from _revoked(settings)
    yield from _network(settings)
    yield from _logging(settings)
    yield from _lifecycle(settings)
    yield from _object_lock(settings)
    yield from _replication(settings)
    yield from _records(settings)
    yield from wrong_scans(settings)
    yield from _cors(settings)
    yield from _import(settings)
    yield from _terraform(settings)
    yield from wrong_names(settings)
    yield from _forgotten_switches(settings)


def _principals(settings: Settings) -> Iterator[Conflict]:
    access = settings.access
    principals = {f"access.principals[{place}]": arn for place, arn in enumerate(access.principals)}
    arns = principals | {
        f"access.{name}[{place}].principal": grant.principal
        for name in ("readers", "writers")
        for place, grant in enumerate(getattr(access, name))
    }
    if access.deploy_role is not None:
        arns["access.deploy_role"] = access.deploy_role
    arns |= {f"network.exempt_roles[{place}]": arn for place, arn in enumerate(settings.network.exempt_roles)}
    unscanned = settings.malware_scan.readers_of_unscanned
    arns |= {f"malware_scan.readers_of_unscanned[{place}]": arn for place, arn in enumerate(unscanned)}
    partition = aws_names.partition_of(settings.region)
    for key, arn in arns.items():
        if aws_names.arn_partition(arn) != partition:
            rule = f'must begin with "arn:{partition}:", as region is "{settings.region}"'
            yield key, InvalidValueError(rule), arn
        elif key in principals and settings.account_id not in (None, aws_names.arn_account(arn)):
            rule = f'must be of account_id, "{settings.account_id}"'
            yield key, InvalidValueError(rule, "a grant lets others in"), arn
    of_ci = resource_names.ci_roles("*")  # of any environment
    for place, name in enumerate(access.attach_to_roles):
        # A role that deploys can rewrite the managed policy: through it, CI could give anything to itself, or
        # to the CI of another environment.
        if any(fnmatchcase(name.casefold(), pattern) for pattern in of_ci):
            rule = "must not be a role of CI, which never uses the data"
            yield f"access.attach_to_roles[{place}]", InvalidValueError(rule), name
        elif access.deploy_role is not None and name.casefold() == _role_name(access.deploy_role).casefold():
            rule = "must not be the role of access.deploy_role, which could give anything to itself"
            yield f"access.attach_to_roles[{place}]", InvalidValueError(rule), name
    if settings.encryption.mode == "sse-s3" and access.principals:
        rule = 'must be "sse-kms" where access.principals is set'
        yield "encryption.mode", InvalidValueError(rule), settings.encryption.mode


def _role_name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _state(settings: Settings) -> Iterator[Conflict]:
    if aws_names.partition_of(settings.state.region) != aws_names.partition_of(settings.region):
        rule = f'must be in the same AWS partition as region, which is "{settings.region}"'
        yield "state.region", InvalidValueError(rule), settings.state.region


def _access_points(settings: Settings) -> Iterator[Conflict]:
    """Yield ARNs that may lead to somebody else's bucket."""
    partition = aws_names.partition_of(settings.region)
    for place, arn in enumerate(settings.access.access_points):
        key = f"access.access_points[{place}]"
        if not arn.startswith("arn:"):
            continue
        _, of, _, region, account, _ = arn.split(":")
        if of != partition:
            rule = f'must begin with "arn:{partition}:", as region is "{settings.region}"'
            yield key, InvalidValueError(rule), arn
        elif region != settings.region:
            rule = f'must be in the bucket\'s region, which is "{settings.region}"'
            yield key, InvalidValueError(rule), arn
        elif settings.account_id is None:
            rule = "must be a name where account_id is not set"
            yield key, InvalidValueError(rule, f'set account_id, or give "{arn.rpartition("/")[2]}"'), arn
        elif account != settings.account_id:
            yield key, InvalidValueError(f'must be of account_id, "{settings.account_id}"'), arn


def _revoked(settings: Settings) -> Iterator[Conflict]:
    """Yield keys with the bucket's name in front: they match no object, and seem to end the links for one."""
    given = settings.presign.revoked
    for place, key in enumerate(given):
        bucket, _, rest = key.partition("/")
        with_host = bucket.startswith(f"{settings.bucket_name}.s3")
        if rest and (bucket == settings.bucket_name or with_host) and rest not in given:
            rule = "must not begin with the bucket's name"
            hint = f'give "{rest}", and both if objects really have such a folder'
            yield f"presign.revoked[{place}]", InvalidValueError(rule, hint), key


def _network(settings: Settings) -> Iterator[Conflict]:
    if settings.network.listing and not settings.network.is_limited:
        rule = InvalidValueError(
            "must be false where nothing is limited",
            "set network.vpc_endpoints, network.source_ips or network.organization_id",
        )
        yield "network.listing", rule, True


def _logging(settings: Settings) -> Iterator[Conflict]:
    logging = settings.logging
    if logging.existing_bucket is not None and not logging.enabled:
        rule = InvalidValueError("must be true where logging.existing_bucket is set")
        yield "logging.enabled", rule, False


def _lifecycle(settings: Settings) -> Iterator[Conflict]:
    if settings.lifecycle.rules and not settings.lifecycle.enabled:
        yield "lifecycle.enabled", InvalidValueError("must be true where lifecycle.rules is set"), False
    yield from wrong_rules(settings.lifecycle)


def _object_lock(settings: Settings) -> Iterator[Conflict]:
    lock = settings.object_lock
    given = [name for name in ("days", "years") if getattr(lock, name) is not None]
    if lock.mode is None:
        for name in given:
            rule = InvalidValueError("may only be set together with object_lock.mode")
            yield f"object_lock.{name}", rule, getattr(lock, name)
        return
    if len(given) != 1:
        has = "both" if given else "neither"
        rule = InvalidValueError(f'needs either days or years, as mode is "{lock.mode}"', f"it has {has}")
        yield "object_lock", rule, None
    if lock.mode == "compliance" and not settings.protect:
        rule = InvalidValueError(
            'must be true where object_lock.mode is "compliance"', "nothing can empty such a bucket"
        )
        yield "protect", rule, False


def _replication(settings: Settings) -> Iterator[Conflict]:
    replication = settings.replication
    if not replication.enabled:
        return
    if replication.region is None:
        yield "replication.region", InvalidValueError("must be set where replication.enabled is true"), None
    elif replication.region == settings.region:
        rule = InvalidValueError("must differ from region")
        yield "replication.region", rule, replication.region
    elif aws_names.partition_of(replication.region) != aws_names.partition_of(settings.region):
        rule = InvalidValueError(f'must be in the same AWS partition as region, which is "{settings.region}"')
        yield "replication.region", rule, replication.region


def _records(settings: Settings) -> Iterator[Conflict]:
    """Yield what is wrong with inventory and audit, which write to the log bucket."""
    for name, enabled in (("inventory", settings.inventory.enabled), ("audit", settings.audit.enabled)):
        if enabled and not settings.logging.makes_bucket:
            rule = InvalidValueError(
                "must be false where logging makes no bucket to write to",
                "set logging.enabled, and no logging.existing_bucket",
            )
            yield f"{name}.enabled", rule, True
    audit = settings.audit
    if audit.notify and not audit.enabled:
        yield "audit.enabled", InvalidValueError("must be true where audit.notify is set"), False
    if audit.enabled and settings.logging.retention_days < SHORTEST_AUDIT:
        rule = InvalidValueError(
            f"must be at least {SHORTEST_AUDIT} where audit.enabled is true",
            "the trail's records are in it",
        )
        yield "logging.retention_days", rule, settings.logging.retention_days


def _cors(settings: Settings) -> Iterator[Conflict]:
    cors = settings.cors
    if "*" not in cors.allowed_origins:
        return
    if len(cors.allowed_origins) > 1:
        rule = InvalidValueError('must list "*" alone, because it allows every origin')
        yield "cors.allowed_origins", rule, cors.allowed_origins
    for place, header in enumerate(cors.allowed_headers):
        # A "*" stands for any part of the name, so that "auth*" lets "authorization" through.
        if any(fnmatchcase(one, header.casefold()) for one in ("authorization", "cookie")):
            rule = InvalidValueError(
                'must not allow credentials where cors.allowed_origins is "*"',
                'name the origins, or headers like "content-type"',
            )
            yield f"cors.allowed_headers[{place}]", rule, header


def _import(settings: Settings) -> Iterator[Conflict]:
    taken = settings.import_
    if taken.key is not None and settings.encryption.mode != "sse-kms":
        rule = InvalidValueError('must be "sse-kms" where import.key is set')
        yield "encryption.mode", rule, settings.encryption.mode
    if taken.bucket and not settings.protect:
        rule = InvalidValueError(
            "must be true where import.bucket is true",
            "otherwise a destroy deletes what was in the bucket before",
        )
        yield "protect", rule, False
    elif taken.key is not None and not settings.protect:
        rule = InvalidValueError(
            "must be true where import.key is set",
            "otherwise a destroy deletes the key, and all that it encrypted is lost",
        )
        yield "protect", rule, False
    if taken.key is not None and taken.key.startswith("arn:"):
        yield from _key_of_elsewhere(settings, taken.key)
    if taken.key_alias and taken.key is None:
        rule = InvalidValueError("must be set where import.key_alias is true", "an alias belongs to a key")
        yield "import.key", rule, None


def _key_of_elsewhere(settings: Settings, arn: str) -> Iterator[Conflict]:
    partition = aws_names.partition_of(settings.region)
    if aws_names.arn_partition(arn) != partition:
        yield "import.key", InvalidValueError(f'must begin with "arn:{partition}:"'), arn
    elif arn.split(":")[3] != settings.region:
        yield "import.key", InvalidValueError(f'must be in region, which is "{settings.region}"'), arn
    elif settings.account_id not in (None, aws_names.arn_account(arn)):
        yield "import.key", InvalidValueError(f'must be of account_id, "{settings.account_id}"'), arn


def _terraform(settings: Settings) -> Iterator[Conflict]:
    """Yield a version of the provider that nobody has run, unless the settings say that this is known."""
    version, untested = settings.terraform.provider_version, settings.terraform.provider_version_untested
    if untested == (version != TESTED):
        return
    rule = InvalidValueError(f"must be false where terraform.provider_version is {TESTED}")
    if not untested:
        rule = InvalidValueError(
            f"must be true where terraform.provider_version is not {TESTED}",
            f"nobody has deployed with {version} yet, see docs/longevity.md",
        )
    yield "terraform.provider_version_untested", rule, untested


def _forgotten_switches(settings: Settings) -> Iterator[Conflict]:
    """Yield each section that a file fills in without saying whether it is on."""
    for name, switch in SWITCHES.items():
        section = getattr(settings, name)
        named = {
            key
            for key, field in type(section).model_fields.items()
            if any(isinstance(mark, NamedAfterEnvironment) for mark in field.metadata)  # the loader's
        }
        given = sorted(section.model_fields_set - named - {"notify"})
        if given and switch not in given:
            rule = InvalidValueError(
                f"must be set where {name}.{given[0]} is set, which has no effect without it"
            )
            yield f"{name}.{switch}", rule, None
