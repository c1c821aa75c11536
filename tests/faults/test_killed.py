"""`kill -9` of all that takes part in a first deploy, as one of its calls is on its way to AWS."""

from tests.faults.conftest import RoundOf
from tests.faults.fault_support import Once, Site, ended, kill

import pytest

MOMENTS = [
    "PUT lock",
    "CreateKey",
    "EnableKeyRotation",
    "CreateAlias",
    "CreatePolicy",
    "PUT bucket",
    "PUT bucket?ownershipControls",
    "PUT bucket?encryption",
    "PUT bucket?policy",
    "PUT state",
    "DELETE lock",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_deploy_is_recovered(site: Site, round_of: RoundOf, moment: str) -> None:
    with round_of("kill -9 in a first deploy"):
        killed = Once(moment, lambda: kill(process))
        site.proxy.fault = killed
        process = site.start("deploy", "dev")
        assert ended(process).returncode == -9
        assert killed.happened
        # The call itself is still carried out: AWS has done what nobody knows of.
        site.wait_for_answers()
        site.recover()
        site.must("deploy", "dev")
        site.assert_converged()
