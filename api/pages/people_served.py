"""重点服务对象 as pages show them: masked."""

from collections.abc import Iterable

from api.pages.format import NOTHING, mask_email, mask_name, mask_phone
from api.pages.i18n import _
from api.pages.view.common import Tag, TagTone
from api.pages.view.customers import ContactRow
from api.pages.words import word
from models.tables.book import Contact


def contact_rows(contacts: Iterable[Contact]) -> tuple[ContactRow, ...]:
    """第一 and 第二服务对象 with name, telephone and mail masked."""
    return tuple(
        ContactRow(
            kind=word(contact.kind),
            name=mask_name(contact.name),
            title=contact.title,
            phone=mask_phone(contact.mobile) if contact.mobile else NOTHING,
            email=mask_email(contact.email) if contact.email else NOTHING,
            consent=_consent(contact.consent),
        )
        for contact in contacts
    )


def _consent(given: bool) -> Tag:
    if given:
        return Tag(text=_("已同意"), tone=TagTone.OK, icon="check")
    return Tag(text=_("未同意"), tone=TagTone.WARN, icon="alert")
