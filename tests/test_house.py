"""Who may import whom, which room knows which library, and how large a room may grow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "hsicli"

# A room may import itself, the rooms named here, and nothing else of hsicli.
ROOMS = {
    "errors": set(),
    "instruments": {"errors"},
    "algorithms": {"errors"},
    "models": {"errors"},
    "cube": {"errors"},
    "library": {"errors"},
    "provenance": {"errors"},
    "runtime": {"errors"},
    "products": {"errors", "cube", "library"},
    "preprocessing": {"errors", "cube", "library", "algorithms"},
    "io": {"errors", "cube", "library", "products", "provenance", "instruments"},
    "figures": {"errors", "cube", "library", "products", "provenance"},
    "stages": {
        "errors", "cube", "library", "products", "runtime", "instruments",
        "preprocessing", "algorithms", "models",
    },
    "workflow": set(),
    "cli": {
        "errors", "cube", "library", "products", "provenance", "runtime", "instruments",
        "io", "figures", "stages",
    },
}  # fmt: skip

# A third-party library is known to these rooms or files only.
FENCES = {
    "h5py": {"io"},
    "rasterio": {"io"},
    "spectral": {"io"},
    "typer": {"cli"},
    "click": set(),  # typer brings its own copy; the real one is never caught by it
    "rich": {"cli/console"},
    "matplotlib": {"figures"},
    "jinja2": {"figures"},
    "pydantic": {"cli/config"},
    "torch": {"models", "algorithms", "preprocessing", "stages", "runtime", "io/checkpoint"},
    "numba": {"algorithms", "preprocessing"},
}

FILE_LINES = 300
FUNCTION_LINES = 60

FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def place_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=place_of)
def test_a_room_imports_only_from_below(path):
    room = room_of(path)
    if room == "__init__":
        return
    ours = {name.split(".")[1] for name in imports_of(path) if name.startswith("hsicli.")} - {"__version__"}
    assert room in ROOMS, f"{place_of(path)} is in no room of the plan"
    trespass = ours - ROOMS[room] - {room}
    assert not trespass, f"{place_of(path)} may not know {', '.join(sorted(trespass))}"


@pytest.mark.parametrize("path", FILES, ids=place_of)
def test_a_library_is_known_to_its_rooms_only(path):
    outside = {name.split(".")[0] for name in imports_of(path)}
    for library in outside & FENCES.keys():
        allowed = FENCES[library]
        assert room_of(path) in allowed or place_of(path) in allowed, (
            f"{place_of(path)} may not know {library}"
        )


@pytest.mark.parametrize("path", FILES, ids=place_of)
def test_files_and_functions_stay_small(path):
    text = path.read_text()
    assert text.count("\n") <= FILE_LINES, f"{place_of(path)} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            length = node.end_lineno - node.lineno - (docstring.count("\n") + 1 if docstring else 0)
            assert length <= FUNCTION_LINES, f"{place_of(path)}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", FILES, ids=place_of)
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text())), f"{place_of(path)} has no docstring"


def test_what_must_not_exist_does_not():
    names = {path.stem for path in FILES} | {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    assert not names & {"utils", "helpers", "common", "misc", "base"}


def test_no_pickle_and_no_unsafe_load():
    for path in FILES:
        assert "pickle" not in imports_of(path), path
        for call in path.read_text().split("torch.load(")[1:]:
            assert "weights_only=True" in call.split(")")[0], path


def test_help_loads_nothing_heavy():
    heavy = ["torch", "numba", "rasterio", "numpy", "scipy", "h5py", "matplotlib", "sklearn", "spectral"]
    code = (
        "import sys\n"
        "from hsicli.cli.app import main\n"
        "sys.argv = ['hsicli', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "[]"
