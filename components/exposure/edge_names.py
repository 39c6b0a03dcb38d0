"""How what is ours is called at the edge, where other people's objects are beside it. Pure."""

from settings.exposure import Tunnel


def title(host: str, part: str = "") -> str:
    """The name of an object: people read it on the login page, and an account has each one once."""
    return f"JupyterHub at {host}" + (f": {part}" if part else "")


def comment(stack: str) -> str:
    """What a record says of itself, whose name is the host's."""
    return f"Kept by the stack {stack} of jupyterhub-platform"


def below(host: str) -> str:
    """Every name directly below the host."""
    return f"*.{host}"


def hosts(exposure: Tunnel) -> list[str]:
    """The names that lead through the tunnel: what people type, and every one directly below it where users have their own."""
    return [exposure.host, *([below(exposure.host)] if exposure.subdomains else [])]


def lasting(seconds: int) -> str:
    """A length of time as Cloudflare writes it, which knows no days."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
