"""The staff's desk: customers, the cash desk, what waits, the staff itself.

It may use every wing but home."""
