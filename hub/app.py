"""The hub as it runs here: audited, and without what a rotation has left behind."""

from collections.abc import Collection

from jupyterhub import orm
from sqlalchemy.orm import Session

from hub.audit import AuditedHub


class PlatformHub(AuditedHub):
    """JupyterHub adds the token of a service at its start and never takes an earlier one back."""

    async def init_api_tokens(self) -> None:
        await super().init_api_tokens()
        revoke_all_but(self.db, [service.api_token for service in self._service_map.values() if service.api_token])


def revoke_all_but(db: Session, present: Collection[str]) -> int:
    """Delete what opened the hub for services once; how much that was."""
    stale = [
        token
        for token in db.query(orm.APIToken).filter(orm.APIToken.service_id.isnot(None))
        if not any(token.match(each) for each in present)
    ]
    for token in stale:
        db.delete(token)
    db.commit()
    return len(stale)
