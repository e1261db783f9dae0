"""The outside world: each part behind a small interface that speaks the portal's terms."""
