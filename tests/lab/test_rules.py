"""The alert rules as Prometheus itself reads them: promtool runs their cases, and checks what a stack is given."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from components.monitoring.alerts import alert_groups
from lab import build, paths, prometheus
from settings.load import ROOT

pytestmark = pytest.mark.lab

RULES = ROOT / "rules"


@pytest.fixture(scope="module")
def promtool() -> Path:
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    return prometheus.programs() / "promtool"


def said(promtool: Path, *arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run([promtool, *arguments], check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("cases", sorted((RULES / "tests").glob("*.yaml")), ids=lambda path: path.stem)
def test_alerts_fire_and_stay_quiet_when_they_should(promtool: Path, cases: Path) -> None:
    code, words = said(promtool, "test", "rules", cases)
    assert code == 0, words


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("spawns.yaml", 'status="error"', 'status="failure"'),
        ("room.yaml", "> 0.9", "> 0.99"),
        ("serving.yaml", "for: 3m", "for: 30m"),
    ],
)
def test_a_slip_in_a_rule_is_noticed(promtool: Path, tmp_path: Path, file: str, right: str, wrong: str) -> None:
    shutil.copytree(RULES, tmp_path / "rules")
    changed = tmp_path / "rules" / file
    changed.write_text(changed.read_text().replace(right, wrong))
    code, words = said(promtool, "test", "rules", tmp_path / "rules" / "tests" / file)
    assert code == 1, words


def test_prometheus_accepts_the_rules_of_a_stack(promtool: Path, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": alert_groups("jupyter", "jupyter-users", 100, tunnel=True)}))
    code, words = said(promtool, "check", "rules", "--lint=all", "--lint-fatal", file)
    assert code == 0, words


def test_the_kubelet_knows_the_volumes_by_these_names() -> None:
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    command = ("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes")
    where = subprocess.run(
        command, cwd=paths.SOURCE, env=build.environment(), check=True, capture_output=True, text=True
    )
    kubelet = Path(where.stdout.strip(), "pkg", "kubelet", "metrics")
    names = set(re.findall(r'= "(volume_stats_\w+)"', (kubelet / "metrics.go").read_text()))
    written = [*RULES.glob("*.yaml"), *(ROOT / "dashboards").glob("*.json")]
    used = {name for path in written for name in re.findall(r"kubelet_(volume_stats_\w+)", path.read_text())}
    assert len(used) >= 4
    assert used <= names
    labels = (kubelet / "collectors" / "volume_stats.go").read_text()
    assert '[]string{"namespace", "persistentvolumeclaim"}' in labels
