"""What AWS knows of a request and MiniStack does not tell its policies.

`python -m ops.embedded.iam` is MiniStack with these hooks; `ops.embedded.aws` starts it. MiniStack
evaluates the policies itself. Added here are the condition keys that it leaves out, the KMS request
that S3 makes for an object, and 403 instead of 404 where the caller may not list. Each has a test
in tests/embedded_iam, and what MiniStack still does not check is listed in
tests/embedded_iam/test_gaps.py.
"""
