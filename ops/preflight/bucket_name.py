"""The name of a bucket that a deploy makes: free, ours and in the state, or somebody else's."""

from dataclasses import dataclass

from ops.preflight.buckets import Owner, hidden, look_up
from ops.preflight.credentials import Caller
from ops.preflight.known import Known
from ops.preflight.line import Line, bad, good, unknown
from ops.shared import aws


@dataclass(frozen=True)
class BucketName:
    """A bucket's name, and where the settings say it.

    Attributes:
        subject: what the line is about.
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

    def unusable(self, caller: Caller) -> tuple[Line | None, Owner]:
        """Return a line where the bucket is not to be had, or not to be seen; and whose it is."""
        found = look_up(aws.client("s3", self.region), self.name, caller.account)
        if found.owner is Owner.OTHERS:
            text = f"{self.name} is somebody else's"
            remedy = f"set {self.key} to a name of your own in the environment's file"
            return bad(self.subject, text, remedy), found.owner
        if found.owner is Owner.HIDDEN:
            return unknown(self.subject, hidden(self.name)), found.owner
        if found.owner is Owner.US and found.region not in ("", self.region):
            text = f"{self.name} is ours, but in {found.region}, and the settings say {self.region}"
            remedy = f"correct {self.region_key} or {self.key} in the environment's file"
            return bad(self.subject, text, remedy), found.owner
        return None, found.owner

    def in_state(self, known: Known) -> bool:
        """Tell whether the state has it."""
        return known.has("aws_s3_bucket", "bucket", self.name)

    def judge(self, owner: Owner, known: Known, remedy: str = "") -> Line:
        """Judge a name that is nobody's or ours; `remedy` is for a bucket that the state misses."""
        in_state = self.in_state(known)
        if owner is Owner.NOBODY:
            state = "in the state, but gone: a deploy makes it again" if in_state else "free"
            return good(self.subject, f"{self.name} is {state}")
        return known.judge(self.subject, [self.name], [] if in_state else [self.name], remedy)
