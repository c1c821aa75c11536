"""`python -m ops.embedded.iam`."""

from ops.embedded.iam.server import serve

serve()
