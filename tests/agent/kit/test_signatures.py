"""Standard Webhooks: the public vector, the official library both ways, and whatever else comes."""

import base64
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from agent.errors import Misconfigured, Unauthenticated
from agent.kit.signatures import new_secret, sign, verify

SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime.fromtimestamp(AT, UTC)
WRONG = "v1," + base64.b64encode(bytes(32)).decode()


def headers(**changed: str) -> dict[str, str]:
    given = {"id": ID, "timestamp": str(AT), "signature": SIGNATURE} | changed
    return {f"webhook-{name}": value for name, value in given.items()}


def test_public_vector() -> None:
    assert sign(SECRET, ID, AT, BODY) == SIGNATURE
    verified = verify([SECRET], headers(), BODY, NOW)
    assert (verified.message_id, verified.timestamp) == (ID, AT)


@pytest.mark.parametrize(
    "signatures",
    [
        f"{WRONG} {SIGNATURE}",
        f"{SIGNATURE} {WRONG}",
        f"v1a,{'A' * 88} {SIGNATURE}",
        f"v2,anything {SIGNATURE}",
    ],
)
def test_one_of_a_list_is_enough(signatures: str) -> None:
    assert verify([SECRET], headers(signature=signatures), BODY, NOW).message_id == ID


@pytest.mark.parametrize("spelled", [f"whsec_{SECRET}", SECRET + "==", SECRET])
def test_a_secret_is_read_with_and_without_its_prefix_and_padding(spelled: str) -> None:
    assert verify([spelled], headers(), BODY, NOW).message_id == ID


def test_header_names_in_any_case_and_as_pairs() -> None:
    pairs = [(name.title(), value) for name, value in headers().items()]
    assert verify([SECRET], [*pairs, ("accept", "*/*")], BODY, NOW).message_id == ID


def test_two_keys_stand_while_one_is_exchanged() -> None:
    old, new = new_secret(), new_secret()
    for number in range(1000):
        message_id, body = f"msg_{number}", json.dumps({"n": number}).encode()
        signed = {"id": message_id, "signature": sign((old, new)[number % 2], message_id, AT, body)}
        assert verify([new, old], headers(**signed), body, NOW).message_id == message_id


def test_a_removed_key_verifies_no_more() -> None:
    old, new = new_secret(), new_secret()
    signed = headers(signature=sign(old, ID, AT, BODY))
    with pytest.raises(Unauthenticated):
        verify([new], signed, BODY, NOW)


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_within_five_minutes(seconds: int) -> None:
    assert verify([SECRET], headers(), BODY, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301, -86400, 86400])
def test_outside_five_minutes(seconds: int) -> None:
    with pytest.raises(Unauthenticated):
        verify([SECRET], headers(), BODY, NOW + timedelta(seconds=seconds))


HOSTILE = {
    "empty id": headers(id=""),
    "id with a line break": headers(id=ID + "\r\n"),
    "id with NUL": headers(id="\x00"),
    "id too long": headers(id="m" * 300),
    "id not ASCII": headers(id="ümlaut"),
    "lone surrogate": headers(id="\udcff"),
    "another id": headers(id=ID + "x"),
    "empty timestamp": headers(timestamp=""),
    "fraction": headers(timestamp=f"{AT}.0"),
    "exponent": headers(timestamp="1.614265330e9"),
    "negative": headers(timestamp=f"-{AT}"),
    "signed": headers(timestamp=f"+{AT}"),
    "2^63": headers(timestamp=str(2**63)),
    "a thousand digits": headers(timestamp="9" * 1000),
    "leading zero": headers(timestamp=f"0{AT}"),
    "padded": headers(timestamp=f" {AT}"),
    "underscores": headers(timestamp="1_614_265_330"),
    "other digits": headers(timestamp="".join(chr(0x660 + int(d)) for d in str(AT))),
    "hexadecimal": headers(timestamp=hex(AT)),
    "not a number": headers(timestamp="nan"),
    "infinite": headers(timestamp="inf"),
    "milliseconds": headers(timestamp=f"{AT}000"),
    "a second off": headers(timestamp=str(AT + 1)),
    "empty signature": headers(signature=""),
    "no comma": headers(signature=SIGNATURE.replace(",", "")),
    "two commas": headers(signature=SIGNATURE.replace(",", ",,")),
    "bad base64": headers(signature="v1,abc"),
    "no base64 at all": headers(signature="v1,!!!!"),
    "no value": headers(signature="v1,"),
    "leading double space": headers(signature=f"  {SIGNATURE}"),
    "double space": headers(signature=f"{WRONG}  {SIGNATURE}"),
    "tab": headers(signature=f"{WRONG}\t{SIGNATURE}"),
    "only v1a": headers(signature=f"v1a,{SIGNATURE.removeprefix('v1,')}"),
    "v1 in capitals": headers(signature=SIGNATURE.upper()),
    "cut short": headers(signature=SIGNATURE[:-4]),
    "wrong": headers(signature=WRONG),
    "not ASCII": headers(signature="v1,é" + SIGNATURE[4:]),
    "surrogates": headers(signature="v1,\udcff"),
    "ten thousand signatures": headers(signature=" ".join([WRONG] * 10_000)),
    "a megabyte": headers(signature="v1," + "A" * 1_000_000),
    "nothing": {},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_headers_are_refused_with_one_code(name: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        verify([SECRET], HOSTILE[name], BODY, NOW)
    assert refused.value.code == "signature_invalid"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed_once(missing: str) -> None:
    given = headers()
    with pytest.raises(Unauthenticated):
        verify([SECRET], {k: v for k, v in given.items() if k != missing}, BODY, NOW)
    with pytest.raises(Unauthenticated):
        verify([SECRET], [*given.items(), (missing, given[missing])], BODY, NOW)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", BODY + b" ", json.dumps(json.loads(BODY), separators=(",", ":")).encode()],
)
def test_other_bytes_do_not_verify(body: bytes) -> None:
    with pytest.raises(Unauthenticated):
        verify([SECRET], headers(), body, NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "???", "whsec_a", "é"])
def test_what_is_no_secret_verifies_and_signs_nothing(secret: str) -> None:
    with pytest.raises(Unauthenticated):
        verify([secret], headers(), BODY, NOW)
    with pytest.raises(Misconfigured):
        sign(secret, ID, AT, BODY)


def test_bytes_that_are_no_text_can_be_signed() -> None:
    body = bytes(range(256))
    signed = headers(signature=sign(SECRET, ID, AT, body))
    assert verify([SECRET], signed, body, NOW).message_id == ID


def test_any_headers_and_bytes_give_one_error() -> None:
    chance = random.Random(5)
    alphabet = "v1,a= \t.-+0123456789AZ/\x00é\udcff𝟙\n"
    for _ in range(3000):
        given = {
            name: "".join(chance.choices(alphabet, k=chance.randrange(40))) for name in headers()
        }
        with pytest.raises(Unauthenticated):
            verify([SECRET], headers() | {chance.choice([*given]): "x"} | given, BODY, NOW)


def test_official_library_verifies_what_we_sign_and_we_what_it_signs() -> None:
    secret = new_secret()
    library = Webhook(secret)
    now = datetime.now(UTC)
    at = int(now.timestamp())
    for body in (b"{}", BODY, '{"name": "Zoë 🏠"}'.encode()):
        ours = headers(timestamp=str(at), signature=sign(secret, ID, at, body))
        assert library.verify(body, ours) == json.loads(body)
        signed = headers(timestamp=str(at), signature=library.sign(ID, now, body.decode()))
        assert verify([secret], signed, body, now).timestamp == at
