"""Closed lists as offices shorten them, and the towns. Pure."""

from __future__ import annotations

import re

from crm.core.i18n import _
from crm.ledgers.reader import Cell
from crm.ledgers.values.words import UNKNOWN, Unreadable, narrow, text
from models.vocabulary import CATEGORY_LABELS, LEVEL_LABELS, Category, Level, PlanClass

# Looked for in order; the first hit decides. Reviewable: one line, one way of writing.
LEVEL_WORDS: tuple[tuple[str, Level], ...] = (
    (r"省重|省级|省市?级|^省$|^省[、/,]", Level.PROVINCE),
    (r"市重|市级|^市$|^市[、/,]", Level.CITY),
    (r"区重|区级|县级|^区$", Level.DISTRICT),
)
CATEGORY_WORDS: tuple[tuple[str, Category], ...] = (
    (r"民生|社会事业|公共服务|教育|卫生|医疗|文化体育|住房保障|保障性", Category.LIVELIHOOD),
    (r"基础设施|基建|交通|水利|市政|能源保障|管网|环保工程", Category.INFRASTRUCTURE),
    (r"产业|工业|制造|服务业|农业|企业投资", Category.INDUSTRY),
)
PLAN_CLASS_WORDS: tuple[tuple[str, PlanClass], ...] = (
    (r"预备|前期|储备|谋划", PlanClass.PREPARATION),
    (r"新开工|新建开工|计划开工|拟开工|^新开", PlanClass.NEW_START),
    (r"投产|竣工|建成", PlanClass.PRODUCTION),
    (r"续建|在建|结转", PlanClass.CONTINUED),
)


def level_of(words: str) -> Level | None:
    plain = re.sub(r"\s+", "", narrow(words))
    return next((level for pattern, level in LEVEL_WORDS if re.search(pattern, plain)), None)


def category_of(words: str) -> Category | None:
    plain = re.sub(r"\s+", "", narrow(words))
    return next((c for pattern, c in CATEGORY_WORDS if re.search(pattern, plain)), None)


def categories_in(title: str) -> set[Category]:
    """The categories a title names as such: 产业工程, 民生保障类项目; 重点项目 names none."""
    plain = re.sub(r"\s+", "", narrow(title))
    return {c for pattern, c in _TITLE_WORDS if re.search(pattern, plain)}


_TITLE_WORDS = (
    (r"民生(保障)?(类)?(工程|项目)", Category.LIVELIHOOD),
    (r"基础设施(类)?(工程|项目)", Category.INFRASTRUCTURE),
    (r"产业(类)?(工程|项目)", Category.INDUSTRY),
)


def plan_class_of(words: str) -> PlanClass | None:
    plain = re.sub(r"\s+", "", narrow(words))
    return next((c for pattern, c in PLAN_CLASS_WORDS if re.search(pattern, plain)), None)


def level(cell: Cell | None) -> Level | None:
    """省重点 / 市重点 / 区重点, however shortened. Raises `Unreadable` with the allowed words."""
    words = text(cell, 60)
    if not words or words in UNKNOWN:
        return None
    found = level_of(words)
    if found is None:
        raise Unreadable(
            _("级别不认识，应为：{allowed}", allowed="、".join(_(x) for x in LEVEL_LABELS.values()))
        )
    return found


def category(cell: Cell | None) -> Category | None:
    """基础设施工程 / 产业工程 / 民生保障工程, however shortened. Raises `Unreadable` with the allowed words."""
    words = text(cell, 60)
    if not words or words in UNKNOWN:
        return None
    found = category_of(words)
    if found is None:
        raise Unreadable(
            _("类别不认识，应为：{allowed}", allowed="、".join(_(x) for x in CATEGORY_LABELS.values()))
        )
    return found


class Towns:
    """The district's towns by every way they are written."""

    def __init__(self, towns: list[tuple[int, str, list[str]]]) -> None:
        self.names = [n for _id, n, _a in towns]
        self._keys: dict[str, int] = {}
        for town_id, full, aliases in towns:
            for way in (full, *aliases):
                self._keys[_town_key(way)] = town_id
        self._stems = {_stem(full): town_id for town_id, full, _a in towns}
        self.label = {town_id: full for town_id, full, _a in towns}
        # Whole names first, so that taking 棠下 out of 棠下镇 leaves nothing behind.
        self.ways = {_town_key(way) for _id, full, aliases in towns for way in (full, *aliases)}

    def find(self, words: str) -> int | None:
        """The town a cell names by itself, with or without 蓬江区 before and 办事处 after."""
        key = re.sub(r"^(广东省)?(江门市)?(蓬江区)?", "", _town_key(words))
        if not key:
            return None
        hit = self._keys.get(key) or self._stems.get(_stem(key))
        if hit:
            return hit
        # 棠下镇莲塘村, 棠下镇滨江大道旁: the town first, a place in it after.
        hits = {i for n, i in ((_town_key(self.label[i]), i) for i in self.label) if key.startswith(n)}
        return hits.pop() if len(hits) == 1 else None

    def inside(self, words: str) -> set[int]:
        """Every town named somewhere in a title, sheet name or address, by full name or alias of 2+ characters."""
        key = _town_key(words)
        return {i for stem, i in self._stems.items() if stem in key}


def _town_key(words: str) -> str:
    return re.sub(r"[\s()（）、,，.。:：·-]", "", narrow(words))


def _stem(key: str) -> str:
    return re.sub(r"(街道办事处|街道办|街办|办事处|街道|街|镇人民政府|镇政府|镇)$", "", key)
