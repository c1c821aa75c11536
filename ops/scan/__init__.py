"""Checkov over every environment, against docs/controls.md."""
