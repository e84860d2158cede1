"""附件一: a declaration with the facts it stands on, its score, and the opinion of every step with name and date."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlmodel import Session

from api.forms.facts import Reading, Record, day, yes_no
from api.forms.sheet import Filling
from api.pages.format import factor, mask_email, mask_phone, money, percent, value_text, whole
from api.pages.i18n import _
from api.pages.words import step_word, word
from models.errors import DomainError, ErrorCode
from models.messages.scoring import ScoreExplanation
from models.rules.calendar import local_date
from models.stores.cases import CaseStore
from models.stores.customers import contacts_of, policies_of
from models.stores.memberships import current_memberships
from models.stores.people import PeopleStore
from models.tables.book import Contact, Customer
from models.tables.cases import Case, Decision, Membership
from models.tables.organisation import Institution
from models.types import CaseKind, ContactKind, PolicyStatus, Tier

DECIDE = "decide"


def declaration_record(reading: Reading, case_id: UUID) -> Record:
    """附件一 of a qualification. Raises NOT_FOUND for any other case."""
    session = reading.session
    case = CaseStore(session).get(case_id)
    if case is None or case.kind is not CaseKind.QUALIFICATION:
        raise DomainError(ErrorCode.NOT_FOUND)
    scores = CaseStore(session).scores(case.id)
    score = ScoreExplanation.model_validate(scores[-1].explanation) if scores else None
    customer = session.get(Customer, case.customer)
    number = f"{case.year}-{case.customer}-{case.attempt}"
    values = {
        **_head(session, case, number),
        **_customer(customer),
        **_score(case, score),
        **_asked(session, case),
        **_granted(session, case),
    }
    blocks = {
        "policies": Filling(title=_("保单"), lines=tuple(_policies(session, case, score))),
        **{kind.value: _people(reading, case, kind) for kind in ContactKind},
        "opinions": Filling(title=_("各环节审批意见"), lines=tuple(_opinions(session, case))),
    }
    return Record("附件一", "declaration", number, values, blocks)


def _head(session: Session, case: Case, number: str) -> dict[str, str]:
    place = session.get(Institution, case.institution_code)
    manager = PeopleStore(session).account(case.declared_by)
    return {
        "form_no": number,
        "institution": place.name if place else case.institution_code,
        "declared_on": day(local_date(case.opened_at)),
        "reason": case.reason or "",
        "manager": manager.name if manager else "",
    }


def _customer(customer: Customer | None) -> dict[str, str]:
    """What the book knows; address and unit type are written by hand."""
    if customer is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return {
        "customer_no": customer.customer_no,
        "customer_name": customer.name,
        "address": "",
        "industry": customer.industry,
        "unit_type": "",
        "employees": whole(customer.employees),
        "insured_lives": whole(customer.insured_lives),
    }


def _score(case: Case, score: ScoreExplanation | None) -> dict[str, str]:
    if score is None:
        return dict.fromkeys(("standard_premium", "insured_years", "loss_ratio", "k2", "k3", "value", "rank"), "")
    ratio = score.profit.loss_ratio
    return {
        "standard_premium": money(score.standard_premium),
        "insured_years": str(score.loyalty.insured_years),
        "loss_ratio": percent(ratio) if ratio is not None else "",
        "k2": factor(score.loyalty.k2),
        "k3": factor(score.profit.k3),
        "value": value_text(score.value, score.formula),
        "rank": whole(case.rank) if case.rank is not None else "",
    }


def _asked(session: Session, case: Case) -> dict[str, str]:
    """The tier it had when it was declared, and what was asked for."""
    before = current_memberships(session, [case.customer], local_date(case.opened_at)).get(case.customer)
    held = before.tier if before is not None and before.case_id != case.id else Tier.REGULAR
    return {"current_tier": word(held), "tier": word(case.tier_applied), "seat": word(case.seat_kind)}


def _granted(session: Session, case: Case) -> dict[str, str]:
    row: Membership | None = CaseStore(session).membership_of(case.id)
    if row is None:
        return {"vip_no": "", "valid_from": "", "valid_to": ""}
    return {"vip_no": row.certificate_no, "valid_from": day(row.valid_from), "valid_to": day(row.valid_to)}


def _policies(session: Session, case: Case, score: ScoreExplanation | None) -> Iterator[dict[str, str]]:
    """The policies that count for the value with their K1, then those whose premium is left out."""
    lines = {line.policy_no: (line.premium, factor(line.k1)) for line in score.lines} if score else {}
    lines |= {line.policy_no: (line.premium, "") for line in score.left_out} if score else {}
    for policy in policies_of(session, case.customer):
        if policy.policy_no not in lines:
            continue
        premium, k1 = lines[policy.policy_no]
        yield {
            "policy_no": policy.policy_no,
            "product_class": policy.product_class.value,
            "effective_on": policy.effective_on.isoformat(),
            "expires_on": policy.expires_on.isoformat(),
            "pay_mode": word(policy.pay_mode),
            "premium": money(premium),
            "in_force": yes_no(policy.status is PolicyStatus.IN_FORCE),
            "k1": k1,
        }


def _people(reading: Reading, case: Case, kind: ContactKind) -> Filling:
    contacts = contacts_of(reading.session, case.customer)
    here = [contact for contact in contacts if contact.kind is kind and contact.left_on is None]
    return Filling(title=word(kind), lines=tuple(_contacts(reading, kind, here)))


def _contacts(reading: Reading, kind: ContactKind, contacts: Sequence[Contact]) -> Iterator[dict[str, str]]:
    """Name, birthday, telephone and mail are personal data."""
    for contact in contacts:
        mobile, email = contact.mobile or "", contact.email or ""
        values = {
            "name": reading.name(contact.name),
            "title": contact.title,
            "gender": contact.gender,
            "birthday": reading.text(contact.birthday or ""),
            "mobile": mobile if reading.full or not mobile else mask_phone(mobile),
            "email": email if reading.full or not email else mask_email(email),
            "interests": "",
            "consent": yes_no(contact.consent),
        }
        yield {f"{kind.value}_{key}": value for key, value in values.items()}


def _opinions(session: Session, case: Case) -> Iterator[dict[str, str]]:
    for row in CaseStore(session).decisions(case.id):
        if row.act != DECIDE or row.verdict is None:
            continue
        stage = step_word(row.stage.value)
        opinion = f"{word(row.verdict)}{_('：') if row.comment else ''}{row.comment or ''}"
        yield {
            "opinion_stage": stage if row.round == 1 else _("%(stage)s（第 %(n)s 轮）", stage=stage, n=row.round),
            "opinion": opinion,
            "opinion_by": _signed(row),
            "opinion_on": local_date(row.at).isoformat(),
        }


def _signed(row: Decision) -> str:
    """B 代 A where somebody stood in."""
    if not row.on_behalf_of_name:
        return row.actor_name
    return _("%(who)s 代 %(whom)s", who=row.actor_name, whom=row.on_behalf_of_name)
