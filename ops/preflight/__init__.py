"""What `ops preflight` checks, one concern per module; each answers with lines and changes nothing."""
