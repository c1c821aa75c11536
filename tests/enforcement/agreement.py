"""What SeaweedFS decided of the links that the tests sent, and what the proof says of the same requests.

It evaluates the bucket's policy, as far as it takes it, and not the key's; the proof is given the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from constructs_lib.policies import Document
from proof import Decision, Identity, policy
from tests.enforcement.http_client import Answer
from tests.enforcement.seaweedfs import IDENTITIES, OPERATOR, TEAM
from tests.proof.pinned import decided, exactly, keys_of

ACCOUNT = "000000000000"
ALL_OF_S3 = policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
)
ACTIONS = {"PUT": "s3:PutObject", "GET": "s3:GetObject", "DELETE": "s3:DeleteObject"}
OF_SUBRESOURCES = {"tagging": "s3:GetObjectTagging", "acl": "s3:GetObjectAcl"}
ENCRYPTION = "x-amz-server-side-encryption"
HEADERS = (ENCRYPTION, f"{ENCRYPTION}-aws-kms-key-id", f"{ENCRYPTION}-customer-algorithm")

KNOWN: Mapping[str, list[str]] = {
    "a_link_older_than_the_bucket_allows_passes_here_and_is_denied_by_aws": [
        "s3:PutObject by team: allowed here, and by the proof denied by DenyStalePresignedUrls"
    ],
    "a_signature_of_version_2_passes_here_and_is_denied_by_aws": [
        "s3:GetObject by team: allowed here, and by the proof denied by DenyLegacySignatures"
    ],
}
"""By the beginning of a test's name, the differences that it shows.

The reasons are in test_known_differences.py.
"""


def known(test: str) -> list[str]:
    """The differences that a test shows."""
    return [said for name, every in KNOWN.items() if test.startswith(f"test_{name}") for said in every]


@dataclass(frozen=True)
class Sent:
    """A link that was used, with what was answered.

    Attributes:
        policy: the bucket's policy at that time.
        method: such as `PUT`.
        url: the link.
        headers: what was sent with it.
        source: from which address.
        answer: what the server said.
    """

    policy: Document
    method: str
    url: str
    headers: Mapping[str, str]
    source: str
    answer: Answer

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the link."""
        found = parse_qs(urlsplit(self.url).query, keep_blank_values=True)
        return {name.lower(): values[0] for name, values in found.items()}

    @property
    def who(self) -> str:
        """The name of whose link it is."""
        access_key = self.query.get("awsaccesskeyid") or self.query["x-amz-credential"].partition("/")[0]
        (name,) = (one.name for one in IDENTITIES if one.access_key == access_key)
        return name

    @property
    def action(self) -> str:
        """What is asked for."""
        if "list-type" in self.query:
            return "s3:ListBucket"
        of_part = [action for name, action in OF_SUBRESOURCES.items() if name in self.query]
        return of_part[0] if of_part else ACTIONS[self.method]

    @property
    def allowed(self) -> bool | None:
        """What the server decided; None where it did not come to that, as with a link that has expired."""
        if int(self._age) > 1000 * int(self.query.get("x-amz-expires", 0)) > 0:
            return None
        return {"200": True, "204": True, "403 AccessDenied": False}.get(self.answer.outcome)

    def context(self) -> dict[str, list[str]]:
        """The condition keys that the request has on AWS."""
        secure, version_2 = self.url.startswith("https:"), "awsaccesskeyid" in self.query
        found = {
            "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/{self.who}",
            "aws:PrincipalAccount": ACCOUNT,
            "aws:PrincipalIsAWSService": "false",
            "aws:ViaAWSService": "false",
            "aws:SecureTransport": str(secure).lower(),
            "aws:SourceIp": self.source,
            "s3:authType": "REST-QUERY-STRING",
            "s3:signatureversion": "AWS" if version_2 else "AWS4-HMAC-SHA256",
            "s3:signatureAge": self._age,
        }
        if secure:
            found["s3:TlsVersion"] = "1.3"
        if "prefix" in self.query:
            found["s3:prefix"] = self.query["prefix"]
        if self.method == "PUT":
            found |= {f"s3:{name}": self.headers[name] for name in HEADERS if name in self.headers}
        return {key: [value] for key, value in found.items()}

    @property
    def _age(self) -> str:
        if "x-amz-date" not in self.query:
            return "0"
        signed = datetime.strptime(self.query["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return str(max(0, round((datetime.now(UTC) - signed).total_seconds() * 1000)))

    def disagreement(self) -> str | None:
        """What the proof says otherwise, as text."""
        arn = f"arn:aws:iam::{ACCOUNT}:user/{self.who}"
        holds = (ALL_OF_S3,) if self.who in (OPERATOR.name, TEAM.name) else ()
        path = unquote(urlsplit(self.url).path).removeprefix("/")
        place = path.partition("/")[0] if self.action == "s3:ListBucket" else path
        pinned = exactly(arn, self.action, f"arn:aws:s3:::{place}", self.context(), keys_of([self.policy]))
        decision = Decision(policy(self.policy, "bucket"), ACCOUNT, (Identity((arn,), holds),))
        (answer,) = decided(decision, [pinned])
        if answer.allowed is self.allowed:
            return None
        by = " + ".join(one.partition("/")[2] for one in answer.denies)
        said = {True: "allowed", False: f"denied by {by}", None: answer.reason}[answer.allowed]
        here = "allowed" if self.allowed else "denied"
        return f"{self.action} by {self.who}: {here} here, and by the proof {said}"


SENT: list[Sent] = []
"""What was sent since the last look."""


def disagreements() -> Iterator[str]:
    """Yield what the proof decides otherwise of what was sent, and forget it."""
    while SENT:
        one = SENT.pop(0)
        if one.allowed is not None and (said := one.disagreement()):
            yield said
