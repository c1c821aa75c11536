"""What an environment promises, and whether its policies keep it for every request; one file a subject.

A property is a sentence that a reviewer understands, its reason, and the claims that have to be true for
it. The functions take plain values (`proof.properties.things`) and return properties; `check` proves them.
"""

from proof.properties.cache import ProofCache
from proof.properties.model import Ask, GivenUp, Property, Proven, check

__all__ = ["Ask", "GivenUp", "ProofCache", "Property", "Proven", "check"]
