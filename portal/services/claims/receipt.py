"""The receipt of a claim: a PDF that says what was registered, mailed then and whenever it is asked for again."""

from portal.domain.actor import Actor
from portal.domain.catalogue import RequiredDocument
from portal.extensions import db
from portal.models import Account, Claim, Document
from portal.models.transaction import writing
from portal.services.claims import addressees, papers
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claims import ClaimReceived
from portal.services.platform import audit


def send(claim: Claim) -> None:
    """Order the receipt of a claim that was just registered, and mail it, in the present transaction: to the customer
    who registered it, or to the holder where one of the staff did; not to the mailbox of somebody who died."""
    document = store.order(kinds.CLAIM_RECEIPT, claim)
    registrar = db.session.get_one(Account, claim.registered_by_id)
    if registrar.is_customer:
        _mail(claim, registrar, document)
    elif not addressees.is_of_dead(claim):
        _mail(claim, db.session.get_one(Account, claim.policy.account_id), document)


def send_again(number: str, actor: Actor) -> str:
    """Mail the same bytes again, to who asks (S40). The address. Raises NotFound."""
    with writing() as session:
        claim = rows.get(number, actor)
        account = session.get_one(Account, actor.account_id)
        _mail(claim, account, store.of(kinds.CLAIM_RECEIPT, claim))
        audit.record(actor, "claim.mail", f"claim:{claim.number}")
    return account.email


def _mail(claim: Claim, account: Account, document: Document) -> None:
    coverage = terms.coverage_of(claim)
    mail = ClaimReceived(
        claim=claim,
        product=terms.product_of(claim),
        coverage=coverage,
        event=terms.event_of(claim),
        missing=[_words(papers.document_of(one)) for one in papers.missing(claim)],
    )
    outgoing.queue(mail, to=account.email, account=account, policy=claim.policy, claim=claim, attachments=[document])


def _words(document: RequiredDocument) -> str:
    return f"{document.name}. Si no lo tiene: {document.instead}" if document.instead else document.name
