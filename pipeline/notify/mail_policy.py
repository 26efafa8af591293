"""How our e-mails' headers are written out."""

from email.header import Header
from email.policy import EmailPolicy
from typing import Any


class _WholeSubjects(EmailPolicy):
    """Folds subjects itself, and encodes one that is not ASCII as a whole (RFC 2047).

    The standard library encodes only the words that need it, and where such a word begins a line
    the reader sees two spaces before it. Plain ASCII that is just too long for the first line it
    moves to the second as a whole, and the reader sees a space before it.
    """

    def fold(self, name: str, value: Any) -> str:
        return self._whole(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        whole = self._whole(name, value)
        return whole.encode("ascii") if whole else super().fold_binary(name, value)

    def _whole(self, name: str, value: Any) -> str:
        subject = str(value)
        if name.lower() != "subject":
            return ""
        charset = "us-ascii" if subject.isascii() else "utf-8"
        encoded = Header(subject, charset, header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}"


MAIL_POLICY = _WholeSubjects(linesep="\r\n")
"""RFC 5322 with CRLF, as SMTP sends it."""
