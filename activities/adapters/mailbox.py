"""Letters as files: the out-tray of an installation without a mail server."""

from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from models.messages.letters import Letter


@dataclass
class MailFolder:
    """Writes each letter as an `.eml` file that any mail program opens."""

    folder: Path
    sender: str = "greenlane@example.com"

    def send(self, letter: Letter) -> None:
        """Write or replace the letter's file; the rename makes a half-written one impossible."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, ", ".join(letter.to), letter.subject
        message.set_content(letter.body)
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / f"{letter.key}.eml"
        draft = target.with_suffix(".part")
        draft.write_bytes(message.as_bytes())
        draft.rename(target)
