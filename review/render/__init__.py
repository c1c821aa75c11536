"""Writes a review: as Markdown for a pull request, as text for a terminal, as JSON for programs."""
