"""A page: sections of words, tables and pictures in one HTML file that needs nothing beside it."""

import base64
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from numbers import Integral, Real

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """Rows of texts and numbers under their column names."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """A PNG and what is to be seen on it."""

    png: bytes
    caption: str


@dataclass(frozen=True)
class Section:
    """A heading, and what stands under it: paragraphs, then tables, then pictures."""

    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()


def picture(figure: Figure, caption: str) -> Picture:
    """A figure as a picture for a page; the same figure gives the same bytes."""
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": "hsicli"})
    return Picture(png.getvalue(), caption)


@dataclass(frozen=True)
class Explorer:
    """The part of a page that a script keeps: its data as JSON, and one paragraph on what is to be seen."""

    data: str
    caption: str

    @property
    def script(self) -> str:
        """What draws it."""
        return files("hsicli.figures").joinpath("viewer.js").read_text(encoding="utf-8")


def page(title: str, sections: Iterable[Section], *, lead: str = "", explorer: Explorer | None = None) -> str:
    """A self-contained HTML page: pictures inside, links in tables alone, no script but the explorer's.

    Parameters
    ----------
    title : str
    sections : iterable of Section
    lead : str
        One paragraph under the title.
    explorer : Explorer, optional
        Stands before the sections.

    Returns
    -------
    str
        HTML; all text is escaped.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["cell"] = _cell
    environment.tests["amount"] = lambda value: isinstance(value, Real)
    environment.filters["data_url"] = lambda png: "data:image/png;base64," + base64.b64encode(png).decode()
    template = files("hsicli.figures").joinpath("page.html").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        title=title, lead=lead, sections=list(sections), explorer=explorer
    )


@dataclass(frozen=True)
class Link:
    """A cell of a table that leads to another file."""

    text: str
    href: str

    def __html__(self) -> str:
        from html import escape

        return f'<a href="{escape(self.href)}">{escape(self.text)}</a>'


def _cell(value: object) -> object:
    """A number as one reads it: four digits, thousands apart, a dash for none."""
    if isinstance(value, Link):
        return value
    if value is None or (isinstance(value, Real) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{value:,}"
    if isinstance(value, Real):
        value = float(value)
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return str(value)
