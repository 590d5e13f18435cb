"""The invented names and sentences of the demo town. Any likeness to a real firm or person is chance."""

from __future__ import annotations

from models.vocabulary import Category, DemandClass, DemandGrade, Role, Stage, VisitMode

# login, name, role, town, department; the officers in the order of how much they have to do
PEOPLE: tuple[tuple[str, str, Role, str, str], ...] = (
    ("hezq", "何志强", Role.OFFICER, "", ""),
    ("lixy", "李欣怡", Role.OFFICER, "", ""),
    ("chenjh", "陈嘉豪", Role.OFFICER, "", ""),
    ("huangwt", "黄婉婷", Role.OFFICER, "", ""),
    ("ougd", "区国栋", Role.OFFICER, "荷塘镇", ""),
    ("liangzw", "梁梓蔚", Role.OFFICER, "杜阮镇", ""),
    ("tanjm", "谭健明", Role.OFFICER, "棠下镇", ""),
    ("zhaosy", "赵思颖", Role.OFFICER, "环市街道", ""),
    ("luozh", "罗泽华", Role.OFFICER, "白沙街道", ""),
    ("wumq", "伍敏琪", Role.OFFICER, "潮连街道", ""),
    ("linyq", "林咏琪", Role.PARK_STAFF, "棠下镇", ""),
    ("maijw", "麦俊伟", Role.PARK_STAFF, "荷塘镇", ""),
    ("fengxt", "冯晓彤", Role.DEPARTMENT, "", "区住房和城乡建设局"),
    ("dengbl", "邓柏林", Role.DEPARTMENT, "", "区自然资源局"),
    ("suyl", "苏宥霖", Role.DEPARTMENT, "", "江门市生态环境局蓬江分局"),
    ("yusy", "余诗韵", Role.DEPARTMENT, "", "区发展和改革局"),
    ("chenduban", "陈启航", Role.SUPERVISOR, "", ""),
    ("tanzhuren", "谭卓然", Role.LEADER, "", ""),
    ("liuquzhang", "刘景行", Role.LEADER, "", ""),
    ("guanli", "钟睿哲", Role.ADMINISTRATOR, "", ""),
)
OFFICER_UNITS = {
    "": "区行政服务中心",
    "荷塘镇": "荷塘镇经济发展办",
    "杜阮镇": "杜阮镇经济发展办",
    "棠下镇": "棠下产业园会客厅",
    "环市街道": "环市街道经济发展办",
    "白沙街道": "白沙街道经济发展办",
    "潮连街道": "潮连街道经济发展办",
}
GONE_OFFICER = "简伟岸"  # transferred; his projects were handed over

BRANDS = [
    "岚砚",
    "泓砺",
    "曜衡",
    "屿芯",
    "磐粤",
    "澜舟",
    "霁朗",
    "晟砾",
    "骁铂",
    "翎拓",
    "棱光",
    "炬澜",
    "沐翎",
    "昀砺",
    "烁屿",
    "钧澜",
    "湛骐",
    "桉禾",
    "禾砚",
    "芃川",
    "澄屿",
    "岑朗",
    "瀚砚",
    "墨屿",
    "砺川",
    "弈川",
    "枫屿",
    "铎岭",
    "渲和",
    "楷桁",
    "聿川",
    "漪澜",
    "珩芯",
    "峤岩",
    "璟禾",
    "谷砺",
    "穗屿",
    "壹砚",
    "纬澜",
    "泊舟",
    "凌砾",
    "荻川",
    "蘅芜",
    "樾和",
    "簌光",
    "霖屿",
    "琰拓",
    "笠川",
    "岫岩",
    "澔芯",
    "乾砚",
    "逐屿",
    "翊澜",
    "牧砺",
    "澈朗",
    "锴铂",
    "㙍川",
    "屹桁",
]

# industry, what the firm's name says, what the project's name says, capacity sentence
TRADES: tuple[tuple[str, str, str, str], ...] = (
    ("新能源", "新能源科技", "储能电池模组生产基地", "建设电芯装配、模组及测试车间，年产储能模组{n}万套"),
    ("高端装备制造", "智能装备", "智能装备产业园", "建设装配车间、研发中试楼，年产自动化成套设备{n}百台"),
    ("新材料", "新材料", "高性能复合材料项目", "建设生产车间及配套仓库，年产改性复合材料{n}千吨"),
    ("新一代信息技术", "电子", "高密度线路板配套项目", "建设洁净厂房和表面处理车间，年产线路组件{n}万平方米"),
    ("汽车零部件", "汽车部件", "新能源汽车零部件项目", "建设压铸、机加工生产线，年产轻量化部件{n}万套"),
    ("精密制造", "精密模具", "精密模具项目", "建设模具加工及试模车间，年产精密模具{n}百套"),
    ("食品加工", "食品", "陈皮健康食品加工项目", "建设标准化加工车间和冷链仓，年加工健康食品{n}千吨"),
    ("摩托车及零部件", "机车", "电动两轮车整车项目", "建设总装线、涂装线，年产电动两轮车{n}万辆"),
    ("家用电器", "电器", "智能小家电生产项目", "建设注塑、总装车间，年产智能小家电{n}万台"),
    ("绿色低碳", "环保科技", "工业固废资源化利用项目", "建设分选及再生车间，年处理一般工业固废{n}万吨"),
    ("生物医药", "生物科技", "医疗耗材生产项目", "建设十万级洁净车间，年产医用耗材{n}万件"),
    ("现代物流", "供应链", "智慧物流园项目", "建设分拨中心和立体仓，日均处理货量{n}百吨"),
)
UPGRADES = (
    "数字化生产线技术改造",
    "设备更新与节能改造",
    "自动化涂装线改造",
    "智能仓储改造",
    "增资扩产技术改造",
)
PUBLIC_WORKS: tuple[tuple[str, Category], ...] = (
    ("{town}产业园区道路及管网工程", Category.INFRASTRUCTURE),
    ("{town}污水主干管完善工程", Category.INFRASTRUCTURE),
    ("{town}九年一贯制学校建设工程", Category.LIVELIHOOD),
    ("{town}社区卫生服务中心迁建工程", Category.LIVELIHOOD),
    ("{town}内涝整治及泵站改造工程", Category.INFRASTRUCTURE),
    ("{town}公共停车场及充电设施工程", Category.LIVELIHOOD),
    ("{town}中心幼儿园新建工程", Category.LIVELIHOOD),
    ("{town}高压线迁改工程", Category.INFRASTRUCTURE),
    ("{town}标准厂房（二期）工程", Category.INFRASTRUCTURE),
    ("{town}文体活动中心工程", Category.LIVELIHOOD),
)
PUBLIC_BUILDERS = ("澜岸公共建设管理", "霖川城市更新建设", "穗岸水务工程管理")
SITES = {
    "棠下镇": ("棠下镇产业园A区", "棠下镇产业园B区", "棠下镇滨江大道北侧"),
    "荷塘镇": ("荷塘镇南格工业片区", "荷塘镇中兴路东侧"),
    "杜阮镇": ("杜阮镇北部工业片区", "杜阮镇江杜路西侧"),
    "环市街道": ("环市街道创新片区", "环市街道里村片区"),
    "白沙街道": ("白沙街道西区工业片区", "白沙街道江沙路东侧"),
    "潮连街道": ("潮连街道人才岛片区", "潮连街道环岛路内侧"),
}
LEADERS = ("刘景行", "谭卓然")
SURNAMES = "陈李张黄梁何林区谭冯邓苏余罗伍赵麦吴叶关容汤甄"
GIVEN = [
    "伟明",
    "国辉",
    "建业",
    "志远",
    "美玲",
    "雪莹",
    "家俊",
    "浩然",
    "丽华",
    "文杰",
    "婉仪",
    "振邦",
    "子健",
    "嘉欣",
    "泽林",
    "晓岚",
    "永强",
    "秀珍",
    "俊熙",
    "慧敏",
    "启文",
    "静怡",
    "润生",
    "绮雯",
    "劲松",
    "佩珊",
    "思远",
    "卓铭",
    "颖诗",
    "钰",
]
TITLES = ("总经理", "副总经理", "项目负责人", "厂长", "行政经理", "报建专员", "财务经理")

# What the monthly report says, by where the project stands
PROGRESS: dict[Stage, tuple[str, ...]] = {
    Stage.EARLY_PLANNING: ("已完成首轮洽谈，企业到现场踏勘地块。", "正在比选地块，开展产业方向和能耗研判。"),
    Stage.SIGNED: ("投资协议已签订，正在办理项目公司注册。", "履约监管协议条款已商定，正走签署流程。"),
    Stage.FILING: ("已取得备案证，正编制环评和节能文件。", "项目公司完成登记，正申报立项。"),
    Stage.LAND: ("土地挂牌公告中。", "土地已成交，正缴交价款并办理用地规划许可。"),
    Stage.PLANNING_PERMIT: ("总平面图已报审，按意见修改立面。", "设计方案公示中，同步编制施工图。"),
    Stage.CONSTRUCTION_PERMIT: ("施工图审查已提交，施工单位已进场搭建临设。", "桩基先行施工许可材料准备中。"),
    Stage.CONSTRUCTION: (
        "1号厂房主体施工至三层，2号厂房完成基础承台。",
        "桩基完成八成，正开挖承台土方。",
        "主体已封顶，正进行砌体和机电安装。",
        "完成土方平整，塔吊已安装到位。",
    ),
    Stage.COMPLETION: ("土建完工，正收集竣工资料并申请联合验收。", "规划条件核实已受理，消防自检整改中。"),
    Stage.TRIAL: ("生产线单机调试，排污许可申报中。", "试运行中，正组织环保自主验收。"),
    Stage.PRODUCTION: ("已投产，产能爬坡，正招聘第二批工人。", "正式投产，首批产品已交付。"),
    Stage.FULL_CAPACITY: ("产能利用率稳定，正开展履约评估。", "已达产，配合核对税收和产值数据。"),
}
PROBLEMS: tuple[tuple[str, str], ...] = (
    (
        "地块内有一回110千伏高压线未迁改，影响2号厂房开工。",
        "请供电部门明确迁改方案和停电窗口，专员每周跟进。",
    ),
    ("雨季持续降雨，土方外运滞后约两周。", "施工单位增加夜间作业班组，月底前追回进度。"),
    ("排污管道接入口标高与设计不符，需调整。", "会同水务和设计单位现场复核后出具变更。"),
    ("临时用电容量不足，塔吊与桩机不能同时作业。", "已提交增容申请，请供电所本月内完成踏勘。"),
    ("进口设备交期推迟，安装计划相应顺延。", "企业与供应商商定分批到货，先装国产线。"),
    ("银行贷款审批较慢，第二笔工程款未到位。", "协调两家银行上门对接，争取本月放款。"),
    ("周边村道限高，大型构件运输受阻。", "镇街牵头协商临时绕行路线。"),
    ("消防设计需专家评审，图纸尚未定稿。", "设计单位十日内完成修改后报审。"),
    ("用地红线内尚有零星青苗未清点补偿。", "镇街本周内完成清点，月底前交地。"),
    ("招工缺口约六十人，普工难招。", "人社部门安排专场招聘并对接职校。"),
)
NEXT_STEPS = (
    "按节点计划推进，专员每周到场一次。",
    "下月完成本阶段全部许可，做好转段准备。",
    "督促施工单位加派班组，确保月度计划。",
    "跟进材料补正，争取提前办结。",
)

TOPICS = ("建设进展", "报建审批", "用电用水", "用工", "融资", "政策宣讲", "安全生产", "周边协调")
NOTES: dict[VisitMode, tuple[str, ...]] = {
    VisitMode.ON_SITE: (
        "到现场看了施工进度，{who}介绍：{what}。提醒企业按节点报送月度进度。",
        "与{who}核对许可清单，{what}。对接下来两周要交的材料逐项作了说明。",
        "陪同部门踏勘，{what}。当场明确由专员汇总问题清单，两天内反馈。",
        "{who}反映人手紧张，其余正常；{what}。",
    ),
    VisitMode.PHONE: (
        "电话了解进展：{what}。{who}表示目前没有新的困难。",
        "{who}来电询问下一步手续，{what}。已口头答复并补发清单。",
    ),
    VisitMode.HALL: (
        "{who}到会客厅面谈，{what}。已请窗口同事一并解答排水许可告知承诺的办法。",
        "在会客厅开了协调会，{who}介绍：{what}。会上逐项定了责任人。",
    ),
    VisitMode.ONLINE: ("视频连线，{who}介绍：{what}。约定下次到现场核对。",),
}
ANSWERS = (
    "",
    "",
    "已当场说明办理流程和材料清单。",
    "告知可走告知承诺，先批后核。",
    "已联系对口科室，约定明天回电。",
)
PROMISES = (
    "协调供电部门到现场踏勘并答复增容时间",
    "答复高压线迁改的计划时间",
    "把排水许可的承诺书范本和填写示例发给企业",
    "约审图机构与设计单位开一次协调会",
    "跟进临时占道手续，办妥后通知企业",
    "落实两名员工子女入学的咨询渠道",
    "请银行客户经理上门对接贷款材料",
    "核实设备补贴的申报截止时间",
)
DEMANDS: tuple[tuple[DemandClass, DemandGrade, str], ...] = (
    (
        DemandClass.UTILITIES,
        DemandGrade.COMPLEX,
        "希望尽快完成专线接入，目前临时变压器带不动两条线同时调试。",
    ),
    (DemandClass.CONSTRUCTION, DemandGrade.COMPLEX, "地块东侧排污管道没有接入口，雨污水无处排放。"),
    (DemandClass.CONSTRUCTION, DemandGrade.MAJOR, "厂区上空高压线需要迁改，涉及两个村，企业自己谈不下来。"),
    (DemandClass.APPROVAL, DemandGrade.ORDINARY, "规划验收的资料清单和窗口说的不一样，想要一份准的。"),
    (DemandClass.UTILITIES, DemandGrade.ORDINARY, "施工用水压力不足，能否临时加一路。"),
    (DemandClass.MARKET, DemandGrade.ORDINARY, "想认识本区做表面处理的配套厂。"),
    (DemandClass.LAND, DemandGrade.MAJOR, "二期用地指标还差二十亩，请区里统筹。"),
    (DemandClass.TAX, DemandGrade.IMMEDIATE, "设备抵扣的发票怎么开，想找人问清楚。"),
    (DemandClass.CONSTRUCTION, DemandGrade.MAJOR, "进厂道路要穿过另一个镇的规划绿地，两边都说要对方先批。"),
    (DemandClass.APPROVAL, DemandGrade.ORDINARY, "消防图纸要改第三稿，想请审批人员提前看一眼。"),
    (DemandClass.LAND, DemandGrade.ORDINARY, "希望尽快拿到不动产权证，用于抵押融资。"),
    (DemandClass.FINANCE, DemandGrade.ORDINARY, "设备款缺口约八百万元，希望对接低息贷款。"),
    (DemandClass.LABOUR, DemandGrade.ORDINARY, "下半年要招一百名普工，请协助组织招聘。"),
    (DemandClass.LABOUR, DemandGrade.IMMEDIATE, "两名技术骨干的孩子要入学，想了解政策。"),
    (DemandClass.POLICY, DemandGrade.ORDINARY, "技改补贴材料已交两个月，想知道进度。"),
    (DemandClass.ENVIRONMENT, DemandGrade.ORDINARY, "环评报告表公示有一条意见，不清楚如何回复。"),
    (DemandClass.LOGISTICS, DemandGrade.IMMEDIATE, "货车高峰期限行，请问能否办临时通行证。"),
    (DemandClass.SAFETY, DemandGrade.ORDINARY, "安全设施验收请哪家机构做，有无名录。"),
)
EVIDENCE = "江蓬{word}〔{year}〕{n}号"
