"""The steps of a purchase, one file each; `FLOW` in portal/blueprints/purchase/flow.py holds their order."""
