"""Changes to a policy, as far as a test wants them to have come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from portal.domain import clock
from portal.domain.beneficiaries import Beneficiary
from portal.domain.calendar import cover_end
from portal.extensions import db
from portal.integrations.bank import Declined
from portal.models import Message, Policy, PolicyChange, Purchase, Refund
from portal.models.transaction import writing
from portal.services.payments import settling
from portal.services.payments.bank_refunds import BANK_REFUND
from portal.services.platform import encryption
from portal.services.policies import policy as policies
from portal.services.policies import renewing
from portal.services.sale import paying
from portal.services.servicing import ending, naming, plan_change, renewal
from tests.factories.people import Someone
from tests.factories.sales import Stage


class Servicing:
    _app: Flask

    def end_asked(
        self, policy: str, someone: Someone, *, agency: str | None = None, by: Someone | None = None
    ) -> tuple[str, str]:
        """The end of a policy, shown and asked for, for its holder by whom of the staff: the change's public id, and
        the code as long as its mail has not left. What was paid in cash is collected at `agency`."""
        with self._app.app_context():
            found = ending.preview(policies.get(policy, someone.actor), clock.now())
            ending.ask(policy, (by or someone).actor, agency_code=agency, shown=ending.stamp(found))
            public_id = db.session.scalars(
                select(PolicyChange.public_id).order_by(PolicyChange.id.desc()).limit(1)
            ).one()
            return public_id, self.newest_code("end_code")

    def refund_in_review(self, someone: Someone) -> str:
        """The number of a refund of a policy that they ended and that the bank left open for a day."""
        self.ended(self.policy(someone), someone)  # type: ignore[attr-defined]
        with self._app.app_context():
            refund_id, number = db.session.execute(
                select(Refund.id, Refund.number).order_by(Refund.id.desc()).limit(1)
            ).one()
            settling.review(BANK_REFUND, refund_id)
        return str(number)

    def left_open(self, number: str) -> None:
        """A refund on its way that the bank left open for a day."""
        with self._app.app_context():
            settling.review(BANK_REFUND, db.session.scalars(select(Refund.id).where(Refund.number == number)).one())

    def refund_refused(self, someone: Someone) -> str:
        """The number of a refund of a policy that they ended and that the bank would not make."""
        self.ended(self.policy(someone), someone)  # type: ignore[attr-defined]
        with self._app.app_context():
            refund_id, number = db.session.execute(
                select(Refund.id, Refund.number).order_by(Refund.id.desc()).limit(1)
            ).one()
            settling.settle(BANK_REFUND, refund_id, Declined("", "other", ""), None)
        return str(number)

    def ended(self, policy: str, someone: Someone, *, agency: str | None = None) -> None:
        """The policy is ended by its holder."""
        public_id, code = self.end_asked(policy, someone, agency=agency)
        with self._app.app_context():
            assert ending.confirm(public_id, code, someone.actor)

    def renaming_begun(
        self, policy: str, someone: Someone, named: Sequence[Beneficiary] = (), *, by: Someone | None = None
    ) -> str:
        """Others are named to be paid, for the holder by whom of the staff, and nothing is confirmed: the change's
        public id."""
        actor = (by or someone).actor
        with self._app.app_context():
            naming.begin(policy, actor)
            change = naming.newest(policies.get(policy, someone.actor))
            for one in change.beneficiaries:
                naming.NAMING.remove(change.public_id, one.id, actor)
            for person in named:
                naming.NAMING.put(change.public_id, None, person, actor)
            return change.public_id

    def renaming_asked(
        self, policy: str, someone: Someone, named: Sequence[Beneficiary] = (), *, by: Someone | None = None
    ) -> tuple[str, str]:
        """The same with its code, as long as its mail has not left."""
        public_id = self.renaming_begun(policy, someone, named, by=by)
        with self._app.app_context():
            naming.CODE.send(public_id, (by or someone).actor)
            return public_id, self.newest_code("beneficiaries_code")

    def renamed(self, policy: str, someone: Someone, named: Sequence[Beneficiary] = ()) -> None:
        """Others are paid."""
        public_id, code = self.renaming_asked(policy, someone, named)
        with self._app.app_context():
            naming.confirm(public_id, code, someone.actor)

    def newest_code(self, kind: str) -> str:
        """The digits of the newest mail of a kind with some, as long as it has not left."""
        with self._app.app_context():
            its = select(Message.secret).where(Message.kind == kind).order_by(Message.id.desc())
            sealed = db.session.scalars(its.limit(1)).one()
            assert sealed is not None, "the mail has left: read the code there"
            return encryption.unseal(sealed)

    def renewal(
        self,
        policy: str,
        someone: Someone,
        *,
        plan: str | None = None,
        agency: str | None = None,
        stage: Stage = Stage.TERMS,
    ) -> str:
        """The public id of a purchase that renews the policy, all but paid; with an `agency` its slip is made. At
        VERIFICATION nothing was asked for yet."""
        with self._app.app_context():
            held = policies.get(policy, someone.actor)
            sold = renewing.sight(held).offer
            assert sold
            found = renewal.preview(held, clock.now(), sold, plan)
            begun = renewal.begin(policy, someone.actor, plan_code=found.plan.code, accepts=True, shown=found.stamp)
            public_id = begun.public_id
            if agency is None:
                assert renewal.ask_bank(begun, someone.actor) is None
        if agency is not None:
            self.cash(someone, public_id, agency)  # type: ignore[attr-defined]
        self.verification(someone, public_id)  # type: ignore[attr-defined]
        if stage >= Stage.TERMS:
            with self._app.app_context():
                paying.request_payment(public_id, someone.actor, accepts=True)
        return public_id

    def renewed(self, policy: str, someone: Someone, *, plan: str | None = None) -> str:
        """The number of the policy that renews it, paid by the account of before."""
        public_id = self.renewal(policy, someone, plan=plan)
        self.pay(someone, public_id)  # type: ignore[attr-defined]
        with self._app.app_context():
            return db.session.scalars(select(Policy.number).join(Purchase).where(Purchase.public_id == public_id)).one()

    def in_force(self, policy: str, days: int = 119) -> None:
        """The policy began so many days ago."""
        with self._app.app_context(), writing() as session:
            row = session.scalars(select(Policy).where(Policy.number == policy)).one()
            began = clock.lima(clock.now()).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days)
            row.starts_at, row.ends_at = began, cover_end(began)
            row.issue.effective_at = began

    def plan_bought(
        self,
        policy: str,
        someone: Someone,
        plan: str = "plan-3",
        *,
        stage: Stage = Stage.PAID,
        last4: str = "4821",
        agency: str | None = None,
    ) -> str:
        """The public id of the purchase of a dearer plan of a policy, that has come to `stage`."""
        with self._app.app_context():
            found = plan_change.preview(policies.get(policy, someone.actor), clock.now())
            choice = found.choice(plan)
            assert choice
            public_id = plan_change.buy(policy, plan, someone.actor, shown=plan_change.stamp(choice))
        self.purchase_to(someone, public_id, stage, last4=last4, agency=agency)  # type: ignore[attr-defined]
        return public_id

    def plan_asked(
        self,
        policy: str,
        someone: Someone,
        plan: str = "plan-1",
        *,
        agency: str | None = None,
        by: Someone | None = None,
    ) -> tuple[str, str]:
        """A plan that costs no more, shown and asked for, for its holder by whom of the staff: the change's public id,
        and the code as long as its mail has not left."""
        with self._app.app_context():
            found = plan_change.preview(policies.get(policy, someone.actor), clock.now())
            choice = found.choice(plan)
            assert choice
            plan_change.ask(policy, plan, (by or someone).actor, agency_code=agency, shown=plan_change.stamp(choice))
            its = select(PolicyChange.public_id).order_by(PolicyChange.id.desc()).limit(1)
            public_id = db.session.scalars(its).one()
        return public_id, self.newest_code("plan_code")

    def plan_lowered(self, policy: str, someone: Someone, plan: str = "plan-1", *, agency: str | None = None) -> int:
        """The policy has a plan that costs no more: the number of its endorsement."""
        public_id, code = self.plan_asked(policy, someone, plan, agency=agency)
        with self._app.app_context():
            done = plan_change.confirm(public_id, code, someone.actor)
            assert done
            return done
