"""Pages for a browser, on which people without a terminal upload and download."""
