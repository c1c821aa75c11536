"""The building blocks: one AWS concern per file, and `policies/`, which needs no CDKTF."""
