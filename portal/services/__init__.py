"""Use cases, in wings named after the business. Each takes the actor, owns its transaction and commits once."""
