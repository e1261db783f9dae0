"""What each document says, and the jobs that print it.

It may use accounts, payments and what lies below them."""
