"""Why a link does not work: what it says, what S3 answered, and where the two differ. All of it offline."""
