"""What platform engineers run around cdktf: the demo, and deploys with every tool in place."""
