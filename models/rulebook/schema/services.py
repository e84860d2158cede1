"""Service catalogue, articles 14-17 and regulation 2.5, 2.6: what each tier is promised, by whom, how fast."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from models.rulebook.schema.common import Count, Entry, Frozen, NamedEntry, Section, Share, Text
from models.types import ContactKind, InstitutionLevel, LimitUnit, Role, Tier


class ServiceClass(StrEnum):
    """常规 / 增值 / 超值, article 14."""

    REGULAR = "regular"
    VALUE_ADDED = "value_added"
    PREMIUM = "premium"


class ServiceFamily(StrEnum):
    """Family of a value-added or premium item; 绿色通道 and 日常关怀 are titles of attachments."""

    NAMED_PERSON = "named_person"
    GREEN_CHANNEL = "green_channel"
    DAILY_CARE = "daily_care"
    INFORMATION = "information"
    ACTIVITY = "activity"
    INQUIRY_COMPLAINT = "inquiry_complaint"
    SATISFACTION = "satisfaction"
    PREMIUM = "premium"


class Limit(Frozen):
    """时限: `value` units; none for `same_day` (close of the day of receipt)."""

    unit: LimitUnit
    value: Count | None = None

    @model_validator(mode="after")
    def _value_matches_unit(self) -> Self:
        if (self.value is None) != (self.unit is LimitUnit.SAME_DAY):
            raise ValueError("same_day takes no value, every other unit needs one")
        return self


class Period(StrEnum):
    """What a frequency counts against; `approval` and `term` come once with a membership."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    APPROVAL = "approval"
    TERM = "term"


class Frequency(Frozen):
    """`times` per `per`."""

    times: Count
    per: Period

    def per_year(self) -> int:
        """Times in one membership year."""
        return self.times * {Period.QUARTER: 4, Period.MONTH: 12}.get(self.per, 1)


class ServiceClassEntry(NamedEntry):
    """One service class, article 14."""

    service_class: ServiceClass


class Family(NamedEntry):
    """One service family."""

    family: ServiceFamily


class Entitlement(Entry):
    """One row of article 15: the classes of a tier and who serves."""

    tier: Tier
    classes: Annotated[tuple[ServiceClass, ...], Field(min_length=1)]
    lead: InstitutionLevel
    participating: tuple[InstitutionLevel, ...] = ()
    served_by_zh: Text


class KeyPersons(NamedEntry):
    """重点服务对象, article 16: between `least` and `most` persons of a kind at each VIP customer."""

    kind: ContactKind
    least: Count
    most: Count
    club_tiers: tuple[Tier, ...] = ()
    """Tiers whose chairman or general manager joins the top-customer club automatically."""


class RegularService(NamedEntry):
    """One standard of article 17 for every in-force customer."""

    code: Annotated[str, Field(pattern=r"17\(\d\)")]
    identifier: Text
    limit: Limit | None = None
    """None: no fixed number (及时, 正常鉴定时限, always on)."""
    frequency: Frequency | None = None
    clock_starts_zh: str = ""
    exception_zh: str = ""
    channels: tuple[Text, ...] = ()


class Promise(Entry):
    """What one tier is promised of an item: a limit, a frequency or both."""

    tier: Literal[Tier.SILVER, Tier.GOLD]
    act: Literal["complete", "reply", "close", "propose", "do"] = "do"
    """Which act the limit measures; `do` is the item itself."""
    service: str | None = None
    """Green-channel service on the wire (`issue`, `endorsement`...)."""
    regular: str | None = None
    """Identifier of the article 17 standard that this limit may never exceed."""
    limit: Limit | None = None
    frequency: Frequency | None = None

    @model_validator(mode="after")
    def _promises_something(self) -> Self:
        if self.limit is None and self.frequency is None:
            raise ValueError("a promise needs a limit or a frequency")
        return self


class ServiceItem(NamedEntry):
    """One value-added (Z) or premium (C) item."""

    code: Annotated[str, Field(pattern=r"Z\d\d|C\d")]
    identifier: Text
    service_class: Literal[ServiceClass.VALUE_ADDED, ServiceClass.PREMIUM]
    family: ServiceFamily
    promises: Annotated[tuple[Promise, ...], Field(min_length=1)]
    form: str | None = None
    """Form the item is recorded on (附件 code)."""
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    levels: Annotated[tuple[InstitutionLevel, ...], Field(min_length=1)]
    persons: tuple[ContactKind, ...] = ()
    """Key persons the item is for; empty: the customer as a whole."""
    festivals: tuple[Text, ...] = ()
    automatic: bool = False
    min_cities: Count | None = None
    max_share: Share | None = None
    """C8: largest share of the undisputed amount that is paid in advance."""

    def promise(self, tier: Tier, *, act: str | None = None, service: str | None = None) -> Promise | None:
        """The first promise of a tier, narrowed by act and green-channel service; None when not entitled."""
        for promise in self.promises:
            wanted = promise.tier == tier and act in {None, promise.act} and service in {None, promise.service}
            if wanted:
                return promise
        return None


class PauseReason(NamedEntry):
    """暂停原因 of a green-channel clock."""

    code: Text


class ServiceCatalogue(Section):
    """Everything a customer of a tier may expect."""

    classes: Annotated[tuple[ServiceClassEntry, ...], Field(min_length=1)]
    families: Annotated[tuple[Family, ...], Field(min_length=1)]
    entitlements: Annotated[tuple[Entitlement, ...], Field(min_length=1)]
    key_persons: Annotated[tuple[KeyPersons, ...], Field(min_length=1)]
    regular: Annotated[tuple[RegularService, ...], Field(min_length=1)]
    items: Annotated[tuple[ServiceItem, ...], Field(min_length=1)]
    pause_reasons: tuple[PauseReason, ...]

    def item(self, code: str) -> ServiceItem:
        """The item of a code (`Z02`). Raises KeyError when there is none."""
        for item in self.items:
            if item.code == code:
                return item
        raise KeyError(code)

    def standard(self, identifier: str) -> RegularService:
        """The article 17 standard of an identifier. Raises KeyError when there is none."""
        for service in self.regular:
            if service.identifier == identifier:
                return service
        raise KeyError(identifier)

    def limit(self, service: str, tier: Tier) -> Limit | None:
        """Limit of a green-channel service for a tier: the promise, else the article 17 standard, else None."""
        for item in self.items:
            promise = item.promise(tier, service=service)
            if promise is not None:
                return promise.limit
        return next((standard.limit for standard in self.regular if standard.identifier == service), None)

    def items_of(self, tier: Tier) -> tuple[ServiceItem, ...]:
        """Items a tier is promised, in catalogue order."""
        return tuple(item for item in self.items if item.promise(tier) is not None)
