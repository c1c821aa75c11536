"""What makes, changes or compares an environment: bootstrap, deploy, destroy, drift, recover."""
