"""Building the programs, describing the parts, and the files that they read."""

import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from lab import build, certificates, down, health, images, parts, paths, resolver
from lab.cli import all_parts, parser
from lab.problem import Problem

NODE = Path("/built/node")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26)),
        ("go version go1.24 linux/arm64", (1, 24)),
        ("go version devel go1.27-abcdef linux/amd64", (1, 27)),
        ("gccgo", None),
    ],
)
def test_the_compilers_version(said: str, version: tuple[int, int] | None) -> None:
    assert build.parse_go_version(said) == version


@pytest.mark.parametrize(
    ("script", "reason"),
    [(None, "no `go` on PATH"), ("echo go version go1.19.8 linux/amd64", "1.19.8"), ("echo what", "what")],
)
def test_a_compiler_that_cannot_build_is_refused_first(
    script: str | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if script:
        (tmp_path / "go").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match=reason) as refused:
        build.check_go()
    assert "Install it" in str(refused.value)


def test_the_build_is_named_by_what_it_is_made_of() -> None:
    first = build.digest([("a.go", b"1"), ("b.go", b"2")])
    assert first == build.digest([("a.go", b"1"), ("b.go", b"2")])
    others = [[("a.go", b"1"), ("b.go", b"3")], [("a.go", b"1"), ("c.go", b"2")], [("a.go", b"1b.go"), ("", b"2")]]
    assert first not in {build.digest(other) for other in others}


def test_tests_do_not_cause_a_build() -> None:
    names = {path.name for path in build.sources()}
    assert {"main.go", "go.mod", "go.sum"} <= names
    assert not {name for name in names if name.endswith("_test.go")}


def test_a_failed_build_says_what_the_compiler_said() -> None:
    said = build.follow(
        ["k8s.io/api/core/v1\n", "go: downloading k8s.io/api v0.34.3\n", "# ours\n", "./x.go:1:2: undefined: y\n"]
    )
    assert said == "# ours\n./x.go:1:2: undefined: y\n"


def test_the_compiler_runs_the_version_of_the_module() -> None:
    assert re.fullmatch(r"v1\.\d+\.\d+", build.kubernetes_version())
    assert "-X k8s.io/component-base/version.gitMinor=34" in build.linker_flags("v1.34.3")


def test_every_part_is_stopped_in_a_known_order() -> None:
    assert {part.name for part in all_parts()} == {*down.ORDER, "containerd"}
    order = list(down.ORDER)
    assert order[0] == "kubelet"
    assert order[-2:] == ["kube-apiserver", "etcd"]


def test_a_part_starts_anew_when_what_it_reads_changes(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("a")
    part = parts.Part("p", ("run", "it"), lambda: True, (config,))
    first = part.fingerprint()
    assert parts.Part("p", ("run", "it", "more"), lambda: True, (config,)).fingerprint() != first
    config.write_text("b")
    assert part.fingerprint() != first


def test_configuration_is_complete_and_untouched_when_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "CONFIG", tmp_path)
    monkeypatch.setattr(paths, "CNI_CONFIG", tmp_path / "cni")
    parts.write_config("lab.local/pause:1")
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in written} >= {"containerd.toml", "kubelet.yaml", "hosts.toml", "pod-network.conflist"}
    for path in written:
        assert "$" not in path.read_text()
    network = json.loads((tmp_path / "cni" / "pod-network.conflist").read_text())
    assert network["plugins"][-1]["type"] == "policies-cni"
    assert 'sandbox_image = "lab.local/pause:1"' in (tmp_path / "containerd.toml").read_text()

    parts.write_config("lab.local/pause:1")
    assert written == {path: path.stat().st_mtime_ns for path in written}


def test_only_loopback_and_the_labs_own_network_are_listened_on() -> None:
    for part in parts.node_parts(NODE):
        for word in part.command:
            if "address=" in word or "url=" in word:
                assert re.search(r"=(https?://)?(127\.0\.0\.1|10\.244\.0\.1)(:|$)", word), word


def test_an_image_is_one_file_with_matching_digests(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF")
    images.write_archive(tmp_path / "image.tar", "lab.local/program:1", program)
    with tarfile.open(tmp_path / "image.tar") as archive:
        contents = {member.name: archive.extractfile(member) for member in archive}
        files = {name: file.read() for name, file in contents.items() if file}
    for name, content in files.items():
        if name.startswith("blobs/"):
            assert name == f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"
    index = json.loads(files["index.json"])["manifests"][0]
    assert index["annotations"] == {"io.containerd.image.name": "lab.local/program:1"}
    manifest = json.loads(files["blobs/" + index["digest"].replace(":", "/")])
    layer = files["blobs/" + manifest["layers"][0]["digest"].replace(":", "/")]
    with tarfile.open(fileobj=io.BytesIO(layer)) as content:
        assert [(member.name, member.mode) for member in content] == [("program", 0o755)]


@pytest.mark.parametrize(
    ("packet", "is_answer"),
    [
        ("4a48 8180 0001 0001 0000 0000", True),
        ("4a48 8183 0001 0000 0000 0000", False),
        ("4a48 8180 0001 0000 0000 0000", False),
        ("ffff 8180 0001 0001 0000 0000", False),
        ("4a48", False),
    ],
)
def test_an_answer_of_the_name_server(packet: str, is_answer: bool) -> None:
    assert health.is_dns_answer(bytes.fromhex(packet)) == is_answer


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["search x\nnameserver 10.255.255.53\n"], "forward . 10.255.255.53"),
        (["nameserver 127.0.0.53\n", "nameserver 192.0.2.1\nnameserver 192.0.2.2\n"], "forward . 192.0.2.1 192.0.2.2"),
        (["nameserver ::1\nnameserver fd00::1\nnameserver 192.0.2.1\n"], "forward . 192.0.2.1"),
        (["nameserver\n# nameserver 192.0.2.1\n"], "# this machine names no server to ask"),
        ([], "# this machine names no server to ask"),
    ],
)
def test_the_name_server_asks_only_whom_a_pod_can_reach(texts: list[str], line: str) -> None:
    assert resolver.forward_line(texts) == line


def test_certificates_are_made_once_and_signed_by_the_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    monkeypatch.setattr(paths, "CERTIFICATES", tmp_path / "certificates")
    assert certificates.make_all() == 2 + len(certificates.CLIENTS) + len(certificates.SERVERS)
    assert certificates.make_all() == 0
    (paths.CERTIFICATES / "kubelet.crt").unlink()
    assert certificates.make_all() == 1
    for name in (*certificates.CLIENTS, *certificates.SERVERS):
        verify = ["openssl", "verify", "-CAfile", certificates.certificate("ca"), certificates.certificate(name)]
        assert subprocess.run(verify, check=False, capture_output=True).returncode == 0
    described = ["openssl", "x509", "-in", certificates.certificate("kubelet"), "-noout", "-subject"]
    subject = subprocess.run(described, check=True, capture_output=True, text=True).stdout
    assert "O = system:nodes" in subject
    assert "CN = system:node:jupyterhub-lab" in subject
    assert paths.CERTIFICATES.stat().st_mode & 0o077 == 0
    assert json.loads(certificates.kubeconfig("admin"))["current-context"] == paths.CONTEXT


def test_names_and_addresses_of_a_server() -> None:
    assert certificates.alternative_names(("a.svc", "10.0.0.1")) == "DNS:a.svc,IP:10.0.0.1"


def test_the_help_says_what_stays() -> None:
    said = parser().format_help()
    assert "down --purge" in said
    assert str(paths.STATE) in said
