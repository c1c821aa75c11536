"""Which objects nobody reads before GuardDuty found no threat in them, and that no upload may tag.

https://docs.aws.amazon.com/guardduty/latest/ug/tag-based-access-s3-malware-protection.html
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from presign import says
from presign.errors import BulkError, RequestError

WHY_NO_TAGS = (
    "only GuardDuty may tag what it scans for malware, and the bucket's policy denies uploads with tags "
    "there (DenyScanTagTampering)"
)

READS = ("s3:GetObject", "s3:GetObjectVersion")
"""What goes by the result of a scan; the policy denies other ways to read, whatever the scan found."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What GuardDuty scans: objects whose keys start with one of ``prefixes``; none of them means nothing.

    ``enforced`` is whether an object can be read only where its tag ``tag`` has the value ``clean``.
    """

    prefixes: tuple[str, ...] = ()
    enforced: bool = False
    tag: str = ""
    clean: str = ""

    def covers(self, key: str) -> bool:
        """Return whether the object ``key`` is scanned."""
        return key.startswith(self.prefixes)

    def stops(self, key: str) -> bool:
        """Return whether nobody reads the object ``key`` before it was found clean."""
        return self.enforced and self.covers(key)

    def tagged(self, key: str, names: Container[str]) -> bool:
        """Return whether an upload to ``key`` has tags that the bucket's policy denies.

        ``names`` are those of its headers, or of a form's fields. Tags need s3:PutObjectTagging.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        return self.covers(key) and (says.TAGGING in names or says.FORM_TAGGING in names)

    def refuse_tags(self, key: str, headers: Mapping[str, str]) -> None:
        """Raise RequestError for an upload with tags to what is scanned."""
        if self.tagged(key, headers):
            raise RequestError(f"an upload to {key!r} cannot have tags: {WHY_NO_TAGS}: leave --tag out")

    def refuse_form_tags(self, prefix: str, key: str | None, fields: Mapping[str, str]) -> list[str]:
        """Raise RequestError where no form with tags works; warn where one works for some keys only."""
        self.refuse_tags(prefix if key is None else key, fields)
        within = [one for one in self.prefixes if one.startswith(prefix) and self.tagged(one, fields)]
        if key is not None or not within:
            return []
        return [f"the form cannot upload below {', '.join(within)}: {WHY_NO_TAGS}"]

    def require(self) -> None:
        """Raise BulkError where nothing is scanned."""
        if not self.prefixes:
            raise BulkError(
                "--scanned is for a bucket that is scanned for malware, and these outputs lack MalwareScan: "
                "leave it out, or give the outputs of the last deploy"
            )

    def doubts(self) -> list[str]:
        """Say what is doubtful about links whose objects nobody asked for their tags."""
        if not self.enforced:
            return []
        where = "" if "" in self.prefixes else f" below {', '.join(self.prefixes)}"
        return [
            f"S3 answers 403 for objects{where} that no scan for malware found clean: "
            "--scanned leaves them out"
        ]

    def words(self) -> list[str]:
        """Say what is scanned."""
        what = [f"{one}*" if one else "all objects" for one in self.prefixes]
        after = "; nobody reads them before they are found clean" if self.enforced else ""
        return [f"{one}, for malware{after}" for one in what]


NOTHING = Scan()


def asks(*, version: bool) -> str:
    """Return the permission that it takes to ask for the tags of an object, or of a version of it."""
    return "s3:GetObjectVersionTagging" if version else "s3:GetObjectTagging"
