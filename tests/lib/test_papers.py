from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import pikepdf
import PIL.Image
import PIL.ImageChops
import pytest

from placement_test.errors import PaperDamaged, PaperRejected
from placement_test.lib import papers
from placement_test.lib.papers import PageFacts, engine
from tests import hostile

if TYPE_CHECKING:
    from collections.abc import Callable

A_FIFTH = 0.2
ROTATIONS = [0, 90, 180, 270]


def inspect(content: bytes) -> papers.PaperFacts:
    return papers.inspect(content, max_bytes=20_000_000, max_pages=60)


def picture(rendered: papers.RenderedPage, index: int = -1) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(rendered.images[index].content)).convert("RGB")


def scan(*, across: int, down: int, rotate: int = 0, page: bytes = hostile.A4) -> bytes:
    grey = PIL.Image.effect_noise((across, down), 40)
    jpeg = io.BytesIO()
    grey.save(jpeg, "JPEG", quality=60)
    keys = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8"
        b" /ColorSpace /DeviceGray /Filter /DCTDecode" % (across, down)
    )
    return hostile.one_page(
        page_keys=b"/Rotate %d" % rotate,
        media_box=page,
        contents=hostile.stream(b"595 0 0 842 0 0 cm /Im1 Do"),
        image=hostile.stream(jpeg.getvalue(), keys),
    )


def written(text: str, *, keys: bytes = b"", before: bytes = b"", after: bytes = b"") -> bytes:
    drawing = before + hostile.drawing(text) + after
    return hostile.one_page(page_keys=keys, contents=hostile.stream(drawing))


def text_of(content: bytes) -> list[str]:
    return [word.text for word in papers.render(content, 0).words]


@pytest.mark.parametrize("name", hostile.GOOD_PAPERS)
def test_accepts_an_honest_paper(name: str) -> None:
    facts = inspect(hostile.GOOD_PAPERS[name]())

    assert set(facts.pages) == {
        PageFacts(width_pt=595, height_pt=842, rotate=0, has_text=True, is_scan=False)
    }
    assert len(facts.pages) == (60 if name == "sixty pages" else 1)


@pytest.mark.parametrize("name", hostile.PAPERS)
def test_refuses_a_paper_that_cannot_be_used_and_says_why(name: str) -> None:
    make, code = hostile.PAPERS[name]
    content = make()

    with pytest.raises(PaperRejected) as refused:
        inspect(content)

    assert refused.value.code == code
    assert refused.value.words()
    assert "%(" not in refused.value.words()


def test_refuses_bombs_without_unfolding_them() -> None:
    # In a process of its own: the peak of this one is already higher than anything here.
    import subprocess
    import sys

    script = """
import resource
from tests import environment
environment.prepare()
import django
django.setup()
from placement_test.errors import PaperRejected
from placement_test.lib import papers
from tests import hostile
content = {name: make() for name, (make, code) in hostile.PAPERS.items() if "large" in code}
content["objects"] = hostile.object_stream_bomb_paper()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for each in content.values():
    try:
        papers.inspect(each, max_bytes=20_000_000, max_pages=60)
    except PaperRejected:
        continue
    raise SystemExit("accepted")
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) // 1024)
"""

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert int(done.stdout) < 150  # MB; one of these bombs unfolds to 2,700


def test_takes_a_page_of_many_small_parts() -> None:
    box = b"/Type /XObject /Subtype /Form /BBox [0 0 600 900]"
    content = hostile.one_page(
        contents=hostile.flate(hostile.drawing() + b" /Im1 Do" * 5000),
        image=hostile.stream(b"0 0 9 9 re f", box),
    )

    assert len(inspect(content).pages) == 1


def test_takes_a_part_that_draws_itself() -> None:
    box = b"/Type /XObject /Subtype /Form /BBox [0 0 600 900]"
    itself = box + b" /Resources << /XObject << /Im1 6 0 R >> >>"
    content = hostile.one_page(
        contents=hostile.stream(hostile.drawing() + b" /Im1 Do"),
        image=hostile.stream(b"0 0 9 9 re f /Im1 Do", itself),
    )

    assert len(inspect(content).pages) == 1


@pytest.mark.parametrize(
    ("rotate", "width", "height"), [(0, 595, 842), (90, 842, 595), (180, 595, 842), (270, 842, 595)]
)
def test_measures_a_page_as_it_is_shown(rotate: int, width: int, height: int) -> None:
    facts = inspect(scan(across=600, down=849, rotate=rotate))

    assert facts.pages == (
        PageFacts(width_pt=width, height_pt=height, rotate=rotate, has_text=False, is_scan=True),
    )


@pytest.mark.parametrize("name", hostile.GOOD_PAPERS)
def test_a_clean_copy_looks_the_same(name: str) -> None:
    content = hostile.GOOD_PAPERS[name]()

    cleaned = papers.clean(content)

    assert inspect(cleaned) == inspect(content)
    if "form" not in name:  # the field is drawn only in the copy
        assert papers.render(cleaned, 0) == papers.render(content, 0)


def test_a_clean_copy_holds_nothing_active_and_nothing_telling() -> None:
    content = hostile.active_paper()
    assert hostile.CANARY.encode() in content

    with pikepdf.open(io.BytesIO(papers.clean(content))) as paper:
        everything = b"".join(
            (thing.unparse() + thing.read_raw_bytes())
            if isinstance(thing, pikepdf.Stream)
            else thing.unparse()
            for thing in paper.objects
        )

        assert set(paper.Root.keys()) == {"/Type", "/Pages"}
        assert set(paper.pages[0].obj.keys()) <= {
            "/Type",
            "/Parent",
            "/MediaBox",
            "/Contents",
            "/Resources",
        }
        assert "/Info" not in paper.trailer
    for word in (hostile.CANARY.encode(), b"JavaScript", b"/JS", b"/AA", b"Launch", b"Ms Han"):
        assert word not in everything


def test_a_clean_copy_still_shows_what_was_filled_into_a_form() -> None:
    shown = picture(papers.render(papers.clean(hostile.active_paper()), 0, widths=(595,)))

    assert shown.getpixel((150, 842 - 510)) == (0, 0, 0)


def test_a_clean_copy_keeps_a_font_called_a() -> None:
    content = hostile.pdf(
        hostile.CATALOG,
        hostile.pages(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R"
        b" /Resources << /Font 6 0 R >> >>" % hostile.A4,
        hostile.stream(hostile.drawing().replace(b"/F1", b"/A")),
        hostile.FONT.replace(b"Helvetica", b"Courier"),  # unlike what stands in for a lost font
        b"<< /A 5 0 R >>",
    )

    assert papers.render(papers.clean(content), 0) == papers.render(content, 0)


def test_a_clean_copy_needs_no_password() -> None:
    cleaned = papers.clean(hostile.print_protected_paper())

    with pikepdf.open(io.BytesIO(cleaned)) as paper:
        assert not paper.is_encrypted


def test_two_clean_copies_are_the_same_file() -> None:
    content = hostile.active_paper()

    assert papers.clean(content) == papers.clean(content)


@pytest.mark.parametrize("own", ROTATIONS)
@pytest.mark.parametrize("by_hand", ROTATIONS)
def test_a_red_corner_ends_up_where_both_rotations_put_it(own: int, by_hand: int) -> None:
    # a red square in the top left corner of the page as it was drawn, with a word in it
    drawing = b"1 0 0 rg 0 642 200 200 re f 0 g BT /F1 18 Tf 60 740 Td (corner) Tj ET"
    content = hostile.one_page(page_keys=b"/Rotate %d" % own, contents=hostile.stream(drawing))

    rendered = papers.render(content, 0, rotation=by_hand, widths=(600,))

    turned = (own + by_hand) % 360
    shown = picture(rendered)
    assert shown.size == ((600, 850) if turned in {0, 180} else (600, 424))
    right, low = shown.width - 10, shown.height - 10
    corners = {0: (10, 10), 90: (right, 10), 180: (right, low), 270: (10, low)}
    red = [corner for corner in corners.values() if shown.getpixel(corner) == (255, 0, 0)]
    assert red == [corners[turned]]
    (word,) = rendered.words
    assert word.text == "corner"
    middle = (
        (word.x + word.width / 2) * shown.width,
        (word.y + word.height / 2) * shown.height,
    )
    assert abs(middle[0] - corners[turned][0]) < 200
    assert abs(middle[1] - corners[turned][1]) < 200
    box = (
        int(word.x * shown.width),
        int(word.y * shown.height),
        int((word.x + word.width) * shown.width) + 1,
        int((word.y + word.height) * shown.height) + 1,
    )
    # all ink of the word lies in its box: painted over, the square is plain red
    shown.paste((255, 0, 0), box)
    colours = shown.getcolors(1000) or []
    assert {colour for count, colour in colours if count > 3} == {(255, 0, 0), (255, 255, 255)}


def test_shows_only_the_part_within_the_crop_box() -> None:
    content = hostile.one_page(
        page_keys=b"/CropBox [0 421 595 842]",
        contents=hostile.stream(
            hostile.drawing("Upper half") + b" BT /F1 18 Tf 72 200 Td (Cover to skip) Tj ET"
        ),
    )

    rendered = papers.render(content, 0, widths=(595,))

    assert (rendered.images[0].width, rendered.images[0].height) == (595, 421)
    assert [word.text for word in rendered.words] == ["Upper half"]


def test_makes_two_widths_on_white() -> None:
    rendered = papers.render(hostile.good_paper(), 0)

    assert [(image.width, image.height) for image in rendered.images] == [(900, 1274), (1600, 2265)]
    for index in (0, 1):
        shown = PIL.Image.open(io.BytesIO(rendered.images[index].content))
        assert (shown.format, shown.mode) == ("WEBP", "RGB")
        assert shown.getpixel((3, 3)) == (255, 255, 255)


def test_a_crowded_page_stays_small() -> None:
    lines = b"".join(
        b"BT /F1 9 Tf %d %d Td (%d. Which of these sentences is true of all the others?) Tj ET "
        % (column, 800 - 12 * line, line)
        for column in (40, 310)
        for line in range(62)
    )

    rendered = papers.render(hostile.one_page(contents=hostile.flate(lines)), 0)

    assert [len(image.content) < 150_000 for image in rendered.images] == [True, True]
    assert len(rendered.words) == 124


def test_a_scan_is_not_blown_up() -> None:
    rendered = papers.render(scan(across=800, down=1132), 0)

    assert [image.width for image in rendered.images] == [900, 1000]


def test_a_small_scan_is_sent_once() -> None:
    rendered = papers.render(scan(across=400, down=566), 0)

    assert [image.width for image in rendered.images] == [500]


def test_a_ribbon_of_a_page_takes_bounded_memory() -> None:
    content = hostile.one_page(media_box=b"[0 0 20 14000]")

    rendered = papers.render(content, 0)

    assert all(image.width * image.height <= 16_100_000 for image in rendered.images)


def test_reads_the_text_as_lines() -> None:
    content = hostile.one_page(
        contents=hostile.stream(
            b"BT /F1 20 Tf 60 742 Td (Read the text.) Tj 0 -30 Td (Then answer.) Tj ET"
            b" BT /F1 20 Tf 360 742 Td (Second column) Tj ET"
        )
    )

    words = papers.render(content, 0).words

    assert [word.text for word in words] == ["Read the text.", "Then answer.", "Second column"]
    first, second, column = words
    assert first.x == pytest.approx(60 / 595, abs=0.005)
    assert first.y + first.height == pytest.approx(100 / 842, abs=0.01)
    assert second.y - first.y == pytest.approx(30 / 842, abs=0.002)
    assert column.x == pytest.approx(360 / 595, abs=0.005)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"1 g ", b""),  # white on white
        (b"0.97 g ", b""),  # nearly white
        (b"3 Tr ", b""),  # without ink
        (b"1 0 0 1 5000 0 cm ", b""),  # beside the page
        (b"", b" 1 g 0 600 595 242 re f"),  # under a white patch
        (b"", b" 0 g 0 600 595 242 re f"),  # under a black patch
    ],
)
def test_does_not_give_away_text_that_cannot_be_seen(before: bytes, after: bytes) -> None:
    assert text_of(written("Key BADCC")) == ["Key BADCC"]

    assert text_of(written("Key BADCC", before=before, after=after)) == []


def test_does_not_give_away_an_answer_in_white_on_its_line() -> None:
    line = b"BT /F1 18 Tf 72 700 Td (The sky is) Tj 1 g ( jelly) Tj 0 g ( today.) Tj ET"
    rule = b" 165 697 45 1 re f"  # through the descenders of the hidden word

    assert text_of(hostile.one_page(contents=hostile.stream(line + rule))) == [
        "The sky is",
        "today.",
    ]


def test_reads_white_print_on_a_dark_bar() -> None:
    content = written("Part One", before=b"0 g 0 690 595 40 re f 1 g ")

    assert text_of(content) == ["Part One"]


@pytest.mark.parametrize("index", [-1, 1, 10_000])
def test_says_that_there_is_no_such_page(index: int) -> None:
    with pytest.raises(PaperDamaged):
        papers.render(hostile.good_paper(), index)


@pytest.mark.parametrize("make", [hostile.truncated_paper, hostile.html, bytes])
@pytest.mark.parametrize("use", [papers.clean, lambda content: papers.render(content, 5)])
def test_says_that_a_file_is_damaged_whoever_asks(
    make: Callable[[], bytes], use: Callable[[bytes], object]
) -> None:
    with pytest.raises(PaperDamaged):
        use(make())


def test_refuses_a_slanted_rotation() -> None:
    with pytest.raises(ValueError, match="45"):
        papers.render(hostile.good_paper(), 0, rotation=45)


def test_many_threads_draw_at_once() -> None:
    content = hostile.paper_of(4)
    expected = papers.render(content, 0, widths=(300,))
    drawn: list[papers.RenderedPage] = []

    def draw(index: int) -> None:
        drawn.append(papers.render(content, index % 4, widths=(300,)))

    threads = [threading.Thread(target=draw, args=(index,)) for index in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert drawn == [expected] * 24


def test_waits_while_another_thread_is_inside_pdfium() -> None:
    drawn = threading.Event()

    def draw() -> None:
        papers.render(hostile.good_paper(), 0, widths=(100,))
        drawn.set()

    thread = threading.Thread(target=draw)
    with engine.PDFIUM:
        thread.start()

        assert not drawn.wait(0.3)

    assert drawn.wait(30)
    thread.join()


def test_a_word_is_relative_to_the_page() -> None:
    (word,) = papers.render(hostile.good_paper(), 0).words

    assert word.text == "Question 1. Choose the best answer."
    assert (word.x, word.y, word.width, word.height) == pytest.approx(
        (0.121, 0.148, 0.498, 0.025), abs=0.005
    )
