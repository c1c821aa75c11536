"""The one exception that the commands turn into an `Error: …` line."""


class OpsError(Exception):
    """Something failed in a way that the message explains in one line.

    Attributes:
        status: the exit status of the command.
    """

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
