from __future__ import annotations

import pytest

from placement_test.lib.joined_scripts import RUNNER, SHARED, JoinedScripts

SOURCES = {
    SHARED: 'import{Queue}from"./queue.js";\nexport const make=()=>new Queue();',
    "js/modules/queue.js": 'import{NAME}from"./names.js";\nexport class Queue{name=NAME}',
    "js/modules/names.js": 'const own=1;\nexport const NAME="queue";',
    "js/modules/sheet.js": (
        'import{NAME}from"./names.js";\nconst own=2;\nexport function sheet(){return NAME}\n'
        'export const later=()=>import("./rare.js");'
    ),
    "js/modules/rare.js": 'import{Queue}from"./queue.js";\nexport const rare=Queue;',
    RUNNER: (
        'import{sheet}from"../modules/sheet.js";import{make}from"../modules/student-browser.js";\n'
        "await sheet(make());"
    ),
}


def joined(name: str, **changed: str) -> str:
    sources = SOURCES | changed
    scripts = JoinedScripts(sources, sources.__getitem__, lambda text: text.replace("\n", ""))
    return scripts.text(name)


def test_what_every_student_page_loads_is_one_file_that_gives_all_its_names() -> None:
    assert joined(SHARED) == (
        'const $m0=(()=>{const own=1;const NAME="queue";;return{NAME}})();'
        "const $m1=(()=>{const{NAME}=$m0;class Queue{name=NAME};return{Queue}})();"
        "const $m2=(()=>{const{Queue}=$m1;const make=()=>new Queue();;return{make}})();"
        "export const{NAME}=$m0;export const{Queue}=$m1;export const{make}=$m2;"
    )


def test_the_runner_holds_its_own_modules_and_imports_the_shared_ones() -> None:
    assert joined(RUNNER) == (
        'import*as $m from"../modules/student-browser.js";'
        "const $m0=(()=>{const{NAME}=$m;const own=2;function sheet(){return NAME}"
        'const later=()=>import("../modules/rare.js");;return{sheet,later}})();'
        "const{sheet}=$m0;const{make}=$m;await sheet(make());"
    )


def test_what_is_loaded_later_takes_shared_modules_from_where_they_are() -> None:
    assert joined("js/modules/rare.js") == (
        'import{Queue}from"./student-browser.js";export const rare=Queue;'
    )


def test_two_shared_modules_with_one_name_stop_the_collecting() -> None:
    with pytest.raises(ValueError, match="two modules export NAME"):
        joined(
            SHARED,
            **{"js/modules/queue.js": SOURCES["js/modules/names.js"]}
            | {SHARED: 'import{NAME}from"./queue.js";\nimport{own}from"./names.js";'},
        )


def test_a_circle_stops_the_collecting() -> None:
    with pytest.raises(ValueError, match="a circle of imports"):
        joined(SHARED, **{"js/modules/names.js": 'import{make}from"./student-browser.js";'})
