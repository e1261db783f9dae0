"""What must hold at any time is proved, and what does not is named."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.models import Document
from portal.services.documents import kinds
from portal.services.operation import integrity


def test_a_document_of_nothing_is_named(make, juana, call, change, drain, rows):
    make.policy(juana)
    drain()
    assert len(call(integrity.prove)) == 6
    (policy,) = rows(select(Document.id).where(Document.kind == kinds.POLICY.code))
    change(Document, Document.id == policy, subject_id=999)
    with pytest.raises(integrity.Unsound, match=f"el documento {policy}"):
        call(integrity.prove)
    change(Document, Document.id == policy, subject_id=1, kind="no such kind")
    with pytest.raises(integrity.Unsound, match=f"el documento {policy}"):
        call(integrity.prove)
