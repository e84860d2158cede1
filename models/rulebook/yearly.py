"""附件七: what the full set of a tier costs in a membership year, line by line. Pure; amounts are yuan."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from models.rulebook.schema.book import Rulebook
from models.types import InstitutionLevel, Tier


@dataclass(frozen=True)
class CostLine:
    """One line of the estimate: persons x frequency x unit cost, and who pays."""

    code: str
    item: str
    name_zh: str
    name_en: str
    persons: int
    frequency: int
    unit_cost: Decimal
    payer: InstitutionLevel

    @property
    def subtotal(self) -> Decimal:
        """小计 in yuan."""
        return self.unit_cost * self.persons * self.frequency


def yearly_lines(book: Rulebook, tier: Tier, key_persons: int) -> tuple[CostLine, ...]:
    """The estimate for one customer with so many key persons 重点服务对象, in the order of the unit costs."""
    return tuple(_lines(book, tier, key_persons))


def _lines(book: Rulebook, tier: Tier, key_persons: int) -> Iterator[CostLine]:
    for cost in book.spend.unit_costs:
        item = next((item for item in book.services.items if item.code == cost.service), None)
        promise = item.promise(tier) if item is not None else None
        if item is None or promise is None or promise.frequency is None:
            continue
        yield CostLine(
            code=item.code,
            item=item.identifier,
            name_zh=cost.name_zh,
            name_en=cost.name_en,
            persons=key_persons if cost.per_key_person else cost.persons or 1,
            frequency=promise.frequency.per_year(),
            unit_cost=cost.amount,
            payer=cost.payer,
        )
