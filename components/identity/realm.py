"""The realm, its clients and who bears their roles, kept by the engine. Imported only where a stack asks a Keycloak."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_keycloak as keycloak
from pulumi_keycloak import openid

from components.base import Component
from components.identity.realm_client import realm_client
from components.identity.realm_rules import (
    ACCESS_TOKEN_SECONDS,
    FAILURES_FORGOTTEN_SECONDS,
    FIELDS,
    LOGIN_FAILURES,
    LONGEST_WAIT_SECONDS,
    MARK,
    PASSWORD_POLICY,
    POLICY,
    POLICY_WORDS,
    REJECTED,
    SIGNATURE,
    WAIT_SECONDS,
    Field,
    edge_client,
    hub_client,
    roles_of,
)
from components.secrets.generations import Shape, generated
from settings.contract import EDGE_CLIENT, Contract
from settings.domain import GroupName, Username
from settings.rotations import Rotations

EDGE_SECRET = f"{EDGE_CLIENT}-secret"


@dataclass(frozen=True, kw_only=True)
class Administrator:
    """On whose behalf the realm is kept."""

    url: pulumi.Input[str]
    """Where this machine reaches the server."""
    realm: str
    client: str
    secret: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class RealmArgs:
    contract: Contract
    administrator: Administrator
    client_secret: pulumi.Input[str]
    people: Mapping[Username, frozenset[GroupName]]
    """Who has an account from the first day."""
    initial_password: pulumi.Input[str] | None
    """Of all of them."""
    rotations: Rotations
    server: pulumi.Resource | None
    """Our own Keycloak, with whose database all of this stays or goes; None where somebody else keeps it."""


class Realm(Component):
    edge_client_secret: pulumi.Output[str] | None
    """What the edge shows to Keycloak; None where it does not log in there."""

    def __init__(self, name: str, args: RealmArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args, self._agreed = args, args.contract
        provider = _provider(args, self.child)
        below = pulumi.ResourceOptions(parent=self, provider=provider, deleted_with=args.server)
        self._opts = below
        # People and what they belong to are nothing that a change of the stack file should take away.
        kept = pulumi.ResourceOptions(retain_on_delete=True)
        self._kept = pulumi.ResourceOptions.merge(below, kept)
        self._realm = self._made_realm() if self._agreed.realm_is_ours else self._existing_realm()
        client = realm_client("hub-client", hub_client(self._agreed), args.client_secret, self._realm, self._opts)
        roles = {role: self._role(role, client) for role in sorted(self._agreed.roles)}
        groups = {group: self._group(group) for group in self._agreed.groups}
        for group, identifier in groups.items():
            self._group_roles(group, identifier, [roles[role].id for role in roles_of(group, self._agreed)])
        for person, theirs in sorted(args.people.items()):
            self._person(person, [groups[group] for group in sorted(theirs)])
        self.edge_client_secret = self._edge_client()
        self.register_outputs({})

    def _made_realm(self) -> pulumi.Output[str]:
        rules, agreed = self._agreed.sessions, self._agreed
        realm = keycloak.Realm(
            "realm",
            realm=agreed.realm,
            display_name="JupyterHub",
            ssl_required="external",
            registration_allowed=False,
            registration_email_as_username=False,
            edit_username_allowed=False,
            reset_password_allowed=False,
            remember_me=False,
            verify_email=False,
            login_with_email_allowed=False,
            duplicate_emails_allowed=False,
            user_managed_access=False,
            password_policy=PASSWORD_POLICY,
            security_defenses=_defenses(),
            default_signature_algorithm=SIGNATURE,
            access_token_lifespan=_seconds(ACCESS_TOKEN_SECONDS),
            sso_session_idle_timeout=_seconds(rules.idle),
            sso_session_max_lifespan=_seconds(rules.longest),
            # This client proves with its secret who it is, and a hub that is stopped between Keycloak's answer and its own
            # database would lose the login with the token.
            revoke_refresh_token=False,
            opts=self._kept,
        )
        keycloak.RealmUserProfile(
            "user-profile", realm_id=realm.id, attributes=[_attribute(field) for field in FIELDS], opts=self._opts
        )
        self._policy(realm.id)
        return realm.id

    def _policy(self, realm: pulumi.Output[str]) -> None:
        profile = keycloak.RealmClientPolicyProfile(
            "client-profile",
            realm_id=realm,
            name=POLICY,
            description=POLICY_WORDS,
            executors=[
                keycloak.RealmClientPolicyProfileExecutorArgs(name=name, configuration={"auto-configure": "true"})
                for name in REJECTED
            ],
            opts=self._opts,
        )
        keycloak.RealmClientPolicyProfilePolicy(
            "client-policy",
            realm_id=realm,
            name=POLICY,
            description=POLICY_WORDS,
            enabled=True,
            profiles=[profile.name],
            conditions=[keycloak.RealmClientPolicyProfilePolicyConditionArgs(name="any-client")],
            opts=self._opts,
        )

    def _existing_realm(self) -> pulumi.Output[str]:
        found = keycloak.get_realm_output(realm=self._agreed.realm, opts=self._asking)
        return found.realm

    @property
    def _asking(self) -> pulumi.InvokeOutputOptions:
        return pulumi.InvokeOutputOptions(parent=self, provider=self._opts.provider)

    def _edge_client(self) -> pulumi.Output[str] | None:
        client = edge_client(self._agreed)
        if client is None:
            return None
        [*_, secret] = generated(EDGE_SECRET, Shape.PASSWORD, self._args.rotations.get(EDGE_SECRET, 0), self.kept)
        realm_client("edge-client", client, secret, self._realm, self._opts)
        return secret

    def _role(self, role: str, client: openid.Client) -> keycloak.Role:
        return keycloak.Role(
            f"role-{role}", realm_id=self._realm, client_id=client.id, name=role, description=MARK, opts=self._opts
        )

    def _group(self, group: str) -> pulumi.Output[str]:
        """In somebody else's realm a group that is not there is an error: its members are none of our business."""
        if not self._agreed.realm_is_ours:
            return keycloak.get_group_output(realm_id=self._realm, name=group, opts=self._asking).id
        return keycloak.Group(f"group-{group}", realm_id=self._realm, name=group, opts=self._kept).id

    def _group_roles(self, group: str, identifier: pulumi.Input[str], roles: list[pulumi.Output[str]]) -> None:
        ours = self._agreed.realm_is_ours
        if roles or ours:
            keycloak.GroupRoles(
                f"group-{group}-roles",
                realm_id=self._realm,
                group_id=identifier,
                role_ids=roles,
                # Somebody else's group may bear roles of theirs.
                exhaustive=ours,
                opts=self._opts,
            )

    def _person(self, person: str, groups: list[pulumi.Output[str]]) -> None:
        made = keycloak.User(
            f"person-{person}",
            realm_id=self._realm,
            username=person,
            initial_password=keycloak.UserInitialPasswordArgs(value=self._args.initial_password or "", temporary=False),
            opts=self._begun(_OF_A_PERSON),
        )
        keycloak.UserGroups(
            f"person-{person}-groups",
            realm_id=self._realm,
            user_id=made.id,
            group_ids=groups,
            exhaustive=False,
            opts=self._begun(["groupIds"]),
        )

    def _begun(self, theirs: list[str]) -> pulumi.ResourceOptions:
        """Made once: from then on it belongs to the person, and to whoever looks after people."""
        return pulumi.ResourceOptions.merge(self._kept, pulumi.ResourceOptions(ignore_changes=theirs))


_OF_A_PERSON = [
    "attributes",
    "email",
    "emailVerified",
    "enabled",
    "firstName",
    "lastName",
    "initialPassword",
    "requiredActions",
]


def _provider(args: RealmArgs, opts: pulumi.ResourceOptions) -> keycloak.Provider:
    administrator = args.administrator
    return keycloak.Provider(
        "keycloak",
        url=administrator.url,
        realm=administrator.realm,
        client_id=administrator.client,
        client_secret=administrator.secret,
        # A preview asks no Keycloak that is yet to be made.
        initial_login=False,
        # Keycloak's first answers take long.
        client_timeout=60,
        tls_insecure_skip_verify=False,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=args.server and [args.server])),
    )


def _defenses() -> keycloak.RealmSecurityDefensesArgs:
    return keycloak.RealmSecurityDefensesArgs(
        brute_force_detection=keycloak.RealmSecurityDefensesBruteForceDetectionArgs(
            permanent_lockout=False,
            max_login_failures=LOGIN_FAILURES,
            wait_increment_seconds=WAIT_SECONDS,
            max_failure_wait_seconds=LONGEST_WAIT_SECONDS,
            failure_reset_time_seconds=FAILURES_FORGOTTEN_SECONDS,
        )
    )


def _attribute(field: Field) -> keycloak.RealmUserProfileAttributeArgs:
    return keycloak.RealmUserProfileAttributeArgs(
        name=field.name,
        display_name=f"${{{field.name}}}",
        validators=[
            keycloak.RealmUserProfileAttributeValidatorArgs(name=rule, config=options)
            for rule, options in field.rules.items()
        ],
        permissions=keycloak.RealmUserProfileAttributePermissionsArgs(
            views=["admin", "user"], edits=["admin", "user"] if field.own else ["admin"]
        ),
    )


def _seconds(count: int) -> str:
    return f"{count}s"
