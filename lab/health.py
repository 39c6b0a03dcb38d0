"""Whether a part serves, asked the way its users would."""

import socket
import ssl
import urllib.error
import urllib.request

from lab import certificates, paths

SECONDS = 2.0
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
    """Whether the API server says that it is ready, to a client that it knows."""
    context = ssl.create_default_context(cafile=str(certificates.certificate("ca")))
    context.load_cert_chain(certificates.certificate("admin"), certificates.key("admin"))
    return fetches(f"{paths.API_URL}/readyz", context)


def fetches(url: str, context: ssl.SSLContext | None) -> bool:
    handlers = [PLAIN, *([urllib.request.HTTPSHandler(context=context)] if context else [])]
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=SECONDS) as response:
            return response.status == 200  # noqa: PLR2004  http's own number
    except (urllib.error.URLError, OSError):
        return False


def containerd() -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(SECONDS)
        try:
            client.connect(str(paths.CONTAINERD_SOCKET))
        except OSError:
            return False
    return True
