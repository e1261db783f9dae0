"""Servicing: what a holder changes in a policy that they have."""
