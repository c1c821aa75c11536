"""The lock of a state: who holds it, and whether it seals a state that moved."""

import getpass
import os
import socket
from dataclasses import dataclass

SEALED = "moved-to-"
"""What the id of the lock begins with that `RemoteState.seal` takes and nobody gives back."""


@dataclass(frozen=True)
class Lock:
    """Who holds the lock of the state, from Terraform's lock file."""

    id: str
    who: str
    operation: str
    created: str
    info: str = ""

    @property
    def moved_to(self) -> str:
        """The address of the state that came of the locked one; empty where it did not move."""
        return self.id.removeprefix(SEALED) if self.id.startswith(SEALED) else ""

    def holder_died(self) -> bool:
        """Return whether a process of this user on this machine took it, named in `info`, and is gone."""
        number = self.info.removeprefix("pid ")
        if self.who != we() or not number.isdecimal():
            return False
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        return False

    def __str__(self) -> str:
        """Describe it."""
        return f"locked by {self.who} since {self.created} ({self.operation}, lock {self.id})"


def we() -> str:
    """Say who we are, as Terraform does in a lock."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def releasing(environment: str, lock: Lock | None) -> str:
    """Return the command that releases a lock by its id: nobody releases a lock that they did not see."""
    which = "LOCK_ID" if lock is None else lock.id
    return f"make recover ENV={environment} ARGS='--release-lock {which}'"


def bucket_of(url: str) -> str:
    """Return the bucket of the address of an object."""
    return url.removeprefix("s3://").partition("/")[0]
