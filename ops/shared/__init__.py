"""What several rooms use: AWS, Terraform, processes, errors."""
