"""Which definitions the lab knows: of the very version it builds, and no more than stacks use."""

import pytest

from lab import definitions, ingress

STREAM = """# generated
apiVersion: apiextensions.k8s.io/v1
metadata:
  name: first.example.org
---
metadata:
  name: second.example.org
spec:
  names:
    name: first.example.org
---
metadata:
  name: third.example.org
"""


def test_traefik_is_known_by_the_definitions_of_the_version_that_runs() -> None:
    module = definitions.TRAEFIK
    files = {name: (ingress.SOURCE / name).read_text() for name in ("go.mod", "go.sum")}
    assert f"\t{module.path} {module.version} " in files["go.mod"]
    assert f"{module.path} {module.version} {module.checksum}\n" in files["go.sum"]


@pytest.mark.parametrize(
    ("kinds", "numbers"),
    [((), []), (("second.example.org",), [1]), (("third.example.org", "first.example.org"), [0, 2]), (("fourth",), [])],
)
def test_only_the_definitions_asked_for_are_taken(kinds: tuple[str, ...], numbers: list[int]) -> None:
    documents = STREAM.split("---\n")
    assert [text.strip() for text in definitions.chosen(STREAM, kinds)] == [documents[n].strip() for n in numbers]


@pytest.mark.lab
@pytest.mark.parametrize("of", definitions.ALL, ids=lambda of: of.file)
def test_each_file_defines_what_is_taken_from_it(of: definitions.Definitions) -> None:
    text = (of.module.fetch() / of.file).read_text()
    assert len(definitions.chosen(text, of.kinds)) == len(of.kinds)
