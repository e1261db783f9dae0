"""When policies can be renewed, and when their holders are told, read once from its file."""

from functools import cache
from pathlib import Path

from portal.domain.catalogue.files import read_toml
from portal.domain.renewal import RenewalTerms, parse_renewal

_FILE = Path(__file__).parents[2] / "catalogue" / "renewal.toml"


@cache
def renewal_terms() -> RenewalTerms:
    """The days before and after a policy's end. Raises CatalogueError where the file breaks a rule."""
    return parse_renewal(read_toml(_FILE))
