"""Commands for several environments at once: ENV is a pattern, such as `team-*`, or `all`."""
