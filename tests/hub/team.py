"""A Cloudflare team of our own: what signs for it, and lists its keys."""

import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm

from tests.hub.provider import listed, new_key

AUDIENCE = "a" * 64
OURS, THEIRS = new_key(), new_key()
CURVE = ec.generate_private_key(ec.SECP256R1())


class Team:
    """What signs for a Cloudflare team, and lists its keys."""

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {"first": OURS}
        self.asked = 0
        self.silent = False

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[str]:
        """Its address, which is what it calls itself."""
        app = web.Application()
        app.router.add_get("/cdn-cgi/access/certs", self.certs)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()

    async def certs(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.silent:
            return web.Response(status=503)
        encryption = {**listed("encryption", OURS), "use": "enc"}
        shared = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"}
        curve = {**json.loads(ECAlgorithm.to_jwk(CURVE.public_key())), "kid": "curve", "alg": "ES256"}
        signing = [listed(kid, key) for kid, key in self.keys.items()]
        return web.json_response(
            {"keys": [{"kid": "nonsense"}, encryption, shared, curve, *signing], "public_certs": []}
        )


def claims(issuer: str, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {
        "aud": [AUDIENCE],
        "email": "Ann@example.org",
        "exp": now + 60,
        "iat": now,
        "nbf": now,
        "iss": issuer,
        "type": "app",
        "sub": "7335d417",
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def signed(told: Mapping[str, Any], key: Any = OURS, kid: str | None = "first", algorithm: str = "RS256") -> str:
    return jwt.encode(dict(told), key, algorithm, {"kid": kid} if kid is not None else None)
