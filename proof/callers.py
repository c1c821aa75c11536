"""Who can make a request: every caller that the given policies distinguish.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from proof.caller import REFERENCE as ONE_REFERENCE
from proof.caller import STS, Caller, account_of, names
from proof.facts import Kind
from proof.globs import DIGIT, NO_COLON, NO_SLASH, Glob, Token, literal
from proof.grammar import Named, Principals
from proof.limits import LimitError, Limits
from proof.logic import Choice, Formula, Var, every, negate, some
from proof.machine import texts
from proof.matches import Match
from proof.patterns import REFERENCE

_OTHER_SESSION = "another-session"
_NAME = (Token(NO_COLON, many=True), Token(NO_SLASH))
_DIGITS = (Token(DIGIT),) * 12


@dataclass(frozen=True)
class Asked:
    """What tells callers apart.

    Attributes:
        named: the entries of all Principal elements.
        matches: by key, what conditions compare the keys with that the caller decides.
        accounts: other accounts that matter, in addition to the named ones.
        kinds: the sorts of caller in question.
    """

    named: tuple[Named, ...]
    matches: dict[str, tuple[Match, ...]]
    accounts: tuple[str, ...]
    kinds: tuple[Kind, ...]


def _texts(asked: Asked) -> Iterator[str]:
    for named in asked.named:
        yield named.text
    for matches in asked.matches.values():
        for match in matches:
            yield match.text


def _partitions(asked: Asked) -> list[str]:
    found = {one for text in _texts(asked) for one in re.findall(r"arn:(aws[a-z-]*):", text)}
    return sorted(found) or ["aws"]


def _account_forms(asked: Asked) -> list[Glob]:
    """Twelve digits, or a reference of Terraform's that stands for them."""
    found = {account for text in _texts(asked) if (account := account_of(text)) is not None}
    for text in _texts(asked):
        found |= set(re.findall(rf"::({ONE_REFERENCE}):", text))
    references = sorted(one for one in found | set(asked.accounts) if not one.isdigit())
    return [_DIGITS, *map(literal, references)]


def _arn(service: str, account: Glob, rest: Glob, partition: str) -> Glob:
    return (*literal(f"arn:{partition}:{service}::"), *account, *literal(":"), *rest)


_FORMS: tuple[tuple[Kind, str, Glob], ...] = (
    ("root", "iam", literal("root")),
    ("user", "iam", (*literal("user/"), *_NAME)),
    ("role", "iam", (*literal("role/"), *_NAME)),
    ("federated user", "sts", (*literal("federated-user/"), *_NAME)),
)
_ANY_ARN: Glob = (*literal("arn:"), Token(NO_COLON, many=True), Token(":", literal=True))


def _distinguished(asked: Asked) -> Iterator[Glob]:
    """Yield what the ARNs of callers are compared with, directly or by their account or name."""
    for named in asked.named:
        account = account_of(named.text) if named.kind == "AWS" else None
        if account is not None:
            yield _with_account(literal(account))
        elif named.kind == "AWS" and (sts := STS.fullmatch(named.text)) and sts[3] == "assumed-role":
            yield from _role_of_session(sts)
        else:
            yield literal(named.text)
    for account in asked.accounts:
        yield _with_account(literal(account))
    for key, matches in asked.matches.items():
        for match in matches:
            if match.family != "text":
                continue
            for glob in (*match.pattern.sure, *match.pattern.possible):
                yield from _derived(key, glob)


def _with_account(account: Glob) -> Glob:
    any_text = Token("", many=True)
    return (*_ANY_ARN, Token(NO_COLON, many=True), *literal("::"), *account, *literal(":"), any_text)


def _role_of_session(sts: re.Match[str]) -> Iterator[Glob]:
    partition, account, _, rest = sts.groups()
    role = rest.partition("/")[0]
    start = literal(f"arn:{partition}:iam::{account}:role/")
    yield (*start, *literal(role))
    yield (*start, Token("", many=True), *literal(f"/{role}"))


def _derived(key: str, glob: Glob) -> Iterator[Glob]:
    if key == "aws:principalarn":
        yield glob
    elif key in ("aws:principalaccount", "kms:calleraccount", "aws:userid"):
        yield _with_account(glob)
    elif key == "aws:username":
        start = (*_ANY_ARN, *literal("iam::"), Token(NO_COLON, many=True), *literal(":user/"))
        name = tuple(one._replace(accepts=NO_SLASH) if not one.literal else one for one in glob)
        yield (*start, *name)
        yield (*start, Token("", many=True), *literal("/"), *name)


def _callers(asked: Asked, limits: Limits) -> Iterator[Caller]:
    if "anonymous" in asked.kinds:
        yield Caller("anonymous")
    globs = tuple(dict.fromkeys(_distinguished(asked)))
    for (kind, service, rest), account, partition in product(
        _FORMS, _account_forms(asked), _partitions(asked)
    ):
        if kind not in asked.kinds:
            continue
        form = _arn(service, account, rest, partition)
        for found in texts(globs, form, limits.steps, limits.atoms):
            caller = Caller(kind, found.text.split("::")[1].rpartition(":")[0], found.text)
            yield from _sessions(caller, asked) if kind == "role" else [caller]
    yield from _opaque(asked)
    if "service" in asked.kinds:
        yield from _services(asked, limits)
    if "web identity" in asked.kinds:
        names = {named.text for named in asked.named if named.kind == "Federated"}
        for name in (*sorted(names), "arn:aws:iam::999999999999:oidc-provider/another.example"):
            yield Caller("web identity", None, name)


def _sessions(role: Caller, asked: Asked) -> Iterator[Caller]:
    names = {_OTHER_SESSION}
    for named in asked.named:
        start, _, session = named.text.rpartition("/")
        if start and named.kind == "AWS" and ":assumed-role/" in start:
            names.add(session)
    for name in sorted(names):
        caller = Caller("role", role.account, role.arn, name)
        if name == _OTHER_SESSION or any(caller.session_arn == named.text for named in asked.named):
            yield caller


def _opaque(asked: Asked) -> Iterator[Caller]:
    """Yield the roles and users whose ARN only a run of Terraform's shows."""
    of_principals = [named.text for named in asked.named if named.kind == "AWS"]
    of_keys = [match.text for match in asked.matches.get("aws:principalarn", ())]
    for text in dict.fromkeys((*of_principals, *of_keys)):
        if account_of(text) or not REFERENCE.fullmatch(text):
            continue
        for account in (*asked.accounts, "another account"):
            if "role" in asked.kinds:
                yield Caller("role", account, text, _OTHER_SESSION)
            if "user" in asked.kinds:
                yield Caller("user", account, text)


def _services(asked: Asked, limits: Limits) -> Iterator[Caller]:
    names = {named.text for named in asked.named if named.kind == "Service"}
    globs = [literal(name) for name in sorted(names)]
    for match in asked.matches.get("aws:principalservicename", ()):
        if match.family == "text":
            globs += (*match.pattern.sure, *match.pattern.possible)
    # Few have another form, such as ec2.amazonaws.com.cn.
    any_name = (Token(NO_SLASH), Token(NO_SLASH, many=True))
    found: dict[int, str] = {}
    for form in ((*any_name, *literal(".amazonaws.com")), any_name):
        for one in texts(tuple(dict.fromkeys(globs)), form, limits.steps, limits.atoms):
            found.setdefault(one.matches, one.text)
    for name in sorted({*names, *found.values()}):
        yield Caller("service", None, name)


class Callers:
    """The callers, one for each request, and which of them a policy names."""

    def __init__(self, asked: Asked, limits: Limits) -> None:
        """Find the callers that `asked` tells apart."""
        self.all = tuple(dict.fromkeys(_callers(asked, limits)))
        if len(self.all) > limits.atoms:
            raise LimitError(f"its policies tell more than {limits.atoms} callers apart")
        self.choice = Choice("caller", len(self.all))
        self.boundary = Var("boundary")
        self._verdicts: dict[Named, tuple[list[int], list[int]]] = {}

    def where(self, chosen: Iterable[int]) -> Formula:
        """Return the formula of the callers with these numbers."""
        return self.choice.where(sum(1 << number for number in chosen))

    def of_kind(self, *kinds: Kind) -> Formula:
        """Return the formula of the callers of these sorts."""
        return self.where(number for number, one in enumerate(self.all) if one.kind in kinds)

    def of_account(self, account: str) -> Formula:
        """Return the formula of the identities of `account`."""
        return self.where(number for number, one in enumerate(self.all) if one.account == account)

    def _named(self, named: Named) -> tuple[list[int], list[int]]:
        """Return the numbers of those that an entry names for sure, and of those that it may name."""
        if named not in self._verdicts:
            sure, unknown = [], []
            for number, caller in enumerate(self.all):
                verdict = names(named, caller)
                if verdict is None:
                    unknown.append(number)
                elif verdict:
                    sure.append(number)
            if named.kind == "AWS" and not sure:  # a unique id, say, or CloudFront's origin access identity
                unknown = [number for number, one in enumerate(self.all) if one.account is not None]
            self._verdicts[named] = sure, unknown
        return self._verdicts[named]

    def named(self, named: Named) -> Formula:
        """Return the formula of the callers that an entry of a Principal element names."""
        sure, unknown = self._named(named)
        guess = Var(f"?whom {{{named.kind!r}: {named.text!r}}} names") if unknown else False
        return some((self.where(sure), every((guess, self.where(unknown)))))

    def spared(self, principals: Principals) -> Formula:
        """Return the formula of the callers that a NotPrincipal element excepts.

        Nobody with a boundary, and otherwise who is named with the account and
        all that lies between.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        entries = {entry.text for entry in principals.named if entry.kind == "AWS"}
        accounts = {account for text in entries if (account := account_of(text)) is not None}
        spared = []
        for number, caller in enumerate(self.all):
            if caller.account is not None:
                wanted = [one for one in (caller.arn, caller.session_arn) if one is not None]
                named = caller.account in accounts and (caller.kind == "root" or entries.issuperset(wanted))
            else:
                named = any(names(entry, caller) for entry in principals.named if entry.kind != "*")
            if named:
                spared.append(number)
        everybody = [entry for entry in principals.named if entry.text == "*"]
        guess = [Var("?whether NotPrincipal spares everybody with *")] if everybody else []
        unknown = [self.named(entry) for entry in principals.named if not self._named(entry)[0]]
        return some((every((some((self.where(spared), *unknown)), negate(self.boundary))), *guess))
