"""hsicli report: one page of some products, that a browser shows as it should."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from hsicli.algorithms.colours import distinct_colours
from hsicli.cli.app import app
from hsicli.cube import Cube, Grid
from hsicli.io.hdf5 import write_product
from hsicli.products.labels import Labels
from hsicli.provenance import Provenance

ROWS, COLS, BANDS = 24, 30, 25
AXIS = np.linspace(1050.0, 2550.0, BANDS)
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A cube and a map of it in three classes, and their page."""
    where = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), ROWS * COLS // 3).reshape(ROWS, COLS).astype(np.int32)
    shapes = 0.3 + 0.2 * rng.random((3, BANDS))
    data = (shapes[labels] + rng.normal(0, 0.01, (ROWS, COLS, BANDS))).astype(np.float32)
    grid = Grid((20.0, 0, 500000, 0, -20.0, 4000000), authority="EPSG:32611")
    made = Provenance("preprocess", "1.1", {"normalize": "l2"}, inputs={"cube": "0" * 64})
    write_product(where / "cube.h5", Cube(data, wavelengths=AXIS, grid=grid), made)
    found = Labels(
        labels, ("one", "two"), distinct_colours(2), np.bincount(labels.ravel())[1:],
        shapes[1:], 0.01 + 0 * shapes[1:], AXIS, grid=grid,
    )  # fmt: skip
    config = {"method": "pca-kmeans"}
    write_product(where / "classes.h5", found, Provenance("cluster", "1.1", config, seed=0))
    np.savetxt(
        where / "library.csv", np.column_stack([AXIS, shapes[1], shapes[2]]), delimiter=",",
        header="wavelength_nm,clay,lava", comments="",
    )  # fmt: skip
    result = run(where, "cube.h5", "classes.h5", "page.html", "--library", "library.csv")
    assert result.exit_code == 0, result.output
    return where


def run(folder: Path, *words: str):
    paths = [str(folder / word) if re.search(r"\.\w+$", word) else word for word in words]
    return CliRunner().invoke(app, ["report", *paths])


def test_a_page_needs_nothing_beside_it_and_asking_again_does_nothing(folder):
    text = (folder / "page.html").read_text()
    assert not re.search(r"(?:src|href)=\"(?!data:)", text)
    assert "http" not in text.replace("http://www.w3.org", "")
    again = run(folder, "cube.h5", "classes.h5", "page.html", "--library", "library.csv")
    assert "up to date" in again.stderr


def test_the_page_has_the_classes_with_what_they_resemble_and_how_they_were_made(folder):
    text = (folder / "page.html").read_text()
    assert "clay (0.0°)" in text
    assert "lava (0.0°)" in text
    assert "principal components, grouped by k-means" in text
    assert "IAU" not in text
    assert "UTM zone 11" in text


def test_without_a_cube_the_page_shows_the_map_as_a_picture(folder):
    result = run(folder, "classes.h5", "still.html")
    assert result.exit_code == 0, result.output
    assert "no cube is given" in result.stderr
    assert "<script" not in (folder / "still.html").read_text()


def test_a_matlab_file_is_a_cube_though_it_is_hdf5_too(folder):
    with h5py.File(folder / "scene.mat", "w", userblock_size=512) as file:
        data = np.random.default_rng(0).random((BANDS, COLS, ROWS))
        file.create_dataset("scene", data=data).attrs["MATLAB_class"] = np.bytes_("double")
    result = run(folder, "scene.mat", "classes.h5", "matlab.html")
    assert result.exit_code == 0, result.output
    assert "red, green, blue: bands" in (folder / "matlab.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("classes.h5", "cube.h5"), 2, "the output is a page"),
        (("cube.h5", "other.h5", "x.html"), 3, "give products of one scene"),
        (("cube.h5", "cube.h5", "x.html"), 2, "are both cubes"),
        (("cube.h5", "nothing.h5", "x.html"), 3, "nothing.h5"),
        (("cube.h5", "x.html", "--rgb", "1,2"), 2, "expected three wavelengths"),
    ],
)
def test_wrong_calls_are_answered_in_a_line_and_write_nothing(folder, words, code, said):
    labels = np.ones((3, 4), dtype=np.int32)
    small = Labels(labels, ("a",), distinct_colours(1), np.array([12]), np.ones((1, 2)), np.ones((1, 2)))
    write_product(folder / "other.h5", small, Provenance("cluster", "1.1", {"method": "pca-kmeans"}))
    result = run(folder, *words)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert not (folder / "x.html").exists()


# In a browser: the page is copied with a script of the test's at its end, which does what a reader does.


def browsed(folder: Path, *, address: str = "", act: str = "", flags: tuple[str, ...] = ()) -> str:
    """The page as it stands after `act`; it fails on any complaint on the console."""
    text = (folder / "page.html").read_text()
    wait = "const ready = () => document.documentElement.dataset.ready === 'yes';"
    late = f"<script>{wait} const go = () => {{ if (!ready()) return setTimeout(go, 20); {act} }}; go();"
    page = folder / "acted.html"
    page.write_text(text.replace("</body>", f"{late}</script></body>"))
    done = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=6000", *flags, "--dump-dom",
            f"file://{page}{address}",
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert not re.search(r"(ERROR|WARNING):CONSOLE", done.stderr), done.stderr
    assert 'data-ready="yes"' in done.stdout
    return done.stdout


def spectrum_of(page: str) -> np.ndarray:
    return np.array(json.loads(re.search(r'data-spectrum="([^"]*)"', page)[1]))


needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is here")


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize(
    "flags", [("--window-size=400,900",), ("--window-size=1600,900", "--force-dark-mode")]
)
def test_a_click_shows_the_spectrum_of_the_cube(folder, flags):
    click = f"""
        const box = document.getElementById('stage').getBoundingClientRect();
        const [row, col] = [17, 4];
        const at = {{clientX: box.left + box.width * (col + .5) / {COLS},
                    clientY: box.top + box.height * (row + .5) / {ROWS}}};
        document.getElementById('stage').dispatchEvent(new MouseEvent('click', at));
    """
    page = browsed(folder, act=click, flags=flags)
    from hsicli.io.hdf5 import read_product

    cube = read_product(folder / "cube.h5", Cube)
    spread = np.ptp(cube.data, axis=(0, 1)).max()
    np.testing.assert_allclose(spectrum_of(page), cube.data[17, 4], atol=spread / 100_000)
    assert "row 17, column 4; 500090, 3999650 m;" in page
    assert "two" in re.search(r'id="said"[^>]*>([^<]*)', page)[1]
    assert 'class="own"' in page


@pytest.mark.browser
@needs_browser
def test_an_address_brings_a_view_back_and_arrow_keys_walk(folder):
    press = """
        const key = new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true});
        document.getElementById('stage').dispatchEvent(key);
        document.body.dataset.hash = location.hash;
    """
    page = browsed(folder, address="#pixel=3,5&opacity=0.25&off=2", act=press)
    assert "row 4, column 5" in page
    assert 'data-hash="#pixel=4,5&amp;off=2&amp;opacity=0.25"' in page


@pytest.mark.browser
@needs_browser
def test_classes_switch_off_and_on_and_the_slider_moves(folder):
    act = """
        const alpha = () => {
          const canvas = document.getElementById('classes');
          const shown = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          return shown.filter((value, k) => k % 4 === 3 && value > 0).length;
        };
        const said = [alpha()];
        document.querySelectorAll('#legend input')[0].click();
        said.push(alpha());
        document.getElementById('all').click();
        said.push(alpha());
        document.getElementById('none').click();
        said.push(alpha());
        const slider = document.getElementById('opacity');
        slider.value = 0.35;
        slider.dispatchEvent(new Event('input'));
        said.push(document.getElementById('classes').style.opacity);
        document.body.dataset.seen = said.join(' ');
    """
    page = browsed(folder, act=act)
    third = ROWS * COLS // 3
    assert f'data-seen="{2 * third} {third} {2 * third} 0 0.35"' in page
