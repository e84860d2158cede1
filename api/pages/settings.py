"""通知设置: language, mail, digest, quiet hours, the robot, and a test of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, SettingsDep, require
from api.message_answers import account_of, channels_answer
from api.pages.form_errors import error_summary
from api.pages.format import mask_email, stamp
from api.pages.headers import remember_language
from api.pages.i18n import _
from api.pages.render import render, see_other
from api.pages.shell import shell_for
from api.pages.view.common import Option, Strip, StripTone
from api.pages.view.messages import SettingsPage
from api.problems import problem_of
from api.schemas.messages import ChannelsAnswer, DeliveryAnswer
from models.errors import DomainError, ErrorCode
from models.services.notifications import reading
from models.services.notifications.channels import Wishes, choose, desk_at
from models.types import DeliveryState

ADDRESS = "/settings"
_OFF = "off"
router = APIRouter(prefix=ADDRESS)
SelfDep = Annotated[Caller, require(Action.READ_ME)]
Text = Annotated[str, Form(max_length=20)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelForm:
    """The form as it was sent; a missing box is an empty one."""

    email: str
    digest: str
    chat_url: str
    forget_chat: str
    quiet_from_hour: str
    quiet_until_hour: str
    language: str

    def wishes(self) -> Wishes:
        """What was chosen."""
        return Wishes(
            email=bool(self.email),
            digest=bool(self.digest),
            chat_url="" if self.forget_chat else self.chat_url.strip() or None,
            quiet_from_hour=_hour(self.quiet_from_hour),
            quiet_until_hour=_hour(self.quiet_until_hour),
            language=self.language,
        )


async def _form(
    *,
    email: Text = "",
    digest: Text = "",
    chat_url: Annotated[str, Form(max_length=600)] = "",
    forget_chat: Text = "",
    quiet_from_hour: Text = "",
    quiet_until_hour: Text = "",
    language: Text = "zh",
) -> ChannelForm:
    return ChannelForm(
        email=email,
        digest=digest,
        chat_url=chat_url,
        forget_chat=forget_chat,
        quiet_from_hour=quiet_from_hour,
        quiet_until_hour=quiet_until_hour,
        language=language,
    )


def _hour(text: str) -> int | None:
    """An hour of the day; anything else is none chosen."""
    return int(text) if text.isdecimal() and int(text) < 24 else None


@router.get("")
def show_settings(
    request: Request, database: DatabaseDep, caller: SelfDep, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What holds for me now."""
    texts = {"saved": _("设置已保存。"), "test": _("测试消息已发出，稍后刷新本页查看结果。")}
    strips = (Strip(text=texts[done], tone=StripTone.OK, icon="check", focus=True),) if done in texts else ()
    return _page(request, database, caller, strips=strips)


@router.post("")
def save_settings(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    caller: SelfDep,
    form: Annotated[ChannelForm, Depends(_form)],
) -> Response:
    """Choose; the language holds from the next page on."""
    wishes = form.wishes()
    try:
        with database.write() as session:
            account = account_of(session, caller)
            choose(session, account, wishes, schemes=settings.chat_schemes, by=caller.by, at=datetime.now(UTC))
    except DomainError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return _page(request, database, caller, error=error)
    return remember_language(see_other(request, f"{ADDRESS}?done=saved"), wishes.language)


@router.post("/test")
def test_robot(request: Request, database: DatabaseDep, caller: SelfDep) -> Response:
    """发送测试: a line to my own robot."""
    try:
        with database.write() as session:
            reading.send_test(session, account_of(session, caller), datetime.now(UTC))
    except DomainError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        return _page(request, database, caller, error=error)
    return see_other(request, f"{ADDRESS}?done=test")


def _page(
    request: Request,
    database: DatabaseDep,
    caller: Caller,
    *,
    strips: tuple[Strip, ...] = (),
    error: DomainError | None = None,
) -> Response:
    now = datetime.now(UTC)
    with database.read() as session:
        chosen, account = channels_answer(session, caller, now), account_of(session, caller)
        desk = desk_at(session, now)
        model = SettingsPage(
            shell=shell_for(request, caller, current="settings"),
            title=_("通知设置"),
            phone_title=_("通知设置"),
            back_href="/notifications",
            json_href="/api/v1/me/channels",
            action=ADDRESS,
            test_action=f"{ADDRESS}/test",
            languages=_languages(chosen.language),
            email=chosen.email,
            address_hint=mask_email(account.email) if account.email else _("您的账号没有邮箱，不发邮件。"),
            digest=chosen.digest,
            quiet_from=_hours(chosen.quiet_from_hour),
            quiet_until=_hours(chosen.quiet_until_hour),
            quiet_hint=_quiet_hint(desk.quiet_from_hour, desk.quiet_until_hour, desk.digest_hour),
            chat=chosen.chat,
            test_result=_tested(chosen, now),
            strips=strips,
            errors=error_summary(error) if error else None,
        )
    return render(request, "pages/settings.html", model, problem_of(error).status if error else 200)


def _languages(chosen: str) -> tuple[Option, ...]:
    names = {"zh": "中文", "en": "English"}
    return tuple(Option(value=value, text=text, selected=value == chosen) for value, text in names.items())


def _hours(chosen: int | None) -> tuple[Option, ...]:
    usual = Option(value="", text=_("按公司规定"), selected=chosen is None)
    return (
        usual,
        *(Option(value=str(hour), text=f"{hour:02}:00", selected=hour == chosen) for hour in range(24)),
    )


def _quiet_hint(start: int, end: int, digest: int) -> str:
    return _(
        "公司规定：%(start)s:00–%(end)s:00 不发邮件和机器人消息；每日摘要 %(digest)s:00 发出。起止相同即不免打扰。",
        start=start,
        end=end,
        digest=digest,
    )


def _tested(chosen: ChannelsAnswer, now: datetime) -> Strip | None:
    tested = chosen.last_test
    return _test_strip(tested, now) if tested is not None and chosen.chat else None


def _test_strip(tested: DeliveryAnswer, now: datetime) -> Strip:
    when = stamp(tested.sent_at or tested.not_before, now)
    if tested.state is DeliveryState.SENT:
        return Strip(text=_("最近一次测试已送达（%(when)s）。", when=when), tone=StripTone.OK, icon="check")
    if tested.state in {DeliveryState.PENDING, DeliveryState.SENDING}:
        return Strip(text=_("测试消息正在发送（%(when)s）。", when=when))
    return Strip(
        text=_("最近一次测试未送达（%(when)s）。请检查机器人地址。", when=when), tone=StripTone.WARN, icon="alert"
    )
