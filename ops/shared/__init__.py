"""What several rooms of ops use: AWS, Terraform, processes, errors."""
