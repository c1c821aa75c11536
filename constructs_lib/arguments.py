"""Checks what constructs and their dataclasses are given, where it is given.

Python takes a text for a list of texts and "false" for true, and jsii checks only what reaches a resource: a
mistake could switch a protection off without a word.
"""

import functools
import inspect
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_type_hints

from annotated_types import Interval
from pydantic import AfterValidator, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

LEFT_TO_JSII = frozenset({"scope", "construct_id", "provider", "depends_on", "return"})
"""What always reaches a resource, and `return`, which is no argument."""

_Class = TypeVar("_Class", bound=type)
_REFERENCE = re.compile(r"\$\{[^}]+\}")
_LISTS = {"sequence_str": "be a list", "tuple_type": "be a tuple, such as ('a',)"}
_adapter = functools.cache(TypeAdapter)


def is_reference(text: str) -> bool:
    """Whether Terraform fills in `text`, or a part of it, later: a token of CDKTF or an expression."""
    return _REFERENCE.search(text) is not None


def id_of(kind: str, name: str, number: int) -> str:
    """Return the id of what is made for `name`; for a token, which no id may have in it, by its number.

    The name is in the id, so that removing one from a list replaces none of the others.
    """
    return f"{kind} #{number}" if "${TfToken[" in name else f"{kind}-{name}"


def _like(pattern: str, rule: str) -> AfterValidator:
    """Refuse a text that is not like `pattern`; a reference, also within it, stands for 12 digits."""

    def check(text: str) -> str:
        known = _REFERENCE.sub("0" * 12, text)
        if known != "0" * 12 and not re.fullmatch(pattern, known, re.ASCII):
            raise ValueError(f"be {rule}")
        return text

    return AfterValidator(check)


def _known(pattern: str, rule: str) -> AfterValidator:
    """Refuse a text that is not like `pattern`, and any reference: code looks into the text."""

    def check(text: str) -> str:
        if is_reference(text) or not re.fullmatch(pattern, text, re.ASCII | re.DOTALL):
            raise ValueError(f"be {rule}")
        return text

    return AfterValidator(check)


Text = Annotated[str, _like(r"(?s:.+)", "a text that is not empty")]
"""A text that is not empty. May be a token."""

BucketName = Annotated[str, _like(r"[a-z0-9.-]{3,63}", "a bucket's name")]
"""The name of a bucket. May be a token."""

BucketArn = Annotated[
    str, _like(r"arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}", "a bucket's ARN, without wildcards")
]
"""The ARN of a bucket, without wildcards. May be a token, or have one in it."""

KeyArn = Annotated[
    str, _like(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", "the ARN of a KMS key, and no alias")
]
"""The ARN of a KMS key. May be a token, or have one in it."""

KeyArns = Annotated[
    str,
    _like(
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/([\w-]+|\*)", "the ARN of a KMS key, or of all of a region"
    ),
]
"""The ARN of a KMS key, or of all keys of a region. May be a token, or have one in it."""

PrincipalArn = Annotated[
    str,
    _like(
        r"arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)/[\w+=,.@/-]+)",
        "the ARN of a role, a user or an account's root",
    ),
]
"""The ARN of a role, a user or an account's root, without wildcards. May be a token, or have one in it."""

Arn = Annotated[str, _like(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d*:[^*?]+", "an ARN, without wildcards")]
"""An ARN without wildcards. May be a token, or have one in it."""

AccountId = Annotated[str, _like(r"\d{12}|ACCOUNT_ID", "an account's id, 12 digits")]
"""The id of an account: 12 digits, or `ACCOUNT_ID` in a policy that people fill in. May be a token."""

Partition = Annotated[str, _known(r"aws(-cn|-us-gov)?", "'aws', 'aws-cn' or 'aws-us-gov', and no token")]
"""`aws`, `aws-cn` or `aws-us-gov`, and no token."""

Region = Annotated[str, _like(r"[a-z]{2,}(-[a-z]+)+-\d+", "a region, such as 'eu-central-1'")]
"""A region. May be a token."""

RoleName = Annotated[str, _like(r"[\w+=,.@-]{1,64}", "a role's name, without the rest of its ARN")]
"""The name of a role, without the rest of its ARN. May be a token."""

Alias = Annotated[
    str, _like(r"alias/[\w/-]+", "'alias/' and letters, digits, slashes, underscores or hyphens")
]
"""The alias of a KMS key, with `alias/`. May be a token."""

Known = Annotated[str, _known(r".+", "a text that is not empty, and no token")]
"""A text that is not empty, and no token."""

Key = Annotated[str, _known(r"((?!%\{)[^*?$])+", "a key or prefix without * ? $ %{, not empty and no token")]
"""What keys begin with, or a key: not empty, without `* ? $ %{`, and no token."""

Prefix = Annotated[str, _known(r"((?!%\{)[^*?$])*", "a prefix without * ? $ %{, and no token")]
"""What keys begin with; empty for all keys. Without `* ? $ %{`, and no token."""

Moment = Annotated[
    str, _known(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "a moment in UTC, such as '2026-11-28T12:00:00Z'")
]
"""A moment in UTC, such as `2026-11-28T12:00:00Z`, and no token."""

Days = Annotated[int, Interval(ge=1, le=2_147_483_647)]
"""A number of days, 1 or more."""

RotationDays = Annotated[int, Interval(ge=90, le=2560)]
"""90 to 2560: https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""

DeletionDays = Annotated[int, Interval(ge=7, le=30)]
"""7 to 30: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""


def checked(cls: _Class) -> _Class:
    """Have a class check what its constructor is given against the types there, and the rules in them.

    Nothing is converted. Tokens are texts, so only `Text` and its like take one.

    Raises:
        ValueError: by the constructor, one line: the class, the argument, what is allowed, what was given.
    """
    given: Callable[..., None] = cls.__init__  # type: ignore[misc]
    names = list(inspect.signature(given).parameters)[1:]

    @functools.cache
    def adapters() -> dict[str, TypeAdapter[Any]]:
        hints = get_type_hints(given, include_extras=True)
        return {name: _adapter(hint) for name, hint in hints.items() if name not in LEFT_TO_JSII}

    @functools.wraps(given)
    def constructor(self: object, *args: object, **options: object) -> None:
        values = {**dict(zip(names, args, strict=False)), **options}  # Python itself refuses too many or few
        for name, adapter in adapters().items():
            if name in values:
                _check(f"{cls.__name__}: {name}", adapter, values[name])
        given(self, *args, **options)

    cls.__init__ = constructor  # type: ignore[misc]
    return cls


def _check(argument: str, adapter: TypeAdapter[Any], value: object) -> None:
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError as error:
        raise ValueError(_line(argument, error.errors(include_url=False)[0])) from None


def _line(argument: str, error: ErrorDetails) -> str:
    where = "".join(f"[{one!r}]" for one in error["loc"])
    rule = _LISTS.get(error["type"], error["msg"])
    rule = re.sub(r"^(Value error,|\w+ should) | after validation.*", "", rule)
    return f"{argument}{where} must {rule}, not {error['input']!r:.100}"
