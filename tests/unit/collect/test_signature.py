"""X-Hub-Signature: right, wrong, missing, several."""

import hashlib
import hmac

import pytest

from pipeline.collect.signature import signature_fault

BODY = b"<rss/>"
SECRET = "s3cret"


def sign(method: str, secret: str = SECRET, body: bytes = BODY) -> str:
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_the_recognised_methods(method: str) -> None:
    assert signature_fault(BODY, [sign(method)], SECRET) is None
    assert signature_fault(BODY, [sign(method).upper()], SECRET) is None
    for wrong in (sign(method, "other"), sign(method, body=b"x"), sign(method)[:-1]):
        assert signature_fault(BODY, [wrong], SECRET) == f"its {method} signature is wrong"


def test_a_known_value() -> None:
    """RFC 4231, test case 2."""
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    body = b"what do ya want for nothing?"
    assert signature_fault(body, [f"sha256={digest}"], "Jefe") is None


@pytest.mark.parametrize(
    "header", ["", "sha256", "sha256=", "md5=00", "=", "sha256=éé", "sha256=0x"]
)
def test_what_is_no_signature(header: str) -> None:
    assert signature_fault(BODY, [header], SECRET) is not None


def test_none_at_all() -> None:
    assert signature_fault(BODY, [], SECRET) == "it is not signed"


def test_of_several_all_that_are_known_must_be_right() -> None:
    both = [sign("sha1"), sign("sha256")]
    assert signature_fault(BODY, both, SECRET) is None
    assert signature_fault(BODY, [", ".join(both)], SECRET) is None
    assert signature_fault(BODY, [sign("sha1"), "sha3=ab"], SECRET) is None
    assert signature_fault(BODY, [sign("sha1"), sign("sha256", "x")], SECRET) is not None
