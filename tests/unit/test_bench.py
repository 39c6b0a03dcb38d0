"""What the benchmarks say about their measurements; the measuring itself is tried by `make bench`."""

from pathlib import Path

import pytest

from bench.document import PAGE, replaced, write
from bench.figures import Series, Table, extent, mebibytes, ratio, seconds
from bench.hubs import RunningHub, side_by_side

TWENTY = Series(tuple(float(value) for value in range(20, 0, -1)))
PAGE_OF_TWO = """# Figures

<!-- measured: up -->
old
<!-- end of up -->
by hand
<!-- measured: hub -->
kept
<!-- end of hub -->
"""


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        (TWENTY.values, 50, 10.0),
        (TWENTY.values, 95, 19.0),
        (TWENTY.values, 96, 20.0),
        (TWENTY.values, 100, 20.0),
        (TWENTY.values, 1, 1.0),
        ((3.0, 1.0, 2.0), 50, 2.0),
        ((3.0, 1.0, 2.0), 95, 3.0),
        ((7.0,), 95, 7.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: tuple[float, ...], percent: int, expected: float) -> None:
    assert Series(values).percentile(percent) == expected


@pytest.mark.parametrize("percent", [0, -1, 101])
def test_what_is_no_percentile_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="no percentile"):
        TWENTY.percentile(percent)


def test_nothing_measured_has_no_median() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Series(())


@pytest.mark.parametrize(("values", "expected"), [((9.0, 1.0, 2.0), 2.0), ((1.0, 2.0, 4.0, 90.0), 3.0)])
def test_the_median_does_not_care_for_one_run_that_went_wrong(values: tuple[float, ...], expected: float) -> None:
    assert Series(values).median == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (ratio(1.0, 2.0), "0.50"),
        (ratio(3.0, 2.0), "1.50"),
        (seconds(1.005), "1.00 s"),
        (mebibytes(120.6), "121 MiB"),
        (extent(Series((2.0, 1.25, 3.5))), "1.25 to 3.50"),
    ],
)
def test_figures_in_words(said: str, expected: str) -> None:
    assert said == expected


def test_a_table_is_aligned() -> None:
    table = Table(("what", "median"), [("a long name", "1 s"), ("b", "20 s")])
    assert table.markdown() == (
        "| what        | median |\n| ----------- | ------ |\n| a long name | 1 s    |\n| b           | 20 s   |"
    )


def test_a_hub_stands_beside_its_peer_with_the_ratio_of_ours_to_it() -> None:
    ours, peer = RunningHub("ours", "a", (), {}), RunningHub("peer", "b", (), {})
    lines = side_by_side("spawns", [ours, peer], [Series((1.0, 3.0)), Series((4.0, 4.0))]).splitlines()
    assert _cells(lines[2]) == ["ours", "2", "2.00 s", "too few runs", "1.00 to 3.00", ""]
    assert _cells(lines[3]) == ["peer", "2", "4.00 s", "too few runs", "4.00 to 4.00", "0.50"]


def test_a_hub_alone_has_no_ratio() -> None:
    lines = side_by_side("spawns", [RunningHub("ours", "a", (), {})], [TWENTY]).splitlines()
    assert _cells(lines[0]) == ["spawns", "runs", "p50", "p95", "lowest to highest"]
    assert _cells(lines[2]) == ["ours", "20", "10.50 s", "19.00 s", "1.00 to 20.00"]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_that_does_not_fit_its_heads_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells below 2 heads"):
        Table(("what", "median"), [("alone",)])


def test_one_section_is_written_whole_and_the_rest_stays(tmp_path: Path) -> None:
    page = tmp_path / "figures.md"
    page.write_text(PAGE_OF_TWO)
    write("up", "new \\1 figures\n", page)
    assert page.read_text() == PAGE_OF_TWO.replace("old", "new \\1 figures")


@pytest.mark.parametrize("page", ["", PAGE_OF_TWO + PAGE_OF_TWO, PAGE_OF_TWO.replace("<!-- end of up -->", "")])
def test_a_page_without_the_place_for_a_section_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="exactly one section"):
        replaced(page, "up", "new")


def test_the_page_has_a_place_for_every_section() -> None:
    for section in ("evaluation", "up", "hub", "peer"):
        replaced(PAGE.read_text(), section, "new")
