"""People and what they bought, made through the portal's own services: `make.customer()`, `make.policy(customer)`.

What is returned are plain values, good inside and outside of an application context.
"""

from tests.factories.awards import CCI, Awards
from tests.factories.claims import Claims
from tests.factories.notices import Notices
from tests.factories.people import AGENCY, PASSWORD, People, Someone
from tests.factories.sales import ACCIDENT, AMOUNT, CANCER, FUNERAL, HOSPITAL, Sales, Stage, beneficiary
from tests.factories.servicing import Servicing
from tests.factories.settlements import Settlements

__all__ = [
    "ACCIDENT",
    "AGENCY",
    "AMOUNT",
    "CANCER",
    "CCI",
    "FUNERAL",
    "HOSPITAL",
    "PASSWORD",
    "Factories",
    "Someone",
    "Stage",
    "beneficiary",
]


class Factories(People, Sales, Claims, Notices, Awards, Servicing, Settlements):
    """What the fixture `make` gives."""
