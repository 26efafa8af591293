"""A subject is read as it was written, wherever its lines break."""

import email
import email.policy
from email.message import EmailMessage

from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.notify.mail_policy import MAIL_POLICY

PLAIN = st.lists(st.sampled_from(["US", "sign,", "agreement;", "(4)", "a:b"]), min_size=1)
WORDS = PLAIN | st.lists(
    st.sampled_from(["US", "sign", "угода", "—", "minerals;", "ʻ", "4"]), min_size=1
)


@given(WORDS.map(" ".join).filter(lambda subject: len(subject) <= 200))
@example("Part of another story: Kyiv and Washington sign the minerals agreement")
@example("US and Kazakhstan sign tungsten joint ve; 4 more stories — Minerals watch, 23 Nov")
def test_a_subject_comes_back_as_it_was(subject: str) -> None:
    message = EmailMessage(policy=MAIL_POLICY)
    message["Subject"] = subject
    message.set_content("x")
    raw = message.as_bytes()
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    assert email.message_from_bytes(raw, policy=email.policy.default)["Subject"] == subject
