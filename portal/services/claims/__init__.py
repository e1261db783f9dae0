"""Claims from the first word of what happened to the money: told, proved by papers, answered, paid, looked at again.

It may use accounts, payments, authentication, evidence, policies and what is below them. Who sees what: the holder of
the policy all of a claim, everybody else their own part of it, staff what their role needs.
"""
