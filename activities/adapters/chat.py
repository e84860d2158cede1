"""Lines to chat robots of DingTalk 钉钉, WeCom 企业微信, Feishu 飞书 and whatever else apprise knows."""

import logging
from dataclasses import dataclass

from apprise import Apprise, AppriseAsset

from activities.ports import RefusedError, UnconfirmedError

_SERVICE = "Greenlane"
_NEVER_CONNECTED = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")
"""How the HTTP library calls a message that cannot have left."""
_LINE_LOST = ("connection error", "exception")
"""How apprise's plugins tell that the line failed, and not that the robot answered no."""


@dataclass(frozen=True)
class AppriseChat:
    """Sends through apprise, one attempt a call; addresses hold the robot's secret, so nothing here logs."""

    def send(self, url: str, title: str, body: str) -> None:
        """Send one line; see `Notifier.send` for what it raises."""
        _keep_silent()
        robot = Apprise(asset=AppriseAsset(app_id=_SERVICE, app_desc="", app_url="", async_mode=False))
        if not robot.add(url):
            raise RefusedError("the robot's address is none that can be called")
        said: list[str] = []
        result = robot.notify(
            title=title, body=body, log_level=logging.DEBUG, log_callback=lambda entry, _: said.append(entry.message)
        )
        if result:
            return
        if _may_have_arrived(" ".join(said)):
            raise UnconfirmedError("the robot did not answer in time")
        raise OSError("the robot refused the message")


def _keep_silent() -> None:
    """apprise tells why something failed in its log only: read here, and written nowhere."""
    log = logging.getLogger("apprise")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())


def _may_have_arrived(said: str) -> bool:
    """Whether the line failed once it stood: time-out, break-off. Where apprise tells no more, it may have."""
    lost = any(word in said.lower() for word in _LINE_LOST)
    return lost and not any(name in said for name in _NEVER_CONNECTED)
