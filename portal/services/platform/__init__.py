"""What everything else stands on: the audit chain, numbers without gaps, the outbox, leases, signs of life, keys.

It knows no business, and uses no other wing."""
