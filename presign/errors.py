"""What can go wrong, under one root.

Every message is one line that says what was wrong, what was given, what is
allowed and where; the command line prints it after ``Error:`` and exits 1.
"""


class PresignError(Exception):
    """The root: catch this to catch everything that this package raises."""


class OutputsError(PresignError):
    """The outputs cannot be read, or lack something that a link needs."""


class CredentialsError(PresignError):
    """No AWS credentials were found, or they cannot be used."""


class DurationError(PresignError):
    """A text such as ``15m`` was expected and something else was given."""


class MomentError(PresignError):
    """A text is not a date and time with an offset."""


class ExpiryError(PresignError):
    """The link is to live longer than the bucket or SigV4 allows, or not at all."""


class ObjectKeyError(PresignError):
    """No S3 object can have this key."""


class RevokedError(ObjectKeyError):
    """The bucket's owner has taken back the links for this key."""


class ManifestError(PresignError):
    """A list of keys cannot be read."""


class ListingError(PresignError):
    """The bucket's objects cannot be listed."""


class BulkError(PresignError):
    """Links cannot be written to a file, or a run that wrote some cannot be resumed."""


class EndpointError(PresignError):
    """The endpoint is not a URL that S3 requests can be sent to."""


class RequestError(PresignError):
    """A header or parameter of the request cannot have this value."""


class CheckError(PresignError):
    """S3 refuses what the link would ask for, or cannot be reached."""


class MultipartError(PresignError):
    """S3 refuses to begin, list or end an upload in parts."""


class LinkError(PresignError):
    """What is to be explained is no link, form or answer."""


class PageError(PresignError):
    """A page cannot be stored where its links are safe, or not at all."""
