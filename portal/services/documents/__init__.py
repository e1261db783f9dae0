"""The bytes of documents: made once, kept with their hash, served to whom they belong.

It may use platform and catalogue."""
