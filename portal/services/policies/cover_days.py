"""The days of a policy for its holder's calendar: its start, its end, and the last one to renew it. They say no more
than the card for the family does (B23)."""

from portal.domain import clock
from portal.domain.actor import Actor
from portal.integrations.calendar_file import Entry, calendar_file
from portal.services.catalogue.renewals import renewal_terms
from portal.services.policies import family_card, renewing
from portal.settings import current_settings


def file_of(number: str, actor: Actor) -> bytes:
    """The calendar file of one of the actor's own policies that has a card. Raises as `family_card.policy_of`."""
    policy = family_card.policy_of(number, actor)
    settings, around = current_settings(), renewing.sight(policy)
    words = f"Protege a {policy.insured.full_name}. Si le pasa algo, llame al {settings.support_phone}."
    entries = [
        Entry(f"{number}-inicio@massiv", policy.starts_at, f"Empieza el seguro {number}", words),
        Entry(f"{number}-fin@massiv", policy.ends_at, f"Termina el seguro {number}", words),
    ]
    if around.offer and around.after is None:
        last = renewal_terms().closes_on(policy.ends_at)
        asks = f"Entre a {settings.base_url}/seguros. Después de hoy hay que comprarlo de nuevo."
        entries.append(Entry(f"{number}-renovar@massiv", last, f"Último día para renovar el seguro {number}", asks))
    return calendar_file(entries, clock.now())
