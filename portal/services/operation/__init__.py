"""Running the portal: backup, integrity, readiness, metrics, retention.

It may use accounts, payments and what lies below them."""
