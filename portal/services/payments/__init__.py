"""Money: charges by the bank, slips and receipts of cash, refunds, and what two people must settle.

It may use policies, authentication and what lies below them."""
