"""What a customer finds on returning.

It may use every wing but the desk."""
