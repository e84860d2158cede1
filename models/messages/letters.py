"""A letter to a person outside the company."""

from models.messages.base import Message


class Letter(Message):
    """`key` names it for ever: a redelivered letter replaces itself instead of going out twice."""

    key: str
    to: tuple[str, ...]
    subject: str
    body: str
