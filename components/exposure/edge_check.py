"""Whether the API token may make what the stack file asks Cloudflare for, and whether the names are free: before anything is made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pulumi

from components.exposure.cloudflare_api import Ask, Unreachable, asking
from components.exposure.edge_names import comment, hosts, title
from components.kubeconfig import is_recorded
from settings import Problem, Settings, SettingsError
from settings.contract import team_domain
from settings.exposure import Access, ExistingLogin, OneTimePin, Tunnel

_OF_HOSTS = ("A", "AAAA", "CNAME")
_MISSING = 404


@dataclass(frozen=True)
class Write:
    """Something that is made, the permission it takes, and where an empty request tells whether it is there.

    Cloudflare asks who somebody is before it looks at what they say: an empty object makes nothing, and is refused for one
    reason or the other.
    """

    permission: str
    path: str


def check(settings: Settings, stack: str, source: str) -> None:
    """Under the engine, before the first resource. A preview may do without an answer, and says that it did."""
    exposure = settings.exposure
    if not isinstance(exposure, Tunnel) or is_recorded():
        return
    token = pulumi.Config().get(exposure.token.name)
    if token is None:
        return
    try:
        problems = list(complaints(exposure, stack, asking(token)))
    except Unreachable as reason:
        if not pulumi.runtime.is_dry_run():
            raise pulumi.RunError(
                f"nothing was changed, because Cloudflare could not be asked first: {reason}"
            ) from None
        pulumi.log.warn(f"nobody knows whether the Cloudflare token may do this: {reason}")
        return
    if problems:
        raise SettingsError(source, problems)


def complaints(exposure: Tunnel, stack: str, ask: Ask) -> Iterator[Problem]:
    if reason := _unusable(exposure, ask):
        yield Problem("exposure.token", reason)
        return
    missing = [write.permission for write in writes(exposure) if ask("POST", write.path).refused]
    zone = ask("GET", f"zones/{exposure.zone}")
    missing += [] if zone.ok else ["Zone / Zone / Read"]
    if missing:
        yield Problem(
            "exposure.token",
            f"may not do all of this in account {exposure.account} and zone {exposure.zone}: it lacks {', '.join(missing)}; "
            "add that to the token at Cloudflare (API Tokens), or correct the account and the zone",
        )
        return
    yield from _of_the_zone(exposure, zone.result)
    yield from _record_is_free(exposure, stack, ask)
    if exposure.access is not None:
        yield from _of_access(exposure, exposure.access, ask)


def writes(exposure: Tunnel) -> list[Write]:
    """What will be made; docs/exposure.md lists the same permissions."""
    account, zone, access = f"accounts/{exposure.account}", f"zones/{exposure.zone}", exposure.access
    needed = [
        Write("Account / Cloudflare Tunnel / Edit", f"{account}/cfd_tunnel"),
        Write("Zone / DNS / Edit", f"{zone}/dns_records"),
    ]
    if exposure.subdomains is not None:
        needed.append(Write("Zone / SSL and Certificates / Edit", f"{zone}/ssl/certificate_packs/order"))
    if access is None:
        return needed
    needed.append(Write("Account / Access: Apps and Policies / Edit", f"{account}/access/apps"))
    if not isinstance(access.login, ExistingLogin):
        groups = "Account / Access: Organizations, Identity Providers, and Groups / Edit"
        needed.append(Write(groups, f"{account}/access/identity_providers"))
    if access.allow.service_tokens:
        needed.append(Write("Account / Access: Service Tokens / Edit", f"{account}/access/service_tokens"))
    return needed


def _unusable(exposure: Tunnel, ask: Ask) -> str | None:
    """Why the token is none. A token belongs to a person or to an account, and each kind is known in one place."""
    for path in ("user/tokens/verify", f"accounts/{exposure.account}/tokens/verify"):
        answer = ask("GET", path)
        if answer.ok and answer.result["status"] == "active":
            return None
        if answer.ok:
            return f"is {answer.result['status']} at Cloudflare; make another one and set it"
    return "is none that Cloudflare knows; make one, and set it without anything around it"


def _of_the_zone(exposure: Tunnel, zone: dict[str, Any]) -> Iterator[Problem]:
    name, owner = zone["name"], zone["account"]["id"]
    if owner != exposure.account:
        yield Problem("exposure.zone", f"is {name}, which belongs to account {owner}; correct one of the two")
    if not f".{exposure.host}".endswith(f".{name}"):
        yield Problem("exposure.host", f"is no name of the zone {name}; write one, or the zone that it is in")
    if exposure.subdomains is not None and exposure.subdomains.apex != name:
        yield Problem("exposure.subdomains.apex", f"is not what the zone is called; write {name}")


def _record_is_free(exposure: Tunnel, stack: str, ask: Ask) -> Iterator[Problem]:
    """A record is ours if it says so, or still leads to our tunnel."""
    named = ask("GET", f"accounts/{exposure.account}/cfd_tunnel?is_deleted=false&name={_quoted(title(exposure.host))}")
    ours = {
        f"{tunnel['id']}.cfargotunnel.com" for tunnel in named.result or () if tunnel["name"] == title(exposure.host)
    }
    for host in hosts(exposure):
        found = ask("GET", f"zones/{exposure.zone}/dns_records?name={_quoted(host)}").result or ()
        for record in found:
            of_host = record["name"] == host and record["type"] in _OF_HOSTS
            if of_host and record.get("comment") != comment(stack) and record["content"] not in ours:
                yield Problem(
                    "exposure.host",
                    f"{host} leads elsewhere already, by a record {record['type']} {record['content']} that this stack has not "
                    "made; delete the record at Cloudflare (DNS), or write another host name",
                )


def _of_access(exposure: Tunnel, access: Access, ask: Ask) -> Iterator[Problem]:
    account = f"accounts/{exposure.account}/access"
    organization = ask("GET", f"{account}/organizations")
    there = organization.result["auth_domain"] if organization.ok else None
    if there is not None and f"https://{there}" != team_domain(access.team):
        yield Problem(
            "exposure.access.team", f"is not the account's, which logs in at {there}; write the part before the dot"
        )
    for application in ask("GET", f"{account}/apps?domain={_quoted(exposure.host)}").result or ():
        if application.get("domain") == exposure.host and application["name"] != title(exposure.host):
            yield Problem(
                "exposure.access",
                f"the application {application['name']!r} stands in front of {exposure.host} already; delete it at Cloudflare "
                "(Access, Applications)",
            )
    match access.login:
        case ExistingLogin(id=wanted):
            if ask("GET", f"{account}/identity_providers/{wanted}").status == _MISSING:
                yield Problem("exposure.access.login.id", "is no login method of the account; copy it from Cloudflare")
        case OneTimePin():
            yield from _pin_is_free(exposure, f"{account}/identity_providers", ask)
        case _:
            pass


def _pin_is_free(exposure: Tunnel, path: str, ask: Ask) -> Iterator[Problem]:
    """An account has one at most."""
    for provider in ask("GET", f"{path}?type=onetimepin").result or ():
        if provider["type"] == "onetimepin" and provider["name"] != title(exposure.host, "one-time PIN"):
            yield Problem(
                "exposure.access.login.kind",
                f"the account has a one-time PIN already; write login: {{kind: existing, id: {provider['id']}}}",
            )


def _quoted(text: str) -> str:
    return quote(text, safe="")
