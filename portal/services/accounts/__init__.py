"""Whose account it is: opening one, its holder's data, consents, another address.

It may use authentication, policies and what lies below them."""
