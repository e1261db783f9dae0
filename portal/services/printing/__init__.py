"""What each document says, and the jobs that print it.

It may use every wing below the desk but the sale, claims and servicing."""
