"""Names and numbers of officers and contacts. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from crm.core.i18n import _
from crm.ledgers.reader import Cell
from crm.ledgers.values.words import UNKNOWN, Unreadable, blank, is_empty, narrow, sound


@dataclass(frozen=True)
class Person:
    name: str
    phone: str = ""


_MOBILE = r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
_LANDLINE = r"\(?0\d{2,3}\)?[- ]?\d{7,8}(?:-\d{1,5})?|(?<!\d)\d{7,8}(?!\d)"
_PHONE = re.compile(rf"(?<!\d)(?:{_MOBILE}|{_LANDLINE})(?!\d)")
_ROLE_WORDS = re.compile(
    r"(牵头(专员|人)?|协办(专员|人)?|协助|组长|副组长|成员|(服务|联络)?专员|联络[员人]|负责人|责任人|主办|A岗|B岗|AB岗)\s*[:：]\s*"
)
_TITLES = re.compile(
    r"(副?(区长|市长|县长|院长|校长|站长|队长|秘书长|主任|局长|科长|股长|镇长|书记|部长|处长|所长|经理|主席)|区委常委|常委|委员|调研员|科员|同志|先生|女士)$"
)


def phone(raw: str) -> str:
    """Digits of a mobile number; a land line as 区号-号码; anything else as written, at most 30."""
    plain = narrow(raw)
    digits = re.sub(r"\D", "", plain)
    if re.fullmatch(r"(86)?1[3-9]\d{9}", digits):
        return digits[-11:]
    return re.sub(r"\s+", "", plain)[:30]


def phones(cell: Cell | None) -> list[str]:
    """All numbers in a telephone cell, in order."""
    if cell is None or blank(cell) or cell.kind in "efb":
        return []
    if cell.kind == "n":
        return [phone(f"{float(cell.value[0]):.0f}")]
    raw = narrow(cell.text)
    found = [phone(m.group(0)) for m in _PHONE.finditer(raw)]
    return found or [phone(raw)]


def people(cell: Cell | None) -> list[Person]:
    """Names in one cell, in order, each with the number written beside it.

    Separators are 、，,;；/ a line break or a space; a two-character name with a space inside
    (李 明) and a name broken over two lines (容国⏎栋) stay whole.
    """
    if cell is None or blank(cell):
        return []
    sound(cell)
    raw = str(cell.text).replace("\u3000", " ").replace("\r", "\n")
    found: list[Person] = []
    for piece in re.split(r"[、，,；;/／|&＆]+|(?<=[\u4e00-\u9fff])和(?=[\u4e00-\u9fff]{2})", raw):
        _one_piece(piece, found)
    for person in found:
        if not 2 <= len(person.name) <= 30 or re.search(r"\d", person.name):
            raise Unreadable(_("人名“{name}”读不懂，多人请用顿号隔开", name=person.name))
    unique: dict[str, Person] = {}
    for person in found:
        unique.setdefault(person.name, person)
    return list(unique.values())


def _one_piece(piece: str, found: list[Person]) -> None:
    """Add the people of one piece between hard separators; a number belongs to the name before it."""
    wide = "".join(unicodedata.normalize("NFKC", c) if c in "（）：＋" or c.isdigit() else c for c in piece)
    last = 0
    for match in [*_PHONE.finditer(wide), None]:
        words = wide[last : match.start()] if match else wide[last:]
        names = _names(words)
        found.extend(Person(n) for n in names)
        if match:
            if found:
                found[-1] = Person(found[-1].name, found[-1].phone or phone(match.group(0)))
            last = match.end()


def _names(words: str) -> list[str]:
    words = re.sub(r"\([^()]*\)|\(|\)", " ", words)
    words = _ROLE_WORDS.sub(" ", words.strip())
    words = re.sub(r"(电话|手机|联系方式|Tel)\s*[:：]?\s*$", "", words.strip(), flags=re.I)
    pieces = [p.strip(" \t:：.。-") for p in re.split(r"\s+", words)]
    tokens = [t for t in pieces if t and not is_empty(t) and t not in UNKNOWN]
    if tokens and all(re.fullmatch(r"[A-Za-z.'-]+", t) for t in tokens):
        return [" ".join(tokens)]
    names: list[str] = []
    waiting = ""  # a lone character: the surname of the next piece, or the end of the one before
    for i, token in enumerate(tokens):
        if waiting:
            names.append(waiting + token)
            waiting = ""
        elif len(token) == 1:
            following = tokens[i + 1] if i + 1 < len(tokens) else ""
            if (
                names
                and len(names[-1]) == 2
                and ((len(following) != 1 and len(following) != 2) or len(tokens) == 2)
            ):
                names[-1] += token
            elif following:
                waiting = token
            elif names:
                names[-1] += token
            else:
                names.append(token)
        elif len(token) > 2 and _TITLES.search(token) and len(_TITLES.sub("", token)) >= 2:
            names.append(_TITLES.sub("", token))
        elif names and _TITLES.fullmatch(token):
            continue
        else:
            names.append(token)
    return names
