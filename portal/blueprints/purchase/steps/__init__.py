"""The wizard's steps, one file each, in the order of the flow."""

from portal.blueprints.purchase.steps.beneficiaries import Beneficiaries
from portal.blueprints.purchase.steps.method import Method
from portal.blueprints.purchase.steps.pay import Pay
from portal.blueprints.purchase.steps.terms import Terms
from portal.blueprints.purchase.steps.verification import Verification

FLOW = (Beneficiaries(), Method(), Verification(), Terms(), Pay())
