"""How our e-mails' headers are written out."""

from email.header import Header
from email.policy import EmailPolicy
from typing import Any


class _WholeSubjects(EmailPolicy):
    """Encodes a subject that is not ASCII as a whole (RFC 2047).

    The standard library encodes only the words that need it, and where such a word begins a line
    the reader sees two spaces before it.
    """

    def fold(self, name: str, value: Any) -> str:
        return self._whole(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        whole = self._whole(name, value)
        return whole.encode("ascii") if whole else super().fold_binary(name, value)

    def _whole(self, name: str, value: Any) -> str:
        if name.lower() != "subject" or str(value).isascii():
            return ""
        encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}"


MAIL_POLICY = _WholeSubjects(linesep="\r\n")
"""RFC 5322 with CRLF, as SMTP sends it."""
