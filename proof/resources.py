"""The resources that the patterns at hand tell apart, each of a type that an action is done on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from proof.actions import Kind
from proof.globs import ANY, DIGIT, NO_COLON, NO_SLASH, STAR, Glob, Token, literal
from proof.limits import LimitError, Limits
from proof.logic import Choice, Formula, Var, every, implies, some
from proof.machine import Sample, machine, texts
from proof.patterns import REFERENCE, Pattern, resource_pattern
from proof.services import service

_PLACE_HOLDER = re.compile(r"\$\{(\w+)\}")
_NO_RESOURCE = "*"


@cache
def _form(arn: str, partition: str) -> Glob:
    """Return the glob of a type's ARN, such as `arn:${Partition}:s3:::${BucketName}/${ObjectName}`."""
    tokens: list[Token] = []
    at = 0
    for found in _PLACE_HOLDER.finditer(arn):
        tokens += literal(arn[at : found.start()])
        at = found.end()
        tokens += _place(found[1], partition, last=at == len(arn))
    return (*tokens, *literal(arn[at:]))


def _place(name: str, partition: str, *, last: bool) -> Iterable[Token]:
    if name == "Partition":
        return literal(partition)
    if name == "Account":
        return (Token(DIGIT),) * 12
    # Only the end of an ARN may contain slashes and colons, except the name of a bucket.
    accepts = ANY if last and name != "BucketName" else NO_SLASH if name == "BucketName" else NO_COLON
    return (Token(accepts), Token(accepts, many=True))


class Resources:
    """The resources; a request has one of them."""

    def __init__(
        self,
        patterns: Iterable[tuple[str, bool]],
        actions: Sequence[Kind],
        where: str,
        limits: Limits,
        also: tuple[Glob, ...] = (),
    ) -> None:
        """Find the resources that `patterns` tell apart.

        Args:
            patterns: of all policies and questions, each with whether `${…}` in it is a variable.
            actions: what is done on them.
            where: tells the resources of several requests apart.
            limits: of the work.
            also: what else tells resources apart.

        Raises:
            LimitError: more than that.
        """
        self._where = where
        listed = list(dict.fromkeys(patterns))
        self._patterns = {one: resource_pattern(one[0], variables=one[1]) for one in listed}
        globs = [glob for one in self._patterns.values() for glob in (*one.sure, *one.possible)]
        self._globs = tuple(dict.fromkeys((*globs, *also)))
        self._number = {glob: number for number, glob in enumerate(self._globs)}
        self._types = self._forms(listed, actions)
        self.texts, self._matches, self._type_sets = self._find(limits)
        if len(self.texts) > limits.atoms:
            raise LimitError(f"its policies tell more than {limits.atoms} resources apart")
        self.choice = Choice(f"{where}resource", len(self.texts))

    @staticmethod
    def _forms(listed: list[tuple[str, bool]], actions: Sequence[Kind]) -> dict[tuple[str, str], list[Glob]]:
        """Return the forms of the ARNs of each type that an action is done on, by service and name."""
        found = {part for text, _ in listed for part in re.findall(r"arn:(aws[a-z-]*):", text)}
        partitions = sorted(found) or ["aws"]
        wanted = {(kind.service, name) for kind in actions if kind.group for name in kind.group.types}
        out = {}
        for prefix, name in sorted(wanted):
            tabled = service(prefix)
            if tabled is not None:
                arns = [tabled.types[name]]
                if (prefix, name) == ("iam", "policy"):  # AWS's own
                    arns.append(arns[0].replace("${Account}", "aws"))
                out[prefix, name] = [_form(arn, partition) for arn in arns for partition in partitions]
        return out

    def _find(self, limits: Limits) -> tuple[list[str], list[int], dict[tuple[str, str], int]]:
        """Return the texts, the globs that match each, and the texts of each type."""
        found = {_NO_RESOURCE: machine(self._globs).run(_NO_RESOURCE)}
        numbers = {_NO_RESOURCE: 0}
        sets = dict.fromkeys(self._types, 0)

        def take(one: Sample) -> int:
            found.setdefault(one.text, one.matches)
            return 1 << numbers.setdefault(one.text, len(numbers))

        for kind, forms in self._types.items():
            for form in forms:
                for one in texts(self._globs, form, limits.steps, limits.atoms):
                    sets[kind] |= take(one)
        referred = 0
        for one in self._referred(limits):
            referred |= take(one)
        seen = set(found.values())
        for one in texts(self._globs, (Token(ANY), STAR), limits.steps, limits.atoms):
            if one.matches not in seen:
                take(one)
        return list(found), list(found.values()), {kind: of_it | referred for kind, of_it in sets.items()}

    def _referred(self, limits: Limits) -> Iterator[Sample]:
        """Yield the resources that only a run of Terraform shows; they may have any type."""
        for (text, _), pattern in self._patterns.items():
            if REFERENCE.search(text):
                for form in pattern.possible:
                    yield from texts(self._globs, form, limits.steps, limits.atoms)

    def of_their_type(self, actions: Sequence[Kind], chosen: Choice) -> Iterator[Formula]:
        """Yield what ties the action to the type of its resource."""
        by_types: dict[tuple[tuple[str, str], ...] | None, int] = {}
        for at, kind in enumerate(actions):
            types = None if kind.group is None else tuple((kind.service, name) for name in kind.group.types)
            by_types[types] = by_types.get(types, 0) | 1 << at
        for types, kinds in by_types.items():
            if types is None:
                continue
            wanted = 0
            for one in types:
                wanted |= self._type_sets[one]
            if not types:
                wanted = 1 << self.texts.index(_NO_RESOURCE)
            yield implies(chosen.where(kinds), self.choice.where(wanted))

    def matching(self, patterns: Iterable[str], *, variables: bool) -> Formula:
        """Return the formula of the resources that one of `patterns` matches."""
        found = [(text, self._patterns[text, variables]) for text in patterns]
        parts = [self.choice.where(self._set(glob for _, one in found for glob in one.sure))]
        parts += [self._possible(pattern) for _, pattern in found if pattern.unknown]
        return some(parts)

    def _possible(self, pattern: Pattern) -> Formula:
        unknown = self._set(pattern.possible) & ~self._set(pattern.sure)
        guess = Var(f"?{pattern.unknown} ({self._where}resource)")
        return every((guess, self.choice.where(unknown)))

    def _set(self, globs: Iterable[Glob]) -> int:
        wanted = sum(1 << self._number[glob] for glob in set(globs))
        return sum(1 << at for at, matches in enumerate(self._matches) if matches & wanted)
