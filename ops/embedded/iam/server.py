"""MiniStack with the hooks."""

from asyncio import constants
from collections.abc import Callable

from ops.embedded.iam import checks, request, stand_ins, tokens, wildcards


def serve(*more: Callable[[], None]) -> None:
    """Set the hooks, and those of the caller, and serve until the end."""
    # In this order: what MiniStack's application imports by name must be in its place by then.
    request.install()
    checks.install()
    tokens.install()
    wildcards.install()
    stand_ins.install()
    from ministack import app

    # With TLS it would take port 443 as well, where that is free.
    app._port_is_bindable = lambda *_: False
    stand_ins.serve(app.SERVICE_HANDLERS)
    for install in more:
        install()
    # At its end it waits so many seconds for clients that keep a connection; otherwise it would be killed.
    constants.SSL_SHUTDOWN_TIMEOUT = 1.0
    app.main()
