"""What the policies guarantee for every request."""

from ops.deploy import prove
from ops.preflight.verdict import Verdict, bad, good
from proof.properties import Proven
from settings.model import Settings

SUBJECT = "promises"

_proven: dict[str, prove.Results] = {}
"""By settings: the same settings always have the same policies."""


def check(settings: Settings) -> Verdict:
    """Return whether every promise of the environment is proven."""
    key = settings.model_dump_json()
    if key not in _proven:
        _proven[key] = prove.proven_of(settings)
    results = _proven[key]
    broken = [one.promised.name for one in results if isinstance(one, Proven) and not one.holds]
    if broken:
        remedy = f"make prove ENV={settings.environment} shows why"
        return bad(SUBJECT, f"not proven: {', '.join(broken)}", remedy)
    return good(SUBJECT, prove.summary(results))
