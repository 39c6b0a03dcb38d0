"""An API server that says what a test tells it to, over real HTTP, and that can go away. It answers for the pods as well."""

import asyncio
import json
from typing import Any

from aiohttp import web

Object = dict[str, Any]
RUNNING: Object = {
    "phase": "Running",
    "podIP": "127.0.0.1",
    "containerStatuses": [{"name": "notebook", "ready": True, "state": {"running": {}}}],
}


class Cluster:
    """Pods and claims of one namespace. `silent` stands for a server that answers 500 to everything."""

    def __init__(self) -> None:
        self.pods: dict[str, Object] = {}
        self.persistentvolumeclaims: dict[str, Object] = {}
        self.config_maps: dict[str, list[Object]] = {}
        """By the namespace they are in; others may not be asked."""
        self.new_pods: Object = RUNNING
        """The status a created pod has at once."""
        self.calls: list[str] = []
        self.silent = False
        self.port: int = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Come up, on the same port as before."""
        app = web.Application(middlewares=[self._note])
        app.router.add_get("/api/v1/namespaces/jupyterhub-users/{kind}", self._list)
        app.router.add_get("/api/v1/namespaces/jupyterhub-users/{kind}/{name}", self._read)
        app.router.add_post("/api/v1/namespaces/jupyterhub-users/{kind}", self._create)
        app.router.add_delete("/api/v1/namespaces/jupyterhub-users/{kind}/{name}", self._delete)
        app.router.add_get("/api/v1/namespaces/{namespace}/configmaps", self._list_config_maps)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Go away: connections are refused."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kubeconfig(self) -> str:
        entry = {"name": "c", "cluster": {"server": self.url}}
        context = {"name": "c", "context": {"cluster": "c", "user": "c"}}
        return json.dumps(
            {
                "clusters": [entry],
                "contexts": [context],
                "users": [{"name": "c", "user": {"token": "t"}}],
                "current-context": "c",
            }
        )

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append(f"{request.method} {request.path.rsplit('/jupyterhub-users/', 1)[-1]}")
        if self.silent:
            return _status(500, "etcdserver: request timed out")
        return await handler(request)

    def _kind(self, request: web.Request) -> dict[str, Object]:
        return getattr(self, request.match_info["kind"], {})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch"):
            return await self._watch(request)
        items = list(self._kind(request).values())
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": items})

    async def _list_config_maps(self, request: web.Request) -> web.Response:
        namespace = request.match_info["namespace"]
        if namespace not in self.config_maps:
            return _status(403, f"configmaps is forbidden in the namespace {namespace}")
        wanted = dict(pair.split("=") for pair in request.query["labelSelector"].split(","))
        there = [o for o in self.config_maps[namespace] if wanted.items() <= o["metadata"]["labels"].items()]
        limit = int(request.query["limit"])
        more = {"continue": "later"} if len(there) > limit else {}
        return web.json_response({"metadata": {"resourceVersion": "1", **more}, "items": there[:limit]})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        known = dict(self._kind(request))
        for _ in range(20 * int(request.query["timeoutSeconds"])):
            await asyncio.sleep(0.05)
            now = dict(self._kind(request))
            events = [{"type": "MODIFIED", "object": now[name]} for name in now if now[name] is not known.get(name)]
            events += [{"type": "DELETED", "object": known[name]} for name in known.keys() - now.keys()]
            for event in events:
                await stream.write(json.dumps(event).encode() + b"\n")
            known = now
        return stream

    async def _read(self, request: web.Request) -> web.Response:
        found = self._kind(request).get(request.match_info["name"])
        return _status(404, "not found") if found is None else web.json_response(found)

    async def _create(self, request: web.Request) -> web.Response:
        body: Object = await request.json()
        if body["metadata"]["name"] in self._kind(request):
            return _status(409, "already exists")
        if request.match_info["kind"] == "pods":
            body["metadata"] |= {"namespace": "jupyterhub-users", "uid": "1", "resourceVersion": "2"}
        self._kind(request)[body["metadata"]["name"]] = body | {"status": self.new_pods}
        return web.json_response(body, status=201)

    async def _delete(self, request: web.Request) -> web.Response:
        gone = self._kind(request).pop(request.match_info["name"], None)
        return _status(404, "not found") if gone is None else _status(200, "deleted")


def _status(code: int, message: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "message": message}, status=code)
