"""Words of quarterly summaries: what a figure is called, what each step's signature does."""

from collections.abc import Mapping

from api.pages.i18n import _
from api.pages.i18n import mark as _m
from models.types import Stage

_FIGURES: Mapping[str, str] = {
    "vip": _m("VIP客户"),
    "tier": _m("层级"),
    "due": _m("应做次数"),
    "done": _m("已做次数"),
    "late": _m("未按时次数"),
    "green_cases": _m("绿色通道件数"),
    "green_in_time": _m("绿色通道达标件数"),
    "inquiries": _m("咨询件数"),
    "complaints": _m("投诉件数"),
    "justified": _m("成立投诉件数"),
    "satisfaction": _m("满意度"),
    "cost": _m("本季投入（元）"),
}
_SIGNATURES: Mapping[Stage, str] = {
    Stage.COLLECTING: _m("提交复核"),
    Stage.CHECKING: _m("报送总公司"),
    Stage.SIGNING: _m("签发"),
}


def figure_text(figure: str) -> str:
    """A figure by its name: `Z08.done` is Z08 已做次数."""
    code, _dot, name = figure.rpartition(".")
    text = _(_FIGURES[name]) if name in _FIGURES else name
    return f"{code} {text}".strip()


def signature_text(stage: Stage) -> str:
    """The button of a step: 提交复核, 报送总公司, 签发."""
    return _(_SIGNATURES[stage]) if stage in _SIGNATURES else ""
