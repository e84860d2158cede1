"""Telling people: written in the transaction of what happened, sent afterwards, each message once per channel."""

from models.services.notifications.telling import emit, notify

__all__ = ["emit", "notify"]
