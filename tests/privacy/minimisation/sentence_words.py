"""What invented people are called, where they live, and what is said about them."""


def words(block: str) -> list[str]:
    return block.split()


def lines(block: str) -> list[str]:
    return block.strip().splitlines()


SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董肖程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
    "贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷"
    "钱汤尹黎易常武乔贺赖龚文"
)
SELDOM = (
    "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦柳邢骆岳齐庄辛管祝涂谷祁耿牟卜路"
    "詹关苗凌费纪靳盛童欧甄单符"
)
COMPOUND = words("欧阳 上官 司马 诸葛 皇甫 慕容 夏侯 令狐 东方")
GIVEN = words("""
丽 娜 静 敏 芳 燕 红 梅 霞 玲 婷 雪 颖 倩 萍 洁 琳 莹 岚 蕾 伟 强 军 勇 杰 涛 斌 鹏 辉 刚 波
飞 超 浩 旭 宁 锋 亮 桂芝 秀兰 淑华 玉梅 凤英 春燕 晓红 雅琴 文静 思雨 雨桐 梓涵 欣怡 可馨
诗琪 佳琪 若曦 语嫣 梦洁 慧敏 海霞 丽萍 艳红 志强 建国 国庆 文博 浩然 子轩 宇航 俊杰 天佑 家豪
一鸣 明哲 嘉懿 立诚 鸿飞 振华 德胜 永红 新民 小龙 晓东 亚楠 云飞 世杰 少华 成林 安琪 乐怡 沛然
若水 望舒 知秋 念慈 其琛 令仪 书瑶 以沫 景行 怀瑾 守拙 清妍 映月 采薇 芷若 木兰 迎春 继业 兆丰
培元
""")
PARTS = (
    "佳佩俊俐信冠伶伟仪伯仲依倩凡利勇卉君哲嘉圣坤城士奇如妃妍娟娴婉孟宁安宏宗宜家宣容尚展岳帆"
    "平庭延建彦彬彤德志忠怡恩惠慈慧懿成承政敏文旭昆昌明昱星春晓智曼月木杰柏柔梅梓森正永江沛泽"
    "洋浩淑清渊源玉玟玲珊珍珮琪琬瑄瑛瑜瑞璇甫登盈盛真祥秀竹纯纶维美翊翔耀育芝芬英茂荣莉菁萱蓉"
    "蔚薇裕诗诚谦贤贵达达远逸道郁铭锦隆雅雯霖静韦颖馨骏鸿麟黛龙"
)
TITLES = words("女士 先生 小姐 太太 医生 大夫 主任 护士 教授 老师 护士长 医师")
NICKS = "东兰廷燕瑜翔丽洁芬琪利萍娟霞敏静玲强军伟杰婷雪红梅芳云莉倩颖娜凤芝"
# Province, city, districts.
PLACES = [
    (province, city, districts)
    for province, city, *districts in (line.split() for line in lines("""
江苏省 南京市 鼓楼区 玄武区 栖霞区 江宁区
江苏省 苏州市 吴中区 姑苏区 昆山市
湖北省 武汉市 江岸区 洪山区 汉阳区
广东省 东莞市
广东省 佛山市 南海区 顺德区
陕西省 西安市 雁塔区 未央区 长安区
山东省 青岛市 市北区 崂山区 即墨区
福建省 厦门市 思明区 集美区
河南省 郑州市 金水区 中原区
- 天津市 南开区 河西区
- 重庆市 渝中区 江北区 沙坪坝区
- 北京市 丰台区 通州区 大兴区
- 上海市 徐汇区 静安区 嘉定区
云南省 昆明市 盘龙区 官渡区
安徽省 合肥市 蜀山区 包河区 肥西县
湖南省 株洲市 天元区
"""))
]  # fmt: skip
TOWNS = words("""
河西街道 城关镇 新城街道 梅山镇 柳林乡 西湖街道 双桥镇 东风路 解放大道 滨江路 文昌街 人民南路
桃花镇 石桥地区
""")
ESTATES = words("""
阳光小区 金色家园 万和城 碧水湾 丽景花园 梧桐苑 紫金公寓 东方新村 御景园 香榭里 天鹅湾 翰林府
凤凰新城 绿地国际 水岸名邸 云顶
""")
TEMPLATES = lines("""
你好，我叫{full}，手机{phone}。
我是{full}，上周做的取卵。
本人{full}，身份证号码{id_card}，想查报告。
我先生叫{full}，他的号码是{phone}。
我爱人{full}也要来做检查，身份证{id_card}。
是朋友{name}推荐我过来的。
听{name}说你们这里种植牙不错。
想约{name}下周的号。
请问{name}明天出诊吗？
上次是{name}帮我做的激光手术。
麻烦转告{name}，我明天到不了。
请{name}回我电话{phone}。
我妈妈{full}想来看白内障。
给我打{phone}就行，晚上有空。
联系我的话用{phone}，别打家里的{phone}。
加我微信{wechat}吧，备注种牙。
我的V是{wechat}，通过一下。
威信号{wechat}，发个定位给我。
卫星：{wechat}
加薇 {wechat} 说。
vx：{wechat}，急。
微信号是 {wechat}，随时在。
v❤ {wechat}
➕V：{wechat} 详聊
薇信{wechat}
wx {wechat}
我的企鹅是{qq}。
扣扣{qq}，白天在线。
加我QQ：{qq}
qq号{qq}，麻烦发我。
Q：{qq}
报告请发到{email}。
邮箱：{email}，谢谢。
我的邮件地址 {email} ，抄送一份。
我住在{address}，坐地铁方便吗？
家在{address}，附近有分院吗？
药寄到{address}就行，收件人{full}，{phone}。
地址：{address}，{full}收。
快递地址是{address}。
退费打到{bank_card}，户名{full}。
银行卡号：{bank_card}，工行的。
我的卡是{bank_card}，开户人{full}。
我病历号是{record_no}，帮忙查下。
住院号{record_no}的费用清单能打吗？
病案号：{record_no}，要复印。
档案号{record_no}，谁负责的？
我和{full}是夫妻，一起建档。
孩子叫{full}，今年八岁，近视。
我闺蜜{name}在你们那做的全瓷牙。
姓名：{full}；电话：{phone}；身份证：{id_card}
{full}，女，32岁，要求预约周四的矫正初诊。
{full} {phone} 已确认到院。
患者{full}今日复查，右眼眼压正常。
{name}来电咨询费用，已答复。
回访{full}，诉术后无不适。
联系人：{name}，电话{phone}
紧急联系人{full}（{phone}）
经办人：{name}
接诊医生：{name}
已与{name}沟通，同意改期。
转给{name}跟进。
病历号{record_no}，{full}，拟下周移植。
家属{full}签字，身份证{id_card}。
登记：{full}，{id_card}，{address}，{phone}
投诉人{name}反映等候过久。
客户{full}要求退款，卡号{bank_card}。
通知{full}周五上午来院抽血。
{full}的检查结果已出，请尽快联系。
{full}未到，已电话提醒。
由{name}接待，初诊洗牙。
女方{full}，男方{full}，证件已核对。
陪同人员{full}，{phone}。
{name}预约了明天的白内障手术。
收件人 {full} {phone} {address}
微信{wechat}，备注{full}。
主诊：{name}，助手：{name}。
【随访】{full} 术后第三天，视力1.0。
今天{full}来交费，收据已给。
我老婆{full}昨天在你们这建的档，电话留的{phone}。
帮我查一下{full}的激素六项。
护士{name}让我今天来抽血。
刚跟{name}通完电话，她说周末过来。
预约人：{full}，男，35岁，{phone}
{full}（{phone}）咨询冻卵价格。
给{name}发了报价，等回复。
我找{name}，她在吗？
这是我妹妹{full}的片子。
可以让{name}联系我吗，{phone}。
{name}说孕酮低要加药。
您好，{name}，我的报告出来了。
接{name}通知，移植改到周三。
配偶姓名{full}，身份证{id_card}。
女方：{full} 男方：{full}
手术同意书由{full}签署。
{full}夫妇要求三代。
建议{name}关注患者情绪。
交班：{full}今日移植，{name}负责。
请把发票寄到{address}，{full}，{phone}
户籍地址{address}。
现住{address}，离医院近。
工号8823，{name}接待，客户住{address}
家庭住址:{address} 电话:{phone}
卡号是{bank_card}，建行，{full}。
退到这张卡吧 {bank_card}
我的储蓄卡{bank_card}
身份证：{id_card}；就诊卡丢了。
证件号{id_card}核对无误
QQ {qq} 传资料
加Q{qq}
企鹅号{qq}
扣：{qq}
我微信叫{wechat}
微信：{wechat}（{full}）
weixin {wechat}
维信{wechat}
私聊加v {wechat}
加我薇❤️{wechat}
VX:{wechat}
email: {email}
电子邮箱{email}，别发微信
发{email}
病历号:{record_no}
病历本号{record_no}
门诊号{record_no}，{full}。
住院号：{record_no}
病历编号 {record_no} 的患者要求改签
Tel:{phone}
☎{phone}
手机号{phone}，{full}。
{phone}是我老公的
回拨{phone}无人接听
打{phone}或者{phone}都行
短信发{phone}
{full}家属来电，号码{phone}。
小区门口等，{name}。
{name}您好，我是{full}。
已退款给{full}。
感谢{name}和{name}的照顾。
{name}人很好，推荐。
上周{name}给我开的药吃完了
本人{full}授权{full}代领报告。
记得提醒{full}空腹
胚胎师{full}、护士{full}核对。
代{full}问一下费用
我妈{full}今年60，想种牙
听我同事{name}讲你们有活动
{full}2026年3月取卵
患者：{full}，主诉牙疼三天
姓名{full}性别女年龄31
客户名称：{full}
{name}今天休息吗
我挂了{name}的号
想换{name}看
{name}开的单子丢了
前台{name}态度很好
替我谢谢{name}
{name}改约到下午三点
@{name} 请跟进
和{name}约好了周六
转{name}
{full}：孕6周，见胎心。
1.{full} 2.{full}
{full}、{full}今日取卵
""")
CARRIERS = lines("""
上个月做了根管治疗，现在咬东西还有点酸。
AMH 1.2，FSH 8.3，LH 4.6，E2 41pg/ml。
第5天囊胚4AB一枚，3BC两枚。
近视600度，散光125度，想做全飞秒。
种植体是国产的还是进口的？预算15800元以内。
月经周期28天，末次月经2026-03-02。
订单号20260118000123456789到哪了？
血压128/84，心率70次/分。
黄体酮每次20mg，每日两次。
移植后第12天HCG 356.7。
主任医生的号好约吗？
值班护士说可以空腹来。
我有高血压和高血脂，能打麻药吗？
白带常规正常，方案还是拮抗剂方案吗？
国药准字H20063456，批号20251108A。
预约时间09:30-10:00，2楼205诊室。
快递单号YT7788990011223到了吗？
12320打不通，400-810-1234也占线。
排卵期同房了，马上要出差，何时验孕合适？
左侧第二磨牙松动，常规拔除就行吗？
角膜厚度520，眼压15，安全吗？
金额3,280.00元已到账。
关于费用明细，检查费960，材料费4200。
于是又去拍了片子，说明一切正常。
明天上午空腹抽血，时间别记错。
项目做完了，毛病还是没好。
""")
