"""What the policies guarantee for every request."""

from ops.deploy import prove
from ops.preflight.verdict import Verdict, bad, good
from proof.properties import Proven
from settings.model import Settings

SUBJECT = "promises"

_proven: dict[str, prove.ProvenStacks] = {}
"""By settings: the same settings always have the same stacks and policies."""


def proven_stacks(settings: Settings) -> prove.ProvenStacks:
    """Return the environment's stacks, synthesized and proven in this process.

    Raises:
        OpsError: the roles of CI cannot be given what it needs.
    """
    key = settings.model_dump_json()
    if key not in _proven:
        _proven[key] = prove.proven_stacks(settings)
    return _proven[key]


def check(environment: str, results: prove.Results) -> Verdict:
    """Return whether every promise of the environment is proven."""
    broken = [one.promised.name for one in results if isinstance(one, Proven) and not one.holds]
    if broken:
        return bad(SUBJECT, f"not proven: {', '.join(broken)}", f"make prove ENV={environment} shows why")
    return good(SUBJECT, prove.summary(results))
