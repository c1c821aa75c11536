"""What is deployed together, and the settings that describe each environment."""
