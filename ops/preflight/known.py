"""What the state knows of the names that exist."""

from collections.abc import Iterable

from ops.preflight.line import Line, bad, good, unknown
from ops.preflight.state import Found


class Known:
    """What the state knows."""

    def __init__(self, state: Found, recover: str) -> None:
        """Hold what the state knows; `recover` imports what is ours and missing in it."""
        self._readable = state.readable
        self._resources = {} if state.snapshot is None else state.snapshot.resources
        self._recover = recover

    @property
    def readable(self) -> bool:
        """Whether the state could be read, or there is none yet."""
        return self._readable

    def unreadable(self, subject: str, names: Iterable[str]) -> Line:
        """Return the line for what exists, and may be in a state that could not be read."""
        return unknown(subject, f"{', '.join(names)} exists, and the state that may have it cannot be read")

    def has(self, kind: str, attribute: str, value: str) -> bool:
        """Tell whether the state has a resource of this type with this attribute."""
        return any(
            address.startswith(f"{kind}.") and attributes.get(attribute) == value
            for address, attributes in self._resources.items()
        )

    def judge(self, subject: str, names: list[str], missing: list[str], remedy: str = "") -> Line:
        """Judge names that exist in our account, of which the state misses some."""
        if not missing:
            return good(subject, f"{', '.join(names)}: ours, and in the state")
        if not self._readable:
            return self.unreadable(subject, missing)
        return bad(
            subject,
            f"{', '.join(missing)}: exists in this account, and is not in the state",
            remedy or self._recover,
        )
