"""Every Python block of the documentation runs as it is printed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flink_agents.api.resource import Constant, get_resource_class
from tests.environment import clean_environment

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _program(page: Path) -> str:
    """The blocks of a page, one after another: later ones build on earlier ones."""
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    return "\n".join(blocks)


@pytest.mark.flink
@pytest.mark.timeout(180)
@pytest.mark.parametrize("page", [p for p in PAGES if _program(p)], ids=lambda p: p.name)
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    script = tmp_path / "page.py"
    script.write_text(_program(page))
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ada" in done.stdout


def _documented(page: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Tables of parameters: name of the class before the table, default by parameter."""
    table = re.compile(
        r"^`(\w+)`.*\n\n\| parameter \| type \| default \| what \|\n\|[-|]+\|\n((?:\|.*\n)+)",
        re.MULTILINE,
    )
    for name, rows in table.findall(page.read_text()):
        cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows.splitlines()]
        yield name, {row[0].strip("`"): row[2] for row in cells}


def test_the_tables_of_parameters_are_those_of_the_classes() -> None:
    classes = {
        path.rpartition(".")[2]: path
        for name, path in vars(Constant).items()
        if name.endswith(("_CONNECTION", "_SETUP")) and not name.startswith("AZURE_OPENAI")
    }
    tables = dict(_documented(ROOT / "docs/chat_models.md"))
    assert tables.keys() == classes.keys()
    for name, documented in tables.items():
        fields = get_resource_class(*classes[name].rsplit(".", 1)).model_fields
        of_every_setup = {"connection", "prompt", "tools"} if name.endswith("Setup") else set[str]()
        assert documented.keys() == fields.keys() - {"get_resource"} - of_every_setup, name
        for parameter, default in documented.items():
            where = f"{name}.{parameter}: {default}"
            if default == "required":
                assert fields[parameter].is_required(), where
            elif default.startswith("`$"):  # an environment variable
                assert fields[parameter].get_default() is None, where
            else:
                given = fields[parameter].get_default(call_default_factory=True)
                assert ast.literal_eval(default.split(",")[0].strip("`")) == given, where


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
