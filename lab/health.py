"""Whether a part serves, asked the way its users would."""

import socket
import ssl
import struct
import urllib.error
import urllib.request

from lab import certificates, paths

SECONDS = 2.0
QUESTION_ID = 0x4A48
DNS_HEADER_BYTES = 12
# A proxy for the outside is never asked for the lab's own addresses.
PLAIN = urllib.request.ProxyHandler({})


def answers(url: str) -> bool:
    """Whether a plain http address answers with success."""
    return fetches(url, None)


def answers_tls(port: int) -> bool:
    """Whether /healthz on loopback answers. The certificate is made anew at each start and signed by nobody."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return fetches(f"https://127.0.0.1:{port}/healthz", context)


def api() -> bool:
    """Whether the API server says that it is ready."""
    return fetches(f"{paths.API_URL}/readyz", known_as("admin"))


def etcd() -> bool:
    return fetches(f"{paths.ETCD_URL}/health", known_as("apiserver-to-etcd"))


def known_as(client: str) -> ssl.SSLContext:
    """The lab's authority on both sides: it signed the server's certificate and the one that is shown to it."""
    context = ssl.create_default_context(cafile=str(certificates.certificate("ca")))
    context.load_cert_chain(certificates.certificate(client), certificates.key(client))
    return context


def fetches(url: str, context: ssl.SSLContext | None) -> bool:
    handlers = [PLAIN, *([urllib.request.HTTPSHandler(context=context)] if context else [])]
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=SECONDS) as response:
            return response.status == 200  # noqa: PLR2004  http's own number
    except (urllib.error.URLError, OSError):
        return False


def dns_question(name: str) -> bytes:
    """A DNS query for a name's IPv4 addresses."""
    header = struct.pack(">HHHHHH", QUESTION_ID, 0x0100, 1, 0, 0, 0)  # recursion desired, one question
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return header + labels + b"\0" + struct.pack(">HH", 1, 1)  # an A record, of the Internet


def is_dns_answer(packet: bytes) -> bool:
    """Whether a packet answers our question with at least one record and no error."""
    if len(packet) < DNS_HEADER_BYTES:
        return False
    identity, flags, _, answers = struct.unpack(">HHHH", packet[:8])
    return identity == QUESTION_ID and flags & 0x000F == 0 and answers > 0


def dns() -> bool:
    """Whether the cluster's name server knows the API: that takes a pod, its network, a Service and the API server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(SECONDS)
        try:
            client.sendto(dns_question("kubernetes.default.svc.cluster.local"), (paths.DNS_SERVICE, 53))
            return is_dns_answer(client.recv(512))
        except OSError:
            return False


def containerd() -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(SECONDS)
        try:
            client.connect(str(paths.CONTAINERD_SOCKET))
        except OSError:
            return False
    return True
