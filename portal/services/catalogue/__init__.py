"""What is on sale: products and their versions, the texts that people accept, the agencies.

It may use platform."""
