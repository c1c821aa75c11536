"""Names that exist in our account: in the state, or in the way of a deploy."""

from collections.abc import Iterable
from dataclasses import dataclass

from ops.deploy.names_in_aws import StackNames
from ops.preflight.verdict import Verdict, bad, good, unknown


@dataclass(frozen=True)
class TakenNames:
    """Judges names that exist in our account.

    Attributes:
        names: the names of the storage stack, compared with its state.
        readable: whether the state could be read, or there is none yet.
        recover: the command that imports what is ours and missing in the state.
    """

    names: StackNames
    readable: bool
    recover: str

    def unreadable(self, subject: str, names: Iterable[str]) -> Verdict:
        """Return the verdict on what exists, and may be in a state that could not be read."""
        return unknown(subject, f"{', '.join(names)} exists, and the state that may have it cannot be read")

    def judge(self, subject: str, kind: str, names: list[str], remedy: str = "") -> Verdict:
        """Judge names of a type of resource; `remedy` is for what the state misses."""
        missing = [name for name in names if not self.names.in_state(kind, name)]
        if not missing:
            return good(subject, f"{', '.join(names)}: ours, and in the state")
        if not self.readable:
            return self.unreadable(subject, missing)
        text = f"{', '.join(missing)}: exists in this account, and is not in the state"
        return bad(subject, text, remedy or self.recover)
