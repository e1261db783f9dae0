"""Tables and their relations; what the database itself enforces. No use cases."""

from portal.models.accounts import (
    Account,
    Code,
    CodePurpose,
    NameTries,
    Recovery,
    RecoveryCode,
    Role,
    Signup,
    TryCount,
    UserSession,
)
from portal.models.audit import AuditEntry
from portal.models.bordereaux import Bordereau
from portal.models.cash import CashReceipt
from portal.models.catalogue import KnownBank, ProductVersion
from portal.models.claim_decisions import Appeal, ClaimAward, ClaimResolution
from portal.models.claims import Claim, ClaimEvent, ClaimNote, ClaimPaper, ClaimParty, ClaimTask
from portal.models.consents import Consent
from portal.models.contracting_files import ContractingFile
from portal.models.decisions import Decision
from portal.models.documents import Document
from portal.models.drafts import Draft
from portal.models.evidence import Evidence
from portal.models.messages import Message
from portal.models.names import NameWord
from portal.models.notices import Notice, NoticeMatch, NoticeVisit
from portal.models.numbers import Counter
from portal.models.outbox import OutboxRow, OutboxState
from portal.models.payments import Payment
from portal.models.payouts import Payout
from portal.models.people import Person
from portal.models.policies import Endorsement, Policy, PolicyBeneficiary, RenewalNotice
from portal.models.policy_changes import ChangeBeneficiary, PolicyChange
from portal.models.processes import Backup, Heartbeat, Lease
from portal.models.purchases import Purchase, PurchaseBeneficiary
from portal.models.quotes import Quote
from portal.models.refunds import Refund
from portal.models.settlements import Settlement, SettlementDifference, SettlementLine
from portal.models.stored_files import StoredFile

__all__ = [
    "Account",
    "Appeal",
    "AuditEntry",
    "Backup",
    "Bordereau",
    "CashReceipt",
    "ChangeBeneficiary",
    "Claim",
    "ClaimAward",
    "ClaimEvent",
    "ClaimNote",
    "ClaimPaper",
    "ClaimParty",
    "ClaimResolution",
    "ClaimTask",
    "Code",
    "CodePurpose",
    "Consent",
    "ContractingFile",
    "Counter",
    "Decision",
    "Document",
    "Draft",
    "Endorsement",
    "Evidence",
    "Heartbeat",
    "KnownBank",
    "Lease",
    "Message",
    "NameTries",
    "NameWord",
    "Notice",
    "NoticeMatch",
    "NoticeVisit",
    "OutboxRow",
    "OutboxState",
    "Payment",
    "Payout",
    "Person",
    "Policy",
    "PolicyBeneficiary",
    "PolicyChange",
    "ProductVersion",
    "Purchase",
    "PurchaseBeneficiary",
    "Quote",
    "Recovery",
    "RecoveryCode",
    "Refund",
    "RenewalNotice",
    "Role",
    "Settlement",
    "SettlementDifference",
    "SettlementLine",
    "Signup",
    "StoredFile",
    "TryCount",
    "UserSession",
]
