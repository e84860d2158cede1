"""Letters by SMTP."""

import asyncio
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from activities.adapters.mailbox import mime
from activities.ports import RefusedError, UnconfirmedError
from models.messages.letters import Letter

TIMEOUT_SECONDS = 20.0
_PERMANENT = 500


@dataclass(frozen=True)
class SmtpMail:
    """Sends through one server, one connection per letter; the password never shows in a representation."""

    sender: str
    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    use_tls: bool = False

    @classmethod
    def from_url(cls, url: str, sender: str) -> Self:
        """`smtp://user:pass@host:port` upgrades to TLS where the server offers it, `smtps://` speaks TLS at once."""
        parts = urlsplit(url)
        secure = parts.scheme == "smtps"
        return cls(
            sender=sender,
            host=parts.hostname or "localhost",
            port=parts.port or (465 if secure else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=secure,
        )

    def send(self, letter: Letter) -> None:
        """Hand the letter to the server; see `Notifier.send` for what it raises.

        One to nobody, for nobody consented or whoever did was erased, stays: a server would refuse it for ever.
        """
        if letter.to:
            asyncio.run(self._send(mime(letter, self.sender), letter.to))

    async def _send(self, message: EmailMessage, to: tuple[str, ...]) -> None:
        client = SMTP(hostname=self.host, port=self.port, use_tls=self.use_tls, timeout=TIMEOUT_SECONDS)
        try:
            await self._envelope(client, to)
            await _content(client, message)
        finally:
            client.close()

    async def _envelope(self, client: SMTP, to: tuple[str, ...]) -> None:
        """Everything before the content: whatever fails here, nothing was delivered."""
        try:
            await client.connect()
            if self.username is not None:
                await client.login(self.username, self.password or "")
            await client.mail(parseaddr(self.sender)[1])
            for address in to:
                await client.rcpt(address)
        except (SMTPRecipientRefused, SMTPRecipientsRefused, SMTPResponseException) as error:
            raise _refusal(error) from None
        except SMTPNotSupported as error:
            raise RefusedError("the mail server cannot do what the settings ask for") from error
        except SMTPException as error:
            raise OSError(type(error).__name__) from error


async def _content(client: SMTP, message: EmailMessage) -> None:
    """The content: a connection lost now may have delivered it."""
    try:
        await client.data(message.as_bytes())
    except SMTPResponseException as error:
        raise _refusal(error) from None
    except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
        raise UnconfirmedError(type(error).__name__) from error


def _refusal(error: Exception) -> Exception:
    """What a reply of the server means; its words may hold addresses, so only the number is kept, and no cause."""
    code = getattr(error, "code", _PERMANENT)
    if code >= _PERMANENT and not _is_sign_in(code):
        return RefusedError(f"SMTP {code}")
    return OSError(f"SMTP {code}")


def _is_sign_in(code: int) -> bool:
    """A refused sign-in is the operator's to mend: the letters wait for it."""
    return code in {530, 534, 535, 538}
