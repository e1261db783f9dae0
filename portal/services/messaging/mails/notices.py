"""Mails about a notice that somebody without an account gave (B01). None says what any insurance holds."""

from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.message import Topic
from portal.services.messaging.mails.mail import CodeMail, Mail


@dataclass(frozen=True, kw_only=True)
class NoticeCode(CodeMail):
    """The code that confirms a notice. Whose mailbox it is nobody knows yet, so it is told no name. `link`: the page
    where it is typed."""

    kind = "notice_code"
    topic = Topic.CLAIMS
    words = "Código para confirmar un aviso"
    subject = "es su código para confirmar su aviso en MASSIV"

    link: str


@dataclass(frozen=True, kw_only=True)
class NoticeReceived(Mail):
    """Its number, and what happens now. `link`: where it is followed."""

    kind = "notice_received"
    topic = Topic.CLAIMS
    words = "Aviso recibido"

    greeting_name: str
    number: str
    received_at: datetime
    link: str

    @property
    def subject(self) -> str:
        return f"Recibimos su aviso {self.number}"


@dataclass(frozen=True, kw_only=True)
class NoticeVisitCode(CodeMail):
    """The code to see how a notice goes. No link: it is typed where it was asked for. Like the letter of a code that
    belongs to nobody, it is told no name."""

    kind = "notice_visit_code"
    topic = Topic.CLAIMS
    words = "Código para ver un aviso"
    subject = "es su código para ver su aviso en MASSIV"


@dataclass(frozen=True, kw_only=True)
class NoticeMatched(Mail):
    """To who is paid, or acts for one who is: it goes on, and what is asked of them is on its page. No product, sum or
    other person is named."""

    kind = "notice_matched"
    topic = Topic.CLAIMS
    words = "Su aviso está en trámite"

    greeting_name: str
    number: str
    link: str

    @property
    def subject(self) -> str:
        return f"Su aviso {self.number}: ya está en trámite"


@dataclass(frozen=True, kw_only=True)
class NoticeClosed(Mail):
    """To who has no part in any claim, whether or not there is a policy. Its letter is attached, the same for
    everybody."""

    kind = "notice_closed"
    topic = Topic.CLAIMS
    words = "Respuesta a su aviso"

    greeting_name: str
    number: str
    link: str

    @property
    def subject(self) -> str:
        return f"Respuesta a su aviso {self.number}"


@dataclass(frozen=True, kw_only=True)
class InsurerTold(Mail):
    """To the insurer, at once: somebody it insures died (Res. SBS 2829-2016, art. 18 f)."""

    kind = "insurer_told"
    topic = Topic.CLAIMS
    words = "Fallecimiento avisado a la aseguradora"

    insurer: str
    policy_number: str
    claim_number: str
    insured: str
    document: str
    event_date: date

    @property
    def subject(self) -> str:
        return f"Fallecimiento avisado: póliza {self.policy_number}"


@dataclass(frozen=True, kw_only=True)
class InsurerCorrected(Mail):
    """To the insurer that was told: nobody died, as two of the staff answered."""

    kind = "insurer_corrected"
    topic = Topic.CLAIMS
    words = "Aseguradora: la persona vive"

    insurer: str
    policy_number: str
    claim_number: str
    insured: str
    document: str

    @property
    def subject(self) -> str:
        return f"La persona vive: póliza {self.policy_number}"
