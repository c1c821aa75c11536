"""Checkov over every environment, against controls.toml."""
