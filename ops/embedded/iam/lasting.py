"""MiniStack whose account outlives it: `python -m ops.embedded.iam.lasting`.

With `PERSIST_STATE` and `S3_PERSIST`, MiniStack writes an object's bytes as they come, and all else only when
it is asked to end. A process that is killed, or a machine that stops, would leave Terraform's state, which is
an object, without the keys, roles and buckets that it lists. Here a request that changes anything is
answered when the change is on disk. Added is what MiniStack never writes: retention, legal holds, and the
sessions of roles. An upload in parts that is not completed is forgotten.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ops.embedded.iam.request import Request, current
from ops.embedded.iam.server import serve

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

READS = ("Get", "List", "Describe", "Head", "Simulate", "Decrypt", "Encrypt", "GenerateDataKey")
"""How the names of actions begin that change nothing."""


def install() -> None:
    """Let MiniStack write what changed before it answers."""
    from ministack.services import s3, sts

    s3._PERSISTED_BUCKET_DICTS |= {
        "object_retention": s3._object_retention,
        "object_legal_hold": s3._object_legal_hold,
    }
    sts.get_state = lambda: {"sessions": dict(sts._sessions)}
    sts.load_persisted_state = lambda data: sts._sessions.update(data["sessions"])
    _write_before_answers()


def _write_before_answers() -> None:
    from ministack import app
    from ministack.core import persistence

    answer = app.app

    async def serve_one(scope: Message, receive: Receive, send: Send) -> None:
        async def write_and_send(message: Message) -> None:
            if message["type"] == "http.response.start" and changes(scope["method"], current()):
                persistence.save_all(app._build_persistence_save_dict())
            await send(message)

        await answer(scope, receive, write_and_send if scope["type"] == "http" else send)

    app.app = serve_one


def changes(method: str, request: Request) -> bool:
    """Whether a request may have changed the account."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return False
    by_json = request.headers.get("x-amz-target", "").rpartition(".")[2]
    by_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    action = by_json or (request.form.get("Action", "") if by_form else "")
    return not action.startswith(READS)


if __name__ == "__main__":
    serve(install)
