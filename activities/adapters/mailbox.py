"""Letters as messages, and as files: the out-tray of an installation without a mail server."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from pathlib import Path

from models.messages.letters import Letter


def mime(letter: Letter, sender: str) -> EmailMessage:
    """The letter as a mail; its Message-ID is its key, so that a mail program shows a repeated one once."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(letter.to), letter.subject
    message["Date"] = formatdate(localtime=False, usegmt=True)
    message["Message-ID"] = f"<{letter.key}@{parseaddr(sender)[1].rpartition('@')[2] or 'greenlane'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message


@dataclass
class MailFolder:
    """Writes each letter as an `.eml` file that any mail program opens."""

    folder: Path
    sender: str = "greenlane@example.com"

    def send(self, letter: Letter) -> None:
        """Write or replace the letter's file; the rename makes a half-written one impossible."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{letter.key}.eml"
        draft = target.with_suffix(".part")
        draft.write_bytes(mime(letter, self.sender).as_bytes())
        draft.rename(target)
