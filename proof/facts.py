"""What AWS documents about condition keys: who carries which, and what values it has.

Where no page says it, the entry is `unsourced`: the key may be there or not, and
what depends on that is undecided. Pages of the IAM User Guide, unless noted:
GK https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
VA https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
FAS https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
S4 https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
KK https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from proof.globs import Glob, literal
from proof.key_values import ACCOUNT, SOME_TEXT
from proof.operators import Family

Kind = Literal["anonymous", "root", "user", "role", "federated user", "service", "web identity"]
KINDS: tuple[Kind, ...] = (
    "anonymous",
    "root",
    "user",
    "role",
    "federated user",
    "service",
    "web identity",
)
AWS_KINDS: tuple[Kind, ...] = ("root", "user", "role", "federated user")
Presence = Literal["always", "never", "maybe", "unsourced", "unsourced value", "all unsourced"]

# Only these services have anonymous callers: VA.
ANONYMOUS_SERVICES = frozenset({"s3", "sns", "sqs"})
# Web identity and SAML callers call only this, with no AWS credentials:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
WEB_IDENTITY_ACTIONS = frozenset(
    {"sts:assumerolewithwebidentity", "sts:assumerolewithsaml", "sts:tagsession"}
)
# The account's root can always call these on its own bucket, also when denied:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
ROOT_CAN_ALWAYS = ("s3:deletebucketpolicy", "s3:getbucketpolicy", "s3:putbucketpolicy")
# Where an identity policy alone never suffices, also within the account:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
MANDATORY_SERVICES = frozenset({"kms", "sts"})


@dataclass(frozen=True)
class KeyFact:
    """What is known about a key.

    Attributes:
        carried: by each kind of caller; `maybe` for kinds that are not named.
        family: what sort of value it has; None if only the policies show it.
        multi: whether it has several values.
        forms: of which one every text has.
        may_be_empty: whether its one value may be an empty text.
        of_caller: whether it belongs to the caller, so that two calls of one operation share it.
        page: where AWS says so.
    """

    carried: dict[Kind, Presence]
    family: Family | None = "text"
    multi: bool = False
    may_be_empty: bool = False
    forms: tuple[Glob, ...] = (SOME_TEXT,)
    of_caller: bool = False
    page: str = "GK"


def _carried(row: str) -> dict[Kind, Presence]:
    return dict(zip(KINDS, (_LETTERS[one] for one in row), strict=True))


_LETTERS: dict[str, Presence] = {
    "+": "always",
    "-": "never",
    "?": "maybe",
    "u": "unsourced",  # whether it is there
    "v": "unsourced value",  # it is always there
    "w": "all unsourced",
}


_ACCOUNTS = (ACCOUNT,)
_AUTH_TYPES = tuple(literal(one) for one in ("REST-HEADER", "REST-QUERY-STRING", "POST"))

# One letter for each of KINDS, see _LETTERS. "-" only where a page says so; what follows from it is "u".
_FACTS: dict[str, KeyFact] = {
    "aws:principalarn": KeyFact(_carried("-++++ww"), of_caller=True),
    "aws:principalaccount": KeyFact(
        _carried("+++++vv"), forms=(*_ACCOUNTS, literal("anonymous")), of_caller=True
    ),
    "aws:principaltype": KeyFact(_carried("+++++vv"), of_caller=True),
    # VA says both that it is "anonymous" and that it is absent for anonymous callers.
    "aws:userid": KeyFact(_carried("u++++vv"), of_caller=True),
    # The name of an IAM user, which a service is not.
    "aws:username": KeyFact(_carried("--+----"), of_caller=True, page="VA"),
    # A condition on an organization shuts services out, says GK.
    "aws:principalorgid": KeyFact(_carried("-????-u"), of_caller=True),
    "aws:principalorgpaths": KeyFact(_carried("-????-u"), multi=True, of_caller=True),
    "aws:principalisawsservice": KeyFact(_carried("-+++++w"), family="bool", of_caller=True),
    "aws:principalservicename": KeyFact(_carried("-----+-"), of_caller=True),
    "aws:principalservicenameslist": KeyFact(_carried("-----+-"), multi=True, of_caller=True),
    "aws:tokenissuetime": KeyFact(_carried("-??++u-"), family="date", of_caller=True),
    "aws:multifactorauthpresent": KeyFact(_carried("-???---"), family="bool", of_caller=True),
    "aws:multifactorauthage": KeyFact(_carried("-???---"), family="number", of_caller=True),
    "aws:federatedprovider": KeyFact(_carried("---?u-u"), of_caller=True),
    "aws:sourceaccount": KeyFact(_carried("-----?-"), forms=_ACCOUNTS),
    "aws:sourcearn": KeyFact(_carried("-----?-")),
    "aws:sourceorgid": KeyFact(_carried("-----?-")),
    "aws:sourceorgpaths": KeyFact(_carried("-----?-"), multi=True),
    "aws:calledvia": KeyFact(_carried("-????--"), multi=True, page="FAS"),
    "aws:calledviafirst": KeyFact(_carried("-????--"), page="FAS"),
    "aws:calledvialast": KeyFact(_carried("-????--"), page="FAS"),
    # GK has it always, FAS draws direct calls without it.
    "aws:viaawsservice": KeyFact(_carried("uuuuuuu"), family="bool"),
    "aws:sourceip": KeyFact({}, family="ip"),
    "aws:vpcsourceip": KeyFact({}, family="ip"),
    "aws:sourcevpc": KeyFact({}),
    "aws:sourcevpce": KeyFact({}),
    "aws:sourcevpcarn": KeyFact({}),
    "aws:vpceaccount": KeyFact({}, forms=_ACCOUNTS),
    "aws:vpceorgid": KeyFact({}),
    "aws:vpceorgpaths": KeyFact({}, multi=True),
    "aws:securetransport": KeyFact(_carried("+++++++"), family="bool"),
    "aws:currenttime": KeyFact(_carried("+++++++"), family="date"),
    "aws:epochtime": KeyFact(_carried("+++++++"), family="date"),
    "aws:requestedregion": KeyFact(_carried("+++++++")),
    "aws:useragent": KeyFact(_carried("+++++++")),
    "aws:referer": KeyFact({}),
    "aws:resourceaccount": KeyFact({}, forms=_ACCOUNTS),
    "aws:resourceorgid": KeyFact({}),
    "aws:resourceorgpaths": KeyFact({}, multi=True),
    "aws:tagkeys": KeyFact({}, multi=True),
    "s3:resourceaccount": KeyFact({}, forms=_ACCOUNTS),
    "s3:dataaccesspointaccount": KeyFact({}, forms=_ACCOUNTS),
    # S4 describes its keys for requests that are signed, and does not say that others lack them.
    "s3:authtype": KeyFact(_carried("u??????"), forms=_AUTH_TYPES, page="S4"),
    "s3:signatureversion": KeyFact(_carried("u??????"), page="S4"),
    "s3:signatureage": KeyFact(_carried("u??????"), family="number", page="S4"),
    "kms:calleraccount": KeyFact({}, forms=_ACCOUNTS, page="KK"),
    # Only in forward access sessions.
    "kms:viaservice": KeyFact(_carried("-????--"), page="KK"),
}
# GK names users and roles alone, but IAM Roles Anywhere, a service, brings those of a certificate:
# https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
_PRINCIPAL_TAG = KeyFact(_carried("-u??uuu"), may_be_empty=True, of_caller=True)
# The values of tags, and what a listing may ask for to see the top of a bucket:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/walkthrough1.html
_MAY_BE_EMPTY = re.compile(
    r"aws:(request|resource)tag/|s3:(existingobject|requestobject)tag/|s3:(prefix|delimiter)$"
)

_FAMILIES: dict[str, Family | None] = {
    "String": "text",
    "ARN": "text",
    "Numeric": "number",
    "Date": "date",
    "Bool": "bool",
    "IPAddress": "ip",
}
# Keys of every request, unless they name tags: GK.
_OF_SOME_ACTIONS = re.compile(r"aws:(requesttag/|resourcetag/|tagkeys$)")
# Cross-service keys, which a service puts into the sessions of roles: GK, "Properties of a role session".
_OF_SESSION = frozenset(
    {
        *("codebuild:buildarn", "codebuild:projectarn", "ec2:roledelivery", "ec2:sourceinstancearn"),
        *("glue:credentialissuingservice", "glue:roleassumedby", "identitystore:userid"),
        *("lambda:sourcefunctionarn", "ssm:sourceinstancearn"),
    }
)
# Claims that stay in the session: the cross-service ones of
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
_CLAIMS_OF_SESSION = frozenset(
    {
        *("accounts.google.com:aud", "accounts.google.com:sub"),
        *("cognito-identity.amazonaws.com:amr", "cognito-identity.amazonaws.com:aud"),
        *("cognito-identity.amazonaws.com:sub", "graph.facebook.com:app_id", "graph.facebook.com:id"),
        *("saml:namequalifier", "saml:sub", "saml:sub_type"),
        *("www.amazon.com:app_id", "www.amazon.com:user_id"),
    }
)


def is_of_some_actions(key: str) -> bool:
    """Say whether the table tells which actions know `key`, whatever service they belong to."""
    return _OF_SOME_ACTIONS.match(key) is not None


def is_global(key: str) -> bool:
    """Say whether every action knows `key`, which is in lower case."""
    if key in _OF_SESSION or key in _CLAIMS_OF_SESSION:
        return True
    return key.startswith("aws:") and not is_of_some_actions(key)


def is_claim(key: str) -> bool:
    """Say whether `key` is a claim of an identity provider's token, such as `gitlab.com:sub`."""
    return "." in key.partition(":")[0]


def fact(key: str, listed: str | None) -> KeyFact:
    """Return what is known about `key`.

    Args:
        key: in lower case.
        listed: its type in AWS's reference, such as `ArrayOfString`; None where it is in none.
    """
    known = _FACTS.get(key)
    if known is not None:
        return known
    if key.startswith("aws:principaltag/"):
        return _PRINCIPAL_TAG
    if is_claim(key) or key in _CLAIMS_OF_SESSION:
        stays = "?" if key in _CLAIMS_OF_SESSION else "u"
        return KeyFact(_carried(f"---{stays}--?"), multi=key.endswith(":amr"))
    if _MAY_BE_EMPTY.match(key):
        return KeyFact({}, may_be_empty=True)
    carried = _carried("-uu?uuu") if key in _OF_SESSION else {}
    if listed is None:
        return KeyFact(carried, family=None)
    family = _FAMILIES[listed.removeprefix("ArrayOf")]
    return KeyFact(carried, family=family, multi=listed.startswith("Array"))
