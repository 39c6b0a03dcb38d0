"""What a change may not do to what people keep: move it, leave it behind, or make it smaller. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from components.naming import DATABASE, KEYCLOAK_DATABASE, claim_of
from components.storage.storage import STATE_CLAIM
from deploy.holdings import Claim, Holdings
from preview.replacement import bytes_of
from settings import Problem, Settings, SettingsError
from settings.identity import KeycloakInCluster, PasswordIdentity
from settings.storage import PerUserClaim, Postgres, PostgresInCluster, SharedSubpath, SharedVolume, Sqlite

_NAMED: Final = 10
_MOVING: Final = "docs/volumes.md says how homes are moved"


def require(settings: Settings, source: str, held: Holdings) -> None:
    """Every refusal at once, before anything is changed."""
    if problems := [problem for rule in RULES for problem in rule(settings, held)]:
        raise SettingsError(source, problems)


def the_namespace_stays(settings: Settings, held: Holdings) -> Iterator[Problem]:
    names = settings.namespace
    elsewhere = [claim for claim in held.claims if claim.namespace not in (names.name, names.users)]
    if not elsewhere:
        return
    there = ", ".join(sorted({claim.namespace for claim in elsewhere}))
    count = _counted(len(elsewhere), "claim")
    yield Problem(
        "namespace.name",
        f"{names.name!r} would be a second platform with empty homes, and leave {count} of this stack behind in {there}, "
        f"{_affecting(elsewhere, held, settings)}; write the earlier name again, or call the stack file differently if it "
        "is meant for another platform",
    )


def homes_stay_what_they_are(settings: Settings, held: Holdings) -> Iterator[Problem]:
    home = settings.storage.home
    homes = _here(settings, held, "home")
    if homes and isinstance(home, SharedSubpath):
        yield Problem(
            "storage.home.kind",
            "shared_subpath would leave every home behind in a claim that no server mounts, and start everybody with an empty "
            f"directory, {_affecting(homes, held, settings)}; write per_user_claim again, {_MOVING}",
        )
    for claim in _here(settings, held, "homes"):
        if isinstance(home, PerUserClaim):
            key, mend = "storage.home.kind", "write shared_subpath again"
        elif claim.name != claim_of(home.volume):
            key, mend = "storage.home.volume", f"write {claim.name.removeprefix(claim_of(''))} again"
        else:
            continue
        yield Problem(
            key,
            f"would leave every home behind in the claim {claim.name} ({claim.size}), and start everybody with an empty "
            f"directory, {_affecting([claim], held, settings)}; {mend}, {_MOVING}",
        )


def homes_do_not_shrink(settings: Settings, held: Holdings) -> Iterator[Problem]:
    """A home that somebody has enlarged by hand is no reason: what was declared counts, while it is known."""
    home, homes = settings.storage.home, _here(settings, held, "home")
    if not isinstance(home, PerUserClaim) or not homes:
        return
    told = held.told.home.get("size") if held.told else None
    before = told or min((claim.size for claim in homes), key=bytes_of)
    larger = [claim for claim in homes if bytes_of(claim.size) > bytes_of(home.size)]
    if larger and bytes_of(home.size) < bytes_of(before):
        yield Problem(
            "storage.home.size",
            f"{home.size} is less than the {before} of the homes there are, and a claim only grows, "
            f"{_affecting(larger, held, settings)}; write {before} or more",
        )


def homes_stay_in_their_class(settings: Settings, held: Holdings) -> Iterator[Problem]:
    home = settings.storage.home
    if not isinstance(home, PerUserClaim):
        return
    if held.told and held.told.home.get("storage_class", "") == home.storage_class and held.asked:
        return
    wanted = home.storage_class or held.default_class
    staying = [claim for claim in _here(settings, held, "home") if claim.storage_class != wanted]
    if staying:
        before = ", ".join(sorted({claim.storage_class or "the cluster's default" for claim in staying}))
        yield Problem(
            "storage.home.storage_class",
            f"{wanted or 'the default class'} would hold new homes alone: those there are stay in {before}, since no claim "
            f"changes its class, {_affecting(staying, held, settings)}; write {before} again, {_MOVING}",
        )


def shared_volumes_stay(settings: Settings, held: Holdings) -> Iterator[Problem]:
    declared = {claim_of(volume.name): volume for volume in settings.storage.shared}
    keys = {volume.name: f"storage.volumes.{place}" for place, volume in enumerate(settings.storage.volumes)}
    for claim in _here(settings, held, "volume", "homes"):
        volume = declared.get(claim.name)
        if volume:
            yield from _claim_stays(keys[volume.name], volume, claim, settings, held)
        elif claim.role == "volume":
            name = claim.name.removeprefix(claim_of(""))
            yield Problem(
                "storage.volumes",
                f"{name!r} is gone or renamed, and what people keep in its claim {claim.name} ({claim.size}) would be "
                f"mounted nowhere, {_affecting([claim], held, settings)}; write it again under that name, or where its data "
                f"may go, delete it first: kubectl --namespace {claim.namespace} delete pvc {claim.name}",
            )


def the_database_stays(settings: Settings, held: Holdings) -> Iterator[Problem]:
    match settings.storage.database:
        case Sqlite() as section:
            for claim in _databases(settings, held, STATE_CLAIM):
                yield from _claim_stays("storage.database", section, claim, settings, held)
        case Postgres(server=PostgresInCluster() as section):
            yield from _server_stays("storage.database.server", DATABASE, section, settings, held)
        case _:
            pass


def the_accounts_stay(settings: Settings, held: Holdings) -> Iterator[Problem]:
    """In a Keycloak of ours."""
    if ours := settings.keycloak_of_ours:
        yield from _server_stays("identity.server", KEYCLOAK_DATABASE, ours, settings, held)


def _server_stays(
    key: str, name: str, section: PostgresInCluster | KeycloakInCluster, settings: Settings, held: Holdings
) -> Iterator[Problem]:
    """The claim of a StatefulSet with one pod."""
    for claim in _databases(settings, held, f"data-{name}-0"):
        yield from _claim_stays(key, section, claim, settings, held)
        if held.asked and bytes_of(section.size) > bytes_of(claim.size):
            yield Problem(
                f"{key}.size",
                f"{section.size} is more than the {claim.size} of the claim {claim.name}, which Kubernetes lets nobody "
                f"change through the StatefulSet; patch the claim with kubectl to {section.size}, delete the StatefulSet "
                "with --cascade=orphan, and run this again",
            )


def _databases(settings: Settings, held: Holdings, name: str) -> list[Claim]:
    return [claim for claim in _here(settings, held, "database") if claim.name == name]


def _claim_stays(
    key: str,
    section: SharedVolume | Sqlite | PostgresInCluster | KeycloakInCluster,
    claim: Claim,
    settings: Settings,
    held: Holdings,
) -> Iterator[Problem]:
    affected = _affecting([claim], held, settings)
    if bytes_of(section.size) < bytes_of(claim.size):
        yield Problem(
            f"{key}.size",
            f"{section.size} is less than the {claim.size} of the claim {claim.name}, and a claim only grows, {affected}; "
            f"write {claim.size} or more",
        )
    elif bytes_of(section.size) > bytes_of(claim.size) and claim.storage_class in held.fixed_classes:
        yield Problem(
            f"{key}.size",
            f"{section.size} is more than the claim {claim.name} has, and its class {claim.storage_class} lets no claim grow, "
            f"{affected}; write {claim.size}, or set allowVolumeExpansion on the class if its provisioner can do it",
        )
    # What was left to the cluster stays as the cluster has it.
    wanted = section.storage_class or (claim.storage_class if held.asked else None)
    if wanted != claim.storage_class:
        before = claim.storage_class or "the cluster's default"
        yield Problem(
            f"{key}.storage_class",
            f"the claim {claim.name} is in {before} and no claim changes its class, {affected}; write {before} again, or move "
            "the data as docs/volumes.md says",
        )


def _here(settings: Settings, held: Holdings, *roles: str) -> list[Claim]:
    names = settings.namespace
    return [claim for claim in held.claims if claim.role in roles and claim.namespace in (names.name, names.users)]


def _affecting(claims: Iterable[Claim], held: Holdings, settings: Settings) -> str:
    """Whom the claims say, and for one that many share everybody who can log in."""
    identity = settings.identity
    declared = identity.people if isinstance(identity, PasswordIdentity) else frozenset[str]()
    everybody = held.told.people if held.told else declared
    names = sorted({name for claim in claims for name in ([claim.user] if claim.user else everybody)})
    if not names:
        return "which affects everybody who may log in"
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"which affects {_counted(len(names), 'user')} ({shown}{more})"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


RULES: Final[tuple[Callable[[Settings, Holdings], Iterator[Problem]], ...]] = (
    the_namespace_stays,
    homes_stay_what_they_are,
    homes_do_not_shrink,
    homes_stay_in_their_class,
    shared_volumes_stay,
    the_database_stays,
    the_accounts_stay,
)
