"""What policies allow, exactly: for every possible request of everybody.

Pure: it reads documents, asks nobody and imports nothing of ours. How it works,
what it assumes and where its limits are: docs/proof.md.

Read documents, say which policies decide together, and claim something:

    from proof import Action, Caller, Decision, Holds, Resource, When, denied, nobody, policy, prove

    bucket = policy(document, "bucket policy")      # a dict; DocumentError for what is no policy
    decision = Decision(resource=bucket, account="111122223333")
    objects = Resource("arn:aws:s3:::acme/*")
    verdicts = prove(
        decision,
        {
            "nobody without credentials": nobody(objects & Caller("anonymous")),
            "no plain HTTP": denied(objects & When({"Bool": {"aws:SecureTransport": "false"}})),
        },
    )

Each verdict is one of

- `Holds(by)`: `by` names the statements without which it would not hold, such as
  `bucket policy/DenyInsecureTransport`;
- `Fails(witness, by)`: a request that shows it, and the statements that let it through (or deny it);
- `Undecided(reason, witness)`: a policy variable decides, or something that AWS does not document, or
  it is too large.

Claims: `nobody` (no such request is allowed; IAM policies that are not given allow
everything), `always` (each is allowed; IAM policies that are not given allow
nothing), `denied` (a statement denies each), `never_denied` (none does).

Requests: `Action`, `Resource`, `Principal`, `Caller`, `Account`, `When`, put together
with `&`, `|`, `~`; see `proof.asking`. `compare(old, new)` says how two policies
differ. `sentence(witness)` is a request in words.
"""

from proof.asker import Fails, Holds, Undecided, Verdict
from proof.asking import (
    AWS_IDENTITY,
    EVERY,
    Account,
    Action,
    Caller,
    Principal,
    Resource,
    When,
    Where,
)
from proof.comparing import Comparison, Difference, Example, compare
from proof.decide import Decision, Identity
from proof.grammar import DocumentError, Policy
from proof.limits import Limits
from proof.operation import Operation
from proof.parse import policy, policy_text
from proof.proving import Claim, always, denied, never_denied, nobody, prove
from proof.witness import Witness
from proof.words import sentence

__all__ = [
    "AWS_IDENTITY",
    "EVERY",
    "Account",
    "Action",
    "Caller",
    "Claim",
    "Comparison",
    "Decision",
    "Difference",
    "DocumentError",
    "Example",
    "Fails",
    "Holds",
    "Identity",
    "Limits",
    "Operation",
    "Policy",
    "Principal",
    "Resource",
    "Undecided",
    "Verdict",
    "When",
    "Where",
    "Witness",
    "always",
    "compare",
    "denied",
    "never_denied",
    "nobody",
    "policy",
    "policy_text",
    "prove",
    "sentence",
]
