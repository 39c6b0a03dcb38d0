"""A strict login server of our own, where a real Keycloak cannot be made to fail in the way that is needed."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "jupyterhub", "of the client"
REALM = "/realms/test"
PROTOCOL = f"{REALM}/protocol/openid-connect"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def listed(kid: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """A key as its issuer lists it."""
    jwk: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return {**jwk, "kid": kid, "alg": "RS256", "use": "sig"}


def person(name: str, roles: list[str], *groups: str) -> dict[str, Any]:
    """Somebody, as the login server describes them."""
    return {"sub": f"sub-{name}", "preferred_username": name, "roles": roles, "groups": list(groups)}


@dataclass
class Login:
    person: str
    nonce: str
    sid: str
    refresh_token: str = ""


@dataclass
class Provider:
    """Rotates refresh tokens, and ends the session whose old token is shown a second time."""

    people: dict[str, dict[str, Any]]
    callbacks: set[str] = field(default_factory=set[str])
    issuer: str = ""
    logged_in: str = ""
    """Who sits at the browser."""
    silence: str = ""
    """How it does not answer: `500`, `garbage`, `401` (as to a wrong client), `refused` (no connection) or `deaf` (to logouts only)."""
    tampered: dict[str, Any] = field(default_factory=dict[str, Any])
    """What its tokens say instead of the truth."""
    asked: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.key, self.kid = new_key(), "first"
        self.codes: dict[str, tuple[Login, str, str]] = {}
        self.sessions: dict[str, Login] = {}

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        app = web.Application()
        app.router.add_get(REALM + "/.well-known/openid-configuration", self.discovery)
        app.router.add_get(PROTOCOL + "/auth", self.auth)
        app.router.add_post(PROTOCOL + "/token", self.token)
        app.router.add_get(PROTOCOL + "/userinfo", self.userinfo)
        app.router.add_get(PROTOCOL + "/certs", self.certs)
        app.router.add_route("*", PROTOCOL + "/logout", self.logout)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}{REALM}"
        yield
        await runner.cleanup()

    def login_at(self, port: int) -> dict[str, Any]:
        """What a hub at this port is told of it."""
        origins = [f"http://{name}:{port}" for name in ("127.0.0.1", "localhost")]
        self.callbacks = {f"{origin}/hub/oauth_callback" for origin in origins}
        return {
            "kind": "keycloak",
            "issuer": self.issuer,
            "back_channel": self.issuer,
            "client_id": CLIENT,
            "callback_urls": sorted(self.callbacks),
            "logged_out_urls": [f"{origin}/hub/" for origin in origins],
            "user_groups": ["users"],
            "admin_groups": ["admins"],
            "refresh_age": 1,
            "grace": 600,
            "longest": 3600,
        }

    async def discovery(self, request: web.Request) -> web.Response:
        return await self._broken(request) or web.json_response({"issuer": self.issuer})

    async def auth(self, request: web.Request) -> web.Response:
        query = request.query
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        if query["redirect_uri"] not in self.callbacks:
            return web.Response(status=400, text="Invalid parameter: redirect_uri")
        code = secrets.token_hex(8)
        login = Login(self.logged_in, query["nonce"], secrets.token_hex(8))
        self.codes[code] = (login, query["code_challenge"], query["redirect_uri"])
        raise web.HTTPFound(f"{query['redirect_uri']}?code={code}&state={query['state']}")

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.asked.append(str(form["grant_type"]))
        if broken := await self._broken(request):
            return broken
        if (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            return web.json_response({"error": "unauthorized_client"}, status=401)
        login = self._of_code(form) if form["grant_type"] == "authorization_code" else self._of_refresh_token(form)
        if login is None:
            return web.json_response({"error": "invalid_grant", "error_description": "Session not active"}, status=400)
        login.refresh_token = f"{login.sid}.{secrets.token_hex(8)}"
        return web.json_response(
            {
                "access_token": login.sid,
                "refresh_token": login.refresh_token,
                "id_token": self._id_token(login, form["grant_type"] == "authorization_code"),
            }
        )

    def _of_code(self, form: Any) -> Login | None:
        login, challenge, callback = self.codes.pop(str(form["code"]), (None, "", ""))
        hashed = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if login is None or callback != form["redirect_uri"]:
            return None
        if base64.urlsafe_b64encode(hashed).decode().rstrip("=") != challenge:
            return None
        self.sessions[login.sid] = login
        return login

    def _of_refresh_token(self, form: Any) -> Login | None:
        login = self.sessions.get(str(form["refresh_token"]).partition(".")[0])
        if login and login.refresh_token != form["refresh_token"]:
            del self.sessions[login.sid]
            return None
        return login

    def _id_token(self, login: Login, first: bool) -> str:
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "azp": CLIENT,
            "typ": "ID",
            "sub": self.people[login.person]["sub"],
            "sid": login.sid,
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
            **({"nonce": login.nonce} if first else {}),
            **self.tampered,
        }
        return jwt.encode(claims, self.key, "RS256", {"kid": self.kid})

    async def userinfo(self, request: web.Request) -> web.Response:
        login = self.sessions.get(request.headers["Authorization"].removeprefix("Bearer "))
        return web.json_response(self.people[login.person]) if login else web.Response(status=401)

    async def certs(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [listed("first", self.key)]})

    async def logout(self, request: web.Request) -> web.Response:
        if broken := await self._broken(request):
            return broken
        if self.silence == "deaf":
            return web.Response(status=500)
        if request.method == "GET":
            return web.Response(text="Logged out of the login server")
        form = await request.post()
        self.sessions.pop(str(form["refresh_token"]).partition(".")[0], None)
        return web.Response(status=204)

    async def _broken(self, request: web.Request) -> web.Response | None:
        match self.silence:
            case "500":
                return web.Response(status=500)
            case "401":
                return web.json_response({"error": "unauthorized_client"}, status=401)
            case "garbage":
                return web.Response(text="<html>")
            case "refused":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case _:
                return None
