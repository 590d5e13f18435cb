"""Files the product keeps: by their hash under CRM_VAR/files, their name only metadata.

`keep` writes the bytes first (temporary file, fsync, rename) and adds the row to the caller's
transaction, so a row never points at a file that a power cut took. A rolled-back transaction may
leave bytes nobody points at; they are harmless and `sweep` removes them.

`owner` and `owner_id` name the record a file belongs to and so who may read it:
"visit" (the visit's id), "visit_draft" (only the person in `made_by`), "briefing" (the paper's id).
The kinds and sizes below are a house rule; a file is accepted when its extension AND its content agree.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import tempfile
import time
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from PIL import Image, ImageOps
from sqlmodel import Session, col, select

from crm.core.access import Actor
from crm.core.errors import CrmError, NotFound, Refusal
from crm.core.i18n import _
from crm.core.settings import load_settings
from crm.core.today import now
from models import StoredFile

MB = 1_000_000
MAX_PHOTO_BYTES = 20 * MB
MAX_DOCUMENT_BYTES = 50 * MB
MAX_UNPACKED_BYTES = 500 * MB  # an Office file is a zip; more than this is a bomb
MAX_MEMBERS = 5_000
MAX_NAME = 255

PHOTO_SIDE_PX = 1600
PHOTO_QUALITY = 82
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP")  # an MPO, as many phones write, opens as JPEG
# Pixels allowed before decoding. A JPEG is decoded at reduced size, the others in full.
MAX_PIXELS = {"JPEG": 120_000_000, "MPO": 120_000_000, "PNG": 30_000_000, "WEBP": 30_000_000}

# What a browser would run as a page, whatever the name says.
ACTIVE_TYPES = ("text/html", "application/xhtml+xml", "image/svg+xml", "text/javascript", "application/xml")


class FileDamaged(CrmError):
    """The bytes on disk are gone or are not those that were kept."""


@dataclass(frozen=True)
class Kind:
    """One accepted kind of file: what it is served as, how large it may be, how it is recognised."""

    mime: str
    max_bytes: int
    matches: Callable[[bytes], bool]


def _starts(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(magic)


def _webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _office(main_part: str) -> Callable[[bytes], bool]:
    """A macro-free OOXML file whose main part is there and whose unpacked size is sane."""

    def matches(data: bytes) -> bool:
        if not data.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError):
            return False
        names = {m.filename for m in members}
        return (
            main_part in names
            and "[Content_Types].xml" in names
            and not any(n.lower().endswith("vbaproject.bin") for n in names)
            and len(members) <= MAX_MEMBERS
            and sum(m.file_size for m in members) <= MAX_UNPACKED_BYTES
        )

    return matches


def _text(data: bytes) -> bool:
    """Readable as UTF-8 or GB18030 and without control bytes; never a page in disguise."""
    if b"\x00" in data:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            head = data.decode(encoding)[:2000].lstrip().lower()
        except UnicodeDecodeError:
            continue
        return not head.startswith(("<!doctype", "<html", "<script", "<svg", "<?xml"))
    return False


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

KINDS: dict[str, Kind] = {
    "jpg": Kind("image/jpeg", MAX_PHOTO_BYTES, _starts(b"\xff\xd8\xff")),
    "jpeg": Kind("image/jpeg", MAX_PHOTO_BYTES, _starts(b"\xff\xd8\xff")),
    "png": Kind("image/png", MAX_PHOTO_BYTES, _starts(b"\x89PNG\r\n\x1a\n")),
    "webp": Kind("image/webp", MAX_PHOTO_BYTES, _webp),
    "pdf": Kind("application/pdf", MAX_DOCUMENT_BYTES, _starts(b"%PDF-")),
    "docx": Kind(_WORD, MAX_DOCUMENT_BYTES, _office("word/document.xml")),
    "xlsx": Kind(_SHEET, MAX_DOCUMENT_BYTES, _office("xl/workbook.xml")),
    "doc": Kind("application/msword", MAX_DOCUMENT_BYTES, _starts(_OLE)),
    "xls": Kind("application/vnd.ms-excel", MAX_DOCUMENT_BYTES, _starts(_OLE)),
    "csv": Kind("text/csv", MAX_DOCUMENT_BYTES, _text),
    "txt": Kind("text/plain", MAX_DOCUMENT_BYTES, _text),
}


def keep(
    session: Session,
    *,
    data: bytes,
    name: str,
    mime: str = "",
    owner: str,
    owner_id: int | None,
    actor: Actor,
) -> StoredFile:
    """Store the bytes and add their row to this transaction; the row has its id afterwards.

    `name` is what the sender called the file. `mime` is the sender's claim: one that a browser would
    run is refused, otherwise the type of the recognised kind is what is kept and served.
    Raises `Refusal` for an empty, too large, unknown or disguised file.
    """
    clean = clean_name(name)
    kind = _recognise(data, clean, mime)
    digest = hashlib.sha256(data).hexdigest()
    _write(data, _path(digest))
    stored = StoredFile(
        public_id=secrets.token_urlsafe(24),
        sha256=digest,
        name=clean,
        mime=kind.mime,
        size=len(data),
        owner=owner,
        owner_id=owner_id,
        made_by=actor.user_id,
        made_at=now(),
    )
    session.add(stored)
    session.flush()
    return stored


def find(session: Session, public_id: str) -> StoredFile:
    """The kept file of a URL, or `NotFound`. Says nothing of who may read it: the caller asks by `owner`."""
    stored = session.exec(
        select(StoredFile).where(col(StoredFile.public_id) == public_id, col(StoredFile.deleted_at).is_(None))
    ).first()
    if stored is None:
        raise NotFound(_("没有找到这条记录，或您无权查看。"))
    return stored


def of_owner(session: Session, owner: str, owner_id: int) -> list[StoredFile]:
    """The files of one record, oldest first."""
    return list(
        session.exec(
            select(StoredFile)
            .where(
                col(StoredFile.owner) == owner,
                col(StoredFile.owner_id) == owner_id,
                col(StoredFile.deleted_at).is_(None),
            )
            .order_by(col(StoredFile.id))
        )
    )


def path_of(stored: StoredFile) -> Path:
    """Where the bytes lie."""
    return _path(stored.sha256)


def read(stored: StoredFile) -> bytes:
    """The bytes, checked against their hash. Raises `FileDamaged`."""
    try:
        data = path_of(stored).read_bytes()
    except OSError as error:
        raise FileDamaged(_("文件“{name}”已丢失，请联系管理员从备份恢复。", name=stored.name)) from error
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        raise FileDamaged(_("文件“{name}”已损坏，请联系管理员从备份恢复。", name=stored.name))
    return data


def discard(session: Session, stored: StoredFile) -> None:
    """Take a file away from its record; its bytes go with the next `sweep`."""
    stored.deleted_at = now()
    session.add(stored)


def sweep(session: Session, *, older_than: timedelta = timedelta(days=1)) -> int:
    """Remove bytes that no kept row points at; returns how many. Young ones may belong to a running save."""
    kept = set(session.exec(select(StoredFile.sha256).where(col(StoredFile.deleted_at).is_(None))))
    limit = time.time() - older_than.total_seconds()
    removed = 0
    for path in load_settings().files.glob("??/*"):
        if path.name not in kept and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def clean_name(name: str) -> str:
    """A name fit to be shown and sent in a header: no path, no control or direction marks, at most 255 characters."""
    base = re.split(r"[/\\]", name)[-1]
    # Cc control, Cf direction overrides and joiners, Cs lone surrogates, Zl/Zp line separators
    base = "".join(c for c in base if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    base = base.strip().rstrip(" .")
    stem, dot, extension = base.rpartition(".")
    if not dot or len(extension) > 10:
        return base[:MAX_NAME] or _("未命名")
    return f"{stem[: MAX_NAME - 1 - len(extension)] or _('未命名')}.{extension}"


def _recognise(data: bytes, name: str, claim: str) -> Kind:
    if not data:
        raise Refusal(_("文件“{name}”是空的，请重新选择。", name=name))
    extension = name.rpartition(".")[2].lower()
    kind = KINDS.get(extension)
    if kind is None or claim.split(";")[0].strip().lower() in ACTIVE_TYPES:
        raise Refusal(
            _(
                "不能保存“{name}”：只接受这些类型的文件：{kinds}。",
                name=name,
                kinds="、".join(k for k in KINDS if k != "jpeg"),
            )
        )
    if len(data) > kind.max_bytes:
        raise Refusal(
            _(
                "文件“{name}”有 {size} MB，超过 {limit} MB 的上限，请压缩后再上传。",
                name=name,
                size=-(-len(data) // MB),
                limit=kind.max_bytes // MB,
            )
        )
    if not kind.matches(data):
        raise Refusal(
            _(
                "文件“{name}”的内容与扩展名 .{extension} 不符，请用原软件另存后再上传。",
                name=name,
                extension=extension,
            )
        )
    return kind


def _path(digest: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError("not a SHA-256")
    return load_settings().files / digest[:2] / digest


def _write(data: bytes, path: Path) -> None:
    """Atomic and durable: the name appears only with all its bytes, and survives a power cut."""
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == path.name:
        os.utime(path)  # young again, so that a sweep running now leaves it
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def shrink_photo(data: bytes) -> bytes:
    """A photo made small and harmless: JPEG, upright, at most 1600 px a side, without EXIF or location.

    The pixel count is checked before anything is decoded. Raises `Refusal` for what is no photo,
    for HEIC, and for more pixels than `MAX_PIXELS`.
    """
    if len(data) > MAX_PHOTO_BYTES:
        raise Refusal(_("照片超过 {limit} MB，请用手机拍摄的普通照片。", limit=MAX_PHOTO_BYTES // MB))
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"):
        raise Refusal(
            _(
                "这是 HEIC 格式的照片，暂不能读取。请把手机相机格式改为“兼容性最佳”（JPEG）后再拍，或截屏后上传。"
            )
        )
    unreadable = _("这不是能识别的照片，请上传 JPG、PNG 或 WebP 图片。")
    try:
        with Image.open(io.BytesIO(data), formats=PHOTO_FORMATS) as photo:
            width, height = photo.size
            if width * height > MAX_PIXELS[photo.format or "PNG"]:
                raise Refusal(
                    _("照片有 {n} 万像素，太大了，请降低分辨率后再上传。", n=width * height // 10_000)
                )
            # Only JPEG honours this: it is then decoded at 1/2, 1/4 or 1/8 of its size.
            photo.draft("RGB", (PHOTO_SIDE_PX, PHOTO_SIDE_PX))
            photo.load()
            upright = ImageOps.exif_transpose(photo)
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                upright = upright.convert("RGBA")
                paper = Image.new("RGBA", upright.size, "white")
                paper.alpha_composite(upright)
                upright = paper
            bare = upright.convert("RGB")
            bare.thumbnail((PHOTO_SIDE_PX, PHOTO_SIDE_PX))
    except Refusal:
        raise
    except Image.DecompressionBombError as error:
        raise Refusal(_("照片像素太多，请降低分辨率后再上传。")) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise Refusal(unreadable) from error
    bare.info.clear()  # a JPEG comment would otherwise be copied along
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=PHOTO_QUALITY, optimize=True, progressive=True)
    return out.getvalue()
