"""What was proven before, so that the same policies under other names are not proven twice."""

from __future__ import annotations

import re
from collections.abc import Sequence

from proof.decide import Decision
from proof.proving import Claim, Verdict

_ACTIONS = re.compile(r"[a-z0-9-]+:[A-Za-z]*\*?")
_TEXT = re.compile(r"'([^']*)'")
_OF_NAMES = "A-Za-z0-9"


class Known:
    """Verdicts by what was asked, with some names replaced.

    A name may be replaced where nothing that is compared can tell: every wildcard stands between `/` or `:`
    or at an end, and no name has these, so that what is compared is equal, or not, as a whole. All places of
    a name are replaced alike, so that different texts stay different. Where a wildcard stands elsewhere,
    texts are remembered as they are.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._names: tuple[str, ...] = ()
        self._texts: dict[Decision, str] = {}

    def under(self, names: Sequence[str]) -> Known:
        """Use these verdicts for policies in which `names` can be replaced, in this order."""
        other = Known()
        other._verdicts = self._verdicts
        other._names = tuple(names)
        return other

    def __len__(self) -> int:
        """Return how many claims are known."""
        return len(self._verdicts)

    def get(self, decision: Decision, claim: Claim) -> Verdict | None:
        """Return what was found about a claim, if it was put before."""
        return self._verdicts.get(self.key(decision, claim))

    def add(self, decision: Decision, claim: Claim, verdict: Verdict) -> None:
        """Remember what was found about a claim."""
        self._verdicts[self.key(decision, claim)] = verdict

    def key(self, decision: Decision, claim: Claim) -> tuple[str, str]:
        """Return what is asked as text, with the names replaced where that is the same."""
        if decision not in self._texts:
            self._texts[decision] = repr(decision)
        both = self._texts[decision], repr(claim)
        replaced = self._replaced(both)
        return both if replaced is None else replaced

    def _replaced(self, both: tuple[str, str]) -> tuple[str, str] | None:
        """Return the texts with the names replaced; None where something could tell."""
        if not all(_wildcards_follow_separators(text) for text in both):
            return None
        replaced = list(both)
        for number, name in enumerate(self._names):
            place = f"\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}{number}"
            if any(place in text for text in both):
                return None
            whole = rf"(?<![{_OF_NAMES}*?]){re.escape(name)}(?![{_OF_NAMES}*?])"
            replaced = [re.sub(whole, place, text) for text in replaced]
        return replaced[0], replaced[1]


def _wildcards_follow_separators(text: str) -> bool:
    if "?" in text or "ignore_case=True" in text:
        return False
    return all(
        _ACTIONS.fullmatch(found) or not re.search(r"[^/:]\*|\*[^'/:]", found)
        for found in _TEXT.findall(text)
        if "*" in found and found != "*"
    )
