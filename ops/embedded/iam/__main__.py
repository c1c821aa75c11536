"""MiniStack with the hooks."""

from ops.embedded.iam import checks, request, tokens


def main() -> None:
    """Set the hooks, and serve until the end."""
    # In this order: what MiniStack's application imports by name must be in its place by then.
    request.install()
    checks.install()
    tokens.install()
    from ministack import app

    # With TLS it would take port 443 as well, where that is free.
    app._port_is_bindable = lambda *_: False
    app.main()


main()
