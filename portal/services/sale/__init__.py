"""The sale: quote, beneficiaries, confirmations, and the press of the button that pays.

It may use accounts, payments and what lies below them."""
