"""What the platform learns from its surroundings, and what it tells them about itself."""

from typing import Annotated, Literal

from pydantic import Field

from settings.domain import GitRepository, KubernetesName, Line, ObjectName, Section
from settings.form import Form, ToldApart
from settings.nodes import LabelKey, LabelValue

_PART = r"(?!\.{1,2}(/|$))[A-Za-z0-9._-]{1,100}"
FilePath = Annotated[
    str,
    Form(
        "a file in a server",
        rf"(/{_PART}){{2,20}}",
        "begin with '/', name a directory and a file in it, and use letters, digits, '.', '_' and '-', such as "
        "/home/jovyan/.config/site/service-env.sh",
        "/home/jovyan/.config/site/service-env.sh",
    ),
]
RepositoryPath = Annotated[
    str,
    Form(
        "a path in a repository",
        rf"{_PART}(/{_PART}){{0,20}}",
        "write it without '/' at either end, and use letters, digits, '.', '_' and '-', such as clusters/prod",
        "clusters/prod",
    ),
]
Revision = Annotated[
    str,
    Form(
        "a revision",
        r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}",
        "write a branch, a tag or a commit, such as main",
        "main",
    ),
]
Icon = Annotated[
    str,
    Form(
        "the address of an icon",
        r"(https?://[A-Za-z0-9.-]+(:[0-9]+)?)?(/[A-Za-z0-9._~-]+)+",
        "write a path or an address with letters, digits, '.', '_', '~' and '-', such as /icons/notebook.svg",
        "/icons/notebook.svg",
    ),
]


class ServiceDiscovery(Section):
    """ConfigMaps in which services say how they are reached. The hub reads them when a server starts; servers cannot."""

    labels: Annotated[dict[LabelKey, LabelValue], Field(min_length=1, examples=[{"example.org/managed": "true"}])]
    """The labels of such a ConfigMap. What it holds is in docs/services.md."""
    namespaces: Annotated[
        frozenset[KubernetesName],
        Field(min_length=1, examples=[["ml-platform"]]),
        ToldApart(),
    ]
    """Where the hub looks for them: it may read the ConfigMaps of these namespaces, and they have to exist."""
    file: FilePath
    """Where servers find all of it once more, for shells to source. Its directory holds nothing else."""


class Catalogue(Section):
    """The platform's entry in a portal: a ConfigMap in its namespace, and the stack's output `catalogue`."""

    name: Annotated[KubernetesName, Field(examples=["jupyterhub"])]
    """What the portal calls it in addresses."""
    title: Annotated[Line, Field(examples=["Notebooks"])]
    """What people read."""
    description: Annotated[Line, Field(examples=["Notebooks beside the data"])]
    """In one line."""
    category: Annotated[KubernetesName, Field(examples=["ai"])]
    """The portal's section for it."""
    icon: Icon
    """As the portal finds it."""
    config_map: Annotated[ObjectName, Field(examples=["catalogue-entry"])]
    """The name of the ConfigMap."""
    labels: Annotated[dict[LabelKey, LabelValue], Field(min_length=1, examples=[{"example.org/managed": "true"}])]
    """The labels by which the portal finds it."""


class ArgoCd(Section):
    """`make render` writes an Application beside the manifests: Argo CD applies what is committed to the repository."""

    kind: Literal["argocd"]
    repository: GitRepository
    """Where the rendered manifests are committed. How to log in there is Argo CD's to know."""
    path: RepositoryPath
    """The directory they are in."""
    revision: Revision
    """What Argo CD follows."""


Delivery = ArgoCd
