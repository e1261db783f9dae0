"""Policies: issued once, read by their holder, verified by anybody, cancelled by endorsement.

It may use messaging, controls, documents and what lies below them."""
