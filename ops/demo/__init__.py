"""The whole job, and the life of a pull request, against an embedded AWS."""
