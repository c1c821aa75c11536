"""The exception that the commands turn into an `Error: …` line."""


class OpsError(Exception):
    """Something failed in a way that one line explains: `problem; remedy`.

    Attributes:
        problem: what is wrong; several problems have a line each.
        remedy: how to fix it; empty where the problem says enough.
        status: the exit status of the command.
    """

    def __init__(self, problem: str, remedy: str = "", *, status: int = 1) -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem, self.remedy, self.status = problem, remedy, status
