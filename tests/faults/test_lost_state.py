"""A state object that is emptied, cut off, overwritten or deleted."""

from tests.faults.conftest import RoundOf
from tests.faults.fault_support import STATE_BUCKET, STATE_KEY, Site, error_line, operation

DAMAGES = {
    "state object emptied": (b"", "is empty"),
    "state object cut off": (b'{"version": 4, "ser', "is not JSON"),
    "state object overwritten": (b"{}", "is JSON, but not a Terraform state"),
    "state object deleted": (None, "was deleted"),
}


def test_a_damaged_state_is_refused_and_restored(site: Site, round_of: RoundOf) -> None:
    site.must("deploy", "dev")
    s3 = site.client("s3")
    for fault, (body, problem) in DAMAGES.items():
        with round_of(fault):
            lineage = site.state()["lineage"]
            highest = site.state()["serial"]
            if body is None:
                s3.delete_object(Bucket=STATE_BUCKET, Key=STATE_KEY)
            else:
                s3.put_object(Bucket=STATE_BUCKET, Key=STATE_KEY, Body=body)
            calls = len(site.proxy.calls)
            for command in (["deploy", "dev"], ["plan", "dev"], ["recover", "dev", "--yes"]):
                done = site.ops(*command)
                assert done.stdout == ""
                assert done.stderr == (
                    f"Error: the state s3://{STATE_BUCKET}/{STATE_KEY} {problem}; "
                    "make state-restore ENV=dev brings an earlier version of it back\n"
                )
                assert error_line(done)
            asked = site.proxy.calls[calls:]
            # STS, who asks, is the only one that is asked with a POST.
            assert {call.method for call in asked} <= {"GET", "HEAD", "POST"}
            assert {operation(call) for call in asked if call.method == "POST"} <= {"GetCallerIdentity"}
            site.must("state", "restore", "dev", "--yes")
            assert (site.state()["lineage"], site.state()["serial"]) == (lineage, highest + 1)
            site.assert_converged()
