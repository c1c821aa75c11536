"""Draws docs/requests.svg, which statement stops which request, from rows of the table that the tests ask.

`python -m tests.policy.drawing`, in `make docs`.
"""

import json
from dataclasses import dataclass

from tests.conftest import ROOT
from tests.policy.table import ROWS, Row

PICTURE = ROOT / "docs" / "requests.svg"
STACK = "perimeter"
"""A variant of the settings with every statement that is about requests for objects."""
SYNTHESIZED = ROOT.joinpath(
    f"tests/snapshots/__snapshots__/test_synthesized_json/test_reviewed[secure-storage-{STACK}].json"
)
REQUESTS = {
    "upload over plain HTTP": "the team PutObject over=HTTP",
    "download over TLS 1.1": "the team GetObject over=TLS 1.1",
    "upload without its encryption headers": "the team PutObject sends=nothing",
    "upload with another KMS key": "the team PutObject sends=aws:kms, another key",
    "upload with a key of its own (SSE-C)": "the team PutObject sends=UploadHeaders, SSE-C",
    "object from another replication": "an administrator ReplicateObject",
    "link with a version 2 signature": "the team GetObject signed=SigV2 link",
    "link that is older than the maximum": "the team GetObject signed=link, 3601 seconds old",
    "download from another network": "the team GetObject network=elsewhere",
    "download by another organization": "another organization's team GetObject",
    "download from another bucket": "the team GetObject bucket=another",
    "decryption outside of S3": "a key administrator kms:Decrypt",
    "upload with the printed headers": "the team PutObject",
    "download by a link": "the team GetObject signed=link, 5 minutes old",
}
"""The requests, each by what the table calls it."""
IAM, KEY = "IAM policies", "key policy"
WIDTH, TOP, LINE, LEFT, GATE = 880, 66, 27, 284, 21
"""Pixels: the picture's width, the first request, between two, the first gate, and between two."""
STYLE = (
    "text{font:13px system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;fill:#1f2328}"
    ".sid{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:12px;fill:#cf222e;"
    "stroke:#fff;stroke-width:5px;paint-order:stroke}.passed{fill:#1a7f37}.gates{fill:#59636e;font-size:12px}"
)


@dataclass(frozen=True)
class Answer:
    """What happens to a request.

    Attributes:
        stopped: the gates that stop it; none if it is allowed.
        words: what the picture says of it.
    """

    stopped: tuple[str, ...]
    words: str


def denying() -> list[str]:
    """Return the Sids of the bucket policy that deny, in its order."""
    (bucket_policy,) = json.loads(SYNTHESIZED.read_bytes())["resource"]["aws_s3_bucket_policy"].values()
    return [one["Sid"] for one in bucket_policy["policy"]["Statement"] if one["Effect"] == "Deny"]


def answer(row: Row) -> Answer:
    """Return what the table says of a request, and the tests confirm."""
    verdict, _, by = row.answer.partition(": ")
    if verdict == "allowed":
        return Answer((), "allowed")
    service, denies, sids = by.partition(" by ")
    if denies:
        return Answer(tuple(sids.split(" + ")), sids.replace(" + ", ", "))
    gate = KEY if service.startswith("KMS") else IAM
    return Answer((gate,), f"no statement of the {gate} allows it")


def answers() -> dict[str, Answer]:
    """Return what happens to each request of the picture."""
    rows = {str(row).removeprefix(f"{STACK}: "): row for row in ROWS if row.stack == STACK}
    return {words: answer(rows[request]) for words, request in REQUESTS.items()}


def picture() -> str:
    """Return the drawing, as SVG."""
    gates = [*denying(), IAM, KEY]
    place = {gate: LEFT + GATE * number for number, gate in enumerate(gates)}
    end, found = place[KEY] + GATE, answers()
    height = TOP + LINE * len(found)
    shapes = []
    for gate, x in place.items():
        colour = "#cf222e" if gate.startswith("Deny") else "#9a6700"
        line = f'stroke="{colour}" stroke-opacity=".25" stroke-width="4"'
        shapes.append(f'<path d="M{x} 44V{height - 18}" {line}/>')
    for row, (words, one) in enumerate(found.items()):
        y = TOP + LINE * row
        stops = [place[gate] for gate in one.stopped]
        last = max(stops, default=end)
        colour = "#cf222e" if stops else "#1a7f37"
        shapes.append(f'<text x="{LEFT - 22}" y="{y + 4}" text-anchor="end">{words}</text>')
        shapes.append(f'<path d="M{LEFT - 14} {y}H{last}" stroke="{colour}" stroke-width="1.5"/>')
        shapes += [f'<circle cx="{x}" cy="{y}" r="6" fill="{colour}"/>' for x in stops or [end]]
        kind = "sid" if stops else "sid passed"
        shapes.append(f'<text class="{kind}" x="{last + 12}" y="{y + 4}">{one.words}</text>')
    middle = (place[gates[0]] + place[IAM] - GATE) // 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" role="img">',
            "<title>Which statement stops which request</title>",
            f"<style>{STYLE}</style>",
            '<rect width="100%" height="100%" rx="8" fill="#fff"/>',
            f'<text class="gates" x="{middle}" y="18" text-anchor="middle">bucket policy: '
            f"{len(denying())} Denies</text>",
            f'<path d="M{LEFT} 32V26H{place[IAM] - GATE}V32" stroke="#59636e" fill="none"/>',
            f'<text class="gates" x="{place[IAM] - 6}" y="18">IAM policies, key policy</text>',
            f'<path d="M{place[IAM]} 32V26H{place[KEY]}V32" stroke="#59636e" fill="none"/>',
            *shapes,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
