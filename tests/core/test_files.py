"""Files are kept by what they are, not by what they are called."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlmodel import select

from crm.core import files
from crm.core.db import fetch, reading, unit_of_work
from crm.core.errors import NotFound, Refusal
from models import StoredFile
from models.vocabulary import AuditVerb

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"


def keep(cast: Any, data: bytes, name: str, **more: Any) -> StoredFile:
    with unit_of_work(cast.officer, "test.keep") as session:
        return files.keep(
            session,
            data=data,
            name=name,
            owner=more.get("owner", "visit"),
            owner_id=1,
            mime=more.get("mime", ""),
            actor=cast.officer,
        )


def photo(width: int = 40, height: int = 30, kind: str = "JPEG", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, kind, **more)
    return out.getvalue()


def docx(*extra: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        z.writestr("word/document.xml", "<w/>")
        for name, data in extra:
            z.writestr(name, data)
    return out.getvalue()


def test_a_kept_file_reads_back_and_is_found_by_its_public_id(any_db: str, cast: Any) -> None:
    stored = keep(cast, PDF, "服务协议.pdf")
    with reading() as session:
        again = files.find(session, stored.public_id)
    assert files.read(again) == PDF
    assert (again.name, again.mime, again.made_by) == (
        "服务协议.pdf",
        "application/pdf",
        cast.officer.user_id,
    )


def test_the_name_never_becomes_a_path(cast: Any) -> None:
    stored = keep(cast, PDF, "../../etc/passwd.pdf")
    assert files.path_of(stored).name == stored.sha256
    assert stored.name == "passwd.pdf"
    assert "passwd" not in str(files.path_of(stored))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("..\\..\\windows\\a.pdf", "a.pdf"),
        ("/etc/./x.pdf", "x.pdf"),
        ("CON.pdf", "CON.pdf"),
        ("nul\x00l.pdf", "null.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("photo\u202egpj.pdf", "photogpj.pdf"),
        ("\ud800坏.pdf", "坏.pdf"),
        ("尾点.pdf...", "尾点.pdf"),
        ('关于"A;B".pdf', '关于"A;B".pdf'),
        ("㙍𬭚🏭.pdf", "㙍𬭚🏭.pdf"),
        (".pdf", "未命名.pdf"),
    ],
)
def test_odd_names_are_cleaned_and_kept_as_metadata(any_db: str, cast: Any, typed: str, kept: str) -> None:
    with reading() as session:
        assert fetch(session, StoredFile, keep(cast, PDF, typed).id).name == kept


def test_a_very_long_chinese_name_keeps_its_extension(any_db: str, cast: Any) -> None:
    stored = keep(cast, PDF, "长" * 400 + ".pdf")
    assert len(stored.name) == 255
    assert stored.name.endswith("长.pdf")


def test_the_same_content_under_two_names_is_written_once(cast: Any) -> None:
    first, second = keep(cast, PDF, "甲.pdf"), keep(cast, PDF, "乙.pdf")
    assert files.path_of(first) == files.path_of(second)
    assert first.public_id != second.public_id


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("名单.xlsx", docx()),
        ("公文.docx", b"<html><body>x</body></html>"),
        ("公文.docx", PDF),
        ("公文.docx", docx(("word/vbaProject.bin", b"x"))),
        ("半个.docx", docx()[:60]),
        ("照片.jpg", b"GIF89a"),
        ("网页.txt", b"<html><script>alert(1)</script>"),
        ("表.csv", b"a,b\x00c"),
        ("空.pdf", b""),
        ("图.svg", b"<svg/>"),
        ("程序.exe", b"MZ"),
        ("宏.docm", docx()),
        ("没有扩展名", PDF),
    ],
)
def test_a_disguised_or_unknown_file_is_refused_with_one_sentence(cast: Any, name: str, data: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        keep(cast, data, name)
    assert len(refusal.value.problems) == 1
    with reading() as session:
        assert session.exec(select(StoredFile)).all() == []


def test_an_office_file_that_unpacks_to_too_much_is_refused(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(Refusal):
        keep(cast, docx(("word/media/bomb.xml", b"0" * 2_000_000)), "炸弹.docx")


def test_a_sender_that_claims_a_page_is_refused(cast: Any) -> None:
    with pytest.raises(Refusal):
        keep(cast, PDF, "a.pdf", mime="text/html; charset=utf-8")


def test_a_file_over_the_limit_is_told_its_size_and_the_limit(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(files.KINDS, "pdf", files.Kind("application/pdf", 2_000_000, lambda _: True))
    with pytest.raises(Refusal, match=r"3 MB.*2 MB"):
        keep(cast, PDF + b"0" * 2_000_000, "大.pdf")


def test_damaged_bytes_are_noticed_when_read(cast: Any) -> None:
    stored = keep(cast, PDF, "a.pdf")
    files.path_of(stored).write_bytes(PDF.replace(b"1.7", b"1.6"))
    with pytest.raises(files.FileDamaged, match="已损坏"):
        files.read(stored)
    files.path_of(stored).unlink()
    with pytest.raises(files.FileDamaged, match="已丢失"):
        files.read(stored)


def test_keeping_the_same_content_again_mends_damaged_bytes(cast: Any) -> None:
    stored = keep(cast, PDF, "a.pdf")
    files.path_of(stored).write_bytes(b"rot")
    keep(cast, PDF, "b.pdf")
    assert files.read(stored) == PDF


def test_a_discarded_file_is_found_no_more_and_swept_a_day_later(cast: Any) -> None:
    stored = keep(cast, PDF, "a.pdf")
    with unit_of_work(cast.officer, "test.discard") as session:
        files.discard(session, fetch(session, StoredFile, stored.id))
    with reading() as session:
        with pytest.raises(NotFound):
            files.find(session, stored.public_id)
        assert files.sweep(session) == 0
        assert files.sweep(session, older_than=timedelta(seconds=-1)) == 1
    assert not files.path_of(stored).exists()


def test_a_failed_save_leaves_no_row_and_no_half_written_file(cast: Any) -> None:
    with pytest.raises(RuntimeError), unit_of_work(cast.officer, "test.keep") as session:
        files.keep(session, data=PDF, name="a.pdf", owner="visit", owner_id=1, actor=cast.officer)
        raise RuntimeError("the rest of the action failed")
    with reading() as session:
        assert session.exec(select(StoredFile)).all() == []
    names = [p.name for p in files.load_settings().files.rglob("*") if p.is_file()]
    assert [n for n in names if n.startswith(".new-")] == []


def test_keeping_a_file_is_in_the_audit_trail(cast: Any) -> None:
    from models import AuditEntry

    stored = keep(cast, PDF, "a.pdf")
    with reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.record == "stored_file")).one()
    assert (entry.verb, entry.record_id) == (AuditVerb.CREATE, stored.id)


# Photos


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_phone_photo_becomes_a_small_jpeg_without_where_and_when(cast: Any) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SomePhone"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    small = files.shrink_photo(photo(4000, 3000, exif=exif, comment=b"at home"))
    image = opened(small)
    assert (image.format, image.size) == ("JPEG", (1600, 1200))
    assert dict(image.getexif()) == {}
    assert b"SomePhone" not in small
    assert b"at home" not in small


def test_a_photo_taken_sideways_is_turned_upright(cast: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate 90 clockwise to see it upright
    assert opened(files.shrink_photo(photo(400, 300, exif=exif))).size == (300, 400)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_other_photo_kinds_become_jpeg(kind: str) -> None:
    assert opened(files.shrink_photo(photo(kind=kind))).format == "JPEG"


def test_a_transparent_screenshot_gets_white_paper_under_it() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(files.shrink_photo(out.getvalue())).getpixel((5, 5)) == (255, 255, 255)


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [6_000, 12_000, 50_000])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(side: int) -> None:
    with pytest.raises(Refusal, match="像素"):
        files.shrink_photo(png_header(side, side))


def test_heic_is_refused_with_the_way_out() -> None:
    with pytest.raises(Refusal, match="兼容性最佳"):
        files.shrink_photo(b"\x00\x00\x00\x18ftypheic" + bytes(40))


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<svg onload=alert(1)>", photo()[:200], png_header(10, 10), PDF, os.urandom(500)],
    ids=["empty", "text", "svg", "half a photo", "header alone", "pdf", "noise"],
)
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    with pytest.raises(Refusal, match="不是能识别的照片"):
        files.shrink_photo(data)
