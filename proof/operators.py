"""The condition operators of IAM, by their names.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from dataclasses import dataclass
from typing import Literal

Family = Literal["text", "number", "date", "ip", "bool", "binary", "null"]
Relation = Literal["equals", "like", "arn", "less", "less or equal", "greater", "greater or equal", "in"]
Quantifier = Literal["ForAllValues", "ForAnyValue"]


@dataclass(frozen=True)
class Operator:
    """What one operator does.

    Attributes:
        name: as it stands in the policy.
        family: what kind of value it compares.
        relation: how, before negation.
        negated: whether it holds where no value compares.
        ignore_case: whether letters are compared without case.
        if_exists: whether it holds where the key is absent.
        quantifier: which of several values of a key must compare.
    """

    name: str
    family: Family
    relation: Relation
    negated: bool = False
    ignore_case: bool = False
    if_exists: bool = False
    quantifier: Quantifier | None = None


_TEXT: dict[str, tuple[Relation, bool, bool]] = {
    "StringEquals": ("equals", False, False),
    "StringNotEquals": ("equals", True, False),
    "StringEqualsIgnoreCase": ("equals", False, True),
    "StringNotEqualsIgnoreCase": ("equals", True, True),
    "StringLike": ("like", False, False),
    "StringNotLike": ("like", True, False),
    # ArnEquals and ArnLike are the same, with wildcards: the page above.
    "ArnEquals": ("arn", False, False),
    "ArnLike": ("arn", False, False),
    "ArnNotEquals": ("arn", True, False),
    "ArnNotLike": ("arn", True, False),
}
_ORDER: dict[str, tuple[Relation, bool]] = {
    "Equals": ("equals", False),
    "NotEquals": ("equals", True),
    "LessThan": ("less", False),
    "LessThanEquals": ("less or equal", False),
    "GreaterThan": ("greater", False),
    "GreaterThanEquals": ("greater or equal", False),
}
_OPERATORS: dict[str, Operator] = (
    {name: Operator(name, "text", how, no, fold) for name, (how, no, fold) in _TEXT.items()}
    | {f"Numeric{name}": Operator(f"Numeric{name}", "number", how, no) for name, (how, no) in _ORDER.items()}
    | {f"Date{name}": Operator(f"Date{name}", "date", how, no) for name, (how, no) in _ORDER.items()}
    | {
        "IpAddress": Operator("IpAddress", "ip", "in"),
        "NotIpAddress": Operator("NotIpAddress", "ip", "in", negated=True),
        "Bool": Operator("Bool", "bool", "equals"),
        "BinaryEquals": Operator("BinaryEquals", "binary", "equals"),
        "Null": Operator("Null", "null", "equals"),
    }
)


def operator(name: str) -> Operator | None:
    """Return the operator of that name, such as `ForAllValues:StringLikeIfExists`; None for none."""
    quantifier: Quantifier | None = None
    base = name
    if base.startswith("ForAllValues:"):
        quantifier, base = "ForAllValues", base.removeprefix("ForAllValues:")
    elif base.startswith("ForAnyValue:"):
        quantifier, base = "ForAnyValue", base.removeprefix("ForAnyValue:")
    plain = base.removesuffix("IfExists")
    found = _OPERATORS.get(plain)
    if found is None or (found.family == "null" and base != "Null"):
        return None
    return Operator(
        name,
        found.family,
        found.relation,
        found.negated,
        found.ignore_case,
        if_exists=plain != base,
        quantifier=quantifier,
    )
