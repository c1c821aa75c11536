"""What `ops preflight` checks, one concern per module; each returns verdicts and changes nothing."""
