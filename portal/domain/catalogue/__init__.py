"""What is sold: insurers, products, plans, coverages and general conditions, read from data files.

The mapping that a TOML file gives, with its insurer and the legal limits put inside, is also what the
database keeps of a sold version as JSON: `parse_product` reads both, so a policy is always printed by the
words that it was sold with.
"""

from portal.domain.catalogue.claims import (
    ClaimRegime,
    Computes,
    DocumentOf,
    Exclusion,
    Measure,
    PayeeType,
    RequiredDocument,
    payee_types,
)
from portal.domain.catalogue.conditions import Condition, Listing
from portal.domain.catalogue.coverage import Benefit, Coverage, Payee, WaitingPeriod
from portal.domain.catalogue.files import load_files
from portal.domain.catalogue.limits import ClaimLimits, Limits
from portal.domain.catalogue.product import Clause, Insurer, Plan, Product, UnknownCoverage, UnknownPlan
from portal.domain.catalogue.reading import parse_product
from portal.domain.catalogue.table import CatalogueError

__all__ = [
    "Benefit",
    "CatalogueError",
    "ClaimLimits",
    "ClaimRegime",
    "Clause",
    "Computes",
    "Condition",
    "Coverage",
    "DocumentOf",
    "Exclusion",
    "Insurer",
    "Limits",
    "Listing",
    "Measure",
    "Payee",
    "PayeeType",
    "Plan",
    "Product",
    "RequiredDocument",
    "UnknownCoverage",
    "UnknownPlan",
    "WaitingPeriod",
    "load_files",
    "parse_product",
    "payee_types",
]
