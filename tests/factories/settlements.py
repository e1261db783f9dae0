"""Days of the bank that differ from the portal's books, as the schedule would have found them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

from flask import Flask
from sqlalchemy import select

from portal.domain import clock
from portal.domain.settlement import Differs, LineKind
from portal.models import Payment, Settlement, SettlementDifference, SettlementLine
from portal.models.transaction import writing

_ids = itertools.count(1)


class Settlements:
    _app: Flask

    def difference(self, payment: str | None = None, kind: Differs = Differs.AMOUNT) -> int:
        """A difference of yesterday, about a payment or something that only the bank knows; its id."""
        with self._app.app_context(), writing() as session:
            day, moment = clock.today() - timedelta(days=1), clock.now()
            settled = session.scalars(select(Settlement).where(Settlement.day == day)).one_or_none()
            if settled is None:
                settled = Settlement(day=day, received_at=moment, asked_at=moment)
                session.add(settled)
                session.flush()
            ours = session.scalars(select(Payment).where(Payment.number == payment)).one_or_none()
            line = SettlementLine(
                settlement_id=settled.id,
                kind=LineKind.CHARGE,
                bank_id=f"ch_{next(_ids)}",
                reference=payment or "SP-1999-000001",
                amount=Decimal("10.00"),
                processed_at=moment,
                matched=payment,
            )
            session.add(line)
            session.flush()
            found = SettlementDifference(
                settlement_id=settled.id,
                line_id=line.id,
                kind=kind if ours else Differs.NOT_OURS,
                movement=LineKind.CHARGE,
                number=payment,
                our_amount=ours.amount if ours else None,
            )
            session.add(found)
            session.flush()
            return found.id
