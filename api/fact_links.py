"""Where the record behind a fact is shown."""

from collections.abc import Mapping
from urllib.parse import quote

from models.service_types import FactKind
from models.stores.facts import Fact

_PAGES: Mapping[FactKind, str] = {
    FactKind.MEMBER: "/customers/{customer}",
    FactKind.TOUCHPOINT: "/care/touchpoints/{ref}",
    FactKind.GREEN_CHANNEL: "/green-channel/{ref}",
    FactKind.INQUIRY: "/complaints/{ref}",
    FactKind.COMPLAINT: "/complaints/{ref}",
    FactKind.SHEET: "/customers/{customer}",
    FactKind.INVITATION: "/customers/{customer}",
    FactKind.QUARTER: "/reports/quarterly/{ref}",
    FactKind.TASK: "/tasks/{ref}",
    FactKind.DECLARATION: "/cases/{ref}",
    FactKind.QUOTA: "/evaluations/{year}#quotas",
    FactKind.ASSESSMENT: "/reports/assessment/{year}",
}


def fact_href(fact: Fact) -> str | None:
    """The page of the record; None where it has none of its own."""
    page = _PAGES.get(fact.kind)
    if page is None:
        return None
    ref = fact.ref.partition("#")[0]  # an earlier life of a complaint stands on the complaint's page
    customer, year = quote(fact.customer_no or "", safe=""), str(fact.on.year - 1)
    return page.format_map({"ref": ref, "customer": customer, "year": year})
