from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files.storage import FileSystemStorage

from placement_test.lib import static_files
from placement_test.lib.static_files import IMPORTED, ReleaseStorage

if TYPE_CHECKING:
    from pathlib import Path

    import time_machine

DAY = 24 * 3600
STUDENT_PAGES = (
    "js/pages/runner.js",
    "js/pages/intro.js",
    "js/pages/student.js",
    "js/pages/resume.js",
    # Served as /sw.js.
    "js/worker.js",
)
SEED_SCRIPTS = ("js/modules/memory-manager.js", "js/modules/error-handler.js")
# bytes, compressed, of all that a student's pages can load
MOST_BYTES = 40_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder with a page's script that imports another one in two ways."""
    for name, text in {
        "js/page.js": """
            // A remark.
            import { one } from "./one.js";
            export const later = () => import("./later.js");
            export const sum = (number) => number + one;
        """,
        "js/one.js": "export const one = 1;",
        "js/later.js": "export const two = 2;",
        "css/look.css": ".a { background: url(../img/dot.svg#a); }",
        "img/dot.svg": "<svg/>",
    }.items():
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / name).write_text(text)
    return tmp_path / "source"


def release(source: Path) -> ReleaseStorage:
    """Collect ``source`` beside what was collected before."""
    here = FileSystemStorage(source)
    storage = ReleaseStorage(location=source.parent / "static", base_url="/static/")
    names = [str(file.relative_to(source)) for file in source.rglob("*") if file.is_file()]
    for name in names:
        (source.parent / "static" / name).parent.mkdir(parents=True, exist_ok=True)
        (source.parent / "static" / name).write_bytes((source / name).read_bytes())
    list(storage.post_process({name: (here, name) for name in names}))
    return storage


def text_of(storage: ReleaseStorage, name: str) -> str:
    with storage.open(storage.hashed_files[name]) as file:
        return bytes(file.read()).decode()


def test_names_what_is_imported_and_referred_to_by_its_hash(source: Path) -> None:
    storage = release(source)

    names = storage.hashed_files
    script = text_of(storage, "js/page.js")
    assert f'"./{names["js/one.js"].removeprefix("js/")}"' in script
    assert f'import("./{names["js/later.js"].removeprefix("js/")}")' in script
    assert "remark" not in script
    assert f"url(../{names['img/dot.svg']}#a)" in text_of(storage, "css/look.css")


@pytest.mark.parametrize(
    "script",
    [
        "async function f() {\n  const a = await g();\n  const { b } = this.state;\n  h(a, b);\n}",
        "const one = g();\nconst { two } = /** @type {Two} */ (one.state);\nh(one, two);\nh(two);",
        "export const one = g();\nlet [two = one] = window.state;\nh(two, two);",
    ],
)
def test_declarations_stay_in_their_order(script: str) -> None:
    small = static_files._small(script)

    assert small.index("g()") < small.index("state"), small


def test_a_change_deep_down_renames_all_that_import_it(source: Path) -> None:
    before = dict(release(source).hashed_files)

    (source / "js/one.js").write_text("export const one = 3;")
    after = release(source).hashed_files

    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"js/one.js", "js/page.js"}


def test_a_file_that_is_not_there_stops_the_collecting(source: Path) -> None:
    (source / "js/one.js").unlink()

    with pytest.raises(ValueError, match=r"js/page\.js refers to \./one\.js"):
        release(source)


def test_modules_in_a_circle_stop_the_collecting(source: Path) -> None:
    (source / "js/one.js").write_text('import "./page.js"; export const one = 1;')

    with pytest.raises(ValueError, match="a hash cannot contain itself"):
        release(source)


def test_keeps_two_releases_and_what_was_in_use_a_day_ago(
    source: Path, noon: time_machine.Traveller
) -> None:
    made = []
    for number in range(3):
        (source / "js/one.js").write_text(f"export const one = {number};")
        made.append(release(source).hashed_files["js/one.js"])
        noon.shift(60)

    def there() -> list[bool]:
        return [(source.parent / "static" / name).exists() for name in made]

    assert there() == [True, True, True]

    noon.shift(DAY)
    release(source)
    assert there() == [False, True, True]

    # Collected again without a change, it is the same release.
    noon.shift(DAY)
    release(source)
    assert there() == [False, True, True]


def test_collecting_again_touches_no_file_that_a_server_serves(source: Path) -> None:
    folder = source.parent / "static"

    def hashed() -> dict[str, tuple[int, int]]:
        return {
            str(file): (file.stat().st_ino, file.stat().st_mtime_ns)
            for file in folder.rglob("*")
            if re.search(r"\.[0-9a-f]{12}\.", file.name)
        }

    release(source)
    before = hashed()
    release(source)

    assert hashed() == before


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> ReleaseStorage:
    """Return the product's own static files as a release."""
    storage = ReleaseStorage(location=tmp_path_factory.mktemp("static"), base_url="/static/")
    paths = {
        name: (where, name)
        for finder in get_finders()
        for name, where in finder.list([])
        if name.startswith(("js/", "css/", "img/"))
    }
    for name, (where, _) in paths.items():
        with where.open(name) as file:
            storage.save(name, file)
    list(storage.post_process(paths))
    return storage


def test_no_script_imports_a_name_without_hash(collected: ReleaseStorage) -> None:
    names = [
        found["name"]
        for name in collected.hashed_files
        if name.endswith(".js")
        for found in IMPORTED.finditer(text_of(collected, name))
    ]

    assert names
    assert [name for name in names if not re.search(r"\.[0-9a-f]{12}\.js$", name)] == []


def test_all_that_a_student_can_load_is_small(collected: ReleaseStorage) -> None:
    own = {hashed: name for name, hashed in collected.hashed_files.items()}
    waiting = [*STUDENT_PAGES, *SEED_SCRIPTS]
    sizes: dict[str, int] = {}
    while waiting:
        name = waiting.pop()
        if name in sizes:
            continue
        text = text_of(collected, name)
        sizes[name] = len(gzip.compress(text.encode(), 9))
        folder = name.rpartition("/")[0]
        for found in IMPORTED.finditer(text):
            up, _, rest = found["name"].rpartition("./")
            parent = folder.rpartition("/")[0] if up == "." else folder
            waiting.append(own[f"{parent}/{rest}"])

    table = [f"{size:6} {name}" for name, size in sorted(sizes.items(), key=lambda row: -row[1])]
    sys.stdout.write("\n".join(["", *table, f"{sum(sizes.values()):6} together", ""]))
    assert sum(sizes.values()) < MOST_BYTES


@pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")
def test_what_is_served_passes_the_tests_of_what_was_written(tmp_path: Path) -> None:
    root = settings.ROOT
    for file in (root / "static" / "js").rglob("*.js"):
        made = tmp_path / file.relative_to(root)
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(static_files._small(file.read_text()))
    shutil.copytree(root / "tests" / "js", tmp_path / "tests" / "js")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    tests = sorted((tmp_path / "tests" / "js").glob("*.test.js"))

    ran = subprocess.run(
        ["node", "--test", *tests],  # noqa: S607
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-4000:]
