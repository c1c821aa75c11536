"""What AWS, S3, GitHub and browsers take as a name."""
