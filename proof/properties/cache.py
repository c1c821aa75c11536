"""What was proven before, so that the same policies under other names are not proven twice."""

from __future__ import annotations

from collections.abc import Sequence

from proof.asker import Verdict
from proof.decide import Decision
from proof.properties.renaming import Renaming
from proof.proving import Claim

Key = tuple[str, ...]


class ProofCache:
    """Verdicts by what was asked, with names replaced where that is the same; see `Renaming`."""

    def __init__(self, names: Sequence[str] = (), verdicts: dict[Key, Verdict] | None = None) -> None:
        """Know nothing yet, or share `verdicts`, of policies in which `names` can be replaced."""
        self._verdicts = {} if verdicts is None else verdicts
        self._renaming = Renaming(names)

    def under(self, names: Sequence[str]) -> ProofCache:
        """Use these verdicts for policies in which `names` can be replaced."""
        return ProofCache(names, self._verdicts)

    def get(self, key: Key) -> Verdict | None:
        """Return what was found about a claim, if it was put before."""
        return self._verdicts.get(key)

    def add(self, key: Key, verdict: Verdict) -> None:
        """Remember what was found about a claim."""
        self._verdicts[key] = verdict

    def key(self, decision: Decision, claim: Claim) -> Key:
        """Return the question as text: the same for the same question under other names."""
        return self._renaming.asked(decision, claim)
