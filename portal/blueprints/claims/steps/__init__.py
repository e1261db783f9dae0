"""The steps of registering a claim, one a module."""
