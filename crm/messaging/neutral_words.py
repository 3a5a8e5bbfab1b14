"""Words that tell a reader over someone's shoulder what kind of clinic wrote.

Simplified Chinese; the lint folds traditional characters, full-width and spaced forms. Latin
words stand alone (IVF, hiv, shiguan). A wrong hit costs a reworded template; a costs a
patient's secret: when in doubt a word is in.
"""

from enum import StrEnum


class Topic(StrEnum):
    """What a word gives away."""

    SPECIALTY = "specialty"
    DISEASE = "disease"
    DRUG = "drug"
    PROCEDURE = "procedure"
    BODY = "body"
    TITLE = "title"
    PLACE = "place"
    NAME = "name"
    AMOUNT = "amount"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CHINESE: dict[Topic, frozenset[str]] = {
    Topic.SPECIALTY: _words(
        """
        生殖 辅助生殖 妇科 妇产 产科 男科 泌尿 不孕不育 计划生育 肛肠 皮肤科 性病科 感染科 肿瘤科
        精神科 心理科 心理咨询 心理门诊 肝病 肾内 内分泌 乳腺科 整形 医美 美容科 口腔科 眼科 骨科
        儿科 新生儿科 血液科 风湿 神经内科 神经外科 心内科 消化科 呼吸科 透析室 戒毒 戒酒 减重门诊
        遗传咨询 优生 产前诊断 助孕 备孕 好孕 送子 求子 圆梦
        """
    ),
    Topic.DISEASE: _words(
        """
        不孕 不育 不韵 卜孕 布孕 怀孕 妊娠 早孕 宫外孕 孕妇 孕期 孕酮 胎停 流产 留产 刘产 人流
        药流 打胎 堕胎 引产 小产 保胎 早产 死胎 胎儿 胎心 性病 姓病 幸病 艾滋 爱滋 艾兹 梅毒 没毒
        淋病 尖锐湿疣 湿疣 疱疹 衣原体 支原体 阴道炎 宫颈炎 盆腔炎 附件炎 宫颈糜烂 子宫肌瘤 肌瘤
        腺肌症 内膜异位 巧囊 囊肿 多囊 卵巢早衰 早衰 闭经 月经 痛经 白带 阳痿 早泄 勃起 性功能
        少精 弱精 无精 死精 精索静脉 前列腺 包皮 肿瘤 种瘤 肿瘤标志物 癌 恶性 转移灶 白血病 淋巴瘤
        乙肝 丙肝 肝炎 大三阳 小三阳 结核 抑郁 忧郁症 抑郁症 焦虑症 强迫症 躁狂 双相 精神分裂
        精神病 自杀 自残 失眠症 成瘾 酗酒 吸毒 癫痫 帕金森 痴呆 糖尿病 高血压 冠心病 心梗 脑梗
        中风 尿毒症 肾衰 痔疮 肛瘘 便秘 狐臭 脱发 白癜风 银屑病 牛皮癣 红斑狼疮 类风湿 乳腺增生
        甲亢 甲减 结节 肥胖症 染色体异常 唐氏 遗传病 阳性 阴性 确诊 复发 病情 病史 症状 感染 传染
        出血 并发症 过度刺激 腹水
        """
    ),
    Topic.DRUG: _words(
        """
        促排 促排卵 果纳芬 普丽康 丽申宝 尿促 促性腺 达菲林 达必佳 思则凯 优思明 达英 妈富隆
        优甲乐 地屈孕酮 达芙通 黄体酮 雪诺同 补佳乐 芬吗通 来曲唑 克罗米芬 二甲双胍 阿司匹林 肝素
        米非司酮 米索 毓婷 避孕药 避孕 伟哥 西地那非 万艾可 他达拉非 阻断药 抗病毒 拉米夫定
        恩替卡韦 替诺福韦 青霉素 头孢 抗生素 激素 胰岛素 化疗药 靶向药 免疫抑制 帕罗西汀 舍曲林
        氟西汀 百忧解 草酸艾司西酞普兰 喹硫平 奥氮平 碳酸锂 安定 思诺思 吗啡 美沙酮 疫苗 注射液
        胶囊 片剂 打针 吃药 用药 服药 停药 药费 药品 处方 夜针 扳机针
        """
    ),
    Topic.PROCEDURE: _words(
        """
        试管 试管婴儿 式管 市管 事管 是管 人授 人工授精 取卵 取軟 去卵 取孵 移植 移值 仪植 冻胚
        冻卵 冷冻胚胎 胚胎 囊胚 鲜胚 养囊 受精 授精 捐卵 供卵 捐精 供精 取精 精子 精液 卵子 卵泡
        卵泡监测 排卵 监测排卵 降调 夜针 黄体支持 验孕 抽血 血值 着床 内膜 宫腔镜 腹腔镜 通液 造影
        输卵管 刮宫 清宫 上环 取环 结扎 复通 剖腹产 剖宫产 顺产 产检 唐筛 无创DNA 羊水穿刺 羊穿
        手术 开刀 麻醉 化疗 放疗 透析 骨髓 活检 穿刺 胃镜 肠镜 膀胱镜 妇检 白带常规 宫颈筛查 B超
        彩超 超声 核磁 化验 检验结果 化验单 检查报告 基因检测 三代 二代试管 三代试管 染色体 复查
        复诊 换药 拆线 打胎 代孕 代母 割包皮 隆胸 吸脂 植发 心理治疗 电休克
        """
    ),
    Topic.BODY: _words(
        """
        子宫 卵巢 宫颈 阴道 外阴 阴茎 睾丸 附睾 生殖器 下体 私处 乳房 乳腺 肛门 直肠 尿道 膀胱
        精囊 雌激素 雄激素 性激素 性生活 同房 房事 夫妻生活
        """
    ),
    Topic.TITLE: _words(
        """
        医生 大夫 医师 主任 副主任 主治 教授 专家 护士 护士长 院长 科主任 药师 技师 导师 博导 名医
        中医 西医 诊疗 治疗 就医
        """
    ),
    Topic.PLACE: _words(
        """
        医院 诊所 门诊 急诊 住院 出院 病房 病区 诊室 就诊 看病 挂号 病历 病案 产房 生殖中心 医疗
        卫生院 妇幼 保健院 患者 病人
        """
    ),
    Topic.NAME: _words(
        """
        女士 先生 小姐 太太 夫人 姓名 身份证 您丈夫 您妻子 您老公 您老婆 您爱人 夫妻双方 夫妇
        """
    ),
    Topic.AMOUNT: _words(
        """
        费用 缴费 欠费 退费 价格 预缴 押金 人民币 元整 账单 收费 余额 自费 医保 优惠 打折
        """
    ),
}

LATIN: dict[Topic, frozenset[str]] = {
    Topic.SPECIALTY: _words(
        """
        fertility infertility gynecology gynaecology obstetrics urology andrology oncology
        psychiatry reproductive
        """
    ),
    Topic.DISEASE: _words(
        """
        hiv aids std sti hpv hbv hcv tb cancer tumor tumour pregnant pregnancy miscarriage
        abortion depression anxiety bipolar syphilis gonorrhea herpes pcos ohss diabetes buyun
        buyu xingbing aizi aizibing meidu liuchan renliu zhongliu aizheng yiyu yiyuzheng huaiyun
        yigan
        """
    ),
    Topic.DRUG: _words(
        """
        gonal fsh hcg lh amh progesterone estrogen viagra metformin insulin letrozole cupaifei
        prep pep drug medicine medication injection
        """
    ),
    Topic.PROCEDURE: _words(
        """
        ivf icsi iui iuf pgt pgd pgs fet embryo retrieval egg sperm surgery chemo
        ultrasound biopsy shiguan shiguanyinger quluan yizhi peitai luanzi jingzi cupai dongluan
        renshou
        """
    ),
    Topic.BODY: _words(
        """
        ovary uterus vagina penis semen zigong luanchao gaowan
        """
    ),
    Topic.TITLE: _words(
        """
        dr doctor physician nurse professor yisheng daifu zhuren
        """
    ),
    Topic.PLACE: _words(
        """
        hospital clinic patient yiyuan menzhen
        """
    ),
    Topic.NAME: _words(
        """
        mr mrs ms miss
        """
    ),
    Topic.AMOUNT: _words(
        """
        rmb cny yuan fee price payment
        """
    ),
}

# 市管, 是管 stand for 试管, but not in 城市管理 and 这是管理中心.
SPARED_BEFORE = dict.fromkeys(("式管", "市管", "事管", "是管"), "理")

# Traditional characters of the words above, and signs people put in their place.
VARIANTS = dict(
    zip(
        (
            "試懷產醫藥檢婦與術療診腫憂鬱囉愛凍養監測宮頸陰陽體繳費價錢預約護師專嬰兒輔濕皰經"
            "無靜脈複復針劑膠絕結腸門騐驗單報換線發髮幹區歷號葯"
        ),
        (
            "试怀产医药检妇与术疗诊肿忧郁罗爱冻养监测宫颈阴阳体缴费价钱预约护师专婴儿辅湿疱经"
            "无静脉复复针剂胶绝结肠门验验单报换线发发干区历号药"
        ),
        strict=True,
    )
)
