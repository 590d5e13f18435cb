"""Lines that are not projects: sections, totals, units, notes, signatures. Pure."""

from __future__ import annotations

import re

from crm.ledgers import values
from crm.ledgers.recognise.shapes import Place

_ENUMERATORS: tuple[tuple[str, int], ...] = (
    (r"^第[一二三四五六七八九十\d]+(部分|类|章)[:：、]?", 1),
    (r"^[一二三四五六七八九十]{1,3}[、.．,，:：\s]", 1),
    (r"^[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+[、.．]?", 1),
    (r"^[(（][一二三四五六七八九十]{1,3}[)）][、.]?", 2),
    (r"^\d{1,2}[、.．]\s*(?=\D)", 3),
    (r"^[(（]\d{1,2}[)）][、.]?", 4),
)
CHINESE_SEQ = re.compile(r"^[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.]?$|^[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+$|^[A-Z]$")
# 合计 alone, counted or ended with; 小计量仪表项目 is a project.
_TOTAL = re.compile(
    r"^(总?合计|小计|总计|共计|全区合计|本页小计|累计)(?=$|[(（:：]|\d|共)|^(共|总共)\d+[项个]|(合计|小计|总计|共计)([(（][^()（）]*[)）])?[:：]?$"
)
UNIT_CELL = re.compile(r"[(（]?(亿元|万元|元|亩|平方米|㎡|%|％|年月?|年/月|个|人)[)）]?")
COUNT = re.compile(r"[(（](共|计|合计)?\d+\s*[个项]?(项目)?[)）]|共?\d+\s*[个项](项目)?$")
NOTE = re.compile(
    r"^(注|备注|说明|填报|填表|制表|审核|审批|单位负责人|分管领导|统计负责人|联系人|报送|数据来源|\*|※|附)"
)
SIGNED = re.compile(
    r"^(填表人?|填报人?|制表人?|审核人?|审批人?|单位负责人|统计负责人|分管领导|填报单位|(填报|填表|制表|报送)(日期|时间))[:：]"
)
_FILLERS = re.compile(
    r"省级?重点|市级?重点|区级?重点|省级?|市级?|区级?|重点|重大|建设|项目|工程|类|全区|年度|计划|部分|情况|的|和|及|、|[()（）:：\s—-]"
    r"|20\d\d年?|基础设施|产业|工业|制造业?|先进|民生|保障|社会|事业|公共服务|服务业|现代|新开工|续建|投产|竣工|在建|前期|预备|储备|新建|蓬江|江门"
)


def strip_enumerator(label: str) -> tuple[str, int]:
    """(the label without 一、/（一）/1., its depth; 0 = none)."""
    for pattern, depth in _ENUMERATORS:
        found = re.match(pattern, label)
        if found:
            return label[found.end() :].strip(), depth
    return label, 0


def is_total(label: str) -> bool:
    plain, _depth = strip_enumerator(re.sub(r"\s+", "", values.narrow(label)))
    return bool(_TOTAL.search(plain))


def place_of(label: str, towns: values.Towns) -> tuple[Place, bool]:
    """What a section's label says, and whether it says nothing but that."""
    plain, _depth = strip_enumerator(re.sub(r"\s+", "", values.narrow(label)))
    plain = COUNT.sub("", plain).strip()
    inside = towns.inside(plain)
    rest = plain
    for way in sorted(towns.ways, key=len, reverse=True):
        rest = rest.replace(way, "")
    purely = not _FILLERS.sub("", re.sub(r"街道办事处|街道办|街道|办事处|镇|街", "", rest))
    where = Place(
        values.level_of(plain) if re.search(r"重点|级|^[省市区]$", plain) else None,
        values.category_of(plain),
        values.plan_class_of(plain),
        inside.pop() if len(inside) == 1 else None,
    )
    return where, purely
