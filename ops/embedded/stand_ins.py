"""What stands in for services that MiniStack lacks: each answers what it was told, and does nothing.

The launcher with authorization installs them (`ops.embedded.iam`); tests without it put them in front.
"""

from collections.abc import Mapping

from ops.embedded.guardduty import GuardDuty

STAND_INS: Mapping[str, GuardDuty] = {"guardduty": GuardDuty()}
"""Each by the name of the service in a signature's scope."""
