"""Terraform's remote state: read it, check it, restore it."""
