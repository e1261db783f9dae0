"""The kinds of documents, and their bytes: made once, kept with their hash, served to whoever may see them.

It may use platform and catalogue."""
