"""Keeps copies of TLS certificates that lie in other namespaces: `python -m hub.certificate_copy <source>=<copy> ...`,
each as `<namespace>/<name>` of a Secret.

It asks again and again instead of watching: two small answers a time, and whatever was missed or spoilt is mended.
"""

import asyncio
import sys
from collections.abc import Mapping

from aiohttp import ClientError
from kubernetes_asyncio import client, config
from kubernetes_asyncio.client.rest import ApiException

from hub.places import CERTIFICATE_COPIED, CERTIFICATE_LOOKED

KEYS = ("tls.crt", "tls.key")
PAUSE = 10.0
PATIENCE = 10

Data = Mapping[str, str]
"""What a Secret holds, in base64."""


class SourceError(Exception):
    """Why there is nothing to copy."""


def update(source: Data, copy: Data) -> dict[str, str]:
    """What the copy lacks to be like the source. Half a certificate is none."""
    absent = [key for key in KEYS if not source.get(key)]
    if absent:
        raise SourceError(f"it has no {' and no '.join(absent)}")
    return {key: source[key] for key in KEYS if source[key] != copy.get(key)}


class Copier:
    """One source and one copy."""

    def __init__(self, api: client.CoreV1Api, source: str, copy: str) -> None:
        self._api = api
        self._source, self._copy = source, copy
        self._said = ""

    async def look(self) -> bool:
        """Whether the copy is now like the source; says so when that changes."""
        try:
            changed = update(await self._read(self._source), await self._read(self._copy))
            if changed:
                await self._write(changed)
        except SourceError as reason:
            return self._say(f"waiting for {self._source}: {reason}", good=False)
        except ApiException as answer:
            return self._say(f"waiting, the cluster answers {answer.status}: {answer.reason}", good=False)
        except (ClientError, OSError, TimeoutError) as silence:
            return self._say(f"waiting, the cluster does not answer: {silence}", good=False)
        if changed:
            self._said = ""
        return self._say(f"{self._copy} is like {self._source}", good=True)

    async def _read(self, secret: str) -> Data:
        namespace, _, name = secret.partition("/")
        try:
            found = await self._api.read_namespaced_secret(name, namespace, _request_timeout=PATIENCE)
        except ApiException as answer:
            if answer.status == 404:  # noqa: PLR2004 - http's own number
                raise SourceError(f"there is no Secret {secret}") from None
            raise
        return found.data or {}

    async def _write(self, data: Data) -> None:
        namespace, _, name = self._copy.partition("/")
        await self._api.patch_namespaced_secret(name, namespace, {"data": data}, _request_timeout=PATIENCE)

    def _say(self, text: str, *, good: bool) -> bool:
        if text != self._said:
            print(f"certificate: {text}", flush=True)
            self._said = text
        return good


async def follow(*copies: str) -> None:
    config.load_incluster_config()
    async with client.ApiClient() as connection:
        api = client.CoreV1Api(connection)
        copiers = [Copier(api, source, copy) for source, copy in (pair.split("=") for pair in copies)]
        while True:
            if all([await copier.look() for copier in copiers]):
                CERTIFICATE_COPIED.touch()
            else:
                CERTIFICATE_COPIED.unlink(missing_ok=True)
            CERTIFICATE_LOOKED.touch()
            await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    asyncio.run(follow(*sys.argv[1:]))
