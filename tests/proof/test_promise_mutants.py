"""Every part of every policy guarantees something: changed, some promise does not hold any more.

What lives on is listed with its reason.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proof.properties import GivenUp, ProofCache, check
from stacks.deployed import Deployed
from stacks.guarantees import Guarantees
from tests.proof.promise_mutants import mutants
from tests.proof.test_promises import ENVIRONMENTS

import pytest

pytestmark = pytest.mark.slow

SAME_AS_PROD = (
    r"(access|read|write|state)-policy|log-bucket/policy (Deny|AllowAccessLogs)|encryption-key/key E"
)
KINDS = {
    "prod": "",
    "grants": SAME_AS_PROD,
    "perimeter": f"{SAME_AS_PROD}|encryption-key",
    "replication": SAME_AS_PROD,
    "audit": f"{SAME_AS_PROD}|encryption-key|secure-bucket|malware-scan|scan-boundary",
    "malware-scan": rf"{SAME_AS_PROD}|replication|replica-key|replica-bucket/policy (?!\w*(Scan|Unscanned))",
    "inventory": f"{SAME_AS_PROD}|encryption-key|secure-bucket",
    "lenient": f"{SAME_AS_PROD}|encryption-key",
    "sse-s3": f"{SAME_AS_PROD}|encryption-key",
    "revoked": f"{SAME_AS_PROD}|encryption-key",
    "ci-roles": f"{SAME_AS_PROD}|encryption-key|secure-bucket|log-bucket",
    "home": "(?!state-policy)",
    "guest": "(?!state-policy)",
}
"""One environment of each kind, and what of it is as in prod and left out."""

EQUIVALENT, STRICTER, ELSEWHERE = (
    "no request is decided otherwise",
    "refuses more than before, which nobody needs",
    "another test decides it",
)
SURVIVORS = {
    # The policy of a bucket or key is only asked about that bucket or key.
    r"/(policy|key) \w+: Resource \*$": EQUIVALENT,
    # Only s3:PutObject and s3:UpdateObjectEncryption know these keys, and what else does is refused anyhow.
    r"Deny(CustomerProvidedKeys|OtherKMSKey|IncorrectKMSKey\w*|Unencrypted\w+|\w+ByScanner): Action s3:\*$": (
        EQUIVALENT
    ),
    # Of everybody else, DenyUnencryptedUploads and DenyIncorrectKMSKey refuse the same.
    r"Deny\w+ByScanner: ArnEquals aws:PrincipalArn is gone$": EQUIVALENT,
    # DenyOtherReplication refuses every replica there.
    r"secure-bucket/policy DenyCustomerProvidedKeys: Action without s3:ReplicateObject$": EQUIVALENT,
    # So it does with the tags of replicas.
    r"DenyScanTagTampering: Action without s3:ReplicateTags$": EQUIVALENT,
    # Who else is named is held back by the conditions: only this account, only services.
    r"key AllowSpecifiedPrincipals: (StringEquals kms:CallerAccount is gone|Principal \*)$": EQUIVALENT,
    r"key Allow(Replication(En|De)crypt|MalwareScan): Principal \*$": EQUIVALENT,
    r"log-bucket/policy Allow(AccessLogs|TrailToLook): Principal \*$": EQUIVALENT,
    # They write, and S3 asks for that alone; the owner of what they write is the bucket's in any case.
    r"log-bucket/policy Allow(Inventory|Trail): (Action s3:\*|StringEquals s3:x-amz-acl is gone)$": ELSEWHERE,
    r"alarm-topic/policy (AllowEventBridge|Deny\w+): Action sns:\*$": ELSEWHERE,  # the tables of tests/policy
    # A role or service that was exempt is not any more.
    r"DenyOutside\w+: ArnNotEquals aws:PrincipalArn without": STRICTER,
    r"DenyOutside\w+: BoolIfExists aws:(ViaAWS|PrincipalIsAWS)Service is gone": STRICTER,
    # What a deploy, a plan and a review need: tests/deploy_policy has the calls that are refused without.
    r"(deploy|plan|review)-role/policy-": ELSEWHERE,
}


def stacks_of(name: str, folder: Path) -> dict[str, Any]:
    names = [f"secure-storage-{name}{suffix}" for suffix in ("", "-state", "-ci")]
    files = {stack: folder / stack / "cdk.tf.json" for stack in names}
    return {stack: json.loads(file.read_bytes()) for stack, file in files.items() if file.exists()}


def broken(name: str, stacks: Mapping[str, Any], known: ProofCache) -> dict[str, list[str]]:
    """Return the promises that do not hold, each with what breaks it."""
    guarantees = Guarantees(Deployed.of(ENVIRONMENTS[name], stacks))
    promised = [one for one in guarantees if not isinstance(one, GivenUp)]
    results = check(promised, known, reasons=False)
    return {one.promised.name: list(one.counter_examples()) for one in results if not one.holds}


@pytest.mark.parametrize("name", KINDS)
def test_a_change_of_a_policy_breaks_a_promise(name: str, stack_folders: dict[str, Path]) -> None:
    known = ProofCache()
    stacks = stacks_of(name, stack_folders[f"secure-storage-{name}"].parent)
    assert broken(name, stacks, known) == {}
    left_out = re.compile(KINDS[name]) if KINDS[name] else None
    killed, alive = 0, []
    for mutant in mutants(stacks):
        if left_out is not None and left_out.match(str(mutant)):
            continue
        if broken(name, mutant.stacks, known):
            killed += 1
        else:
            alive.append(str(mutant))
    unexplained = [one for one in alive if not any(re.search(pattern, one) for pattern in SURVIVORS)]
    print(f"{name}: {killed} killed, {len(alive)} alive, each with a reason")
    assert unexplained == []
    assert killed > 10
