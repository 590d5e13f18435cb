"""The district's towns and departments, as printed in recent local news; editable by the administrator."""

from __future__ import annotations

from sqlmodel import Session, select

from models import Department, Town

# 统计用区划代码 of 蓬江区 (440703) and the ways ledgers shorten the name.
TOWNS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("440703001", "环市街道", ("环市", "环市街", "环市街办", "环市街道办", "环市街道办事处")),
    ("440703002", "白沙街道", ("白沙", "白沙街", "白沙街办", "白沙街道办", "白沙街道办事处")),
    ("440703003", "潮连街道", ("潮连", "潮连街", "潮连街办", "潮连街道办", "潮连街道办事处")),
    ("440703101", "棠下镇", ("棠下", "棠下镇政府", "棠下镇人民政府")),
    ("440703102", "荷塘镇", ("荷塘", "荷塘镇政府", "荷塘镇人民政府")),
    ("440703103", "杜阮镇", ("杜阮", "杜阮镇政府", "杜阮镇人民政府")),
)

DEPARTMENTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("区政务服务和数据管理局", "政数局", ("政务服务和数据管理局", "区政数局")),
    ("区行政服务中心", "行政服务中心", ("蓬江区行政服务中心", "行政服务中心")),
    ("区发展和改革局", "发改局", ("发展和改革局", "区发改局", "发改局")),
    ("区经济促进局", "经促局", ("经济促进局", "区经促局", "投资促进中心", "区投资促进中心")),
    ("区自然资源局", "自然资源局", ("自然资源局", "市自然资源局蓬江分局", "不动产登记中心")),
    ("区住房和城乡建设局", "住建局", ("住房和城乡建设局", "区住建局", "住建局")),
    ("江门市生态环境局蓬江分局", "生态环境分局", ("生态环境局", "江门市生态环境局", "市生态环境局蓬江分局")),
    ("区农业农村和水利局", "农水局", ("水利局", "农业农村和水利局", "区水利局")),
    ("区市场监督管理局", "市场监管局", ("市场监督管理局", "市场监管局")),
    ("区城市管理和综合执法局", "城管局", ("城市管理和综合执法局", "城管局")),
    ("区应急管理局", "应急管理局", ("应急管理局",)),
    ("区统计局", "统计局", ("统计局",)),
    ("供水供电供气通信企业", "公用企业", ("供水/供电/燃气/通信企业",)),
    ("施工图审查机构", "审图机构", ("审图机构",)),
)


def seed(session: Session) -> None:
    """Add the towns and departments that are missing; touch none that is there."""
    towns = {t.code for t in session.exec(select(Town))}
    for sort, (code, name, aliases) in enumerate(TOWNS):
        if code not in towns:
            session.add(Town(code=code, name=name, aliases=list(aliases), sort=sort))
    names = {d.name for d in session.exec(select(Department))}
    for name, short, aliases in DEPARTMENTS:
        if name not in names:
            session.add(Department(name=name, short=short, aliases=list(aliases)))
    session.flush()
