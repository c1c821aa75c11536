"""Links for every key of a list, however long: ``presign bulk``."""
