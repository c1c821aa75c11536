"""The building blocks: one AWS concern per file.

Importing this package loads `constructs_lib.aws` first, because that decides
how the jsii child process is started.
"""

from constructs_lib import aws

__all__ = ["aws"]
