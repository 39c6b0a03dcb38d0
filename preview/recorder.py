"""Runs the program for one stack inside this process, against an engine that only takes notes.

It answers what a resource echoes and what `answers` knows; whatever only a real engine could answer is refused.
Everything that touches the SDK's internals is in this file, which is why its version is pinned.
"""

import asyncio
import contextvars
import os
import runpy
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import set_all_config
from pulumi.runtime.proto import engine_pb2, resource_pb2
from pulumi.runtime.settings import Settings as Runtime
from pulumi.runtime.settings import configure
from pulumi.runtime.stack import run_in_stack

from components.kubeconfig import RECORDED
from preview.answers import ASKED, COMPUTED, identity
from preview.inventory import Declared, Inventory, Log, Secret, Value, from_wire, to_wire
from preview.program import ROOT, modules_of, project_of, stack_config

_STACK: Final = "pulumi:pulumi:Stack"
_STRICT: Final = "PULUMI_ERROR_OUTPUT_STRING"
_FEATURES: Final = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
)


def inventory(
    stack: str,
    *,
    root: Path = ROOT,
    preview: bool = False,
    known: bool | None = None,
    stack_file: Path | None = None,
) -> Inventory:
    """List what the program in `root` declares for a stack.

    With `preview` the program is told that nothing is going to be changed. Values only a provider computes are then
    unknown, as before a first update, unless they are said to be `known`; otherwise references stand for them.
    """
    root = root.resolve()
    stack_file = stack_file and stack_file.resolve()
    with chdir(root), modules_of(root), _no_text_of_outputs():
        config, secrets = stack_config(stack, root, stack_file)
        engine = _Engine(project_of(root), stack, preview=preview, known=not preview if known is None else known)
        # One thread, so that registrations come one after the other.
        with asyncio.Runner() as runner, ThreadPoolExecutor(max_workers=1) as executor:
            runner.get_loop().set_default_executor(executor)
            # One failure breaks every value behind it; the first one is raised, the rest is noise.
            runner.get_loop().set_exception_handler(lambda _loop, _context: None)
            started = time.perf_counter()
            # The SDK keeps the stack, its settings and its root resource in context variables: an empty context per run.
            runner.run(_evaluate(engine, root, config, secrets), context=contextvars.Context())
            return engine.inventory(time.perf_counter() - started)


@contextmanager
def _no_text_of_outputs() -> Generator[None]:
    """Let the SDK raise where a program formats an output, instead of writing a sentence into the resource."""
    before = os.environ.get(_STRICT)
    os.environ[_STRICT] = "true"
    try:
        yield
    finally:
        del os.environ[_STRICT]
        if before is not None:
            os.environ[_STRICT] = before


async def _evaluate(engine: "_Engine", root: Path, config: dict[str, str], secrets: list[str]) -> None:
    set_all_config({**config, ":".join(RECORDED): "true"}, secrets)
    configure(Runtime(engine.project, engine.stack, monitor=engine, engine=engine, dry_run=engine.preview))

    def program() -> None:
        runpy.run_path(str(root), run_name="__main__")

    await run_in_stack(program)


class _Engine:
    """Both services the SDK talks to, the resource monitor and the log, under the names of their protocol."""

    def __init__(self, project: str, stack: str, *, preview: bool, known: bool) -> None:
        self.project = project
        self.stack = stack
        self.preview = preview
        self._known = known
        self._stack_urn = f"urn:pulumi:{stack}::{project}::{_STACK}::{project}-{stack}"
        self._declared: dict[str, Declared] = {}
        self._outputs: dict[str, dict[str, Any]] = {}
        self._logs: list[Log] = []

    def inventory(self, seconds: float) -> Inventory:
        return Inventory(
            stack=self.stack,
            resources=tuple(self._declared[urn] for urn in sorted(self._declared)),
            outputs=self._outputs.get(self._stack_urn, {}),
            component_outputs={urn: self._outputs[urn] for urn in sorted(self._outputs) if urn != self._stack_urn},
            logs=tuple(self._logs),
            seconds=seconds,
        )

    def RegisterResource(  # noqa: N802 - the protocol's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=self._stack_urn)
        if request.remote:
            _refuse(f"the component {request.name!r} of type {request.type}, which a plugin would make")
        resource = self._note(request)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=resource.urn, object=request.object)
        if not self._known:
            return resource_pb2.RegisterResourceResponse(urn=resource.urn, id="", object=request.object)
        inputs = _bare(dict(resource.inputs))
        answer = COMPUTED.get(resource.type, lambda _name, _inputs: {})(resource.name, inputs)
        state = Struct()
        state.CopyFrom(request.object)
        for key, value in answer.items():
            state[key] = to_wire(Secret(value)) if key in request.additionalSecretOutputs else value
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn, id=identity(resource.type, resource.name, inputs), object=state
        )

    def _note(self, request: resource_pb2.RegisterResourceRequest) -> Declared:
        urn = self._urn(request.type, request.name, request.parent)
        if urn in self._declared:
            raise ValueError(f"two resources are declared as {urn}; give one of them another name")
        resource = Declared(
            type=request.type,
            name=request.name,
            urn=urn,
            parent=request.parent,
            provider=request.provider.rpartition("::")[0],
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            depends_on=tuple(sorted(request.dependencies)),
            inputs=_plain(request.object),
        )
        self._declared[urn] = resource
        return resource

    def _urn(self, type_: str, name: str, parent: str) -> str:
        above = parent.split("::")[2] if parent and parent != self._stack_urn else ""
        return f"urn:pulumi:{self.stack}::{self.project}::{above + '$' if above else ''}{type_}::{name}"

    def RegisterResourceOutputs(  # noqa: N802 - the protocol's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        self._outputs[request.urn] = _plain(request.outputs)
        return empty_pb2.Empty()

    def GetDeploymentInfo(self, _request: object) -> resource_pb2.DeploymentInfo:  # noqa: N802 - the protocol's name
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def SignalAndWaitForShutdown(self, _request: object) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
        return empty_pb2.Empty()

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802 - the protocol's name
        if request.tok not in ASKED:
            _refuse(f"the function {request.tok}")
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").update(ASKED[request.tok](_bare(_plain(request.args))))
        return response

    def Call(self, request: resource_pb2.ResourceCallRequest) -> NoReturn:  # noqa: N802 - the protocol's name
        _refuse(f"the method {request.tok}")

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> NoReturn:  # noqa: N802 - the protocol's name
        _refuse(f"the state of the existing {request.type} {request.name!r}")

    def Log(self, request: engine_pb2.LogRequest) -> None:  # noqa: N802 - the protocol's name
        if request.severity != engine_pb2.DEBUG:
            self._logs.append(Log(engine_pb2.LogSeverity.Name(request.severity).lower(), request.message))


def _refuse(what: str) -> NoReturn:
    raise NotImplementedError(f"the program asks for {what}; without an engine there is no answer")


def _plain(struct: Struct) -> dict[str, Any]:
    plain = MessageToDict(struct)
    return {key: from_wire(plain[key]) for key in sorted(plain)}


def _bare(node: Value) -> Any:  # noqa: ANN401 - as loose as what a provider is handed
    """Values as a provider sees them: what is secret to the engine is plain to it."""
    if isinstance(node, list):
        return [_bare(item) for item in node]
    if isinstance(node, dict):
        return {key: _bare(value) for key, value in node.items()}
    return node.value if isinstance(node, Secret) else node
