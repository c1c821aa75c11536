"""The proof in the place of the simulator's engine: the same questions, and answers in the same form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from proof import Decision, Identity, Operation, Policy, Where, policy
from proof.operation import NEEDS
from tests.policy.engine import Document, EngineRequest, Evaluation
from tests.policy.simulation import Simulator
from tests.policy.table import Row
from tests.proof.pinned import Answer, decided, exactly, keys_of

Policies = Mapping[str, Document]
MOST = 30


class ProofEngine:
    """Decides requests as `tests.policy.engine.Engine` does."""

    def evaluate(self, requests: Sequence[EngineRequest], policies: Policies) -> list[Evaluation]:
        """Decide `requests`, which name `policies`."""
        answers: dict[int, Evaluation] = {}
        for numbers in groups(requests, [_scene(one) for one in requests]):
            group = [requests[one] for one in numbers]
            found = decided(_decision(group, policies), [_pinned(one, group, policies) for one in group])
            answers |= zip(numbers, map(_evaluation, found, group), strict=True)
        return [answers[number] for number in range(len(requests))]


def operations(simulator: Simulator, rows: Sequence[Row]) -> dict[Row, Answer]:
    """Say of each row that reads or writes with a key of KMS whether the whole operation is allowed."""
    asked, policies = [], simulator._policies
    for row in rows:
        if row.does.partition(":")[0] in ("kms", "sns") or row.via != Row.via:
            continue
        first, second = simulator._first(row), simulator._second(row)
        if second is not None and first.action.lower() in NEEDS.get(second.action.lower(), ()):
            asked.append((row, first, second))
    answers: dict[Row, Answer] = {}
    scenes = [(*_scene(first), *_of_key(second)) for _, first, second in asked]
    for numbers in groups([first for _, first, _ in asked], scenes):
        group = [asked[one][1] for one in numbers]
        of_key = [asked[one][2] for one in numbers]
        arn, _, via, context = _of_key(of_key[0])
        whole = Operation(
            _decision(group, policies),
            _decision(of_key, policies),
            key_arn=arn,
            region=via.split(".")[1],
            bucket=context,
        )
        found = decided(whole, [_pinned(one, group, policies) for one in group])
        answers |= zip((asked[one][0] for one in numbers), found, strict=True)
    return answers


def _scene(request: EngineRequest) -> tuple[str | None, str, str]:
    return request.resource_policy, request.account, request.action.partition(":")[0]


def _of_key(request: EngineRequest) -> tuple[str, str | None, str, str | None]:
    """What all requests to a key must have in common; an object's ARN is what the operation knows itself."""
    about = str(request.context["kms:EncryptionContext:aws:s3:arn"])
    return (
        request.resource,
        request.resource_policy,
        str(request.context["kms:ViaService"]),
        None if "/" in about else about,
    )


def groups(requests: Sequence[EngineRequest], scenes: Sequence[object]) -> Iterator[list[int]]:
    """Yield the numbers of requests of one scene, among which nobody holds two sets of policies.

    They are at most `MOST`: the solver's work grows faster than their number.
    """
    found: dict[object, list[tuple[dict[str | None, tuple[str, ...]], list[int]]]] = {}
    for number, (one, scene) in enumerate(zip(requests, scenes, strict=True)):
        who, holds = _arn(one), tuple(one.identity)
        for holders, numbers in found.setdefault(scene, []):
            if len(numbers) < MOST and holders.setdefault(who, holds) == holds:
                numbers.append(number)
                break
        else:
            found[scene].append(({who: holds}, [number]))
    for of_scene in found.values():
        yield from (numbers for _, numbers in of_scene)


def _arn(request: EngineRequest) -> str | None:
    """The ARN of the user or role."""
    arn = request.context.get("aws:PrincipalArn")
    return None if arn is None else str(arn)


def _decision(requests: Sequence[EngineRequest], policies: Policies) -> Decision:
    def named(name: str) -> Policy:
        return policy(policies[name], name)

    holders = {_arn(one): one.identity for one in requests}
    identities = tuple(
        Identity((arn,), tuple(map(named, names))) for arn, names in holders.items() if arn is not None
    )
    of_resource = requests[0].resource_policy
    return Decision(None if of_resource is None else named(of_resource), requests[0].account, identities)


def _pinned(request: EngineRequest, group: Sequence[EngineRequest], policies: Policies) -> Where:
    """The request, without the keys that it lacks and a policy of the group asks for."""
    names = {name for one in group for name in (*one.identity, one.resource_policy) if name is not None}
    context: dict[str, Any] = {
        key: [value] if isinstance(value, str) else value for key, value in request.context.items()
    }
    keys = sorted(set(keys_of(policies[name] for name in names)))
    return exactly(request.principal, request.action, request.resource, context, keys)


def _evaluation(answer: Answer, request: EngineRequest) -> Evaluation:
    if answer.allowed is None:
        return Evaluation("ExplicitlyDenied", (), (), (answer.reason,), ())
    allows, denies = (
        tuple(sorted(map(_policy_and_sid, said), key=lambda one: one[0] == request.resource_policy))
        for said in (answer.allows, answer.denies)
    )
    if answer.allowed:
        return Evaluation("Allowed", allows, (), (), ())
    return Evaluation("ExplicitlyDenied" if denies else "ImplicitlyDenied", allows, denies, (), ())


def _policy_and_sid(statement: str) -> tuple[str, str]:
    """The parts of `policy/Sid`, or of `policy/Sid#2` where several hold the same policy."""
    name, _, sid = statement.partition("#")[0].rpartition("/")
    return name, sid
