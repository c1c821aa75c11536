"""The folder of the bucket that is for pages alone.

A script next to a page, or above it, could become the page's service worker and read its links. So nothing
but ``presign page`` makes a link for this folder, and no form may reach it.
https://www.w3.org/TR/service-workers/#path-restriction
"""

from presign.errors import ObjectKeyError, RequestError

FOLDER = "_presign/"


def refuse(key: str) -> None:
    """Raise ObjectKeyError for a key in the folder."""
    if key.startswith(FOLDER):
        raise ObjectKeyError(
            f"{key!r} is in {FOLDER}, which is for the pages of 'presign page': choose another key"
        )


def refuse_form(prefix: str, key: str | None) -> None:
    """Raise for a form that could upload into the folder: no form's policy can leave it out."""
    if key is not None:
        refuse(key)
    elif prefix.startswith(FOLDER):
        refuse(prefix)
    elif FOLDER.startswith(prefix):
        raise RequestError(
            f"a form for the prefix {prefix!r} could upload to {FOLDER}, which is for the pages of "
            "'presign page': give another prefix, such as inbox/"
        )


def within(keys: str) -> bool:
    """Return whether there may be such a key among many, between line breaks."""
    return f"\n{FOLDER}" in f"\n{keys}"
