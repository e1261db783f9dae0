"""A document is for its owner, and for whom its kind says; of each subject there is one."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.receipt import ReversalReason
from portal.models import Document, Quote
from portal.models.transaction import writing
from portal.services.documents import kinds, store
from portal.services.payments import receipts, reversals
from tests.factories import AMOUNT

ALSO = {"receipt": {"cashier", "supervisor"}}  # who sees it besides its owner


@pytest.fixture
def documents(make, juana, cashier, call, rows) -> list[Document]:
    """All that Juana has: a quote, a slip that was paid, a policy, and its cancellation."""
    slip = make.slip(juana, quote=make.printed_quote(juana))
    receipt = call(receipts.receive, slip.number, AMOUNT, cashier.actor)
    call(reversals.reverse, receipt, ReversalReason.NO_MONEY, "No lo trajo.", make.collaborator().actor)
    return rows(select(Document))


def test_each_kind_is_seen_by_its_owner_and_by_whom_it_says(make, juana, cashier, call, documents):
    readers = {
        "owner": juana.actor,
        "cashier": cashier.actor,
        "supervisor": make.supervisor(agency_code=None).actor,
        "another customer": make.customer().actor,
        "a cashier elsewhere": make.collaborator(agency="LIM-1").actor,
        "a collaborator of no agency": make.collaborator(agency=None).actor,
        "nobody": Actor(),
    }
    for document in documents:
        seen = set()
        for name, reader in readers.items():
            try:
                assert call(store.content, document, reader) == (document.filename, None)
            except NotFound:
                continue
            seen.add(name)
        assert seen == {"owner"} | ALSO.get(document.kind, set()), document.kind


def test_each_is_named_by_what_it_is_made_of_and_belongs_to_the_customer(juana, documents, rows):
    (quote,) = rows(select(Quote.number))
    names = {one.kind: one.filename for one in documents}
    policy = names["policy"].removesuffix(".pdf")
    assert names["quote"] == f"{quote}.pdf"
    assert names["endorsement"] == f"{policy}-endoso-1.pdf"
    assert {one.account_id for one in documents} == {juana.account_id}


def test_a_subject_has_one_document_of_a_kind(make, juana, call, rows):
    make.printed_quote(juana)
    (quote,) = rows(select(Quote))

    def order_again() -> None:
        with writing():
            store.order(kinds.QUOTE, quote)

    with pytest.raises(IntegrityError):
        call(order_again)
