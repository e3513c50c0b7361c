"""A copy of a paper without anything active or telling."""

from __future__ import annotations

import io

import pikepdf

from placement_test.lib.papers import engine

# Lists of what may stay: whatever else a program or an attacker invents is dropped with the rest.
# Bookmarks, tags and comments are dropped too, since they are where answers hide.
ROOT_KEYS = {"/Type", "/Pages", "/Version", "/Extensions", "/OCProperties", "/OutputIntents"}
PAGE_KEYS = {
    "/Type",
    "/Parent",
    "/Resources",
    "/MediaBox",
    "/CropBox",
    "/Rotate",
    "/UserUnit",
    "/Contents",
    "/Group",
}
# What pictures, fonts and groups may carry along, or reach out with.
ELSEWHERE = {
    "/Metadata",
    "/PieceInfo",
    "/LastModified",
    "/AF",
    "/OPI",
    "/Ref",
    "/AA",
    "/A",
    "/OpenAction",
    "/JS",
    "/JavaScript",
    "/EF",
    "/EmbeddedFiles",
}


def clean(content: bytes) -> bytes:
    """Return the paper without scripts, actions, forms, attachments, comments and metadata.

    Form fields and comments become part of the page, so that it looks the same.

    :raises PaperRejected: as :func:`placement_test.lib.papers.inspect` does for the same file
    """
    with engine.structure(content) as pdf:
        if "/AcroForm" in pdf.Root or any("/Annots" in page for page in pdf.pages):
            pdf.flatten_annotations("screen")
        _keep_only(pdf.Root, ROOT_KEYS)
        for page in pdf.pages:
            _keep_only(page.obj, PAGE_KEYS)
        for thing in pdf.objects:
            if _has_fixed_keys(thing):
                _keep_only(thing, set(thing.keys()) - ELSEWHERE)
        for key in set(pdf.trailer.keys()) & {"/Info", "/ID"}:
            del pdf.trailer[key]
        made = io.BytesIO()
        pdf.save(
            made,
            preserve_pdfa=False,
            fix_metadata_version=False,
            encryption=False,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
    return made.getvalue()


def _has_fixed_keys(thing: pikepdf.Object) -> bool:
    # A font in a list of fonts may well be called /A: such lists have no type.
    return isinstance(thing, pikepdf.Stream) or (
        isinstance(thing, pikepdf.Dictionary) and isinstance(thing.get("/Type"), pikepdf.Name)
    )


def _keep_only(dictionary: pikepdf.Object, keys: set[str]) -> None:
    for key in set(dictionary.keys()) - keys:
        del dictionary[key]
