"""The name of a bucket that a deploy creates: free, ours and in the state, or somebody else's."""

from dataclasses import dataclass

from ops.deploy.caller import Caller
from ops.deploy.names_in_aws import Owner, look_up_bucket
from ops.preflight.taken import TakenNames
from ops.preflight.verdict import Verdict, bad, good, unknown
from settings.names.aws import is_account_regional


@dataclass(frozen=True)
class BucketName:
    """A bucket's name, and where the settings say it.

    Attributes:
        subject: what the verdict is about.
        key: the key of the settings that has the name.
        name: the name.
        region_key: the key of the settings that has the region.
        region: the region.
    """

    subject: str
    key: str
    name: str
    region_key: str
    region: str

    def unusable(self, caller: Caller) -> tuple[Verdict | None, Owner]:
        """Return a verdict where the bucket cannot be used, or not be seen; and whose it is."""
        found = look_up_bucket(self.name, account=caller.account, region=self.region)
        if found.owner is Owner.OTHERS:
            text = f"{self.name} is somebody else's"
            remedy = f"set {self.key} to a name of your own in the environment's file"
            return bad(self.subject, text, remedy), found.owner
        if found.owner is Owner.HIDDEN:
            return unknown(self.subject, hidden(self.name, caller)), found.owner
        if found.owner is Owner.US and found.region not in ("", self.region):
            text = f"{self.name} is ours, but in {found.region}, and the settings say {self.region}"
            remedy = f"correct {self.region_key} or {self.key} in the environment's file"
            return bad(self.subject, text, remedy), found.owner
        return None, found.owner

    def judge(self, owner: Owner, taken: TakenNames, remedy: str = "") -> Verdict:
        """Judge a name that is nobody's or ours; `remedy` is for a bucket that the state misses."""
        if owner is Owner.NOBODY:
            in_state = taken.names.in_state("aws_s3_bucket", self.name)
            free = "free, and nobody else can take it" if is_account_regional(self.name) else "free"
            state = "in the state, but deleted: a deploy creates it again" if in_state else free
            return good(self.subject, f"{self.name} is {state}")
        return taken.judge(self.subject, "aws_s3_bucket", [self.name], remedy)


def hidden(name: str, caller: Caller) -> str:
    """Say of a bucket that it is hidden."""
    ours = is_account_regional(name) and f"-{caller.account}-" in name
    others = "" if ours else "somebody else's, or "
    return f"{name} is {others}ours and these credentials may not look at it (s3:ListBucket)"
