"""The file of an import: where it lies while it is read, and that it is gone afterwards.

An export holds people's names and numbers, so our copy is kept only until it has come in, or for a week
when it was stopped half-way.
"""

from __future__ import annotations

import shutil
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from crm.caselog import reader
from crm.caselog.reader import Survey
from crm.core import files
from crm.core.access import Actor, Verb, require
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.settings import load_settings

KEPT_DAYS = 7
ENDINGS = ("csv", "txt", "tsv", "xlsx", "xls")
UNPACKED = 4 * 1024**3
RATIO = 200  # unpacked : packed


@dataclass(frozen=True)
class Received:
    """A file ready to be read: `path` is text; `name` as the sender called it. `ours`: our own copy, to be
    removed when it has come in."""

    path: Path
    name: str
    survey: Survey
    ours: bool


def folder() -> Path:
    """Where our copies lie; nobody else reads there."""
    place = load_settings().var / "intake"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def receive(actor: Actor, source: Path | IO[bytes], name: str) -> Received:
    """Look once through a file and make it ready to be read. A path is read where it lies, unless it is a
    workbook, which is turned into text; a stream is copied. Raises `Refusal` for what is no export."""
    require(actor, Verb.CASE_IMPORT)
    sweep()
    clean = files.clean_name(name)
    if clean.lower().endswith(".zip"):
        return _unpacked(source, clean)
    if clean.lower().rpartition(".")[2] not in ENDINGS:
        raise Refusal(
            _("不认识“{name}”的类型。请上传.csv、.xlsx或.xls文件，或只含一个这样的文件的.zip。", name=clean)
        )
    if isinstance(source, Path):
        if not source.is_file():
            raise Refusal(_("打不开文件“{name}”，请检查路径和权限。", name=str(source)))
        return _ready(source, clean, ours=False)
    copy = folder() / f"new-{time.time_ns():x}"
    with copy.open("wb") as f:
        shutil.copyfileobj(source, f, 1 << 20)
    try:
        return _ready(copy, clean, ours=True)
    finally:
        copy.unlink(missing_ok=True)


def _unpacked(source: Path | IO[bytes], name: str) -> Received:
    """The one export inside a .zip: a year's is a tenth of its size then."""
    inside = folder() / f"new-{time.time_ns():x}"
    try:
        with zipfile.ZipFile(source) as archive:
            members = [
                m
                for m in archive.infolist()
                if m.filename.lower().rpartition(".")[2] in ENDINGS and not m.filename.startswith("__MACOSX")
            ]
            if len(members) != 1:
                raise Refusal(
                    _("“{name}”里应当只有一个.csv或.xlsx文件，现有{n}个。", name=name, n=len(members))
                )
            member = members[0]
            most = min(UNPACKED, RATIO * max(member.compress_size, 1 << 20))
            with archive.open(member) as packed, inside.open("wb") as f:
                while block := packed.read(1 << 20):
                    if f.tell() + len(block) > most:  # the directory may lie about sizes
                        raise Refusal(_("“{name}”解压后过大，疑似压缩炸弹，已拒绝。", name=name))
                    f.write(block)
        inner = member.filename.rpartition("/")[2]
        if (
            member.flag_bits & 0x800 == 0
        ):  # written by Chinese Windows: GB18030, which zipfile takes for cp437
            inner = inner.encode("cp437", "replace").decode("gb18030", "replace")
        return _ready(inside, files.clean_name(inner), ours=True)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise Refusal(_("“{name}”无法解压：请检查是否完整、是否设有密码。", name=name)) from error
    finally:
        inside.unlink(missing_ok=True)


def _ready(path: Path, name: str, *, ours: bool) -> Received:
    sha256 = reader.digest(path)
    kept = folder() / f"{sha256}.csv"
    if path.stat().st_size and reader.is_workbook(path):
        told = reader.to_csv(path, kept, name)
        survey = _surveyed(kept, name, sha256, str(told["sheet"]), tuple(told["others"]))
        return Received(kept, name, survey, ours=True)
    if ours:
        path.replace(kept)
        path = kept
    return Received(path, name, _surveyed(path, name, sha256) if ours else reader.survey(path, name), ours)


def _surveyed(path: Path, name: str, sha256: str, sheet: str = "", others: tuple[str, ...] = ()) -> Survey:
    try:
        return reader.survey(path, name, sha256=sha256, sheet=sheet, others=others)
    except Refusal:
        path.unlink(missing_ok=True)
        raise


def forget(path: str) -> None:
    """Remove our copy."""
    Path(path).unlink(missing_ok=True)


def sweep() -> int:
    """Remove copies nobody took up for a week; returns how many."""
    limit = time.time() - KEPT_DAYS * 86_400
    removed = 0
    for path in folder().iterdir():
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
