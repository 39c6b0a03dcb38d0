"""What runs in the pods of test_packets.py, with nothing but Python: it answers on ports, or says who answers on which.

`listen {"addresses": {"0.0.0.0": <name>}, "ports": [..]}` answers over TCP and UDP with the name of the address.
`dial {"source": <address or null>, "targets": [["tcp", <address>, <port>], ..]}` prints what each of them said: a name, an
empty text where a connection was made and nothing said, and null where no packet came back at all.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

PATIENCE = 3.0
"""Seconds for an answer; what a policy drops has none."""
QUESTION = bytes.fromhex("0001 0100 0001 0000 0000 0000 00 0002 0001")
"""A name server answers nothing but questions: this one asks for the root."""
NOBODY = "nobody"
"""Said of an address that refuses by itself: the packet arrived."""


class Answers(asyncio.DatagramProtocol):
    def __init__(self, name: str) -> None:
        self._name = name.encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(self._name, addr)


class Asks(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answer = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._said(data.decode(errors="replace"))

    def error_received(self, exc: Exception) -> None:
        self._said(NOBODY)

    def _said(self, answer: str) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


def saying(name: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name.encode())
        writer.close()

    return answer


async def listen(addresses: dict[str, str], ports: list[int]) -> None:
    loop = asyncio.get_running_loop()
    for address, name in addresses.items():
        for port in ports:
            await asyncio.start_server(saying(name), address, port)
            await loop.create_datagram_endpoint(lambda name=name: Answers(name), local_addr=(address, port))
    print("listening", flush=True)
    await asyncio.Event().wait()


async def dial(source: str | None, targets: list[tuple[str, str, int]]) -> None:
    local = (source, 0) if source else None
    print(json.dumps(await asyncio.gather(*(_dial(local, *target) for target in targets))))


async def _dial(local: tuple[str, int] | None, protocol: str, address: str, port: int) -> str | None:
    ask = _over_tcp if protocol == "tcp" else _over_udp
    try:
        return await ask(local, address, port)
    except ConnectionRefusedError:
        return NOBODY
    except (TimeoutError, OSError):
        return None


async def _over_tcp(local: tuple[str, int] | None, address: str, port: int) -> str:
    connecting = asyncio.open_connection(address, port, local_addr=local)
    reader, writer = await asyncio.wait_for(connecting, PATIENCE)
    try:
        return (await asyncio.wait_for(reader.read(100), PATIENCE)).decode(errors="replace")
    except (TimeoutError, ConnectionError):
        return ""
    finally:
        writer.close()


async def _over_udp(local: tuple[str, int] | None, address: str, port: int) -> str:
    loop = asyncio.get_running_loop()
    transport, asking = await loop.create_datagram_endpoint(Asks, local_addr=local, remote_addr=(address, port))
    try:
        transport.sendto(QUESTION)
        return await asyncio.wait_for(asking.answer, PATIENCE)
    finally:
        transport.close()


if __name__ == "__main__":
    asyncio.run({"listen": listen, "dial": dial}[sys.argv[1]](**json.loads(sys.argv[2])))
