"""The process that keeps a port of this machine connected to a Service: `python -m deploy.forwarder <port> <socket> <namespace>
<service> <kubectl ...>`, where `<service>:<name>` means one of several ports, and the socket is for its own use.

`kubectl port-forward` leads to one pod until that is gone, and drops all its connections when the pod resets one of them. Here each
connection is its own, to a pod that is ready when it begins, and waits for one: a page outlives the proxy that it came through.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, UnixConnector, WSMsgType

_PAUSE: Final = 0.2
_PATIENCE: Final = 30.0
"""Seconds that a connection waits for a pod: longer than a proxy takes to be replaced, or an API server to start."""
_CHUNK: Final = 1 << 16
_PROTOCOL: Final = "v4.channel.k8s.io"
_DATA: Final = 0
"""The channel of the connection itself; the other one tells why it ended. Both begin with the number of the port."""
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True)
class Service:
    """Where connections lead, asked of the API server."""

    api: ClientSession
    namespace: str
    name: str
    port: str
    """Its name; empty for the only one."""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                pod = await self._connected()
            async with pod:
                ways = {asyncio.create_task(_to(pod, reader)), asyncio.create_task(_from(pod, writer))}
                _, unfinished = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in unfinished:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except TimeoutError:
            print(f"no pod of {self.namespace}/{self.name} was ready for {_PATIENCE:.0f} s", flush=True)
        finally:
            writer.close()

    async def _connected(self) -> ClientWebSocketResponse:
        while True:
            try:
                if ready := await self._ready_pod():
                    name, port = ready
                    path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/portforward?ports={port}"
                    return await self.api.ws_connect(path, protocols=[_PROTOCOL], max_msg_size=0)
            except ClientError as error:
                print(error, flush=True)
            await asyncio.sleep(_PAUSE)

    async def _ready_pod(self) -> tuple[str, int] | None:
        """A pod that the Service leads to, and its port."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices"
        label = {"labelSelector": f"kubernetes.io/service-name={self.name}"}
        async with self.api.get(path, params=label, raise_for_status=True) as answer:
            return chosen((await answer.json())["items"], self.port)


def chosen(slices: Sequence[dict[str, Any]], port_name: str) -> tuple[str, int] | None:
    """A ready pod of the endpoint slices, and the port of that name."""
    for part in slices:
        for endpoint in part.get("endpoints") or ():
            if endpoint.get("conditions", {}).get("ready") and endpoint.get("targetRef", {}).get("kind") == "Pod":
                ports = {port.get("name"): port["port"] for port in part["ports"]}
                return endpoint["targetRef"]["name"], ports[port_name] if port_name else next(iter(ports.values()))
    return None


async def _to(pod: ClientWebSocketResponse, reader: asyncio.StreamReader) -> None:
    while data := await reader.read(_CHUNK):
        await pod.send_bytes(bytes([_DATA]) + data)


async def _from(pod: ClientWebSocketResponse, writer: asyncio.StreamWriter) -> None:
    begun: set[int] = set()
    async for message in pod:
        if message.type is not WSMsgType.BINARY:
            return
        channel, data = message.data[0], message.data[1:]
        if channel not in begun:
            begun.add(channel)
        elif channel == _DATA:
            writer.write(data)
            await writer.drain()
        else:
            print(data.decode(errors="replace"), flush=True)
            return


async def serve(port: int, api_socket: str, namespace: str, service: str, *kubectl: str) -> None:
    """kubectl leads to the API server, with whatever credentials that wants, through a socket that is its owner's alone."""
    os.umask(0o077)
    name, _, port_name = service.partition(":")
    async with ClientSession("http://localhost", connector=UnixConnector(api_socket, limit=0)) as api:
        target = Service(api, namespace, name, port_name)
        async with await asyncio.start_server(target.carry, "127.0.0.1", port):
            while True:
                await _led_by(*kubectl, "proxy", f"--unix-socket={api_socket}")
                await asyncio.sleep(_PAUSE)


async def _led_by(*command: str) -> None:
    """Ends when this process does, however that ends."""
    on_linux = sys.platform == "linux"
    child = await asyncio.create_subprocess_exec(*command, preexec_fn=_end_with_parent if on_linux else None)
    await child.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    own_port, *target = sys.argv[1:]
    asyncio.run(serve(int(own_port), *target))
