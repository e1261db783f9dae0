"""The outside world in development and tests: a bank that keeps sandbox/openapi.yaml, and a mailbox."""
