import re

import pytest
from matplotlib.figure import Figure

from hsicli.figures.page import Section, Table, page, picture


@pytest.fixture
def html():
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([0, 1])
    table = Table(
        ("score", "found", "expected"), (("ARI", 0.91234, 0.9), ("pixels", 12345, None)), "Agreement"
    )
    section = Section("How well <it> did", ("Two & more.",), (table,), (picture(figure, "The map"),))
    return page("A report", [section], lead="Made from a scene.")


def test_a_page_needs_nothing_beside_it(html):
    assert not re.search(r"(?:src|href)=\"(?!data:)", html)
    assert "<script" not in html
    assert "@import" not in html
    assert 'src="data:image/png;base64,iVBOR' in html


def test_words_are_escaped(html):
    assert "How well &lt;it&gt; did" in html
    assert "Two &amp; more." in html


def test_numbers_are_written_to_be_read_and_stand_right(html):
    assert '<td class="number">0.9123</td>' in html
    assert '<td class="number">12,345</td>' in html
    assert "<td>–</td>" in html
    assert '<th class="number">found</th>' in html


def test_the_same_figure_gives_the_same_bytes():
    pictures = []
    for _ in range(2):
        figure = Figure(figsize=(2, 1))
        figure.add_subplot().plot([0, 1])
        pictures.append(picture(figure, "").png)
    assert pictures[0] == pictures[1]
    assert b"Date" not in pictures[0]
    assert b"Matplotlib" not in pictures[0]


def test_a_page_without_sections_is_a_page():
    assert "<h1>Empty</h1>" in page("Empty", [])
