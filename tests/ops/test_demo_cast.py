"""docs/demo.svg is drawn from docs/demo.cast, which shows the demo as it is."""

import re
from pathlib import Path
from xml.etree import ElementTree

from ops.demo import main_job
from ops.pages.demo_cast import CAST, LONGEST, PICTURE, ROWS, lines_of, picture
from tests.conftest import ROOT

RECORDING = CAST.read_text(encoding="utf-8")
HEADER = '{"version": 2, "width": 104, "height": 22}\n'


def test_the_picture_is_what_was_recorded() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(RECORDING), "run `make docs`"


def test_the_picture_is_small_and_runs_no_script() -> None:
    drawn = ElementTree.fromstring(picture(RECORDING))  # noqa: S314  # our own
    elements = {one.tag.partition("}")[2] for one in drawn.iter()}
    assert elements == {"svg", "title", "style", "rect", "g", "text"}
    assert PICTURE.stat().st_size < 100_000


def test_the_recording_has_the_steps_that_the_demo_has_now() -> None:
    source = Path(main_job.__file__).read_text(encoding="utf-8").replace("{KEY}", main_job.KEY)
    steps = re.findall(r"\[\d/9\] (.+)", "\n".join(line.text for line in lines_of(RECORDING)))
    assert len(steps) == source.count(".step(") == 9, "run `python -m ops.pages.demo_cast --record`"
    for step in steps:
        assert f'"{step}"' in source, step


def test_the_readme_shows_lines_of_the_recording() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = readme.partition("$ make demo\n")[2].partition("```")[0].splitlines()
    assert len(block) == 6
    assert set(block) <= {line.text for line in lines_of(RECORDING)}


def test_waits_are_shortened_and_lines_at_once_are_readable_one_after_the_other() -> None:
    cast = f'{HEADER}[60.0, "o", "a\\r\\n"]\n[60.0, "o", "b\\r\\n"]\n[60.0, "o", "[1/9] c\\r\\n"]\n'
    first, a, b, c = (line.at for line in lines_of(cast))
    assert (first, a) == (0, LONGEST)
    assert a < b < b + 0.5 < c


def test_text_is_no_markup_and_the_last_line_is_in_sight() -> None:
    cast = HEADER + "".join(f'[{number}, "o", "<b>&{number}\\r\\n"]\n' for number in range(ROWS))
    drawn = picture(cast)
    assert "<b>" not in drawn
    assert f"&lt;b&gt;&amp;{ROWS - 1}</text>" in drawn
    assert "transform:translateY(-19px)" in drawn
