"""One caller of AWS, what the keys say that it decides, and whether a policy names it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proof.facts import AWS_KINDS, Kind
from proof.grammar import Named

REFERENCE = r"\$\{[^}:]*\}"  # of Terraform
_ACCOUNT = rf"(?:\d{{12}}|{REFERENCE})"
_WHOLE_ACCOUNT = re.compile(rf"arn:[\w-]+:iam::({_ACCOUNT}):root|(\d{{12}}|\$\{{[^}}:]*account_id\}})")
_IDENTITY = re.compile(rf"arn:([\w-]+):iam::({_ACCOUNT}):(user|role)/(.+)")
STS = re.compile(rf"arn:([\w-]+):sts::({_ACCOUNT}):(assumed-role|federated-user)/(.+)")


@dataclass(frozen=True)
class Caller:
    """One caller, for all that the policies cannot tell from it.

    Attributes:
        kind: of which sort.
        account: whose it is; None for anonymous callers, services and web identities.
        arn: the value of aws:PrincipalArn, or a service's or provider's name; None for anonymous ones.
        session: the name of a role's session.
    """

    kind: Kind
    account: str | None = None
    arn: str | None = None
    session: str | None = None

    @property
    def session_arn(self) -> str | None:
        """The ARN of a role's session, which has no path."""
        if self.session is None or self.arn is None:
            return None
        start, _, name = self.arn.partition(":role/")
        return f"{start.replace(':iam:', ':sts:')}:assumed-role/{name.rpartition('/')[2]}/{self.session}"

    def value(self, key: str) -> str | None:
        """Return what a key says that the caller decides; None where it does not."""
        of_aws = self.kind in AWS_KINDS
        if key == "aws:principalarn":
            return self.arn if of_aws else None
        if key in ("aws:principalaccount", "kms:calleraccount"):
            return self.account if of_aws else "anonymous" if self.kind == "anonymous" else None
        if key == "aws:principaltype":
            return _TYPES.get(self.kind)
        if key == "aws:principalisawsservice":
            return None if self.kind in ("anonymous", "web identity") else str(self.kind == "service").lower()
        if key == "aws:principalservicename":
            return self.arn if self.kind == "service" else None
        if key == "aws:username":
            return str(self.arn).rpartition("/")[2] if self.kind == "user" else None
        if key == "aws:userid":
            return {"root": self.account, "anonymous": "anonymous"}.get(self.kind)
        return None


_TYPES = {
    "anonymous": "Anonymous",
    "root": "Account",
    "user": "User",
    "role": "AssumedRole",
    "federated user": "FederatedUser",
}
DECIDED_BY_CALLER = (
    "aws:principalarn",
    "aws:principalaccount",
    "kms:calleraccount",
    "aws:principaltype",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:username",
    "aws:userid",
)


def account_of(text: str) -> str | None:
    """Return the account that an entry of a Principal element names as a whole; None for another entry."""
    found = _WHOLE_ACCOUNT.fullmatch(text)
    return found[1] or found[2] if found else None


def names(named: Named, caller: Caller) -> bool | None:
    """Say whether an entry of a Principal element names `caller`; None where AWS does not say."""
    if named.kind == "*":
        return True
    if named.kind == "CanonicalUser":
        return None if caller.account is not None else False
    if named.kind in ("Service", "Federated"):
        of = "service" if named.kind == "Service" else "web identity"
        return caller.kind == of and named.text in (caller.arn, "*")
    if named.text == "*":
        # No page says whether {"AWS": "*"} names services and web identities.
        return True if caller.account is not None or caller.kind == "anonymous" else None
    account = account_of(named.text)
    if account is not None:
        return caller.account == account
    return named.text in (caller.arn, caller.session_arn) and caller.account is not None


def level(named: Named) -> str:
    """Say what an entry of a Principal element names, as far as it matters for how allows combine."""
    if named.text == "*":
        return "everybody"
    if named.kind != "AWS":
        return "other"
    if account_of(named.text) is not None:
        return "account"
    if (found := STS.fullmatch(named.text)) is not None:
        return "session" if found[3] == "assumed-role" else "federated user"
    found = _IDENTITY.fullmatch(named.text)
    return found[3] if found else "unknown"
