"""The user's kubeconfig, asked one thing: whether it has the context that a stack file names. No cluster is spoken to."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import pulumi
import yaml

from settings import Problem, SettingsError
from settings.cluster import Cluster, Context

RECORDED: Final = ("preview", "recorded")
"""The configuration by which the program learns that it is merely listed, and no cluster has to be near."""


def is_recorded() -> bool:
    namespace, key = RECORDED
    return pulumi.Config(namespace).get_bool(key) or False


def require_context(cluster: Cluster, source: str) -> None:
    """The engine would preview a cluster it cannot find as if it were empty, and kubectl would not say what there is."""
    if is_recorded() or not isinstance(cluster, Context):
        return
    where = os.pathsep.join(map(str, files()))
    try:
        there = sorted(set(contexts()))
    except (OSError, yaml.YAMLError, ValueError) as error:
        reason = f"cannot be looked up, your kubeconfig is unreadable: {error}; repair that file"
        raise SettingsError(source, [Problem("cluster.context", reason)]) from None
    if cluster.context not in there:
        reason = (
            f"{cluster.context!r} is not in your kubeconfig ({where}), which has {', '.join(there) or 'no context'}; log in "
            "to that cluster, or name another context"
        )
        raise SettingsError(source, [Problem("cluster.context", reason)])


def files() -> list[Path]:
    """Where kubectl looks: KUBECONFIG may name several files."""
    named = [Path(file) for file in os.environ.get("KUBECONFIG", "").split(os.pathsep) if file]
    return named or [Path.home() / ".kube" / "config"]


def contexts() -> Iterator[str]:
    """As kubectl lists them: a file that is not there is no fault."""
    for file in files():
        content = cast("Any", yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None)
        try:
            yield from [found["name"] for found in content["contexts"] or ()] if content else ()
        except (KeyError, TypeError):
            raise ValueError(f"{file} is no kubeconfig") from None
