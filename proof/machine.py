"""A machine that runs many globs side by side, and finds every way in which a text can match them.

The machine keeps the positions of all its globs in one integer, so that a step
of all of them is a handful of operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import lru_cache
from typing import NamedTuple

from proof.globs import ANY, DIGIT, DIGITS, NO_COLON, NO_SLASH, Glob, Token, beginning, in_class, may_meet
from proof.limits import LimitError

_CLASSES = frozenset({ANY, NO_COLON, NO_SLASH, DIGIT})
_LETTERS = "xyzwvutsrqponmlkjihgfedcba-_XYZWVUTSRQPONMLKJIHGFEDCBA~=+,@!•"
_POSITIONS = 512


def _normal(tokens: Iterable[Token]) -> list[Token]:
    """Put `*` behind the `?` before it and keep one of several `*`: the same texts, fewer positions."""
    out: list[Token] = []
    for token in tokens:
        if token.many and out and out[-1] == token:
            continue
        if not token.many and not token.literal and out and out[-1] == token._replace(many=True):
            out.insert(len(out) - 1, token)
            continue
        out.append(token)
    return out


class Sample(NamedTuple):
    """A text, and which globs of a machine match it, as a bit set."""

    text: str
    matches: int


class Machine:
    """Globs that run side by side."""

    def __init__(self, globs: Sequence[Glob]) -> None:
        """Lay out the positions of `globs`, a block for each."""
        self._step: dict[str, int] = {}  # literal character -> positions that it moves on from
        self._class_step = dict.fromkeys(_CLASSES, 0)
        self._loops = dict.fromkeys(_CLASSES, 0)
        self._skips: list[tuple[int, int]] = []
        self._characters: dict[int, str] = {}  # position of a literal -> what it accepts
        self._literals: dict[str, int] = {}  # what a token accepts -> its positions
        self._masks: dict[str, tuple[int, int]] = {}
        self._start = 0
        self._final = 0
        self._ends: list[int] = []
        for one in globs:
            self._add(one)
        self._finish()

    def and_also(self, other: Glob) -> Machine:
        """Return the machine of the same globs and one more."""
        copied = copy(self)
        copied._step, copied._literals = self._step.copy(), self._literals.copy()
        copied._characters = self._characters.copy()
        copied._class_step, copied._loops = self._class_step.copy(), self._loops.copy()
        copied._skips, copied._ends, copied._masks = self._skips.copy(), self._ends.copy(), {}
        copied._add(other)
        copied._finish()
        return copied

    def _add(self, one: Glob) -> None:
        start = self._ends[-1] + 1 if self._ends else 0
        self._start |= 1 << start
        end = self._lay_out(_normal(one), start)
        self._ends.append(end)
        self._final |= 1 << end

    def _finish(self) -> None:
        self._start = self._skip(self._start)
        self._class_masks()
        self._accept = {end: 1 << number for number, end in enumerate(self._ends)}

    def _lay_out(self, tokens: list[Token], start: int) -> int:
        """Give each token its position from `start` on; return the position behind the last."""
        # Counted from `start`, as the numbers of a whole machine are long.
        at, looped = 0, 0
        loops: dict[str, int] = {}
        classes: dict[str, int] = {}
        literals: dict[str, int] = {}
        for accepts, many, literal in tokens:
            if many:
                if looped >> at & 1:  # a second loop with another class takes a position of its own
                    self._skips.append((start + at, start + at + 1))
                    at += 1
                looped |= 1 << at
                loops[accepts] = loops.get(accepts, 0) | 1 << at
                continue
            steps = literals if literal else classes
            steps[accepts] = steps.get(accepts, 0) | 1 << at
            if literal:
                self._characters[start + at] = accepts
            at += 1
        for accepts, positions in loops.items():
            self._loops[accepts] |= positions << start
        for accepts, positions in classes.items():
            self._class_step[accepts] |= positions << start
        for accepts, positions in literals.items():
            self._literals[accepts] = self._literals.get(accepts, 0) | positions << start
            for character in accepts:
                self._step[character] = self._step.get(character, 0) | positions << start
        return start + at

    def _skip(self, state: int) -> int:
        for source, target in self._skips:
            if state >> source & 1:
                state |= 1 << target
        return state

    def _mask(self, character: str) -> tuple[int, int]:
        if character not in self._masks:
            self._masks[character] = self._masks_of(character)
        return self._masks[character]

    def _after(self, state: int, character: str) -> int:
        steps, loops = self._mask(character)
        after = (state & steps) << 1 | state & loops
        return self._skip(after) if self._skips else after

    def _masks_of(self, character: str) -> tuple[int, int]:
        return (
            self._step.get(character, 0) | self._accepting(self._class_step, character),
            self._accepting(self._loops, character),
        )

    @staticmethod
    def _accepting(by_class: dict[str, int], character: str) -> int:
        mask = 0
        for accepts, positions in by_class.items():
            if in_class(character, accepts):
                mask |= positions
        return mask

    def _matched(self, state: int) -> int:
        matched = 0
        for end in _bits(state & self._final):
            matched |= self._accept[end]
        return matched

    def run(self, text: str) -> int:
        """Return which globs match `text`, as a bit set."""
        state = self._start
        for character in text:
            state = self._after(state, character)
            if not state:
                break
        return self._matched(state)

    def walk(self, *, required: int, steps: int, atoms: int) -> list[Sample]:
        """Find every set of globs that some text matches, with a shortest text for each.

        Args:
            required: the number of a glob that every text must match.
            steps: how many states may be visited; fewer of many patterns.
            atoms: how many sets may be found.

        Raises:
            LimitError: more than that.
        """
        wanted = 1 << required
        hopeful = self._block(required)  # once the required glob is lost, no text will do
        found: dict[int, str] = {}
        masks, skips = self._masks, self._skips
        queue, seen = [(self._start, "")], {self._start}
        for state, text in queue:
            if state & self._final:
                matches = self._matched(state)
                if matches & wanted and matches not in found:
                    found[matches] = text
                    if len(found) > atoms:
                        raise LimitError(f"its patterns tell more than {atoms} values apart")
            alive = state & hopeful
            if state == alive and wanted in found:
                continue  # whatever follows matches no other glob
            # Where the required glob takes one character only, no other will do.
            several = alive & self._classes or alive & (alive - 1)
            only = None if several else self._characters.get(alive.bit_length() - 1)
            for character in self._next_characters(state) if only is None else only:
                # As `_after`, of which this is most of the work.
                steps_on, loops = masks.get(character) or self._mask(character)
                after = (state & steps_on) << 1 | state & loops
                if skips:
                    after = self._skip(after)
                if after & hopeful and after not in seen:
                    seen.add(after)
                    queue.append((after, text + character))
            # A step of a larger machine is more work.
            if len(seen) * (1 + self._ends[-1] // _POSITIONS) > steps:
                raise LimitError(f"its patterns take more than {steps} steps to tell apart")
        return [Sample(text, matches) for matches, text in found.items()]

    def _block(self, number: int) -> int:
        start = self._ends[number - 1] + 1 if number else 0
        return (1 << self._ends[number] + 1) - (1 << start)

    def _next_characters(self, state: int) -> list[str]:
        """Return a character of every kind that the live positions tell apart."""
        live = self._live_characters(state & self._literal)
        fresh: dict[str, None] = {}  # first, so that a text has no letters of a pattern without need
        if state & self._open:
            fresh[_fresh(_LETTERS, live)] = None
        if state & self._digits:
            fresh[_fresh(DIGITS, live)] = None
        if state & self._no_separator:
            fresh |= {":": None, "/": None}
        return list(fresh | live)

    def _live_characters(self, state: int) -> dict[str, None]:
        many = state.bit_count() > len(self._step)
        live: dict[str, None] = {}
        while state:
            accepts = self._characters[(state & -state).bit_length() - 1]
            state ^= state & self._literals[accepts]
            for character in accepts:
                live[character] = None
        return {character: None for character in self._step if character in live} if many else live

    def _class_masks(self) -> None:
        """Remember which positions accept a class of characters."""
        of = {accepts: self._class_step[accepts] | self._loops[accepts] for accepts in _CLASSES}
        self._digits = of[DIGIT]
        self._no_separator = of[NO_COLON] | of[NO_SLASH]
        self._open = of[ANY] | self._no_separator
        self._classes = self._open | self._digits
        self._literal = sum(self._literals.values())


def _fresh(pool: str, taken: dict[str, None]) -> str:
    """Return a character that is not taken; any of the pool where all are."""
    return next((character for character in pool if character not in taken), pool[0])


@lru_cache(maxsize=2048)
def machine(globs: tuple[Glob, ...]) -> Machine:
    """Return the machine of `globs`; the same for the same."""
    return Machine(globs)


def texts(globs: Sequence[Glob], required: Glob, steps: int, atoms: int) -> list[Sample]:
    """Find every set of `globs` that some text of the form `required` matches; see `Machine.walk`."""
    # Those that no such text can match are left out first: a walk takes as long as its machine is large.
    first = beginning(required)
    near = [
        at
        for at, (one, start) in enumerate(zip(globs, _beginnings(tuple(globs)), strict=True))
        if (start.startswith(first) or first.startswith(start)) and may_meet(one, required)
    ]
    found = _walk(tuple(globs[at] for at in near), required, steps, atoms)
    return [Sample(one.text, sum(1 << near[bit] for bit in _bits(one.matches))) for one in found]


def _bits(matches: int) -> Iterator[int]:
    while matches:
        yield (matches & -matches).bit_length() - 1
        matches &= matches - 1


@lru_cache(maxsize=64)
def _beginnings(globs: tuple[Glob, ...]) -> tuple[str, ...]:
    return tuple(map(beginning, globs))


@lru_cache(maxsize=2048)
def _walk(globs: tuple[Glob, ...], required: Glob, steps: int, atoms: int) -> tuple[Sample, ...]:
    side_by_side = machine(globs).and_also(required)
    mask = (1 << len(globs)) - 1
    found = side_by_side.walk(required=len(globs), steps=steps, atoms=atoms)
    return tuple(Sample(one.text, one.matches & mask) for one in found)
