"""Every real CRISM file opens as what it is, or is refused with the right word."""

from pathlib import Path

import pytest

from hsicli.errors import InputError
from hsicli.io.description import describe
from hsicli.io.inspection import ERROR, check

FILES: dict[str, tuple[object, ...]] = {
    "fixtures/CDR410000000000_AT0300020L_2": ("IMG LBL", "cube", 1, 64, 70),
    "fixtures/T0897_MRRAL_05S113_0256_1_cropped": ("IMG LBL", "cube", 10, 1279, 1),
    "fixtures/T0897_MRRAL_05S113_0256_1_cropped_badwv": ("lbl", "cube", 10, 1279, 1),
    "fixtures/frt00003e25_01_de156l_ddr1": ("img lbl", "layers", 15, 64, 14),
    "fixtures/frt0001e5c3_07_if124s_trr3_cropped": ("img lbl", "cube", 1, 640, 107),
    "fixtures/t1865_mrrde_70n185_0256_1_cropped": ("img lbl", "layers", 10, 980, 1),
    "fixtures/t1865_mrrde_70n185_0256_1_cropped_no_pid": ("lbl", "layers", 10, 980, 1),
    "fixtures/t1865_mrrde_70n185_0256_1_cropped_no_prod_type": ("lbl", "layers", 10, 980, 1),
    "fixtures/t0897_mrrwv_05s113_0256_1": ("tab", "band centres, not of spectra"),
    "mtrdr/frt0000932c_07_if164j_mtr3_subsampled": ("tif", "cube", 20, 20, 489),
    "mtrdr/frt0001fd76_07_if166j_mtr3": ("lbl", "its image FRT0001FD76_07_IF166J_MTR3.IMG is not in"),
    "openset/add_exemp_mica": ("hdr sli", "library", 156, 240),
    "openset/exemplars_r1": ("hdr sli", "library", 18, 241),
    "openset/mica_num_yukiProc": ("hdr sli", "library", 23, 241),
    "spectra/frt000128f3_07_if165j_mtr3_spectrum_snow": ("csv", "library", 1, 489),
    "spectra/frt000128f3_07_if165j_mtr3_spectrum_soil": ("csv", "library", 1, 489),
    "spectra/frt000244c9_07_if168s_trr3_spectrum_snow": ("csv", "library", 1, 78),
    "wavelengths/CDR410803692813_WA0000000L_3": ("HDR IMG LBL", "cube", 1, 640, 438),
    "wavelengths/CDR410803692813_WA0000000S_2": ("HDR IMG LBL", "cube", 1, 640, 107),
    "wavelengths/cdr6_1_0000000000_sw_l_3": ("lbl tab", "wavelengths, but no column of spectra"),
    "wavelengths/cdr6_1_0000000000_sw_s_2": ("lbl tab", "wavelengths, but no column of spectra"),
    "wavelengths/mtrdr_axis": ("tab", "5 columns and no heading"),
}
"""File: its suffixes, its kind and size; or the words of the error."""

CASES = [(f"{stem}.{suffix}", *rest) for stem, (ends, *rest) in FILES.items() for suffix in str(ends).split()]
SIZES = {
    "library": ("spectra", "bands"),
    "cube": ("rows", "cols", "bands"),
    "layers": ("rows", "cols", "bands"),
}


@pytest.mark.real
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case[0]))
def test_every_file_is_described_or_refused_with_a_remedy(data_dir: Path, case: tuple[object, ...]) -> None:
    name, expected, *size = case
    path = data_dir / "crism" / str(name)
    if not size:
        with pytest.raises(InputError, match=str(expected)) as caught:
            describe(path)
        assert caught.value.hint
        assert [finding.severity for finding in check(path)] == [ERROR]
        return
    facts = describe(path)
    assert facts["kind"] == expected
    assert [facts[key] for key in SIZES[str(expected)]] == size
    assert not [finding for finding in check(path) if finding.severity == ERROR]


@pytest.mark.real
def test_the_list_of_real_files_is_whole(data_dir: Path) -> None:
    found = {str(path.relative_to(data_dir / "crism")) for path in (data_dir / "crism").rglob("*.*")}
    assert {str(case[0]) for case in CASES} == found


def test_the_table_in_docs_data_md_is_this_one() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text()
    folders = tuple(f"| `{folder}/" for folder in ("fixtures", "mtrdr", "openset", "spectra", "wavelengths"))
    rows = [line for line in page.splitlines() if line.startswith(folders)]
    assert len(rows) == len(FILES)
    for (stem, (ends, *rest)), row in zip(FILES.items(), rows, strict=True):
        size = f"{rest[0]}, {' × '.join(map(str, rest[1:]))}"
        said = size if len(rest) > 1 else f"refused: “…{rest[0]}…”"
        assert row.startswith(f"| `{stem}` ({', '.join(str(ends).split())}) | ")
        assert row.endswith(f" | {said} |")
