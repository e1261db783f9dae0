"""Mail: written as a row, sent by a worker, read as it was sent, sent again.

It may use platform and catalogue."""
