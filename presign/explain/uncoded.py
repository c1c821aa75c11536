"""Explains an answer that has none of S3's error codes: the request worked, or S3 did not say, or not S3 did.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from presign.explain.answer import Answer
from presign.explain.cause import Cause, listed
from presign.explain.link import Link
from presign.explain.operation import Operation

_OF_PROXIES = (401, 407, 502, 504)  # S3 has no error with these


def worked(link: Link, answer: Answer) -> bool:
    """Whether the status says that the request was done, whatever came back.

    S3 begins some answers before it is done, and their body then tells an error: those to the end of an
    upload in parts, and to a copy.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    """
    late = "uploadId" in link.parameters or "x-amz-copy-source" in (*link.signed_headers, *link.parameters)
    if answer.status is None or (answer.code and late):
        return False
    # 304: the client has the content; 303: where a form sends the browser.
    return answer.status // 100 == 2 or answer.status == 304 or (answer.status == 303 and bool(link.fields))


def cause(link: Link, answer: Answer, operation: Operation) -> Cause:
    """Say what such an answer means, where it does not show that S3 accepted the link."""
    if worked(link, answer):
        return Cause(
            f"the answer is {answer.status}, and has no header of S3 such as x-amz-request-id: S3 accepted "
            "the link, or a proxy or a login page answered in its place",
            "Compare what came back with what was asked for",
        )
    if answer.status is None:
        return Cause(
            "this is none of S3's errors: it is what the link was used for, or comes from a proxy, a gateway "
            "or another server on the way",
            "Give the answer with its HTTP headers, as `curl -i` prints it",
        )
    if answer.status < 200:
        return Cause(
            f"this is not the whole answer: after {answer.status} another one comes", "Give all of it"
        )
    if not answer.of_s3 and (not answer.empty or answer.status in _OF_PROXIES):
        return Cause(
            f"the answer ({answer.status}) is not S3's: it comes from a proxy, a gateway or another server "
            "on the way",
            "Use the link without the proxy, or ask its operator",
        )
    if not answer.empty:
        return Cause(f"S3 answered {answer.status} without an error code", "Read what came back")
    who = "S3" if answer.of_s3 else "a server"
    if "HEAD" not in operation.methods:
        wanted = listed(operation.methods, "or")
        return Cause(
            f"{who} answered {answer.status} without a body: the link was most likely used with HEAD, and is "
            f"for {wanted}",
            f"Use {wanted}, without curl's --head or -I",
        )
    return Cause(
        f"{who} answered {answer.status} without a body, as to HEAD, so it does not say why",
        "Repeat the request without curl's --head or -I, and give the XML that comes back",
    )
