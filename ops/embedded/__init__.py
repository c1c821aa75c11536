"""An AWS on this machine: MiniStack, with the authorization that AWS has and it lacks."""
