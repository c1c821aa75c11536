"""Deploys that lose their credentials, or the state bucket, at some moment."""

from collections.abc import Callable
from pathlib import Path

from tests.aws_proxy import Call, Fault, Reset
from tests.faults.conftest import RoundOf
from tests.faults.fault_support import Site, error, error_line, is_of_state_bucket, operation

import pytest


class From:
    """A fault that begins with the first call of an operation, and ends before the first of another."""

    def __init__(self, begin: str, fault: Callable[[Call], Fault | None], end: str = "") -> None:
        self._begin, self._fault, self._end = begin, fault, end
        self.began = self._on = False

    def __call__(self, call: Call) -> Fault | None:
        name = operation(call)
        if name == self._begin and not self.began:
            self.began = self._on = True
        elif name == self._end:
            self._on = False
        return self._fault(call) if self._on else None


def expired(call: Call) -> Fault:
    return error(
        call, 403 if call.method == "POST" and "x-amz-target" not in call.headers else 400, "ExpiredToken"
    )


def unreachable(call: Call) -> Fault | None:
    return Reset() if is_of_state_bucket(call) else None


@pytest.mark.parametrize("moment", ["CreateKey", "CreateAlias", "PUT bucket?encryption", "PUT state"])
def test_credentials_that_expire_lose_nothing(site: Site, round_of: RoundOf, moment: str) -> None:
    with round_of("credentials expire in mid-apply"):
        lose_and_recover(site, From(moment, expired))


def test_a_state_bucket_that_is_away_at_the_end_loses_nothing(site: Site, round_of: RoundOf) -> None:
    with round_of("state bucket unreachable after an apply"):
        lose_and_recover(site, From("PUT state", unreachable))


def test_a_state_bucket_that_is_away_meanwhile_is_not_missed(site: Site, round_of: RoundOf) -> None:
    with round_of("state bucket unreachable during an apply"):
        site.proxy.fault = From("CreateKey", unreachable, end="PUT bucket?policy")
        site.must("deploy", "dev")
        site.assert_converged()


def test_a_state_bucket_that_is_away_at_the_beginning_changes_nothing(site: Site, round_of: RoundOf) -> None:
    site.must("deploy", "dev")
    with round_of("state bucket unreachable before an apply"):
        before, calls = site.state_bodies(), len(site.proxy.calls)
        site.describe(3600)
        site.proxy.fault = unreachable
        error_line(site.ops("deploy", "dev"))
        site.proxy.fault = lambda _call: None
        assert site.state_bodies() == before
        # Reading is all that is done elsewhere; POST is how KMS and IAM are asked.
        changing = [call for call in site.proxy.calls[calls:] if call.method in ("PUT", "DELETE")]
        assert all(is_of_state_bucket(call) for call in changing)
        site.must("deploy", "dev")
        site.assert_converged()


def lose_and_recover(site: Site, fault: From) -> None:
    """Deploy into the fault: the state is saved next to main.py, the message says so, and nothing is lost."""
    site.proxy.fault = fault
    line = error_line(site.ops("deploy", "dev"))
    assert fault.began
    (copy,) = site.emergency_copies()
    assert f"the emergency copy is {copy}; make recover ENV=dev writes it to the state bucket" in line
    saved = copy.read_bytes()
    # Until that is done, nothing else is.
    assert error_line(site.ops("deploy", "dev")) == (
        "Error: the last deploy of secure-storage-dev could not save its state, "
        f"which is only in {copy.name}; make recover ENV=dev first"
    )
    site.proxy.fault = lambda _call: None
    site.recover()
    assert saved in site.state_bodies()
    assert not Path(copy).exists()
    site.must("deploy", "dev")
    site.assert_converged()
