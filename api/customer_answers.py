"""Customers as JSON answers."""

from typing import Any

from api.case_answers import case_row_answer
from api.pages.format import mask_email, mask_name, mask_phone
from api.schemas.customers import ContactAnswer, CustomerAnswer, CustomerDetailAnswer, TermAnswer
from api.security.caller import Caller
from api.security.policy import Action
from models.services.customers import CustomerSummary, CustomerView, Reader
from models.tables.book import Contact


def reader_of(caller: Caller) -> Reader:
    """What of customers and their scores the caller may see."""
    return Reader(caller.scope(Action.READ_CUSTOMERS), caller.scope(Action.READ_SCORES))


def customer_answer(summary: CustomerSummary) -> CustomerAnswer:
    """A customer in a list."""
    return CustomerAnswer(**_fields(summary))


def customer_detail_answer(view: CustomerView) -> CustomerDetailAnswer:
    """One customer; without a list the value is that of the book as it stands."""
    fields = _fields(view.summary)
    if view.score is not None and view.is_live:
        fields |= {
            "value": view.score.value,
            "insured_years": view.score.loyalty.insured_years,
            "loss_ratio": view.score.profit.loss_ratio,
        }
    customer = view.summary.customer
    return CustomerDetailAnswer(
        **fields,
        industry=customer.industry,
        employees=customer.employees,
        insured_lives=customer.insured_lives,
        evaluation_year=view.year,
        term=_term(view.summary),
        contacts=[_contact(contact) for contact in view.contacts],
        cases=[case_row_answer(case) for case in view.cases],
    )


def _fields(summary: CustomerSummary) -> dict[str, Any]:
    row, membership, customer = summary.ranking, summary.membership, summary.customer
    return {
        "customer_no": customer.customer_no,
        "name": customer.name,
        "institution_code": customer.institution_code,
        "tier": summary.tier,
        "seat": membership.seat_kind if membership else None,
        "value": row.value if row else None,
        "insured_years": row.insured_years if row else None,
        "loss_ratio": row.loss_ratio if row else None,
        "rank": row.rank if row else None,
        "valid_from": membership.valid_from if membership else None,
        "valid_to": membership.valid_to if membership else None,
    }


def _term(summary: CustomerSummary) -> TermAnswer | None:
    held = summary.membership
    if held is None:
        return None
    return TermAnswer(
        tier=held.tier,
        seat=held.seat_kind,
        certificate_no=held.certificate_no,
        valid_from=held.valid_from,
        valid_to=held.valid_to,
        manager=summary.manager,
        stage=held.stage,
        buffer_until=held.buffer_until,
    )


def _contact(contact: Contact) -> ContactAnswer:
    return ContactAnswer(
        kind=contact.kind,
        name=mask_name(contact.name),
        title=contact.title,
        mobile=mask_phone(contact.mobile) if contact.mobile else None,
        email=mask_email(contact.email) if contact.email else None,
        consent=contact.consent,
    )
