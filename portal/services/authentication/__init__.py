"""Who is there: passwords, sessions, one-time codes, the second step, recovery.

It may use platform, catalogue, messaging, controls and documents."""
