"""Lines to chat robots of DingTalk 钉钉, WeCom 企业微信, Feishu 飞书 and whatever else apprise knows."""

import logging
from dataclasses import dataclass

from apprise import Apprise, AppriseAsset

from activities.ports import RefusedError, UnconfirmedError

_SERVICE = "Greenlane"


@dataclass(frozen=True)
class AppriseChat:
    """Sends through apprise, one attempt a call; addresses hold the robot's secret, so nothing here logs."""

    def send(self, url: str, title: str, body: str) -> None:
        """Send one line; see `Notifier.send` for what it raises.

        apprise tells success from failure and not why: a time-out after sending counts as unconfirmed.
        """
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        robot = Apprise(asset=AppriseAsset(app_id=_SERVICE, app_desc="", app_url="", async_mode=False))
        if not robot.add(url):
            raise RefusedError("the robot's address is none that can be called")
        result = robot.notify(title=title, body=body)
        if result:
            return
        if getattr(result, "timeout_count", 0):
            raise UnconfirmedError("the robot did not answer in time")
        raise OSError("the robot refused the message")
