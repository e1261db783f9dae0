"""S40: all that was answered and what follows, before it is registered."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField

from portal.blueprints.claims.subject import Filing
from portal.domain.actor import Actor
from portal.domain.claim_sums import Used
from portal.domain.texts import Text
from portal.services.catalogue import offers
from portal.services.claims import attachments, coverage, sums, warnings
from portal.services.claims import filing as registering
from portal.web.acceptance import AcceptanceForm
from portal.web.actor import actor as current_actor
from portal.web.wizard.step import Step


class ReviewForm(AcceptanceForm):
    """`acepta`: that the health data in the papers are read, a consent of its own."""

    acepta = BooleanField("")

    def texts(self) -> Sequence[Text]:
        return [offers.texts()[registering.CONSENT]]


class Review(Step[Filing, ReviewForm]):
    slug = "revisar"
    title = "Revisar"
    template = "claims/review.html"
    form_class = ReviewForm

    def is_complete(self, filing: Filing) -> bool:
        return filing.claim is not None and filing.claim.number is not None

    def words(self, filing: Filing, form: ReviewForm) -> dict[str, Any]:
        claim = filing.row
        return {
            "text": offers.texts()[registering.CONSENT],
            "sent": attachments.of(claim, current_actor()),
            "warned": warnings.of(claim),
            "day_words": coverage.day_words(claim),
            "event_words": coverage.event_of(claim),
            "asks_days": coverage.asks_days(claim),
            "by_told": sums.by_told(claim, Used()),
        }

    def save(self, filing: Filing, form: ReviewForm, actor: Actor) -> None:
        registering.register(filing.key, actor, agrees=bool(form.acepta.data))
        filing.claim = registering.get_registered(filing.key, actor)
