"""One stack file, whole."""

from settings.cluster import Cluster
from settings.domain import DeclaredSecret, Section
from settings.exposure import Exposure
from settings.hub import HubSection, ProxySection
from settings.identity import Identity
from settings.namespace import NamespaceSection
from settings.storage import Postgres, PostgresExternal, StorageSection
from settings.users import CullerSection, UsersSection


class Settings(Section):
    cluster: Cluster
    namespace: NamespaceSection
    identity: Identity
    exposure: Exposure
    hub: HubSection
    proxy: ProxySection
    users: UsersSection
    culler: CullerSection | None = None
    """Servers run until their user stops them when absent."""
    storage: StorageSection

    @property
    def declared_secrets(self) -> dict[str, str]:
        """The secrets somebody must give by hand: their names, and the key that asks for each."""
        sources = {"identity.password": self.identity.password}
        database = self.storage.database
        if isinstance(database, Postgres) and isinstance(database.server, PostgresExternal):
            sources["storage.database.server.password"] = database.server.password
        return {source.name: key for key, source in sources.items() if isinstance(source, DeclaredSecret)}
