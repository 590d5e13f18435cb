"""Two whole papers by hand: an invented town of fourteen projects, and one of them told alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crm.briefings.context import (
    CaseFacts,
    CaseRow,
    Count,
    DemandFacts,
    DemandNote,
    HallFacts,
    HallPaper,
    Imprint,
    Matter,
    Node,
    OfficerTerm,
    Pace,
    Problem,
    ProjectFacts,
    ProjectLine,
    ProjectPaper,
    PromiseFacts,
    Red,
    Report,
    VisitFacts,
    VisitNote,
)
from models.vocabulary import DatePrecision, Light

SUNDAY = date(2026, 11, 22)

IMPRINT = Imprint(
    masthead="会客厅服务简报",
    office="蓬江区行政服务中心",
    series_year=2026,
    number=12,
    issued_on=SUNDAY,
    report_to="区委、区政府主要领导，分管领导",
    send_to="区各有关部门",
    distribute_to="各镇街，联络专员",
    copies=40,
)

_ROWS = (
    # name, town, level, category, stage, light, total, plan, done, unit, officer
    ("恒岳新能源电池项目（一期）", "棠下镇", "市重点", "产业工程", "施工许可", "red", 86000, 12000, 6320, "区经济促进局", "何志强"),
    ("瑞朗精密模具扩建项目", "荷塘镇", "区重点", "产业工程", "开工建设", "yellow", 12500, 5200, 4100, "荷塘镇", "区国栋"),
    ("滨江路综合管廊工程", "白沙街道", "省重点", "基础设施工程", "开工建设", "green", 154300, 36000, 31250, "区住房和城乡建设局", "李欣怡"),
    ("杜阮智能家电产业园", "杜阮镇", "市重点", "产业工程", "开工建设", "green", 230000, 41000, 36120, "杜阮镇", "何志强"),
    ("环市第三小学新建工程", "环市街道", "区重点", "民生保障工程", "竣工验收", "green", 18600, 8600, 8600, "区教育局", "陈嘉欣"),
    ("潮连岛污水处理厂扩容工程", "潮连街道", "市重点", "基础设施工程", "开工建设", "red", 42800, 15000, 7025, "区农业农村和水利局", "李欣怡"),
    ("华粤食品冷链物流中心", "棠下镇", "区重点", "产业工程", "工程建设许可", "yellow", 33000, 6000, 4280, "棠下镇", "何志强"),
    ("江沙科创谷（二期）", "棠下镇", "市重点", "产业工程", "用地", "green", 98000, 9000, 8123, "区经济促进局", "梁文杰"),
    ("荷塘灯饰数字化车间技术改造", "荷塘镇", "区重点", "产业工程", "试运行/行业许可", "green", 6800, 4200, 4150, "荷塘镇", "区国栋"),
    ("西环路改造工程（白沙段）", "白沙街道", "市重点", "基础设施工程", "开工建设", "yellow", 27500, 11000, 8020, "区住房和城乡建设局", "陈嘉欣"),
    ("区人民医院门诊综合楼", "白沙街道", "省重点", "民生保障工程", "开工建设", "green", 61200, 16000, 14950, "区卫生健康局", "陈嘉欣"),
    ("杜阮镇保障性住房项目", "杜阮镇", "区重点", "民生保障工程", "施工许可", "red", 39400, 10000, 3985, "杜阮镇", "梁文杰"),
    ("启辰光电显示模组项目", "环市街道", "区重点", "产业工程", "立项", "green", 45000, None, None, "环市街道", ""),
    ("潮连文旅码头项目", "潮连街道", "区重点", "基础设施工程", "用地", "blue", 21000, 3000, 600, "潮连街道", "李欣怡"),
)  # fmt: skip


def lines() -> tuple[ProjectLine, ...]:
    return tuple(
        ProjectLine(
            project_id=n,
            name=r[0],
            town=r[1],
            level=r[2],
            category=r[3],
            stage=r[4],
            suspended=r[5] == "blue",
            light=Light(r[5]),
            light_why="",
            total_wan=Decimal(r[6]),
            plan_wan=None if r[7] is None else Decimal(r[7]),
            done_wan=None if r[8] is None else Decimal(r[8]),
            done_month=None if r[8] is None else 10,
            unit=r[9],
            leader="谭主任",
            officers=(r[10],) if r[10] else (),
        )
        for n, r in enumerate(_ROWS, 1)
    )


def hall_facts() -> HallFacts:
    return HallFacts(
        from_on=date(2026, 11, 16),
        to_on=SUNDAY,
        as_of=SUNDAY,
        visits=VisitFacts(
            total=18,
            enterprises=12,
            by_mode=(Count("上门", 10), Count("电话", 3), Count("会客厅", 4), Count("线上", 1)),
            by_town=(Count("棠下镇", 8), Count("荷塘镇", 5), Count("杜阮镇", 3), Count("白沙街道", 2)),
        ),
        demands=DemandFacts(
            raised=9,
            by_class=(Count("用地", 2), Count("报建审批", 3), Count("水电气通信", 3), Count("融资", 1)),
            closed=4,
            open_total=12,
            open_major=2,
        ),
        promises=PromiseFacts(
            made=6,
            due=5,
            kept=4,
            kept_late=0,
            broken=1,
            open_total=7,
            overdue=(
                Matter(
                    "江门市恒岳科技有限公司",
                    "答复高压线迁改时间",
                    "何志强",
                    date(2026, 11, 18),
                    2,
                ),
            ),
        ),
        cases=CaseFacts(
            accepted=8,
            decided=7,
            decided_late=1,
            open_total=21,
            stopped=3,
            overdue=(
                Matter(
                    "恒岳新能源电池项目（一期）",
                    "建筑工程施工许可证核发",
                    "区住房和城乡建设局",
                    date(2026, 11, 18),
                    2,
                ),
                Matter(
                    "潮连岛污水处理厂扩容工程",
                    "排水许可",
                    "区城市管理和综合执法局",
                    date(2026, 11, 13),
                    5,
                ),
            ),
        ),
        pace=Pace(
            year=2026,
            month=10,
            behind_report=1,
            planned_starts=6,
            started=4,
            finished=2,
            produced=1,
            not_started=("杜阮镇保障性住房项目", "华粤食品冷链物流中心"),
            not_finished=("环市第三小学新建工程",),
            not_produced=(),
        ),
        projects=lines(),
        reds=(
            Red(
                "恒岳新能源电池项目（一期）",
                "棠下镇",
                "建筑工程施工许可证逾期2个工作日",
                "区经济促进局",
                ("何志强",),
                date(2026, 11, 18),
            ),
            Red(
                "潮连岛污水处理厂扩容工程",
                "潮连街道",
                "累计完成投资慢于序时进度36.5个百分点",
                "区农业农村和水利局",
                ("李欣怡",),
                date(2026, 12, 31),
            ),
            Red(
                "杜阮镇保障性住房项目",
                "杜阮镇",
                "计划2026年6月开工，至今未开工；累计完成投资慢于序时进度43.4个百分点",
                "杜阮镇",
                ("梁文杰",),
                None,
            ),
        ),
        problems=(
            Problem(
                "恒岳新能源电池项目（一期）",
                "棠下镇",
                "110千伏高压线跨越地块东南角，迁改方案未定，影响基坑开挖",
                "供电部门出具迁改方案并报区政府审定",
                "区经济促进局",
                ("何志强",),
                date(2026, 12, 15),
                "施工许可",
                10,
                date(2026, 11, 5),
            ),
            Problem(
                "潮连岛污水处理厂扩容工程",
                "潮连街道",
                "征地范围内2户未签约，进场道路未通",
                "街道牵头完成签约",
                "区农业农村和水利局",
                ("李欣怡",),
                None,
                "",
                10,
                date(2026, 11, 6),
            ),
            Problem(
                "西环路改造工程（白沙段）",
                "白沙街道",
                "通信管线迁改滞后",
                "",
                "区住房和城乡建设局",
                ("陈嘉欣",),
                date(2026, 12, 20),
                "管线迁改",
                10,
                date(2026, 11, 4),
            ),
        ),
        decisions=(
            Matter(
                "江门市恒岳科技有限公司",
                "协调供电部门在12月15日前确定110千伏高压线迁改方案",
                "区经济促进局、联络专员何志强",
                date(2026, 12, 15),
            ),
            Matter(
                "潮连岛污水处理厂扩容工程",
                "排水许可逾期5个工作日，提请分管领导督办",
                "区城市管理和综合执法局",
                date(2026, 11, 13),
                5,
            ),
        ),
        coming_days=7,
        coming_nodes=(
            Matter("华粤食品冷链物流中心", "建设工程规划许可证", "区自然资源局", date(2026, 11, 25)),
            Matter("江沙科创谷（二期）", "用地批准", "区自然资源局", date(2026, 11, 27)),
        ),
        coming_promises=(Matter("江门市瑞朗实业有限公司", "协调厂区道路开口", "区国栋", date(2026, 11, 26)),),
        late_nodes=(
            Matter("恒岳新能源电池项目（一期）", "施工许可", "区住房和城乡建设局", date(2026, 11, 18), 2),
        ),
    )


def empty_hall_facts() -> HallFacts:
    """A period in which nothing was recorded, in a register without projects."""
    return HallFacts(
        from_on=date(2026, 11, 1),
        to_on=date(2026, 11, 1),
        as_of=date(2026, 11, 1),
        visits=VisitFacts(0, 0, (), ()),
        demands=DemandFacts(0, (), 0, 0, 0),
        promises=PromiseFacts(0, 0, 0, 0, 0, 0, ()),
        cases=CaseFacts(0, 0, 0, 0, 0, ()),
        pace=Pace(2026, None, 0, 0, 0, 0, 0, (), (), ()),
        projects=(),
        reds=(),
        problems=(),
        decisions=(),
        coming_days=7,
        coming_nodes=(),
        coming_promises=(),
        late_nodes=(),
    )


def hall_paper() -> HallPaper:
    return HallPaper(IMPRINT, hall_facts())


def project_facts() -> ProjectFacts:
    line = lines()[0]
    return ProjectFacts(
        project_id=1,
        as_of=SUNDAY,
        line=line,
        enterprise="江门市恒岳科技有限公司",
        credit_code="91440703MA4UQPYH7H",
        project_code="2603-440703-04-01-123456",
        project_type="工业新建（出让用地）",
        industry="新能源",
        site="江沙示范园区A12地块",
        land_mu=Decimal("120.5"),
        building_sqm=Decimal(68000),
        capacity="建设动力电池生产线4条，年产能2GWh。",
        status="推进中",
        status_reason="",
        status_on=None,
        start_on=date(2026, 12, 1),
        start_precision=DatePrecision.MONTH,
        started_on=None,
        finish_on=date(2027, 10, 1),
        finish_precision=DatePrecision.MONTH,
        finished_on=None,
        stage_entered_on=date(2026, 10, 12),
        terms=(
            OfficerTerm("何志强", "牵头专员", date(2026, 3, 2)),
            OfficerTerm("李欣怡", "协办专员", date(2026, 5, 6)),
        ),
        contacts=("华粤升（副总经理）139****1234",),
        year=2026,
        report=Report(
            2026,
            10,
            "完成施工图设计和审查，场地平整完成80%",
            "110千伏高压线跨越地块东南角，迁改方案未定，影响基坑开挖",
            "供电部门出具迁改方案，12月完成施工许可",
            date(2026, 11, 5),
        ),
        nodes=(
            Node("企业投资项目备案", "区发展和改革局", date(2026, 3, 20), date(2026, 3, 18), None, False),
            Node("国有建设用地使用权出让", "区自然资源局", date(2026, 6, 30), date(2026, 6, 26), None, True),
            Node("建设用地规划许可证", "区自然资源局", date(2026, 7, 20), date(2026, 7, 17), None, True),
            Node("建设工程规划许可证", "区自然资源局", date(2026, 9, 30), date(2026, 10, 9), None, True),
            Node("施工图审查合格书", "施工图审查机构", date(2026, 10, 30), date(2026, 10, 28), None, True),
            Node("建筑工程施工许可证核发", "区住房和城乡建设局", date(2026, 11, 18), None, 2, True),
            Node("开工建设", "企业", date(2026, 12, 1), None, None, True),
            Node("主体封顶", "企业", date(2027, 5, 31), None, None, True),
            Node("竣工验收", "区住房和城乡建设局", date(2027, 10, 29), None, None, True),
        ),
        cases=(
            CaseRow(
                "建设工程规划许可证核发",
                "区自然资源局",
                date(2026, 9, 21),
                "10个工作日",
                date(2026, 10, 13),
                "已办结",
                False,
            ),
            CaseRow(
                "建筑工程施工许可证核发",
                "区住房和城乡建设局",
                date(2026, 11, 9),
                "7个工作日",
                date(2026, 11, 18),
                "逾期2个工作日",
                False,
            ),
            CaseRow(
                "城镇污水排入排水管网许可",
                "区城市管理和综合执法局",
                date(2026, 11, 16),
                "5个工作日",
                date(2026, 11, 23),
                "停表",
                False,
            ),
        ),
        visits_this_year=14,
        last_visits=(
            VisitNote(
                date(2026, 11, 19), "上门", ("何志强", "李欣怡"), "现场查看高压线位置，与企业商定基坑分段开挖"
            ),
        ),
        demands=(
            DemandNote(
                "水电气通信",
                "Ⅳ 重大",
                "申请迁改地块东南角110千伏高压线",
                date(2026, 9, 8),
                None,
                "",
            ),
            DemandNote(
                "报建审批",
                "Ⅱ 一般",
                "咨询桩基先行的办理条件",
                date(2026, 10, 20),
                date(2026, 10, 23),
                "已书面答复并指导提交",
            ),
        ),
        promises=(Matter("江门市恒岳科技有限公司", "答复高压线迁改时间", "何志强", date(2026, 11, 18), 2),),
        decisions=(
            Matter(
                "水电气通信诉求",
                "协调供电部门在12月15日前确定110千伏高压线迁改方案",
                "区经济促进局、联络专员何志强",
                date(2026, 12, 15),
            ),
        ),
        ball="部门（区住房和城乡建设局）",
    )


def project_paper() -> ProjectPaper:
    from dataclasses import replace

    return ProjectPaper(replace(IMPRINT, masthead="重点项目服务专报"), project_facts())
