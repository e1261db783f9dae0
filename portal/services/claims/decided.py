"""Each person is told the answer to a claim: a letter of their own, with their part alone, and the mail with it."""

from datetime import date

from portal.models import Claim, ClaimResolution
from portal.services.claims import addressees
from portal.services.claims import coverage as terms
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_answers import ClaimDecided


def tell(claim: Claim, resolution: ClaimResolution, pay_by: date | None) -> None:
    """Order the letters and queue the mails, in the present transaction. Who has no address gets the letter at an
    agency: the desk's page says so."""
    for award in resolution.awards:
        letter = store.order(kinds.CLAIM_LETTER, award)
        reached = addressees.of(award.party)
        if reached is None:
            continue
        mail = ClaimDecided(
            greeting_name=reached.name,
            claim=claim,
            insured=claim.policy.insured,
            coverage=terms.coverage_of(claim),
            award=award,
            pay_by=pay_by,
            address=reached.page_of(claim),
        )
        outgoing.queue(mail, to=reached.email, account=reached.account, claim=claim, attachments=[letter])
