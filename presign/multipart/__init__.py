"""Uploads in parts, for files that one request cannot hold."""
