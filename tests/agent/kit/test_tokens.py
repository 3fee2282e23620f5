import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from agent.errors import Misconfigured, Unauthenticated
from agent.kit import tokens
from agent.kit.clock import ManualClock
from agent.kit.tokens import ISSUER, LEEWAY, MAX_BYTES, TokenSigner

KEY = b"k" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def signer(clock: ManualClock) -> TokenSigner:
    return TokenSigner(KEY, clock, audience="visitor")


KID = TokenSigner(KEY, ManualClock(NOW), audience="visitor").kid


def forged(
    key: bytes = KEY,
    algorithm: str = "HS256",
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """A token signed like ours, with some claims changed; a claim of ... is left out."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": "visitor",
        "sub": "thr_1",
        "jti": "jti_1",
        "tenant": "acme",
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + HOUR).timestamp()),
        **changes,
    }
    said = {k: v for k, v in claims.items() if v is not ...}
    return jwt.encode(said, key, algorithm, headers={"kid": KID} | (header or {}))


def raw(header: dict[str, Any], payload: bytes, signature: bytes = b"x") -> str:
    parts = (json.dumps(header).encode(), payload, signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


class TestIssue:
    def test_what_is_issued_verifies(self, signer: TokenSigner) -> None:
        issued = signer.issue("thr_1", HOUR, tenant="acme", private={"origin": "here"})
        claims = signer.verify(issued.token)
        assert (claims.sub, claims.tenant, claims.private) == ("thr_1", "acme", {"origin": "here"})
        assert issued.expires_at == NOW + HOUR

    def test_two_tokens_differ(self, signer: TokenSigner) -> None:
        first, second = (signer.issue("thr_1", HOUR, tenant="acme").token for _ in range(2))
        assert first != second

    def test_private_claims_cannot_replace_registered_ones(self, signer: TokenSigner) -> None:
        issued = signer.issue(
            "thr_1", HOUR, tenant="acme", private={"sub": "thr_2", "aud": "admin", "exp": "9"}
        )
        claims = signer.verify(issued.token)
        assert (claims.sub, claims.aud) == ("thr_1", "visitor")

    def test_a_short_key_is_refused(self, clock: ManualClock) -> None:
        with pytest.raises(Misconfigured, match="32"):
            TokenSigner(b"short", clock, audience="visitor")


class TestTime:
    def test_expires(self, signer: TokenSigner, clock: ManualClock) -> None:
        token = signer.issue("thr_1", HOUR, tenant="acme").token
        clock.advance(HOUR + LEEWAY - timedelta(seconds=1))
        signer.verify(token)
        clock.advance(timedelta(seconds=1))
        with pytest.raises(Unauthenticated) as refused:
            signer.verify(token)
        assert refused.value.code == "token_expired"

    def test_from_the_future(self, signer: TokenSigner, clock: ManualClock) -> None:
        clock.advance(timedelta(minutes=5))
        token = signer.issue("thr_1", HOUR, tenant="acme").token
        clock.advance(-timedelta(minutes=5))
        with pytest.raises(Unauthenticated):
            signer.verify(token)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="empty"),
        pytest.param("a.b.c", id="no base64"),
        pytest.param("é" * 20, id="not ascii"),
        pytest.param("\ud800.x.y", id="half a surrogate"),
        pytest.param("x" * (MAX_BYTES + 1), id="over-long"),
        pytest.param(forged(key=b"z" * 32), id="another key"),
        pytest.param(forged(algorithm="HS512", key=KEY * 2), id="another algorithm"),
        pytest.param(forged(algorithm="HS384", key=KEY + b"k" * 16), id="a near algorithm"),
        pytest.param(raw({"alg": "none"}, b"{}", b""), id="alg none"),
        pytest.param(raw({"alg": "None"}, b"{}", b""), id="alg None"),
        pytest.param(raw({"alg": "RS256"}, b"{}"), id="RS256"),
        pytest.param(raw({}, b"{}"), id="no alg"),
        pytest.param(raw({"alg": "HS256"}, b"[" * 3000), id="deep payload"),
        pytest.param(raw({"alg": "HS256", "crit": ["x"]}, b"{}"), id="crit"),
        pytest.param(forged(exp=...), id="no exp"),
        pytest.param(forged(iat=...), id="no iat"),
        pytest.param(forged(sub=...), id="no sub"),
        pytest.param(forged(aud=...), id="no aud"),
        pytest.param(forged(iss=...), id="no iss"),
        pytest.param(forged(jti=...), id="no jti"),
        pytest.param(forged(jti=""), id="empty jti"),
        pytest.param(forged(tenant=...), id="no tenant"),
        pytest.param(forged(tenant=7), id="tenant as a number"),
        pytest.param(forged(tenant=""), id="empty tenant"),
        pytest.param(forged(sub=["thr_1"]), id="a list of subjects"),
        pytest.param(forged(exp=int(NOW.timestamp()) - 31), id="expired"),
        pytest.param(forged(iat=int(NOW.timestamp()) + 31), id="issued tomorrow"),
        pytest.param(forged(header={"kid": "visitor.000000000000"}), id="another kid"),
        pytest.param(forged(header={"kid": "../../dev/null"}), id="kid as a path"),
        pytest.param(forged(header={"kid": "https://elsewhere.example/k"}), id="kid as an address"),
        pytest.param(forged(header={"kid": "' UNION SELECT 'key"}), id="kid as SQL"),
        pytest.param(raw({"alg": "HS256", "typ": "JWT"}, b"{}"), id="no kid"),
        pytest.param(raw({"alg": "HS256", "typ": "JWT", "kid": 7}, b"{}"), id="kid as a number"),
        pytest.param(forged(header={"jku": "https://elsewhere.example"}), id="jku"),
        pytest.param(forged(header={"x5u": "https://elsewhere.example"}), id="x5u"),
        pytest.param(forged(header={"jwk": {"kty": "oct", "k": "eA"}}), id="a key of its own"),
        pytest.param(forged(header={"typ": "JWE"}), id="another type"),
        pytest.param(forged() + "x", id="a longer signature"),
        pytest.param(forged()[:-1], id="a shorter signature"),
        pytest.param(forged().rpartition(".")[0] + ".", id="no signature"),
        pytest.param(forged() + "." + forged(), id="five parts"),
        pytest.param(forged() + "\n", id="a line end"),
        pytest.param(forged(aud="admin"), id="another audience"),
        pytest.param(forged(aud=["visitor"]), id="a list of audiences"),
        pytest.param(forged(iss="elsewhere"), id="another issuer"),
        pytest.param(forged(exp="1e99"), id="exp as text"),
        pytest.param(forged(exp=1e300), id="exp as float"),
        pytest.param(forged(exp=2**63), id="exp beyond dates"),
        pytest.param(forged(exp=True), id="exp as bool"),
        pytest.param(forged(exp=-1), id="negative exp"),
    ],
)
def test_hostile_tokens_are_refused(signer: TokenSigner, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        signer.verify(token)
    assert refused.value.code in ("token_invalid", "token_expired")
    assert token[:20] == "" or token[:20] not in refused.value.message


def test_the_tests_forge_well(signer: TokenSigner) -> None:
    assert signer.verify(forged()).sub == "thr_1"


class TestKnown:
    def test_a_token_that_is_known_expires_all_the_same(
        self, signer: TokenSigner, clock: ManualClock
    ) -> None:
        token = signer.issue("thr_1", HOUR, tenant="default").token
        assert signer.verify(token) == signer.verify(token)
        clock.advance(HOUR + LEEWAY)
        with pytest.raises(Unauthenticated) as refused:
            signer.verify(token)
        assert refused.value.code == "token_expired"

    def test_what_is_refused_is_not_remembered(self, signer: TokenSigner) -> None:
        token = signer.issue("thr_1", HOUR, tenant="default").token
        for _ in range(2):
            with pytest.raises(Unauthenticated):
                signer.verify(token[:-2])
        assert not signer._known

    def test_few_are_remembered(self, signer: TokenSigner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokens, "KNOWN", 3)
        for number in range(5):
            signer.verify(signer.issue(f"thr_{number}", HOUR, tenant="default").token)
        assert len(signer._known) == 3
