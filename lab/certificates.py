"""The cluster's own certificate authority, one certificate per program and the kubeconfig that uses it."""

import json
import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from lab import paths

DAYS = "3650"
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


@dataclass(frozen=True)
class Identity:
    """Whom a client certificate names. Kubernetes reads the user from CN and the groups from O."""

    user: str
    group: str | None = None

    @property
    def subject(self) -> str:
        return f"/O={self.group}/CN={self.user}" if self.group else f"/CN={self.user}"


CLIENTS = {
    "admin": Identity("lab-admin", "system:masters"),
    "kube-controller-manager": Identity("system:kube-controller-manager"),
    "kube-scheduler": Identity("system:kube-scheduler"),
    "kubelet": Identity(f"system:node:{paths.NODE}", "system:nodes"),
    "kube-proxy": Identity("system:kube-proxy"),
    "policies": Identity("lab:policies"),
    "storage": Identity("lab:storage"),
    "apiserver-to-kubelet": Identity("lab-apiserver", "system:masters"),
    "apiserver-to-etcd": Identity("lab-apiserver"),
}

SERVERS = {
    "kube-apiserver": (
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
        paths.NODE,
        "127.0.0.1",
        paths.NODE_ADDRESS,
        paths.API_SERVICE,
    ),
    "kubelet-server": (paths.NODE, paths.NODE_ADDRESS),
    "etcd": ("localhost", "127.0.0.1"),
}


def alternative_names(names: tuple[str, ...]) -> str:
    """The subjectAltName of a server certificate."""
    return ",".join(f"{'IP' if name.replace('.', '').isdigit() else 'DNS'}:{name}" for name in names)


def certificate(name: str) -> Path:
    return paths.CERTIFICATES / f"{name}.crt"


def key(name: str) -> Path:
    return paths.CERTIFICATES / f"{name}.key"


def openssl(*arguments: str | Path, out: Path) -> None:
    """Run openssl; the result appears whole or not at all, so that an interrupted run is simply run again."""
    unfinished = out.with_suffix(".unfinished")
    subprocess.run(["openssl", *map(str, arguments), "-out", str(unfinished)], check=True, capture_output=True)
    unfinished.replace(out)


def make_authority() -> None:
    openssl(
        *("req", "-x509", *KEY, "-days", DAYS, "-subj", "/CN=jupyterhub-lab"),
        *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,digitalSignature"),
        *("-keyout", key("ca")),
        out=certificate("ca"),
    )


def make_certificate(name: str, subject: str, extensions: tuple[str, ...]) -> None:
    request = paths.CERTIFICATES / f"{name}.csr"
    added = [argument for extension in extensions for argument in ("-addext", extension)]
    openssl("req", "-new", *KEY, "-subj", subject, *added, "-keyout", key(name), out=request)
    openssl(
        *("x509", "-req", "-in", request, "-CA", certificate("ca"), "-CAkey", key("ca"), "-days", DAYS),
        *("-copy_extensions", "copy"),
        out=certificate(name),
    )
    request.unlink()


def make_all() -> int:
    """Make whatever is missing; returns how many certificates were made."""
    paths.CERTIFICATES.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = 0
    if not certificate("ca").exists():
        make_authority()
        made += 1
    for name, identity in CLIENTS.items():
        if not certificate(name).exists():
            make_certificate(name, identity.subject, ("extendedKeyUsage=clientAuth",))
            made += 1
    for name, names in SERVERS.items():
        if not certificate(name).exists():
            extensions = ("extendedKeyUsage=serverAuth", f"subjectAltName={alternative_names(names)}")
            make_certificate(name, f"/CN={names[0]}", extensions)
            made += 1
    if not key("service-accounts").exists():
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", out=key("service-accounts"))
        made += 1
    return made


def kubeconfig(name: str) -> str:
    """A self-contained kubeconfig (JSON, which every reader of YAML takes) for one of CLIENTS."""

    def data(path: Path) -> str:
        return b64encode(path.read_bytes()).decode()

    cluster = {"server": paths.API_URL, "certificate-authority-data": data(certificate("ca"))}
    user = {"client-certificate-data": data(certificate(name)), "client-key-data": data(key(name))}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": paths.CONTEXT, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": paths.CONTEXT, "context": {"cluster": paths.CONTEXT, "user": name}}],
        "current-context": paths.CONTEXT,
    }
    return json.dumps(content, indent=2)


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner may read, if its content changes."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    temporary.replace(path)


def write_kubeconfigs() -> None:
    for name in CLIENTS:
        if name != "admin" and not name.startswith("apiserver-to-"):
            write_private(paths.CONFIG / f"{name}.kubeconfig", kubeconfig(name))
    write_private(paths.KUBECONFIG, kubeconfig("admin"))
