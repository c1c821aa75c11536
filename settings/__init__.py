"""What describes an environment: the model of its settings, their rules, and their files."""
