"""KubeSpawner, held to three promises: no server is called stopped without evidence, no home is guessed, and no live pod
is killed because the hub has forgotten it."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import aiohttp
from kubernetes_asyncio.client.rest import ApiException

from hub import audit
from hub.failures import SERVER_ERROR, SILENCE, Refusal, StartError, why_not_started, why_refused
from hub.homes import Existing, New, Owner, Refused, choose_home
from hub.pods import Answer, Pod, Standing, Stopped, api_token_of, standing, verdict
from hub.profiles import ProfileSpawner
from hub.watch import REFLECTORS, Persistent, describe

UNREACHABLE = (aiohttp.ClientError, OSError)
"""What a call raises when the API server is away; the timeouts are among them."""
OK, NOT_FOUND, CONFLICT = 200, 404, 409
PAUSE = 5.0
"""Seconds between two attempts to reach an API server that is away."""
LOOK_AGAIN = 0.05
"""Seconds between two looks at something that is about to be ready."""
SPARE = 10
"""Seconds of the start timeout kept for saying why a server did not start."""


class PlatformSpawner(ProfileSpawner):
    _lookups = asyncio.Semaphore(10)
    """Shared by all servers: an API server that comes back is not met by a crowd."""
    _asked_for_a_pod = True
    """Whether a start has come so far that there may be a pod."""

    # --- is it running? ---

    async def poll(self) -> int | None:
        """None while the server runs or nothing is known; an exit code only on evidence."""
        if not self._asked_for_a_pod:
            return 1
        await self._start_watching_pods()
        seen = self._remembered_pod()
        found = verdict(seen)
        if found is not None:
            seen = await self._look()
            found = verdict(seen)
        if isinstance(found, Stopped):
            if seen is not Answer.ABSENT:
                await self._delete_ended_pod()
            return found.exit_code
        if not isinstance(seen, Answer):
            await self._follow_address(seen)
        return None

    def _remembered_pod(self) -> Pod | Answer:
        """What the reflector holds, which counts as gone when the view is too old."""
        reflector: Any = self.pod_reflector
        pod: Pod | None = reflector.pods.get(f"{self.namespace}/{self.pod_name}")
        return pod if pod is not None and reflector.fresh else Answer.ABSENT

    async def _look(self) -> Pod | Answer:
        """Ask the API server itself."""
        try:
            async with self._lookups:
                response = await self.api.read_namespaced_pod(
                    self.pod_name,
                    self.namespace,
                    _preload_content=False,
                    _request_timeout=self.k8s_api_request_timeout,
                )
                return _pod_in(response.status, await response.read())
        except ApiException as error:
            return _pod_in(error.status, b"")
        except UNREACHABLE:
            return Answer.SILENT

    async def poll_and_notify(self) -> int | None:
        code = await super().poll_and_notify()
        if code is not None:
            audit.ended(self, self.user.name, self.name, code)
        return code

    async def _follow_address(self, pod: Pod) -> None:
        """A pod that was restarted, or whose start the hub did not see to its end, may have another address."""
        if self._check_pending and not self.is_pod_running(pod):
            # The hub was restarted during this start; asking a server without an address would end it.
            pod = await self._running_pod() or pod
        if not self.server or not self.is_pod_running(pod):
            return
        address, port = pod["status"]["podIP"], self._get_pod_port(pod)
        if (self.server.ip, self.server.port) != (address, port):
            self.log.warning("%s is at %s:%s now", self._log_name, address, port)
            self.server.ip, self.server.port = address, port
            self.db.commit()

    async def _running_pod(self) -> Pod | None:
        deadline = time.monotonic() + self.start_timeout
        while time.monotonic() < deadline:
            pod = self._remembered_pod()
            if not isinstance(pod, Answer) and self.is_pod_running(pod):
                return pod
            await asyncio.sleep(LOOK_AGAIN)
        return None

    async def _delete_ended_pod(self) -> None:
        try:
            await self.api.delete_namespaced_pod(self.pod_name, self.namespace, _preload_content=False)
        except (ApiException, *UNREACHABLE) as error:
            # The next start removes it.
            self.log.warning("The ended pod %s is still there: %s", self.pod_name, describe(error))

    # --- stop ---

    async def stop(self, now: bool = False) -> None:
        """Stopping lasts until the cluster has heard of it: a pod nobody knows of would run on for good."""
        while True:
            try:
                return await super().stop(now)
            except (ApiException, *UNREACHABLE) as error:
                seen = await self._look()
                if seen is Answer.ABSENT:
                    return None
                if _was_heard(error, seen):
                    raise
                self.log.warning("Stopping %s waits for the Kubernetes API: %s", self._log_name, describe(error))
            await asyncio.sleep(PAUSE)

    # --- start ---

    async def _start(self) -> str:
        self._asked_for_a_pod = False
        try:
            return await asyncio.wait_for(self._start_at_home(), max(self.start_timeout - SPARE, SPARE))
        except ApiException as error:
            raise StartError(why_refused(error.status, _message_of(error))) from error
        except TimeoutError as error:
            seen = await self._look()
            if seen is Answer.SILENT:
                raise StartError(SILENCE) from error
            cause = why_not_started(None if isinstance(seen, Answer) else seen, self.events)
            raise StartError(cause or "it was not ready in time") from error
        except UNREACHABLE as error:
            raise StartError(SILENCE) from error

    async def _start_at_home(self) -> str:
        if self.storage_pvc_ensure:
            await self._find_home()
        url = await super()._start()
        await self._until_it_answers(url)
        return url

    async def _until_it_answers(self, url: str) -> None:
        """JupyterHub asks next, less and less often; whoever waits for their server is better served at once."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(1)) as session:
            while True:
                with suppress(*UNREACHABLE):
                    async with session.get(url, allow_redirects=False):
                        return
                await asyncio.sleep(LOOK_AGAIN)

    async def _find_home(self) -> None:
        expected = self._expand_user_properties(self.pvc_name_template)
        legacy = self._expand_user_properties(self.pvc_name_template, slug_scheme="escape")
        claims = await self._claims()
        home = choose_home(self._owner, claims, (expected, legacy), self.pvc_name if self._pvc_exists else None)
        match home:
            case Existing(name):
                self.pvc_name, self._pvc_exists = name, True
            case New(name):
                self.pvc_name, self._pvc_exists = name, False
                self.log.info("%s has no home yet, making %s", self._log_name, name)
            case Refused():
                self.log.error("%s is not started: %s", self._log_name, home.to_admin)
                raise Refusal("home", home.to_user, CONFLICT)

    async def _claims(self) -> list[dict[str, Any]]:
        response = await self.api.list_namespaced_persistent_volume_claim(
            self.namespace, _preload_content=False, _request_timeout=self.k8s_api_request_timeout
        )
        body = await response.read()
        if response.status != OK:
            raise ApiException(status=response.status, reason=body.decode(errors="replace"))
        return json.loads(body)["items"]

    async def _make_create_pod_request(self, pod: object, request_timeout: float) -> bool:
        """True when there is a pod to wait for. One that is there already is used, not killed."""
        self._asked_for_a_pod = True
        try:
            await asyncio.wait_for(self.api.create_namespaced_pod(self.namespace, pod), request_timeout)
        except TimeoutError:
            return False
        except ApiException as error:
            if error.status != CONFLICT:
                raise
        else:
            return await self._is_settled()
        seen = await self._look()
        return not isinstance(seen, Answer) and await self._use(seen) and await self._is_settled()

    async def _is_settled(self) -> bool:
        """KubeSpawner would wait for the pod from here on, looking less and less often."""
        await self._running_pod()
        return True

    async def _use(self, pod: Pod) -> bool:
        match standing(pod, self._owner):
            case Standing.KEEP:
                token = api_token_of(pod)
                if token is None:
                    raise StartError(f"the pod {self.pod_name} is there and cannot be used; tell an administrator")
                if token != self.api_token:
                    self.log.warning("%s runs already, its pod %s is taken over", self._log_name, self.pod_name)
                    self.api_token = token
                return True
            case Standing.REMOVE:
                await self._delete_ended_pod()
            case Standing.FOREIGN:
                # Not ours to stop when this start is cleaned up.
                self._asked_for_a_pod = False
                raise StartError(f"a pod named {self.pod_name} is there and is not yours; tell an administrator")
            case Standing.WAIT:
                pass
        return False

    @property
    def _owner(self) -> Owner:
        return Owner(self.user.name, self.name)

    async def _start_reflector(
        self, kind: str, reflector_class: object, replace: bool = False, **kwargs: object
    ) -> Persistent:
        running: Persistent | None = self.__class__.reflectors.get(self._get_reflector_key(kind))
        if running is not None and running.alive and not replace:
            # Shielded: a start that is given up must not take the first list away from everybody else.
            await asyncio.shield(running.first_load_future)
            return running
        return await super()._start_reflector(kind, REFLECTORS[kind], replace=running is not None, **kwargs)


def _pod_in(status: int, body: bytes) -> Pod | Answer:
    if status == NOT_FOUND:
        return Answer.ABSENT
    return json.loads(body) if status == OK else Answer.SILENT


def _was_heard(error: Exception, seen: Pod | Answer) -> bool:
    """Whether the API server got the order to delete a pod, and this is what became of it."""
    if isinstance(error, ApiException):
        return error.status < SERVER_ERROR
    return isinstance(error, TimeoutError) and not isinstance(seen, Answer) and "deletionTimestamp" in seen["metadata"]


def _message_of(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (KeyError, TypeError, ValueError):
        return str(error.reason)
