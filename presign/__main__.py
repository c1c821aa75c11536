"""``python -m presign`` is the same as ``presign``."""

from presign.cli import main

main()
