"""Which changed fields a provider can only bring about by deleting the object and making another. Pure."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from preview.fields import FieldChange
from preview.inventory import Declared

_NAMES: Final = ("metadata.name", "metadata.namespace")
_SELECTOR: Final = ("spec.selector",)
_PASSWORD: Final = ("special", "overrideSpecial", "lower", "upper", "numeric", "number")
_MINIMA: Final = ("minLower", "minNumeric", "minSpecial", "minUpper")

_OF_A_CLIENT: Final = ("clientId", "realmId")
_CLAIM: Final = "kubernetes:core/v1:PersistentVolumeClaim"

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "keycloak:index/genericProtocolMapper:GenericProtocolMapper": (*_OF_A_CLIENT, "name", "protocol", "protocolMapper"),
    "keycloak:index/group:Group": ("parentId", "realmId"),
    "keycloak:index/groupRoles:GroupRoles": ("groupId", "realmId"),
    "keycloak:index/realm:Realm": ("internalId", "realm"),
    "keycloak:index/realmClientPolicyProfile:RealmClientPolicyProfile": ("name",),
    "keycloak:index/realmClientPolicyProfilePolicy:RealmClientPolicyProfilePolicy": ("name", "profiles"),
    "keycloak:index/realmUserProfile:RealmUserProfile": ("realmId",),
    "keycloak:index/role:Role": _OF_A_CLIENT,
    "keycloak:index/user:User": ("import", "realmId", "username"),
    "keycloak:index/userGroups:UserGroups": ("realmId", "userId"),
    "keycloak:openid/client:Client": ("import", "realmId"),
    "keycloak:openid/clientDefaultScopes:ClientDefaultScopes": _OF_A_CLIENT,
    "keycloak:openid/clientOptionalScopes:ClientOptionalScopes": _OF_A_CLIENT,
    "kubernetes:apps/v1:DaemonSet": _SELECTOR,
    "kubernetes:apps/v1:Deployment": _SELECTOR,
    "kubernetes:apps/v1:StatefulSet": (
        *_SELECTOR,
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    "kubernetes:batch/v1:Job": (*_SELECTOR, "spec.completions", "spec.parallelism", "spec.template"),
    _CLAIM: (
        *_SELECTOR,
        "spec.accessModes",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    "kubernetes:core/v1:ResourceQuota": ("spec.scopes",),
    "kubernetes:core/v1:Secret": ("type",),
    "kubernetes:core/v1:Service": ("spec.clusterIP",),
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": ("roleRef",),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": ("roleRef",),
    "kubernetes:storage.k8s.io/v1:StorageClass": ("parameters", "provisioner"),
    "pulumi:providers:kubernetes": ("cluster", "clusterIdentifier", "context", "kubeconfig"),
    "random:index/randomPassword:RandomPassword": ("keepers", "length", *_PASSWORD, *_MINIMA),
}
"""As the pinned versions of the providers have it."""

_CONTENT: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "kubernetes:core/v1:ConfigMap": ("enableConfigMapMutable", ("data", "binaryData")),
    "kubernetes:core/v1:Secret": ("enableSecretMutable", ("data", "stringData")),
}
"""Content that the Kubernetes provider edits in place only where its own setting of this name allows it."""

_CLAIM_SIZE: Final = "spec.resources.requests.storage"


def forces_replacement(path: str, old: Declared, new: Declared, provider: Mapping[str, Any]) -> bool:
    """Whether the change of one field replaces the resource, given the inputs of its provider."""
    fields = FIELDS.get(new.type, ()) + (_NAMES if new.is_kubernetes else ())
    if new.type in _CONTENT:
        setting, content = _CONTENT[new.type]
        allowed = provider.get(setting) == "true"  # a provider's own settings travel as JSON text
        if not allowed or old.inputs.get("immutable") is True:
            fields += content
    return _below(path, fields)


def _below(path: str, fields: tuple[str, ...]) -> bool:
    return any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in fields)


def shrinks_claim(change: FieldChange, resource: Declared) -> bool:
    """A provider tries that as an update, and the cluster refuses it."""
    if resource.type != _CLAIM:
        return False
    if change.path != _CLAIM_SIZE or not isinstance(change.old, str) or not isinstance(change.new, str):
        return False
    return bytes_of(change.new) < bytes_of(change.old)


def bytes_of(quantity: str) -> Decimal:
    """Of any quantity that Kubernetes takes for a size."""
    match = re.fullmatch(r"([0-9.]+)(?:[eE]([+-]?[0-9]+)|([kKMGTPE]?)(i?))", quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is not a size")
    number, exponent, unit, binary = match.groups()
    if exponent:
        return Decimal(number) * Decimal(10) ** int(exponent)
    return Decimal(number) * (1024 if binary else 1000) ** " KMGTPE".index(unit.upper() or " ")
