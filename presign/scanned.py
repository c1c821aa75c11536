"""Which objects nobody reads before GuardDuty found no threat in them, and that no upload may tag.

https://docs.aws.amazon.com/guardduty/latest/ug/tag-based-access-s3-malware-protection.html
"""

from collections.abc import Mapping
from dataclasses import dataclass

from presign.errors import RequestError

_TAGS = ("x-amz-tagging", "tagging")  # in the headers of an upload, in the fields of a form
_WHY = (
    "only GuardDuty may tag what it scans for malware, and the bucket's policy denies uploads with tags "
    "there (DenyScanTagTampering)"
)


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

    def refuse_tags(self, key: str, headers: Mapping[str, str]) -> None:
        """Raise RequestError for an upload with tags to what is scanned: it needs s3:PutObjectTagging.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
        """
        if self.covers(key) and any(name in headers for name in _TAGS):
            raise RequestError(f"an upload to {key!r} cannot have tags: {_WHY}: leave --tag out")

    def refuse_form_tags(self, prefix: str, key: str | None, fields: Mapping[str, str]) -> list[str]:
        """Raise RequestError where no form with tags works; warn where one works for some keys only."""
        self.refuse_tags(prefix if key is None else key, fields)
        if key is not None or not any(name in fields for name in _TAGS):
            return []
        within = [one for one in self.prefixes if one.startswith(prefix)]
        return [f"the form cannot upload below {', '.join(within)}: {_WHY}"] if within else []

    def words(self) -> list[str]:
        """Say what is scanned."""
        what = [f"{one}*" if one else "all objects" for one in self.prefixes]
        after = "; nobody reads them before they are found clean" if self.enforced else ""
        return [f"{one}, for malware{after}" for one in what]


NOTHING = Scan()
