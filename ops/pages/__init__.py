"""The generated parts of docs/."""
