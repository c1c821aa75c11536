"""A request that shows why something does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proof.actions import Kind as Action
from proof.caller import Caller
from proof.facts import Kind
from proof.logic import Formula, Var, negate
from proof.scene import Scene

# Whether policies that are not given allow a request, where that is left open.
IAM_ALLOWS = Var("IAM allows")


@dataclass(frozen=True)
class Witness:
    """One request.

    Attributes:
        kind: what sort of caller makes it.
        principal: the ARN or name of who calls, of a role the session; None for an anonymous caller.
        arn: the same, but of a role the role.
        account: the caller's account, if it has one.
        action: such as `s3:GetObject`.
        resource: what it is about.
        context: the condition keys that it carries, of those that the policies know.
        real: whether there is such an action.
        forwarded: whether a service makes it with its caller's identity.
    """

    kind: Kind
    principal: str | None
    arn: str | None
    account: str | None
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]
    real: bool = True
    forwarded: bool = False


def read(scene: Scene, true: frozenset[str]) -> Witness:
    """Return the request of a scene in which the variables named in `true` are true."""
    caller: Caller = scene.callers.all[scene.callers.choice.chosen(true)]
    action: Action = scene.actions.all[scene.actions.choice.chosen(true)]
    context = {}
    for name, key in sorted(scene.keys.items()):
        values = key.read(true)
        said = caller.value(name)
        if values:
            context[name] = values if said is None else (said,)
    return Witness(
        caller.kind,
        caller.session_arn or caller.arn,
        caller.arn,
        caller.account,
        action.name,
        scene.resources.texts[scene.resources.choice.chosen(true)],
        context,
        action.real,
        f"{scene.name}forwarded" in true,
    )


def ordinary(scene: Scene) -> Iterator[Formula]:
    """Yield what makes a request an ordinary one, most wanted first; what a witness has where it can."""
    yield negate(scene.forwarded)
    yield negate(IAM_ALLOWS)
    for name, text in (("aws:securetransport", "true"), ("aws:principalisawsservice", "false")):
        if name in scene.keys:
            yield scene.keys[name].is_value(scene.keys[name].alike(text))
    yield scene.callers.of_kind("anonymous")
    yield scene.callers.of_kind("anonymous", "user", "role")
    yield scene.actions.where(_plain(kind) for kind in scene.actions.all)
    for key in scene.keys.values():
        yield negate(key.present)


def _plain(kind: Action) -> bool:
    return kind.name in ("s3:GetObject", "s3:PutObject", "kms:Decrypt", "sns:Publish")
