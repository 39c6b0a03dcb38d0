"""The objects of one namespace at one moment, by what is asked of them. Pure."""

from collections.abc import Iterable, Iterator

from deploy.kubectl import Manifest


class Observed:
    def __init__(self, objects: Iterable[Manifest]) -> None:
        self._objects = list(objects)

    def of(self, kind: str) -> Iterator[Manifest]:
        return (found for found in self._objects if found["kind"] == kind)

    def named(self, kind: str, name: str) -> Manifest | None:
        return next((found for found in self.of(kind) if found["metadata"]["name"] == name), None)

    def owned_by(self, owner: Manifest, kind: str) -> list[Manifest]:
        uid = owner["metadata"]["uid"]
        return [o for o in self.of(kind) if any(r["uid"] == uid for r in o["metadata"].get("ownerReferences", ()))]

    def newest(self, deployment: Manifest) -> Manifest | None:
        """The replica set of the latest revision."""
        return max(self.owned_by(deployment, "ReplicaSet"), key=_revision, default=None)

    def pods_of(self, owner: Manifest) -> list[Manifest]:
        """The pods a workload wants to have; for a Deployment those of its latest revision."""
        maker = self.newest(owner) if owner["kind"] == "Deployment" else owner
        return self.owned_by(maker, "Pod") if maker else []

    def last_event(self, subject: Manifest, *reasons: str) -> Manifest | None:
        """The latest event of the given reasons about an object."""
        uid = subject["metadata"]["uid"]
        about = (e for e in self.of("Event") if e.get("involvedObject", {}).get("uid") == uid)
        return max((e for e in about if e.get("reason") in reasons), key=_time, default=None)


def condition(found: Manifest | None, kind: str, status: str = "True") -> Manifest | None:
    """The condition of this type, if it has this status."""
    conditions = (found or {}).get("status", {}).get("conditions", ())
    return next((c for c in conditions if c["type"] == kind and c["status"] == status), None)


def _revision(replica_set: Manifest) -> int:
    return int(replica_set["metadata"].get("annotations", {}).get("deployment.kubernetes.io/revision", 0))


def _time(event: Manifest) -> tuple[str, int]:
    """All times are written in the same way, in UTC, so the text sorts as the time does."""
    metadata = event["metadata"]
    time = event.get("lastTimestamp") or event.get("eventTime") or metadata.get("creationTimestamp", "")
    return str(time), int(metadata.get("resourceVersion", 0))
