"""The policy engine, which evaluates requests in a Node process of its own."""

import json
import pickle
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from ops.shared.toolchain import tool_environment

Document = dict[str, Any]
ENGINE = Path(__file__).with_name("engine.mjs")


class EngineError(Exception):
    """The engine could not evaluate: a policy or a request that is not valid."""


@dataclass(frozen=True)
class EngineRequest:
    """One request to one service.

    Attributes:
        principal: the caller's ARN, or a service's name; None for an anonymous request.
        action: such as `s3:GetObject`.
        resource: the ARN that it is done to.
        account: the account of that resource.
        context: the condition keys that the request has.
        identity: names of the caller's own policies.
        resource_policy: the name of the resource's policy, if it has one.
        block_public_access: whether the bucket restricts public policies.
    """

    principal: str | None
    action: str
    resource: str
    account: str
    context: Mapping[str, str | list[str]]
    identity: Sequence[str]
    resource_policy: str | None
    block_public_access: bool = False


@dataclass(frozen=True)
class Evaluation:
    """What the engine says to one request.

    Attributes:
        result: AWS's three answers.
        allows: the statements that allow it, each as (name of the policy, Sid).
        denies: those that deny it.
        blocked_by: what else stopped it, such as `s3-bpa`.
        ignored: condition keys that the engine left out; must be empty.
    """

    result: Literal["Allowed", "ExplicitlyDenied", "ImplicitlyDenied"]
    allows: tuple[tuple[str, str], ...]
    denies: tuple[tuple[str, str], ...]
    blocked_by: tuple[str, ...]
    ignored: tuple[str, ...]


class Evaluator(Protocol):
    """What says of requests whether policies allow them."""

    def evaluate(
        self, requests: Sequence[EngineRequest], policies: Mapping[str, Document]
    ) -> list[Evaluation]: ...


class Engine:
    """A running engine; a context manager that ends it."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, ...], Evaluation] = {}
        self._process = subprocess.Popen(
            # Its many objects live shortly; by default, Node looks among them for garbage too often.
            ["node", "--max-semi-space-size=64", str(ENGINE)],
            env=tool_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._said.clear()
        # The engine ends when its input does.
        self._process.communicate(timeout=10)

    def evaluate(
        self, requests: Sequence[EngineRequest], policies: Mapping[str, Document]
    ) -> list[Evaluation]:
        """Evaluate `requests`, which name `policies`; what was asked before is not asked again."""
        named = [(*one.identity, *filter(None, [one.resource_policy])) for one in requests]
        # A policy that is named and not there is the engine's error.
        texts = {name: json.dumps(policies[name]) for name in set().union(*named) & policies.keys()}
        questions = [
            (repr(one), *(texts.get(name, "") for name in names))
            for one, names in zip(requests, named, strict=True)
        ]
        asked = dict(zip(questions, requests, strict=True))
        new = {question: request for question, request in asked.items() if question not in self._said}
        if new:
            self._said |= zip(new, self._evaluate(list(new.values()), texts), strict=True)
        return [self._said[question] for question in questions]

    def _evaluate(self, requests: Sequence[EngineRequest], texts: Mapping[str, str]) -> list[Evaluation]:
        answers = self._ask(
            {"do": "evaluate", "requests": [vars(one) for one in requests], "policies": texts}
        )
        return [
            Evaluation(
                result=answer["result"],
                allows=tuple((policy, sid) for policy, sid in answer["allows"]),
                denies=tuple((policy, sid) for policy, sid in answer["denies"]),
                blocked_by=tuple(answer["blocked_by"]),
                ignored=tuple(answer["ignored"]),
            )
            for answer in answers
        ]

    def save(self, file: Path) -> None:
        """Write down what was asked and answered, for the engine of another process."""
        file.write_bytes(pickle.dumps(self._said))

    def load(self, file: Path) -> None:
        """Take what another process asked as asked here."""
        self._said |= pickle.loads(file.read_bytes())  # noqa: S301 (written by this test run)

    def lint(self, policy: Document, kind: Literal["identity", "resource"]) -> list[str]:
        """Return what is wrong with `policy`, a line for each problem."""
        return [str(problem) for problem in self._ask({"do": "lint", "policy": policy, "kind": kind})]

    def _ask(self, question: object) -> list[Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise EngineError(f"{ENGINE.name} ended with exit code {self._process.wait()}")
        reply = json.loads(line)
        if "error" in reply:
            raise EngineError(reply["error"])
        answer: list[Any] = reply["answer"]
        return answer
