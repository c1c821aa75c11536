"""An embedded AWS that stays: `make sandbox`, and `SANDBOX=1` for every other target."""
