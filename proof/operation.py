"""An S3 operation on objects that a KMS key encrypts: two decisions, both for the caller.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proof import asking
from proof.callers import Callers
from proof.decide import Decision
from proof.facts import AWS_KINDS
from proof.globs import Glob
from proof.grammar import Named, Statement
from proof.limits import Limits
from proof.logic import Formula, every, implies, negate, same
from proof.material import Material
from proof.parse import policy
from proof.scene import Scene
from proof.ties import ties

# Reading decrypts a data key, writing has one made.
NEEDS = {
    "kms:decrypt": frozenset({"s3:getobject", "s3:getobjectversion"}),
    "kms:generatedatakey": frozenset({"s3:putobject"}),
}
_CONTEXT = "kms:encryptioncontext:aws:s3:arn"


@dataclass(frozen=True)
class Operation:
    """What decides an S3 operation on a bucket with a KMS key.

    Attributes:
        objects: decides the request to S3.
        key: decides what S3 asks of KMS for the caller.
        key_arn: the key.
        region: where the bucket is.
        bucket: the bucket's ARN where it has an S3 Bucket Key, then KMS sees that; None where KMS sees
            the object's ARN.
    """

    objects: Decision
    key: Decision
    key_arn: str
    region: str
    bucket: str | None = None

    @property
    def via(self) -> str:
        """The value of kms:ViaService, the same in every partition."""
        return f"s3.{self.region}.amazonaws.com"

    def key_material(self, accounts: frozenset[str], identities: tuple[Named, ...]) -> Material:
        """Return what the request to KMS must tell apart."""
        of_key = asking.Action(*NEEDS) & asking.Resource(self.key_arn)
        return Material((*self.key.statements, *self._mentioned()), (of_key,), accounts, identities)

    def _mentioned(self) -> tuple[Statement, ...]:
        """A statement that names the keys that are known, so that they have these values."""
        known = {"kms:ViaService": self.via, _CONTEXT: self.bucket or "arn:aws:s3:::bucket/key"}
        statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Condition": {"StringEquals": known}}
        return policy({"Version": "2012-10-17", "Statement": statement}).statements

    def context_globs(self, material: Material) -> tuple[Glob, ...]:
        """Return what the key's policies compare an object's ARN with."""
        matches = material.matches.get(_CONTEXT, ())
        of_text = [match for match in matches if match.family == "text"]
        return tuple(glob for match in of_text for glob in (*match.pattern.sure, *match.pattern.possible))


class Call:
    """The request to KMS that belongs to a request to S3.

    Attributes:
        scene: the request to KMS.
        needed: the requests to S3 that need it.
        made: those for which it is made; nobody uses a key without credentials.
        ties: what holds for every request to S3.
    """

    def __init__(
        self, operation: Operation, material: Material, objects: Scene, callers: Callers, limits: Limits
    ) -> None:
        """Set the scene of the request to KMS, made by the caller of `objects`."""
        self._operation, self._objects = operation, objects
        self.scene = Scene(material, callers, limits, name="kms ", share=objects)
        names = [kind.name.lower() for kind in objects.actions.all]
        self._needs = {
            action: objects.actions.where(name in causes for name in names)
            for action, causes in NEEDS.items()
        }
        self.needed = objects.actions.where(
            any(name in causes for causes in NEEDS.values()) for name in names
        )
        anonymous = callers.of_kind("anonymous")
        self.made = every((self.needed, negate(anonymous)))
        self.ties = implies(self.made, every((*ties(self.scene, operation.key.account), *self._linked())))

    def _linked(self) -> Iterator[Formula]:
        """Yield what the request to S3 says of the one to KMS."""
        scene, operation = self.scene, self._operation
        for action, cause in self._needs.items():
            yield implies(cause, scene.actions.matching([action]))
        yield scene.resources.matching([operation.key_arn], variables=True)
        yield same(scene.forwarded, scene.callers.of_kind(*AWS_KINDS))
        via = scene.keys["kms:viaservice"]
        yield implies(scene.forwarded, via.is_value(via.alike(operation.via)))
        context = scene.keys[_CONTEXT]
        if operation.bucket is not None:
            yield context.is_value(context.alike(operation.bucket))
            return
        resources = self._objects.resources
        for number, text in enumerate(resources.texts):
            yield implies(resources.choice.where(1 << number), context.is_value(context.alike(text)))
