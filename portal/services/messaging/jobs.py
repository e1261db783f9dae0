"""The jobs that send mail."""

from sqlalchemy import String, case, cast, func, literal, null

from portal.domain.errors import NotAllowed
from portal.domain.message import why_given_up
from portal.models import Account, Message, OutboxRow, Policy, Purchase, Quote
from portal.services.messaging import delivery, outgoing, redelivery
from portal.services.platform.job_families import JobFamily, Part, desk_line

_LINE = (
    desk_line(
        literal("Correo: ") + Message.subject,
        func.coalesce(
            Policy.number, Quote.number, literal("Cuenta ") + cast(Message.account_id, String), "Dirección sin cuenta"
        ),
        case(
            (outgoing.lost_its_secret(), "Su código ya se borró: el cliente debe pedir otro."),
            (outgoing.has_ended(), "Lo que pide ya venció: no se envía otra vez."),
            else_=null(),
        ),
        Account.id.is_not(None),
    )
    .join(Message, Message.id == OutboxRow.subject_id)
    .outerjoin(Account, (Account.id == Message.account_id) & Account.is_staff.is_(False))
    .outerjoin(Policy, Policy.id == Message.policy_id)
    .outerjoin(Purchase, Purchase.id == Message.purchase_id)
    .outerjoin(Quote, Quote.id == func.coalesce(Message.quote_id, Purchase.quote_id))
)


def _owe_again(message_id: int) -> bool:
    if outgoing.has_lost_its_secret(message_id):
        raise NotAllowed("El código de ese correo ya se borró y no se puede reenviar: el cliente debe pedir otro.")
    redelivery.check_not_over(message_id)
    return redelivery.send_again(message_id)


MAIL = JobFamily(
    job=outgoing.SEND,
    work=delivery.send,
    part=Part("El envío de correos", "está detenido", "Los correos esperan y saldrán cuando vuelva."),
    on_given_up=delivery.not_delivered,
    line=_LINE,
    why=why_given_up,
    owe_again=_owe_again,
)
