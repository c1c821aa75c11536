"""Refuses an environment whose policies break what its settings promise."""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from constructs_lib.policies.packing import LIMIT
from proof.limits import Limits
from proof.properties import GivenUp, ProofCache, Property, Proven, check
from settings import resource_names
from settings.model import Settings
from stacks.deployed import Deployed, Json
from stacks.guarantees import Guarantee, Guarantees
from stacks.unread import UnreadError

LIMITS = {"bucket": 20_480, "key": 32_768}
"""Bytes that AWS takes of a policy:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html
https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""

WORK = Limits(steps=1_000_000)
"""How much work is done to prove them: enough for a policy with as many keys as AWS takes, in seconds."""

ROOT = Path(__file__).resolve().parent.parent
PROOF = ROOT / "proof"
CACHE = ROOT / ".cache" / "proven"


class BrokenPromiseError(Exception):
    """Policies that do not keep what is promised.

    Attributes:
        problems: one line each, which begins with the environment.
    """

    def __init__(self, problems: list[str]) -> None:
        """Hold `problems`."""
        super().__init__("; ".join(problems))
        self.problems = problems


def deployed(settings: Settings, stacks: Path) -> Deployed:
    """Read what an environment's synthesized stacks deploy.

    Args:
        settings: the environment.
        stacks: the folder with a folder for each stack.
    """
    found: dict[str, Json] = {}
    for name in (resource_names.storage_stack, resource_names.state_stack, resource_names.ci_stack):
        stack = name(settings.environment)
        file = stacks / stack / "cdk.tf.json"
        if file.exists():
            found[stack] = json.loads(file.read_bytes())
    return Deployed.of(settings, found)


def prove(
    settings: Settings, stacks: Path, proofs: ProofCache | None = None, *, reasons: bool = True
) -> list[Proven | GivenUp]:
    """Return what is true of each of an environment's promises, in the order of the table.

    Args:
        settings: the environment.
        stacks: the folder with a folder for each of its synthesized stacks.
        proofs: what was proven before for others.
        reasons: whether to find the statements by which a promise holds.
    """
    guarantees: list[Guarantee] = list(Guarantees(deployed(settings, stacks)))
    under = (ProofCache() if proofs is None else proofs).under(_names(settings))
    proven = iter(check(_promised(guarantees), under, WORK, reasons=reasons))
    return [one if isinstance(one, GivenUp) else next(proven) for one in guarantees]


def refuse_broken(environments: Sequence[Settings], stacks: Path, *, proven_before: Path = CACHE) -> None:
    """Prove every promise of every environment.

    Args:
        environments: their settings.
        stacks: the folder with a folder for each of their synthesized stacks.
        proven_before: the folder that remembers what was proven by the same code, by its SHA-256.

    Raises:
        BrokenPromiseError: one does not hold, or cannot be decided, a policy is larger than AWS takes, or
            something may grant access and is read by no promise.
    """
    proofs, problems = ProofCache(), []
    for settings in environments:
        try:
            of = deployed(settings, stacks)
            promised = _promised(Guarantees(of))
        except UnreadError as error:
            problems.append(f"environment {settings.environment}: {error}")
            continue
        under = proofs.under(_names(settings))
        remembered = proven_before / _digest(promised, under)
        # What AWS does not take may be too large to prove as well.
        broken = list(_too_large(of)) or ([] if remembered.exists() else list(_broken(promised, under)))
        if not broken:
            _remember(remembered)
        problems += [f"environment {settings.environment}: {one}" for one in broken]
    if problems:
        raise BrokenPromiseError(problems)


def _promised(guarantees: Iterable[Guarantee]) -> list[Property]:
    return [one for one in guarantees if not isinstance(one, GivenUp)]


def _digest(promised: Sequence[Property], proofs: ProofCache) -> str:
    """Return the SHA-256 of all that decides whether promises hold: they, and the proof."""
    numbers: dict[str, int] = {}  # most texts are in many questions
    asks = [
        (
            [numbers.setdefault(text, len(numbers)) for text in proofs.key(ask.decision, ask.claim)],
            ask.possible,
        )
        for one in promised
        for ask in one.asks
    ]
    return hashlib.sha256(repr((_code(), list(numbers), asks)).encode()).hexdigest()


@cache
def _code() -> str:
    """Return the SHA-256 of the code and the facts that prove, and the version of the solver."""
    files = [file for file in sorted(PROOF.rglob("*")) if file.suffix in (".py", ".jsonl")]
    content = b"".join(file.read_bytes() for file in files)
    return f"{hashlib.sha256(content).hexdigest()} {version('z3-solver')}"


def _remember(file: Path) -> None:
    # If this fails, the promise is proven again next time.
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def _broken(promised: Sequence[Property], proofs: ProofCache) -> Iterator[str]:
    for one in check(promised, proofs, WORK, reasons=False):
        for example in one.counter_examples():
            yield f"{one.promised.name} does not hold: {example}"


def _too_large(of: Deployed) -> Iterator[str]:
    for name, characters in of.managed_sizes.items():
        if characters > LIMIT:
            remedy = "make the settings that it lists, such as malware_scan.prefixes, fewer or shorter"
            yield f"the policy {name} would have {characters} characters, but AWS accepts {LIMIT}: {remedy}"
    for what, size in of.sizes.items():
        limit = LIMITS[what.split()[-1]]
        if size > limit:
            remedy = "grant to fewer, or revoke fewer links"
            yield f"the policy of the {what} would have {size} bytes, but AWS accepts {limit}: {remedy}"


def _names(settings: Settings) -> tuple[str, ...]:
    """Return the names of an environment's own; longer ones come first, because they may contain its name."""
    buckets = (settings.bucket_name, settings.logging.bucket, settings.replication.bucket)
    aliases = (settings.encryption.key_alias, settings.state.key_alias, settings.audit.key_alias)
    return (*buckets, settings.state.bucket, *aliases, settings.replication.key_alias, settings.environment)
