"""A flow of steps: a form over several pages, whose place is computed from the answers. It knows no business.

`step` is one page, `flow` the pages of one subject (a purchase) in their order, `walk` where somebody may stand, and
`pages` the answers of a flow's three routes.
"""
