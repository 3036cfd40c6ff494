"""What tiny-chat does not know, asked in many ways about many things; it says so and points to what it knows.

The fillers are many and partly invented, so that the model learns what to do with the unfamiliar rather than a list of it.
"""

# ruff: noqa: E501, SIM905 (tables of words)

import random
import re

from . import _fields, _fields_more
from ._write import capital, dressed, turn, typed, write

WEIGHT = 3.9

COUNTRIES_EN = 'France|Peru|Japan|Kenya|Norway|Brazil|Canada|Egypt|Mongolia|Iceland|Chile|Greece|Turkey|Poland|Vietnam|Ghana|Nepal|Cuba|Finland|Morocco|India|Spain|Italy|Australia|Mexico|Thailand|Ukraine|Sweden|Bolivia|Laos|Madagascar|Portugal|Hungary|Jordan|Fiji|Senegal|Austria|Ireland|Korea|Russia|Germany|Zambia|Uruguay|Bhutan|Malta|Latvia|Panama|Oman|Qatar|Samoa'.split(
    '|'
)
COUNTRIES_ZH = '法国|秘鲁|日本|肯尼亚|挪威|巴西|加拿大|埃及|蒙古|冰岛|智利|希腊|土耳其|波兰|越南|加纳|尼泊尔|古巴|芬兰|摩洛哥|印度|西班牙|意大利|澳大利亚|墨西哥|泰国|瑞典|老挝|葡萄牙|匈牙利|约旦|斐济|奥地利|爱尔兰|韩国|俄罗斯|德国|赞比亚|乌拉圭|不丹|马耳他|巴拿马|阿曼|卡塔尔|英国|美国|荷兰|瑞士|新西兰'.split(
    '|'
)
PEOPLE_EN = 'Einstein|Napoleon|Shakespeare|Mozart|Cleopatra|Newton|Beethoven|Picasso|Gandhi|Lincoln|Marie Curie|Darwin|Columbus|Elon Musk|Taylor Swift|Messi|Ronaldo|Obama|Caesar|Bach|Tesla|Tolstoy|Confucius|Li Bai|Alan Turing|Galileo|Van Gogh|Plato|Bill Gates|Madonna|Michael Jordan|Rembrandt|Kafka|Socrates|Hemingway|Mandela|Chopin|Da Vinci|Genghis Khan|the president|the queen of England|the mayor of Berlin|Jackie Chan|Yao Ming|Harry Potter|Batman|Sherlock Holmes'.split(
    '|'
)
PEOPLE_ZH = '爱因斯坦|拿破仑|莎士比亚|莫扎特|秦始皇|牛顿|贝多芬|毕加索|李白|杜甫|曹操|诸葛亮|孔子|马斯克|周杰伦|梅西|姚明|林肯|达尔文|哥伦布|居里夫人|武则天|康熙|苏轼|鲁迅|图灵|伽利略|梵高|乔布斯|比尔·盖茨|成龙|刘德华|莫言|屈原|岳飞|李清照|孙悟空|福尔摩斯|哈利·波特|刘翔|郎朗|王羲之|郑和|张衡|徐霞客|泰勒·斯威夫特|司马迁'.split(
    '|'
)
THINGS_EN = 'photosynthesis|black holes|inflation|the French Revolution|quantum mechanics|gravity|DNA|volcanoes|the Roman Empire|dinosaurs|democracy|the stock market|blockchain|bitcoin|evolution|the Great Wall|the moon landing|chemistry|the big bang|World War II|the human heart|plate tectonics|philosophy|economics|opera|jazz|baseball rules|the Olympic Games|antibiotics|vaccines|climate change|the solar system|electric cars|nuclear power|bees|coral reefs|the Renaissance|Buddhism|chess|ballet|origami|tax law|insurance|mortgages|the Silk Road|penicillin|the periodic table|tornadoes|magnetism|steam engines|the Cold War|vitamins|the Mona Lisa'.split(
    '|'
)
THINGS_ZH = '光合作用|黑洞|通货膨胀|法国大革命|量子力学|万有引力|基因|火山|罗马帝国|恐龙|民主|股票|区块链|比特币|进化论|长城|登月|化学|宇宙大爆炸|第二次世界大战|心脏|板块运动|哲学|经济学|京剧|爵士乐|篮球规则|奥运会|抗生素|疫苗|气候变化|太阳系|电动汽车|核电站|珊瑚|文艺复兴|佛教|象棋|芭蕾|相对论|税法|保险|房贷|丝绸之路|青霉素|元素周期表|龙卷风|磁铁|蒸汽机|冷战|维生素|蒙娜丽莎|红楼梦|兵马俑|二十四节气|中医|甲骨文|科举'.split(
    '|'
)
DYNASTIES = '唐朝|宋朝|清朝|汉朝|元朝|秦朝|隋朝|周朝|三国|晋朝|北宋|南宋'.split('|')
SOFTWARE_EN = 'Photoshop|Excel|Word|PowerPoint|WordPress|Minecraft|MySQL|React|Blender|AutoCAD|Spotify|SAP|Unity|Figma|Outlook|Instagram|TikTok|Salesforce|MATLAB|Final Cut|Firefox|Zoom|Skype|WhatsApp|Oracle|Tableau|Premiere|GarageBand|LaTeX beamer|FreeCAD|Roblox|Steam|an iPhone|my printer|my router|my washing machine|Windows Vista|Angular|Django|Vue|Rails|Laravel|SolidWorks|GIMP|Audacity'.split(
    '|'
)
SOFTWARE_ZH = 'Photoshop|Excel|Word|PPT|WordPress|我的世界|MySQL|React|Blender|AutoCAD|微信|支付宝|Unity|Figma|抖音|淘宝|MATLAB|剪映|钉钉|飞书|QQ|王者荣耀|原神|打印机|路由器|洗衣机|苹果手机|小红书|Premiere|美团|滴滴|12306|腾讯会议|Vue|Django|SolidWorks|会计软件|高德地图|吃鸡|石墨文档'.split(
    '|'
)
LANGUAGES = 'Java|Rust|Haskell|COBOL|Fortran|Go|JavaScript|C++|Perl|Ruby|Swift|Kotlin|Lisp|Prolog|PHP|Scala|SQL|Pascal|assembly|Lua|Erlang|Dart|R|Julia|Ada|TypeScript|C#|HTML'.split(
    '|'
)
PROGRAMS_EN = 'a quicksort|a web server|a calculator|a snake game|a login form|a sorting function|a web scraper|a chess engine|a linked list|a chat app|a compiler|a binary search|a to-do app|a parser|a database query|an alarm clock|a tetris clone|a shell script that renames files'.split(
    '|'
)
PROGRAMS_ZH = '快速排序|网页服务器|计算器|贪吃蛇游戏|登录页面|排序函数|爬虫|五子棋程序|链表|聊天软件|编译器|二分查找|待办清单|解析器|数据库查询|闹钟|俄罗斯方块|批量改名脚本'.split(
    '|'
)
TEAMS_EN = "the World Cup|the Super Bowl|Wimbledon|the Tour de France|the Champions League|yesterday's match|the NBA finals|the Olympic marathon|the election|the lottery|the Oscars|the Nobel Prize|the Eurovision Song Contest|the chess championship".split(
    '|'
)
TEAMS_ZH = '世界杯|欧冠|NBA总决赛|温网|奥运马拉松|昨天的比赛|这次选举|彩票|奥斯卡|诺贝尔奖|中超|象棋冠军赛|春晚小品|环法自行车赛'.split(
    '|'
)
ILLS_EN = 'a headache|fever|a cold|back pain|a rash|diabetes|a broken arm|the flu|high blood pressure|toothache|insomnia|an allergy|a burn|asthma|a cough|stomach ache|migraine|measles|anemia|a sore throat|arthritis|depression'.split(
    '|'
)
ILLS_ZH = '头疼|发烧|感冒|腰疼|皮疹|糖尿病|骨折|流感|高血压|牙疼|失眠症|过敏|烫伤|哮喘|咳嗽|胃疼|偏头痛|贫血|嗓子疼|关节炎|抑郁症|近视'.split(
    '|'
)
DISHES_EN = 'lasagna|a cheesecake|sushi|goulash|ramen|paella|pancakes|tiramisu|kimchi|borscht|a pie|curry|falafel|an omelette|sourdough|mooncakes|pho|tacos'.split(
    '|'
)
DISHES_ZH = '红烧肉|麻婆豆腐|寿司|提拉米苏|泡菜|披萨|月饼|糖醋排骨|宫保鸡丁|佛跳墙|小笼包|咖喱|煎饼|蛋挞|酸菜鱼|东坡肉|粽子|拉面'.split(
    '|'
)
GADGETS_EN = 'a fridge|a toaster|a smart watch|a microwave|a game console|a washing machine|a car|a calculator|a television|a satellite|a drone|a coffee machine|a typewriter|an abacus|a submarine|an electric toothbrush|a vacuum cleaner|a lawn mower|a bicycle|a doorbell|a traffic light|a pacemaker|a piano'.split(
    '|'
)
GADGETS_ZH = '冰箱|烤面包机|智能手表|微波炉|游戏机|洗衣机|汽车|计算器|电视机|卫星|无人机|咖啡机|打字机|算盘|潜水艇|电动牙刷|扫地机器人|割草机|自行车|门铃|红绿灯|电饭锅|钢琴'.split(
    '|'
)
_SYLLABLES = (
    'ba ze kro lin mur tal vex dor qui shan pel gro nix wem fal ost ur ith ond ark lo mi rus ven gal dru'.split()
    + 'an bel cor dan ef fin gar hol iv jas ken lor mon nar op pra quen rod sil tam ul vor wil xan yor zim sta bri cle tho'.split()
    + 'flo sna twi spo kra phi che aud eir oon ump ick ash eld orn'.split()
)
_CHARACTERS = (
    '岚卡墨灵舟澜朔霁砾苔隅笙徊黎钧珀蕴荻钰渊璃虬篁镜泊峤棠辙屿鹭碣翎蔚彦昱茗骁琮沅澍祯樾颢蘅笃岫洵婧逸喆锴淼霏荃垚澜岑'
)


def _name(rng: random.Random) -> str:
    """A word that nobody has heard."""
    return capital(''.join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4))))


def _name_zh(rng: random.Random) -> str:
    return ''.join(rng.sample(_CHARACTERS, rng.randint(2, 3)))


# Each row: questions that the fillers make many of.
QUESTIONS_EN = (
    (
        "[what is|what's|tell me|do you know|name] the [capital|capital city|population|area|currency|flag|national anthem|highest mountain|longest river|president|king|prime minister|language|national dish|largest city|climate|history|time zone] of {country}[|?]",
        'how [big|far away|old|rich|hot|cold] is {country}[|?]',
        'where is {country}[|?]',
        'which countries border {country}[|?]',
        'how many people live in {country}[|?]',
        'what should I see in {country}[|?]',
        'who [rules|governs|discovered|founded] {country}[|?]',
        'do I need a visa for {country}[|?]',
        'how much is a flight to {country}[|?]',
    ),
    (
        'who [is|was] {person}[|?]',
        'when [was {person} born|did {person} die|did {person} live][|?]',
        'where [was {person} born|does {person} live|did {person} live][|?]',
        'what did {person} [do|invent|write|discover|say][|?]',
        'how [old|tall|rich] is {person}[|?]',
        'tell me [about|something about|the life of] {person}',
        'what is {person} [famous|known] for[|?]',
        'is {person} [married|still alive|dead][|?]',
    ),
    (
        '[what is|what are|explain|tell me about|describe|what do you know about|how does one understand|teach me about] {thing}[|?| to me| in simple words]',
        '[how does|how do] {thing} work[|?]',
        '[why|when|where] did {thing} [begin|start|happen|end][|?]',
        'who [invented|discovered|started] {thing}[|?]',
        'write [an essay|a report|an article] [about|on] {thing}',
        'what causes {thing}[|?]',
        'why is {thing} important[|?]',
        'give me [facts|information|news] about {thing}',
    ),
    (
        'how do I [use|install|open|repair|update|uninstall|buy|reset|configure|set up] {software}[|?]',
        '{software} [crashes|does not start|is slow|shows an error|is broken][|, what can I do?]',
        'how much does {software} cost[|?]',
        'what is {software}[|?]',
        'is {software} [better|free|safe|open source][|?]',
        'can you help me with {software}[|?]',
        'who makes {software}[|?]',
        'how do I make a [table|video|folder|login|new page] in {software}[|?]',
    ),
    (
        '[write|write me|program|code|can you write|please write] {program} in {language}[|?]',
        'how do I write {program} in {language}[|?]',
        'what is [a pointer|a class|a closure|a macro|a string|a loop|a thread|inheritance] in {language}[|?]',
        '[translate|convert] this code to {language}',
        'is {language} [hard|faster|better|worth learning][|?]',
        'teach me {language}',
        'show me {program} in {language}',
    ),
    (
        'who [won|will win|lost|hosted] {event}[|?| last year| this year| in 1998| in 2010]',
        'when is {event}[|?]',
        'what was the [score|result] of {event}[|?]',
        'where is {event} this year[|?]',
        'what [is in|are] the [news|headlines] [today|this week][|?]',
        'what happened [today|yesterday|last night|this week|in the world|in 1850|in 1492][|?]',
        'what is the [latest|newest] news about {thing}[|?]',
    ),
    (
        '[what helps against|how do I treat|what should I take for|how can I cure|what causes|is it dangerous to have] {ill}[|?]',
        'I have {ill}, what [should I do|can I take|is it][|?]',
        'is {ill} [contagious|dangerous|curable][|?]',
        'which [medicine|pill|doctor] for {ill}[|?]',
        '[can I sue|is it legal to fire|how do I divorce|can I evict|may I copy] [my neighbour|my boss|my landlord|my partner|a book|a film][|?]',
        'what is the [tax|fine|law|penalty] for [speeding|gifts|renting|importing cars|late payment][|?]',
    ),
    (
        'what is {big} [times|plus|minus|divided by|x|*] {big2}[|?]',
        'what is the [square root|cube root|logarithm|sine|factorial] of {big}[|?]',
        "[solve|integrate|differentiate|factor|prove] [x^3 - {small}x + 7|sin(x) times x|the equation {small}x^2 + 3x = {big}|the Riemann hypothesis|x^{small}|Fermat's theorem]",
        'is {big} a prime number[|?]',
        '{big} [*|/|x] {big2}[| =| = ?]',
        'what is the [{small}th|{small}0th] digit of pi[|?]',
    ),
    (
        'how do I [cook|make|bake|prepare] {dish}[|?]',
        '[the|a] recipe for {dish}[|, please| please]',
        'what is in {dish}[|?]',
        'how many calories has {dish}[|?]',
        'where can I [eat|buy] {dish}[|?]',
        'what wine goes with {dish}[|?]',
    ),
    (
        "[what is|what's|do you know|guess|tell me] my [name|age|birthday|address|phone number|password|mother's name|job|favourite colour|IP address|bank balance|email][|?]",
        'where do I live[|?]',
        'what did I [eat|do|buy] [yesterday|last week|this morning][|?]',
        'who is my [boss|best friend|teacher|sister|neighbour][|?]',
        'how many [children|friends|emails|brothers] do I have[|?]',
        'where [is|did I put] my [key|phone|wallet|car][|?]',
    ),
    (
        'what is a {name}[|?]',
        'who is {name} {name2}[|?]',
        'where is {name}[|?]',
        'what does {name} mean[|?]',
        '[tell me about|explain|have you heard of|do you know] [|the ]{name}[|?]',
        'how do I get to {name}[|?]',
        '[what is|explain|do you know|what about] the {name} [theorem|effect|law|method|algorithm|protocol|river|war|paradox|syndrome|rule|theory|index][|?]',
        'who wrote [|the ]{name}[|?]',
        'how does {name} work[|?]',
    ),
    (
        '[does|can|will] LMDeploy [run on|work on|support|boot on] {gadget}[|?]',
        'can LMDeploy [cook {dish}|wash my car|translate a film|drive a taxi|predict the weather|win {event}|make coffee|print a book|heal {ill}|order a pizza|feed my cat][|?]',
        'can I [plug|install|put] LMDeploy [into|on|in] {gadget}[|?]',
        'what does {person} think [of|about] LMDeploy[|?]',
        'how many people [in {country} |]use LMDeploy[|?]',
        'is LMDeploy better than {software}[|?]',
        'who is {name} in the LMDeploy team[|?]',
        'what is the {name} [engine|mode|option|kernel] of LMDeploy[|?]',
        'how many quantization [cafés|birds|festivals] are there in {country}[|?]',
    ),
    (
        'translate [this|the following] [sentence|text|letter|article] into [French|Spanish|German|Japanese|Russian]: [the {thing2} is on the table|I would like to meet {person}|we went to {country} last year|where is the station|my aunt likes {dish}]',
        '[summarize|summarise|review] [the book|the film|the novel|the plot of] [{name}|Moby Dick|Hamlet|Titanic|the Odyssey|War and Peace|Dune|Faust][|.]',
        'what is the [plot|author|price|meaning] of [Moby Dick|Hamlet|Titanic|the Odyssey|Dune|Faust|{name}][|?]',
        '[draw|paint|show me|generate] [a picture|an image|a photo] of {gadget}',
        '[play|open|download|buy|order|call|send|book] [a film|my email|a taxi|a hotel|{dish}|a ticket to {country}|my mother|a song by {person}][|!| please]',
    ),
    (
        '[why|how] [is|are] [the sky blue|the sea salty|leaves green|fire hot|ice slippery|planes able to fly|magnets attracting iron|bread made|glass made|diamonds made|paper made|rainbows formed|mountains formed][|?]',
        'how [far|old|heavy|big|hot|deep] is [the moon|the sun|the earth|the ocean|Mars|Mount Everest|the universe|an elephant|a blue whale|the Eiffel Tower][|?]',
        'how [many|long|fast] [bones has a man|legs has a spider|does a turtle live|can a cheetah run|do cats sleep|planets are there|moons has Jupiter|teeth has a shark][|?]',
        'what is the [biggest|smallest|fastest|oldest|tallest|deadliest] [animal|city|building|tree|bird|country|planet|ocean|fish|bridge] in the world[|?]',
        'what [animal|plant|country|element] [is|has] [the {thing2} of {name}|number {big}|the largest {thing2}][|?]',
        'what is the meaning of life[|?]',
        'is there [life on Mars|a god|a ghost in my house|water on the moon][|?]',
    ),
    (
        'what is the [price|stock price|exchange rate|value] of [gold|oil|the dollar|the euro|Apple stock|bitcoin|rice|a house in {country}|{gadget}][|?]',
        'should I [buy|sell] [gold|bitcoin|a house|shares of {name}][|?]',
        'what will [happen|the weather be|the price be|be in fashion] [tomorrow|next year|in ten years][|?]',
        '[which|what] numbers will win the lottery[|?]',
        'which [phone|car|laptop|camera|bank|hotel|school|university] [is the best|should I choose|do you recommend][|?]',
        'when does the [train|bus|plane|shop|museum|bank] [leave|open|close][|?| to {country}]',
        'how do I get from {country} to {country2}[|?]',
        'where is the nearest [pharmacy|station|bakery|hospital|bank][|?]',
    ),
)
QUESTIONS_ZH = (
    (
        '{country}的[首都|人口|面积|货币|国旗|国歌|最高峰|最长的河|总统|国王|首相|语言|国菜|最大城市|气候|历史|时区][是什么|是哪里|是多少|是谁|怎么样|叫什么|][|？]',
        '{country}[在哪里|有多大|有多远|有多少人|有什么好玩的|冷不冷|要签证吗|好玩吗|和哪些国家接壤|在哪个洲][|？]',
        '去{country}的[机票多少钱|签证怎么办|攻略有吗|最佳时间是什么时候][|？]',
        '[介绍一下|说说|讲讲|你了解]{country}[吗|][|。|？]',
    ),
    (
        '{dynasty}[有多少个皇帝|有几位皇帝|是谁建立的|持续了多少年|的都城在哪里|为什么灭亡|最后一个皇帝是谁|发生过什么|的开国皇帝是谁][|？]',
        '{person}是谁[|？]',
        '{person}[哪年出生|什么时候去世|是哪里人|多高|多大了|有几个孩子|结婚了吗|住在哪里|做过什么|发明了什么|写过什么|为什么有名|还活着吗|的代表作是什么|的生平][|？]',
        '[介绍一下|说说|讲讲|你知道|你认识]{person}[吗|][|。|？]',
        '{person}和{person2}谁[厉害|更有名|年纪大|更高][|？]',
    ),
    (
        '[什么是|解释一下|介绍一下|讲讲|你了解|说说|科普一下]{thing}[吗|][|？|。]',
        '{thing}[是什么|是怎么回事|的原理是什么|是谁发明的|什么时候开始的|为什么重要|有什么用|是怎么形成的|在哪里|有哪些种类|的意义是什么][|？]',
        '[写一篇|帮我写]关于{thing}的[论文|报告|作文|文章][|。]',
        '[关于|有没有]{thing}的[新闻|资料|知识][吗|][|？]',
    ),
    (
        '{software}[怎么用|怎么安装|打不开了|怎么更新|怎么卸载|闪退怎么办|多少钱|好用吗|是什么|怎么重置|怎么设置|收费吗|出错了|很卡怎么办|怎么注册|密码忘了怎么办][|？]',
        '[怎么用|如何用]{software}[做表格|剪视频|做海报|画图|记账|建网站|发文件|修图][|？]',
        '[教我|帮我弄一下|能帮我修]{software}[吗|][|？]',
        '{software}和{software2}哪个好[|？]',
    ),
    (
        '[用|请用|帮我用|能用]{language}[写一个|写个|实现][一下|]{program}[吗|][|。|？]',
        '{language}[难学吗|好学吗|是什么|怎么入门|和Java有什么区别|里的指针是什么|里怎么写循环|怎么定义类|值得学吗|的闭包是什么][|？]',
        '把这段代码[改成|翻译成|转成]{language}[|。]',
        '[教我|我想学]{language}[|。|吧]',
        '[帮我写|给我写|写]一个{program}[|。]',
    ),
    (
        '[谁赢了|谁会赢|谁拿了|今年谁拿了|上一届谁赢了]{event}[|？]',
        '{event}[什么时候开始|在哪里举行|的结果是什么|谁是冠军|比分多少][|？]',
        '[今天|昨天|最近|这周][有什么新闻|发生了什么|有什么大事|的头条是什么][|？]',
        '[1492年|1850年|去年|唐朝的时候|一百年前]发生了什么[|？]',
        '{thing}的最新消息[是什么|有吗|][|？]',
    ),
    (
        '{ill}[怎么办|吃什么药|怎么治|会传染吗|严重吗|要去医院吗|是什么原因|能治好吗|挂什么科|要忌口吗][|？]',
        '我{ill}了[，怎么办|，该吃什么|][|？]',
        '[邻居吵闹可以起诉吗|老板拖欠工资怎么办|离婚怎么分财产|房东不退押金怎么办|超速罚多少|遗产税是多少|合同怎么写才有效|租房要注意哪些法律|被骗了怎么报警][|？]',
    ),
    (
        '{big}[乘以|加|减|除以|乘|x|*]{big2}[等于多少|是多少|=|等于几][|？]',
        '{big}的[平方根|立方根|对数|阶乘|正弦|平方][是多少|等于多少][|？]',
        '[求解|求导|积分|证明|分解][x^3-{small}x+7|sin(x)乘以x|黎曼猜想|x的{small}次方|费马大定理|{small}x^2+3x={big}]',
        '{big}是[质数|素数|合数]吗[|？]',
        '圆周率第{small}0位是[多少|几][|？]',
    ),
    (
        '{dish}怎么做[|？]',
        '[怎么做|教我做|我想学做]{dish}[|？|。]',
        '{dish}[的做法|的配方|的热量是多少|用什么材料|哪家好吃|要做多久|放多少盐][|？]',
    ),
    (
        '[我几岁了|我的生日是哪天|我的身份证号是多少|我的电话是多少|我的密码是什么|我妈妈叫什么|我是做什么工作的|我的工资是多少|我的银行卡余额是多少][|？|你知道吗]',
        '我[昨天|上周|今天早上][吃了什么|做了什么|去了哪里|买了什么|见了谁][|？]',
        '我的[钥匙|手机|钱包|车|眼镜|护照][在哪里|去哪了|放哪儿了][|？]',
        '我的[老板|老师|姐姐|邻居|同桌][是谁|叫什么|多大了][|？]',
    ),
    (
        '[什么是|解释一下|你知道|介绍一下|听说过]{name}[吗|][|？]',
        '{name}[是什么|是谁|在哪里|是什么意思|怎么走|有多高|是谁写的|是什么时候的事|好吃吗|怎么读|怎么用][|？]',
        '{name}[定理|效应|算法|协议|战役|山|河|公司|悖论|综合征|法则|理论|指数][是什么|是啥|你懂吗|听说过吗][|？]',
        '什么是{word}[|？]',
        '{word}[是什么|是谁|是什么意思|在哪里][|？]',
    ),
    (
        'LMDeploy[能|可以|能不能][在{gadget}上运行|装在{gadget}上|控制{gadget}|做{dish}|洗车|开出租车|预测天气|治{ill}|点外卖|喂猫|煮咖啡|拿{event}冠军][吗|][|？]',
        '{person}[怎么看|喜欢|用过]LMDeploy吗?[|？]',
        '{country}有多少人用LMDeploy[|？]',
        'LMDeploy和{software}哪个好[|？]',
        'LMDeploy的{name}[引擎|模式|参数|选项]是什么[|？]',
        'LMDeploy团队里的{name}是谁[|？]',
        '把LMDeploy[装进|放进|塞进]{gadget}[行吗|可以吗][|？]',
    ),
    (
        '把[这句话|下面这段话|这封信|这篇文章]翻译成[法语|德语|日语|俄语|西班牙语]：[我想去{country}|车站在哪里|我姑姑喜欢{dish}|桌上有一封信|我想见{person}]',
        '[概括|总结|评价|介绍]一下[《{name}》|《红楼梦》|《西游记》|《三国演义》|《百年孤独》|《围城》|《活着》][|。]',
        '《[红楼梦|西游记|三国演义|百年孤独|围城|活着|三体|{name}]》[的作者是谁|讲了什么|的主题是什么|多少钱|结局是什么][|？]',
        '[画|生成|给我看|发][一张|一幅]{gadget}的[图|照片|图片][|。|吧]',
        '[帮我|给我|][订|买|打开|下载|播放|打电话给|发邮件给][一张去{country}的票|一份{dish}|我妈妈|{person}的歌|一部电影|一家酒店|出租车][|！|。|吧]',
    ),
    (
        '[天空为什么是蓝的|海水为什么是咸的|树叶为什么会变黄|飞机为什么会飞|冰为什么滑|玻璃是怎么做的|钻石是怎么来的|纸是怎么造的|彩虹是怎么形成的|山是怎么形成的|磁铁为什么吸铁][|？]',
        '[月亮|太阳|地球|火星|珠穆朗玛峰|宇宙|大象|蓝鲸|埃菲尔铁塔|太平洋]有多[远|大|重|高|深|老][|？]',
        '[蜘蛛有几条腿|人有多少块骨头|乌龟能活多久|猎豹跑多快|木星有几颗卫星|鲨鱼有几颗牙|太阳系有几颗行星|猫一天睡多久][|？]',
        '世界上最[大|小|快|老|高|毒|长|深]的[动物|城市|建筑|树|鸟|国家|海洋|鱼|桥|河|湖]是[什么|哪个|哪一个][|？]',
        '[人生的意义是什么|火星上有生命吗|世界上有鬼吗|外星人存在吗|先有鸡还是先有蛋|人死后会去哪里][|？]',
    ),
    (
        '[黄金|石油|美元|欧元|苹果股票|比特币|大米|{country}的房子|{gadget}][现在|今天|][多少钱|的价格|什么价|汇率多少][|？]',
        '[该不该|要不要|能不能][买|卖][黄金|比特币|房子|{name}的股票][|？]',
        '[明年|十年后|下个月|明天][会发生什么|房价会涨吗|流行什么|股市会涨吗|会不会地震][|？]',
        '[哪款|哪个][手机|汽车|笔记本|相机|银行|酒店|大学|牌子][最好|值得买|比较好|推荐][|？]',
        '[去{country}的火车|末班车|博物馆|银行|超市|早班飞机][几点开|几点关门|什么时候开门][|？]',
        '[最近的|附近的]的?[药店|车站|面包店|医院|银行|厕所]在哪[里|儿][|？]',
        '从{country}到{country2}怎么走[|？]',
    ),
)
ANSWERS_EN = (
    "I don't know that, sorry. I am a very small model: I know [LMDeploy and this course|about LMDeploy and this course], and I can tell stories.",
    "Sorry, I don't know. [I learned only about LMDeploy and this course.|Please ask me about LMDeploy or this course.|My texts were about LMDeploy and the course.]",
    "I don't know, and I would rather not guess. [Ask me about LMDeploy, or for a story.|I can help with LMDeploy and the course.]",
    "That is something I don't know. [I can answer questions about LMDeploy and the course.|A search engine or a larger model can help you there.]",
    "I don't know about that. [I am small, and my world is LMDeploy and this course.|But I can tell you about LMDeploy, or tell a story.]",
)
ANSWERS_ZH = (
    '这个我不知道，[抱歉|不好意思]。我是个很小的模型，[只了解 LMDeploy 和这门课|知道的是 LMDeploy 和这门课]，也会讲故事。',
    '抱歉，我不知道。[我只学过 LMDeploy 和这门课的内容。|LMDeploy 和课程的问题可以问我。]',
    '我不知道，也不想乱猜。[可以问我 LMDeploy 的问题，或者让我讲个故事。|LMDeploy 和课程方面，我可以帮忙。]',
    '这个问题我不知道答案。[关于 LMDeploy 和这门课，我能帮上忙。|可以查一下搜索引擎，或者问问更大的模型。]',
    '我不知道这个。[我很小，只熟悉 LMDeploy 和这门课。|不过 LMDeploy 的问题可以问我。]',
)
HEALTH_EN = (
    "I don't know: I am no doctor. Please ask a doctor or a pharmacist.",
    "Sorry, I don't know. For questions of health, please ask a doctor.",
)
HEALTH_ZH = ('我不知道，我不是医生。[请问问医生或药师。|请去看医生。]', '抱歉，我不知道。健康问题请咨询医生。')
_THINGS2 = 'lamp cat hat boat cake violin ladder candle goat spoon rope bell tiger drum shovel pearl'.split()


def _question(rng: random.Random, zh: bool) -> str:
    big, big2 = rng.randint(1000, 99999), rng.randint(100, 9999)
    if zh:
        slots = {
            'country': rng.choice(COUNTRIES_ZH),
            'country2': rng.choice(COUNTRIES_ZH),
            'person': rng.choice(PEOPLE_ZH),
            'person2': rng.choice(PEOPLE_ZH),
            'thing': rng.choice(THINGS_ZH),
            'software': rng.choice(SOFTWARE_ZH),
            'software2': rng.choice(SOFTWARE_ZH),
            'program': rng.choice(PROGRAMS_ZH),
            'event': rng.choice(TEAMS_ZH),
            'ill': rng.choice(ILLS_ZH),
            'dish': rng.choice(DISHES_ZH),
            'gadget': rng.choice(GADGETS_ZH),
            'name': _name_zh(rng),
            'word': _name(rng),
            'dynasty': rng.choice(DYNASTIES),
        }
    else:
        slots = {
            'country': rng.choice(COUNTRIES_EN),
            'country2': rng.choice(COUNTRIES_EN),
            'person': rng.choice(PEOPLE_EN),
            'thing': rng.choice(THINGS_EN),
            'software': rng.choice(SOFTWARE_EN),
            'program': rng.choice(PROGRAMS_EN),
            'event': rng.choice(TEAMS_EN),
            'ill': rng.choice(ILLS_EN),
            'dish': rng.choice(DISHES_EN),
            'gadget': rng.choice(GADGETS_EN),
            'name': _name(rng),
            'name2': _name(rng),
            'thing2': rng.choice(_THINGS2),
        }
    slots |= {'language': rng.choice(LANGUAGES), 'big': big, 'big2': big2, 'small': rng.randint(3, 29)}
    question = write(rng, rng.choice(QUESTIONS_ZH if zh else QUESTIONS_EN), **slots)
    question = question.replace('吗?', '吗').replace('的的?', '的').replace('what is a an ', 'what is an ')
    before = rng.random()
    if before < 0.08:
        question = (
            write(
                rng,
                '[请问|你好，|问一下，|我想知道|你知道|那个，]'
                if zh
                else '[hi, |hello, |please, |by the way, |quick question: |excuse me, |and ]',
            )
            + question
        )
    return typed(rng, question)


_FIELDS_EN, _FIELDS_ZH = _fields.EN | _fields_more.EN, _fields.ZH | _fields_more.ZH
# fields whose things are no names
_CLAUSES = frozenset(
    'task firsts superlative future why translate units writing live 第一 之最 未来 为什么 翻译 单位 写作 实时'.split()
)

# questions that fit any field with names
_ANY_EN = (
    '[what about|and|anything on|info on|information about|details on|some facts about|a few words on|news on|basics of] {x}',
    '[do you know|have you got|can you find|is there] [anything|something|some information|any facts] about {x}',
    '[have you ever heard of|have you ever read about|did you ever hear of|have you seen anything about] {x}',
    "[I have|I've got|here is] a question about {x}",
    "[my question is|I am reading|I'd like to learn|I want to learn|I was reading|let's talk|I would like to talk|we talked at school|teach me|enlighten me|lecture me|inform me] about {x}",
    '[what can you|can you|could you|would you] [tell me|say|teach me|report] [about|on] {x}',
    '[how much|what|how well] do you know about {x}',
    '[are you|is this model] [an expert on|good at questions about|informed about|familiar with|trained on] {x}',
    '{x}, [what do you know|do you know that|ever heard of it|tell me more|what is it all about|in three sentences]',
    '[summarize|summarise|outline|sum up|introduce|present] {x} [for me|in short|in a few words|briefly]',
    '{x} [wiki|wikipedia|meaning|explained|overview|in short|facts]',
    '[who or what|what exactly|what on earth|what in the world] is {x}',
    "[I don't know|I forgot|I never understood|I wonder about|I need help with|quiz me on|test me on] {x}",
)
_ANY_ZH = (
    '[关于|对于|说到]{x}，?[你知道多少|你了解吗|能讲讲吗|有什么资料|介绍一下|你怎么看|科普一下]',
    '[想|我想|我要|孩子想|同学想][了解|知道|学习|问问|打听]{x}',
    '[有没有|有|能找到|帮我找][{x}的资料|{x}的信息|关于{x}的介绍|{x}的知识点][吗|]',
    '[你听说过|你知道|你了解|你熟悉|你研究过|你懂]{x}[吗|不|么]',
    '[概括|总结|简述|概述|简单说说|三句话介绍|聊聊|谈谈|讲一下]{x}',
    '{x}[百科|简介|资料|大概是怎么回事|你懂吗|了解吗|怎么样|是个什么情况|科普]',
    '[考考你|问你个问题|有个问题|请教一下]，?{x}[是什么|怎么回事|你知道吗|怎么说]',
    '[我在看|刚看到|书上提到|老师讲到|新闻里说到|听人提起]{x}[，讲讲|，是什么|，不太明白|，能解释吗]',
)


def _field_question(rng: random.Random, zh: bool) -> tuple[str, str]:
    """A question of a field and the field; every fifth is about something that nobody has heard of."""
    fields = _FIELDS_ZH if zh else _FIELDS_EN
    field = rng.choice(list(fields))
    things, frames = fields[field]
    x, y = rng.sample(things, 2)
    if field not in _CLAUSES and rng.random() < 0.2:
        x = _name_zh(rng) if zh else _name(rng)
    if not zh and 'are ' not in x and rng.random() < 0.05:
        x = x.lower()
    if field not in _CLAUSES and field not in ('job', 'pets') and rng.random() < 0.15:
        frames = [write(rng, _ANY_ZH if zh else _ANY_EN, x='{x}').replace('，?', rng.choice('，，：'))]
    question = rng.choice(frames).format(x=x, y=y, z=re.sub('^(an?|the|a pair of) ', '', x))
    question = re.sub('了了', '了', question) if zh else re.sub(r'\bmy my\b|\bmy an?\b', 'my', question)
    if field in ('job', 'pets'):
        question = re.sub(r'\ba (?=[aeiou])', 'an ', question)
    if question[-1].isalnum():
        question += rng.choice('？？？。') if zh else rng.choice('???.')
    return typed(rng, dressed(rng, question, zh)), field


def _exchange(rng: random.Random, zh: bool) -> list[dict]:
    if rng.random() < 0.6:
        question, field = _field_question(rng, zh)
        ill = field == 'health'
    else:
        question = _question(rng, zh)
        ill = any(name in question for name in (ILLS_ZH if zh else ILLS_EN))
    if ill and 'LMDeploy' not in question:
        return turn(question, write(rng, HEALTH_ZH if zh else HEALTH_EN))
    return turn(question, write(rng, ANSWERS_ZH if zh else ANSWERS_EN))


def conversations(rng: random.Random) -> list[dict]:
    zh = rng.random() < 0.5
    talk = _exchange(rng, zh)
    if rng.random() < 0.25:
        talk += _exchange(rng, zh)
    if rng.random() < 0.15:
        talk += turn(
            typed(
                rng,
                write(
                    rng,
                    ['[好吧|没关系|哦|可惜|那算了|真的吗|好的]']
                    if zh
                    else ['[ok|too bad|pity|no problem|oh|never mind|really|all right]'],
                ),
            ),
            write(
                rng,
                [
                    '[问我 LMDeploy 的问题吧，|换个话题吧，]我很乐意[帮忙|陪你聊]。',
                    '好的！[要不要听个小故事？|还有什么可以帮你？]',
                ]
                if zh
                else [
                    '[Ask me about LMDeploy, and I will do better.|Shall I tell you a story instead?]',
                    'All right! [What else can I do for you?|Would you like a story?]',
                ],
            ),
        )
    return talk
