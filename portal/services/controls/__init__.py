"""What keeps people honest: two pairs of eyes, no judge of their own case, no unrecorded look at a customer.

It may use platform and catalogue."""
