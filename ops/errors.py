"""The one exception that the commands turn into an `Error: …` line."""


class OpsError(Exception):
    """Something failed in a way that the message explains in one line."""
