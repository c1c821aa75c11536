"""What ties the parts of a request together: caller, action, network, and condition keys.

GK https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator

from proof.caller import DECIDED_BY_CALLER
from proof.facts import ANONYMOUS_SERVICES, AWS_KINDS, WEB_IDENTITY_ACTIONS, Kind
from proof.keys import Key
from proof.logic import Formula, Var, every, implies, negate, same, some
from proof.scene import Scene, listed_in

_ALWAYS = frozenset({"always", "unsourced value"})
_TELL_THEIR_ACCOUNT = frozenset({"iam", "kms", "s3", "sns", "sqs", "sts"})


def ties(scene: Scene, owner: str | None = None) -> Iterator[Formula]:
    """Yield what holds for every request; `owner` is the account of what it is about, where known."""
    yield from scene.resources.of_their_type(scene.actions.all, scene.actions.choice)
    yield from _callers_of_actions(scene)
    for key in scene.keys.values():
        yield from _known_to_action(scene, key)
        yield from _carried(scene, key)
        if key.name in DECIDED_BY_CALLER:
            yield from _decided_by_caller(scene, key)
    yield from _network(scene)
    yield from _forward_access(scene)
    yield from _signature(scene)
    yield from _lists(scene)
    if owner is not None:
        yield from _owner(scene, owner)


def _callers_of_actions(scene: Scene) -> Iterator[Formula]:
    yield implies(scene.callers.of_kind("anonymous"), scene.service_is(ANONYMOUS_SERVICES))
    of_web_identities = scene.actions.where(
        kind.name.lower() in WEB_IDENTITY_ACTIONS for kind in scene.actions.all
    )
    yield implies(scene.callers.of_kind("web identity"), of_web_identities)
    signed = scene.actions.where(
        kind.name.lower() not in WEB_IDENTITY_ACTIONS - {"sts:tagsession"} for kind in scene.actions.all
    )
    yield some((signed, scene.callers.of_kind("web identity")))


def _known_to_action(scene: Scene, key: Key) -> Iterator[Formula]:
    yield implies(key.present, negate(scene.actions_that(key.name, known=False)))


def _carried(scene: Scene, key: Key) -> Iterator[Formula]:
    always: list[Kind] = [kind for kind, one in key.fact.carried.items() if one in _ALWAYS]
    never: list[Kind] = [kind for kind, one in key.fact.carried.items() if one == "never"]
    if always:
        yield implies(scene.callers.of_kind(*always), key.present)
    if never:
        yield implies(scene.callers.of_kind(*never), negate(key.present))


def _decided_by_caller(scene: Scene, key: Key) -> Iterator[Formula]:
    by_value: dict[str, list[int]] = {}
    for number, caller in enumerate(scene.callers.all):
        value = caller.value(key.name)
        if value is not None:
            by_value.setdefault(value, []).append(number)
    for value, callers in by_value.items():
        yield implies(scene.callers.where(callers), key.would_be(key.alike(value)))


def _direct(scene: Scene) -> Formula:
    """Return the formula of requests whose network AWS documents.

    Calls of services, also on a caller's behalf, may come without.
    """
    by_service = scene.callers.of_kind("service")
    return negate(some((by_service, scene.forwarded)))


def _network(scene: Scene) -> Iterator[Formula]:
    """Yield that a request comes from an address, or else through an endpoint.

    Keys of endpoints are there only if a request comes through one, says AWS, and not that they then are.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
    """
    endpoint = Var(f"{scene.name}through an endpoint")
    for present in scene.present("aws:sourceip"):
        yield implies(_direct(scene), same(present, negate(endpoint)))
    of_endpoints = ("aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:vpcsourceip")
    of_owners = ("aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths")
    for present in scene.present(*of_endpoints, *of_owners):
        yield implies(present, some((endpoint, negate(_direct(scene)))))


def _forward_access(scene: Scene) -> Iterator[Formula]:
    """Yield what shows that a service calls on.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    forwarded = scene.forwarded
    yield implies(forwarded, scene.callers.of_kind(*AWS_KINDS))
    via = scene.keys.get("aws:viaawsservice")
    if via is not None:
        yield implies(forwarded, via.present)
        yield same(forwarded, via.would_be(via.alike("true")))
    # Only services that support aws:CalledVia set it; S3, for one, is none of those that AWS names.
    of_some = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "kms:viaservice")
    for present in scene.present(*of_some):
        yield implies(present, forwarded)


def _signature(scene: Scene) -> Iterator[Formula]:
    """Yield that the age of a signature of Version 2 is always 0.

    https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
    """
    age = scene.keys.get("s3:signatureage")
    if age is not None:
        old = scene.is_exactly("s3:signatureversion", "AWS")
        yield implies(every((old, age.present)), age.is_value(age.alike("0")))


def _lists(scene: Scene) -> Iterator[Formula]:
    """Yield that a key for one name has that name in the list of names, where the action has the list."""
    for name, key in scene.keys.items():
        listed = listed_in(name)
        names = scene.keys.get(listed[0]) if listed is not None else None
        if listed is not None and names is not None:
            has_both = every((key.present, scene.actions_that(names.name, known=True)))
            yield implies(has_both, names.lists(listed[1]))


def _owner(scene: Scene, owner: str) -> Iterator[Formula]:
    """Yield that what is asked for is the account's own.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
    """
    for name in ("aws:resourceaccount", "s3:resourceaccount"):
        if name in scene.keys:
            yield implies(scene.keys[name].present, scene.is_exactly(name, owner))
    for present in scene.present("aws:resourceaccount"):
        yield implies(scene.service_is(_TELL_THEIR_ACCOUNT), present)
