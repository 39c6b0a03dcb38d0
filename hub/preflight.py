"""Waits until the hub can start: the cluster lists the users' pods, the database answers, the proxy takes its token.

A hub started while the cluster is silent would take its users' servers for stopped. The database and the proxy may for a
moment know an earlier password or token than the hub.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import aiohttp
import psycopg2
from kubernetes_asyncio import client, config
from kubernetes_asyncio.config import ConfigException

from hub.places import Places
from hub.secret_files import read_secrets
from hub.settings import HubSettings, PostgresDatabase
from hub.traits import database_url

PAUSE = 1.0
SAY_AGAIN = 10.0
PATIENCE = 5
"""Seconds one question may take."""

Question = Callable[[], Awaitable[None]]
"""Raises while the answer is not the one that is needed."""


async def wait_for(what: str, question: Question) -> None:
    """Ask until it is answered, and say every now and then what is being waited for and why."""
    begun = time.monotonic()
    said = -SAY_AGAIN
    while True:
        try:
            return await question()
        except Exception as error:
            waited = time.monotonic() - begun
            if waited - said >= SAY_AGAIN:
                print(f"preflight: waiting for {what}, {waited:.0f} s so far: {_cause(error)}", flush=True)
                said = waited
        await asyncio.sleep(PAUSE)


def pods_are_listed(namespace: str) -> Question:
    async def ask() -> None:
        try:
            config.load_incluster_config()
        except ConfigException:
            await config.load_kube_config()
        async with client.ApiClient() as api:
            await client.CoreV1Api(api).list_namespaced_pod(namespace, limit=1, _request_timeout=PATIENCE)

    return ask


def database_answers(url: str) -> Question:
    async def ask() -> None:
        psycopg2.connect(url.replace("+psycopg2", ""), connect_timeout=PATIENCE).close()

    return ask


def proxy_takes(url: str, token: str) -> Question:
    async def ask() -> None:
        timeout = aiohttp.ClientTimeout(PATIENCE)
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"token {token}"}, timeout=timeout) as session,
            session.get(f"{url}/api/routes", raise_for_status=True),
        ):
            pass

    return ask


async def preflight(places: Places) -> None:
    settings = HubSettings.model_validate_json(places.settings.read_bytes())
    secrets = read_secrets(settings, places.secrets)
    namespace = settings.servers.namespace
    await wait_for(f"the Kubernetes API to list the pods of {namespace}", pods_are_listed(namespace))
    if isinstance(settings.database, PostgresDatabase):
        where = f"{settings.database.host}:{settings.database.port}"
        await wait_for(f"the database at {where}", database_answers(database_url(settings, secrets, places.state)))
    proxy = settings.proxy_api_url
    await wait_for(f"the proxy at {proxy} to take the hub's token", proxy_takes(proxy, secrets.proxy_token))


def _cause(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
