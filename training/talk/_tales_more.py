"""More heroes, places, things, skills and meanings for the stories: the wider the words, the more requests are honoured."""

# ruff: noqa: E501 (tables of words)


def _rows(text: str) -> tuple[tuple[str, ...], ...]:
    """One row for each `|`, its fields apart by `,`."""
    return tuple(
        tuple(field.strip() for field in row.split(',')) for row in text.replace('\n', '|').split('|') if row.strip()
    )


# English, Chinese in the story, Chinese in a request, measure word
ANIMALS = _rows("""
zebra,小斑马,斑马,匹|hippo,小河马,河马,头|raccoon,小浣熊,浣熊,只|otter,小水獭,水獭,只|beaver,小河狸,河狸,只|mole,小鼹鼠,鼹鼠,只
badger,小獾,獾,只|goose,小鹅,鹅,只|swan,小天鹅,天鹅,只|parrot,小鹦鹉,鹦鹉,只|eagle,小老鹰,老鹰,只|peacock,小孔雀,孔雀,只
woodpecker,小啄木鸟,啄木鸟,只|spider,小蜘蛛,蜘蛛,只|caterpillar,小青虫,青虫,条|grasshopper,小蚱蜢,蚱蜢,只|cricket,小蟋蟀,蟋蟀,只
bat,小蝙蝠,蝙蝠,只|lizard,小蜥蜴,蜥蜴,只|crocodile,小鳄鱼,鳄鱼,条|dinosaur,小恐龙,恐龙,只|hamster,小仓鼠,仓鼠,只|donkey,小毛驴,毛驴,头
rooster,小公鸡,公鸡,只|puppy,小奶狗,小奶狗,只|kitten,小奶猫,小奶猫,只|chameleon,小变色龙,变色龙,只|rhino,小犀牛,犀牛,头|leopard,小豹子,豹子,只
cheetah,小猎豹,猎豹,只|gorilla,小猩猩,猩猩,只|polar bear,北极熊宝宝,北极熊,只|reindeer,小驯鹿,驯鹿,头|sloth,小树懒,树懒,只|llama,小羊驼,羊驼,只
buffalo,小水牛,水牛,头|pigeon,小鸽子,鸽子,只|magpie,小喜鹊,喜鹊,只|seagull,小海鸥,海鸥,只|flamingo,小火烈鸟,火烈鸟,只|ostrich,小鸵鸟,鸵鸟,只
worm,小蚯蚓,蚯蚓,条|dragonfly,小蜻蜓,蜻蜓,只|snake,小蛇,小蛇,条|guinea pig,小豚鼠,豚鼠,只|platypus,小鸭嘴兽,鸭嘴兽,只|chipmunk,小花栗鼠,花栗鼠,只
toad,小蟾蜍,蟾蜍,只|pony,小矮马,矮马,匹|cuckoo,小布谷鸟,布谷鸟,只|hummingbird,小蜂鸟,蜂鸟,只|beetle,小甲虫,甲虫,只|lynx,小猞猁,猞猁,只
yak,小牦牛,牦牛,头|boar,小野猪,野猪,头|hare,小野兔,野兔,只|falcon,小猎鹰,猎鹰,只|nightingale,小夜莺,夜莺,只|gecko,小壁虎,壁虎,只
armadillo,小犰狳,犰狳,只|moose,小驼鹿,驼鹿,头|mongoose,小狐獴,狐獴,只|jackal,小胡狼,胡狼,只|silkworm,小蚕,蚕,条|lemur,小狐猴,狐猴,只
""")
SEA = _rows("""
shark,小鲨鱼,鲨鱼,条|lobster,小龙虾,龙虾,只|clownfish,小丑鱼,小丑鱼,条|goldfish,小金鱼,金鱼,条|squid,小鱿鱼,鱿鱼,条|eel,小鳗鱼,鳗鱼,条|shrimp,小虾,小虾,只|whale shark,小鲸鲨,鲸鲨,条
""")
MAGIC = _rows("""
giant,巨人,巨人,个|snowman,小雪人,雪人,个|elf,小精灵,精灵,个|monster,小怪物,怪物,只|phoenix,小凤凰,凤凰,只|alien,小外星人,外星人,个|gnome,小地精,地精,个|yeti,小雪怪,雪怪,只|goblin,小妖怪,妖怪,个
""")
VEHICLES = _rows("""
car,小汽车,汽车,辆|bus,小公交车,公交车,辆|tractor,小拖拉机,拖拉机,辆|fire engine,小消防车,消防车,辆|digger,小挖掘机,挖掘机,台|spaceship,小飞船,飞船,艘|tram,小电车,电车,辆|truck,小卡车,卡车,辆|taxi,小出租车,出租车,辆
""")
MACHINES = _rows("""
chatbot,小聊天机器人,聊天机器人,个|server,小服务器,服务器,台|neural network,小神经网络,神经网络,个|laptop,小笔记本电脑,笔记本电脑,台|supercomputer,小超级计算机,超级计算机,台
""")
# English, Chinese, measure word, pronoun or nothing
PEOPLE = _rows("""
pirate,海盗,个,|sailor,水手,位,|fisherman,渔夫,位,he|detective,侦探,位,|nurse,护士,位,|firefighter,消防员,位,|police officer,警察,位,|clown,小丑,位,
cook,厨师,位,|musician,音乐家,位,|singer,歌手,位,|librarian,图书管理员,位,|explorer,探险家,位,|inventor,发明家,位,|carpenter,木匠,位,|shoemaker,鞋匠,位,
blacksmith,铁匠,位,|shepherd,牧羊人,位,|soldier,士兵,位,|poet,诗人,位,|writer,作家,位,|dancer,舞蹈家,位,|photographer,摄影师,位,|bus driver,公交司机,位,
engineer,工程师,位,|mathematician,数学家,位,|magician,魔术师,位,|woodcutter,樵夫,位,he|watchmaker,钟表匠,位,|beekeeper,养蜂人,位,|emperor,皇帝,位,he|merchant,商人,位,
monk,和尚,位,he|cowboy,牛仔,位,he|ninja,忍者,位,|barber,理发师,位,|potter,陶匠,位,|miller,磨坊主,位,|astronomer,天文学家,位,|pilot,飞行员,位,
superhero,超级英雄,位,|swordsman,剑客,位,he|nun,修女,位,she|hermit,隐士,位,|train driver,火车司机,位,|ice cream seller,卖冰淇淋的人,位,|pensioner,退休老人,位,
""")

# English and Chinese of the request, where, and the place again: 'wild' for all, 'built' for people and machines
PLACES = tuple(
    (topic_en, at_en, ref_en, topic_zh, at_zh, ref_zh, sort)
    for topic_en, at_en, ref_en, topic_zh, at_zh, ref_zh, sort in _rows("""
jungle,in a thick green jungle,the jungle,丛林,在一片茂密的丛林里,丛林,wild
cave,in a cave behind a waterfall,the cave,山洞,在瀑布后面的一个山洞里,山洞,wild
swamp,in a misty swamp,the swamp,沼泽,在一片雾蒙蒙的沼泽里,沼泽,wild
meadow,in a wide meadow,the meadow,草地,在一片宽宽的草地上,草地,wild
grassland,on a windy grassland,the grassland,草原,在一片大草原上,草原,wild
bamboo grove,in a whispering bamboo grove,the bamboo grove,竹林,在一片沙沙响的竹林里,竹林,wild
orchard,in an old orchard,the orchard,果园,在一个老果园里,果园,wild
pond,by a pond full of lilies,the pond,池塘,在一个开满荷花的池塘边,池塘,wild
hill,on a round green hill,the hill,山坡,在一个绿绿的山坡上,山坡,wild
park,in a park in the middle of the city,the park,公园,在城市中间的一座公园里,公园,wild
zoo,in a small friendly zoo,the zoo,动物园,在一个小小的动物园里,动物园,wild
treehouse,in a treehouse in an old oak,the treehouse,树屋,在老橡树上的一间树屋里,树屋,wild
hut,in a wooden hut in the woods,the hut,小木屋,在林子里的一间小木屋里,小木屋,wild
planet,on a small round planet far away,the planet,星球,在一颗遥远的小星球上,星球,wild
lighthouse,in an old lighthouse by the sea,the lighthouse,灯塔,在海边的一座老灯塔里,灯塔,built
market,next to a colourful market,the market,集市,在一个热闹的集市旁边,集市,built
museum,next to a big old museum,the museum,博物馆,在一座大博物馆旁边,博物馆,built
railway station,next to a little railway station,the station,火车站,在一个小火车站旁边,火车站,built
harbour,in a harbour full of boats,the harbour,港口,在一个停满小船的港口,港口,built
hospital,next to a white hospital,the hospital,医院,在一家白色的医院旁边,医院,built
kindergarten,near a cheerful kindergarten,the kindergarten,幼儿园,在一所热闹的幼儿园旁边,幼儿园,built
bakery,above a bakery that smelled of bread,the bakery,面包店,在一家香喷喷的面包店楼上,面包店,built
toy shop,in a toy shop at the corner,the toy shop,玩具店,在街角的一家玩具店里,玩具店,built
bookshop,in a small bookshop,the bookshop,书店,在一家小小的书店里,书店,built
circus,in a travelling circus,the circus,马戏团,在一个四处走的马戏团里,马戏团,built
palace,in a palace with a hundred windows,the palace,宫殿,在一座有一百扇窗的宫殿里,宫殿,built
temple,in a quiet temple,the temple,寺庙,在一座安静的寺庙里,寺庙,built
data centre,in a humming data centre,the data centre,机房,在一间嗡嗡响的机房里,机房,built
space station,on a space station above the clouds,the space station,空间站,在云层之上的一座空间站里,空间站,built
hotel,in an old hotel by the road,the hotel,旅馆,在路边的一家老旅馆里,旅馆,built
""")
)

# English, Chinese, measure word
THINGS = _rows("""
fridge,冰箱,台|washing machine,洗衣机,台|vacuum cleaner,吸尘器,台|fan,风扇,台|kettle,水壶,把|plate,盘子,个|fork,叉子,把|bowl,碗,个|pot,锅,口|pan,平底锅,口
spectacle case,眼镜盒,个|toothbrush,牙刷,把|towel,毛巾,条|soap,肥皂,块|belt,皮带,条|jacket,夹克,件|dress,裙子,条|sweater,毛衣,件|boot,靴子,只|slipper,拖鞋,只
backpack,书包,个|wallet,钱包,个|purse,小钱袋,个|necklace,项链,条|bracelet,手链,条|earring,耳环,只|diamond,钻石,颗|gem,宝石,颗|treasure chest,宝箱,个|medal,奖牌,枚
eraser,橡皮,块|ruler,尺子,把|crayon,蜡笔,支|paintbrush,画笔,支|pen,钢笔,支|diary,日记本,本|dictionary,词典,本|newspaper,报纸,张|photo,照片,张|painting,油画,幅
table,桌子,张|sofa,沙发,张|bed,小床,张|door,木门,扇|window,窗户,扇|carpet,地毯,块|curtain,窗帘,块|bookshelf,书架,个|bathtub,浴缸,个|bench,长椅,把
phone,手机,部|smartphone,智能手机,部|tablet,平板电脑,台|computer mouse,鼠标,个|screen,屏幕,块|USB stick,U盘,个|memory chip,内存条,根|calculator,计算器,个|alarm clock,小闹钟,个|light bulb,灯泡,个
screwdriver,螺丝刀,把|nail,钉子,枚|saw,锯子,把|rope,绳子,根|bridge model,桥的模型,座|parachute,降落伞,个|tent,帐篷,顶|sleeping bag,睡袋,个|canoe,独木舟,只|anchor,船锚,个
sandwich,三明治,个|pizza,披萨,块|pancake,煎饼,张|noodle,面条,根|egg,鸡蛋,个|cheese,奶酪,块|chocolate,巧克力,块|lollipop,棒棒糖,根|ice cream,冰淇淋,个|moon cake,月饼,块
peach,桃子,个|pear,梨,个|orange,橙子,个|lemon,柠檬,个|strawberry,草莓,颗|cherry,樱桃,颗|grape,葡萄,颗|mushroom,蘑菇,朵|onion,洋葱,个|tomato,西红柿,个
nut,坚果,颗|acorn,橡果,颗|chestnut,栗子,颗|leaf,树叶,片|pine cone,松果,个|petal,花瓣,片|snowflake,雪花胸针,枚|crystal,水晶,块|marble,玻璃珠,颗|pebble,鹅卵石,颗
dice,骰子,颗|playing card,纸牌,张|yo-yo,溜溜球,个|spinning top,陀螺,个|toy car,玩具车,辆|toy train,玩具火车,列|jigsaw piece,拼图块,块|rocking horse,摇摇马,匹|puppet,木偶,个|swing,秋千,架
harmonica,口琴,支|cello,大提琴,把|trombone,长号,支|whistle,哨子,个|record,唱片,张|accordion,手风琴,架|tambourine,手鼓,面|xylophone,木琴,架|metronome,节拍器,个|songbook,歌本,本
wand,魔法棒,根|magic carpet,飞毯,块|crystal ball,水晶球,个|shield,盾牌,面|arrow,箭,支|helmet,头盔,顶|flag,旗子,面|torch,火把,支|treasure map,藏宝图,张|time machine,时光机,台
""")

# (to do, doing, the first try, the success) and the same in Chinese
SKILLS = (
    (
        'bake bread',
        'baking',
        'the bread was as hard as a stone',
        'the bread came out golden and soft',
        '烤面包',
        '烤出来的面包硬得像石头',
        '面包烤得又香又软',
    ),
    (
        'ride a bicycle',
        'cycling',
        '{he} landed in a bush',
        '{he} rode down the whole lane without a wobble',
        '骑自行车',
        '一头栽进了草丛',
        '稳稳地骑过了整条小路',
    ),
    (
        'swim',
        'swimming',
        '{he} swallowed half the pond',
        '{he} swam to the other side and back',
        '游泳',
        '呛了好几口水',
        '轻轻松松游了个来回',
    ),
    (
        'skate',
        'skating',
        '{he} slid into a pile of snow',
        '{he} drew a perfect circle on the ice',
        '滑冰',
        '一屁股坐在了冰上',
        '在冰上画出了一个漂亮的圆圈',
    ),
    (
        'play the piano',
        'playing the piano',
        'it sounded like rain in a tin bucket',
        'the melody made everyone stop and listen',
        '弹钢琴',
        '听起来像雨点砸在铁桶上',
        '好听的曲子让大家都停下了脚步',
    ),
    (
        'write programs',
        'programming',
        'the screen was full of red errors',
        'the little program said hello to the world',
        '编程',
        '屏幕上全是红色的报错',
        '小程序终于说出了“你好，世界”',
    ),
    (
        'knit',
        'knitting',
        'the scarf became one big knot',
        'the scarf was long, warm and even',
        '织毛衣',
        '毛线缠成了一团',
        '织出来的毛衣又软又暖',
    ),
    (
        'juggle',
        'juggling',
        'all the balls rolled under the table',
        'five balls flew in a ring through the air',
        '抛球',
        '球滚得到处都是',
        '五个球在空中转成了一个圈',
    ),
    (
        'play chess',
        'playing chess',
        '{he} lost the queen on the third move',
        '{he} won the first game, and smiled',
        '下棋',
        '没走几步就输光了',
        '赢下了第一盘棋',
    ),
    (
        'grow vegetables',
        'gardening',
        'nothing came up but weeds',
        'the beds were full of carrots and beans',
        '种菜',
        '地里长出来的全是野草',
        '菜园里长满了胡萝卜和豆角',
    ),
    (
        'take photos',
        'photography',
        'every picture showed a thumb',
        'one picture held the whole light of the morning',
        '拍照',
        '拍出来的全是大拇指',
        '一张照片留住了整个清晨的光',
    ),
)
# What can be seen at the end of a journey
SIGHTS = (
    ('a waterfall', '瀑布', 'waterfall', '瀑布'),
    ('the sunset over the lake', '湖上的日落', 'sunset', '日落'),
    ('a meteor shower', '流星雨', 'meteor shower', '流星雨'),
    ('a glacier', '冰川', 'glacier', '冰川'),
    ('an old windmill', '老风车', 'windmill', '风车'),
    ('a field of lavender', '一大片薰衣草', 'lavender field', '薰衣草'),
    ('a volcano', '火山', 'volcano', '火山'),
    ('the longest bridge in the land', '最长的大桥', 'bridge', '大桥'),
    ('a comet', '彗星', 'comet', '彗星'),
    ('a thousand lanterns on the river', '河上的一千盏花灯', 'lantern festival', '花灯'),
)
PLANTS = (
    ('oak', '橡树', '一棵高大的橡树'),
    ('cherry tree', '樱桃树', '一棵开满花的樱桃树'),
    ('tulip', '郁金香', '一朵鲜红的郁金香'),
    ('lily', '百合', '一枝雪白的百合'),
    ('cactus', '仙人掌', '一棵开了花的仙人掌'),
    ('dandelion', '蒲公英', '一丛毛茸茸的蒲公英'),
    ('lotus', '荷花', '一朵粉粉的荷花'),
    ('willow', '柳树', '一棵随风摇摆的柳树'),
    ('pumpkin vine', '南瓜藤', '一根结满果的南瓜藤'),
    ('beanstalk', '豆茎', '一根高得碰到云的豆茎'),
)
# theme: (English, Chinese, plots that carry it, closing line in each language)
THEMES = (
    ('honesty', '诚实', ('lost', 'gift'), 'Honesty is a light that needs no lamp.', '诚实就像一盏灯，心里亮，路就亮。'),
    ('love', '爱', ('gift', 'share'), 'Love is not loud. It stays, and it helps.', '爱不用大声说，它就在一点一滴里。'),
    (
        'family',
        '家人',
        ('guide', 'gift'),
        'Family is where someone is always waiting for you.',
        '家人，就是永远为你留着一盏灯的人。',
    ),
    (
        'happiness',
        '快乐',
        ('share', 'gift', 'journey'),
        'Happiness is small, and it is often very near.',
        '快乐很小，常常就在身边。',
    ),
    (
        'sadness',
        '悲伤',
        ('lost', 'fear'),
        'Sadness passes like rain, and afterwards the air is clear.',
        '悲伤像一场雨，下过以后，天会更蓝。',
    ),
    (
        'loneliness',
        '孤独',
        ('share', 'guide'),
        'Loneliness ends where one door opens.',
        '只要打开一扇门，孤独就会走开。',
    ),
    (
        'gratitude',
        '感恩',
        ('lost', 'share'),
        'Gratitude turns what we have into enough.',
        '懂得感恩的人，心里总是满满的。',
    ),
    (
        'curiosity',
        '好奇',
        ('journey', 'learn'),
        'Curiosity opens more doors than any key.',
        '好奇心能打开的门，比钥匙还多。',
    ),
    ('forgiveness', '原谅', ('share', 'gift'), 'Forgiveness makes two hearts lighter.', '原谅别人，自己的心也会变轻。'),
    (
        'trust',
        '信任',
        ('guide', 'fear'),
        'Trust grows with every step that is walked together.',
        '信任，是一起走过的每一步。',
    ),
    (
        'helping others',
        '帮助别人',
        ('guide', 'lost', 'share'),
        'Helping others is the shortest way to a friend.',
        '帮助别人，就是给自己找到朋友。',
    ),
    (
        'being different',
        '与众不同',
        ('learn', 'fear'),
        'Being different is not a fault. It is a gift that needs time.',
        '与众不同不是缺点，是还没被发现的礼物。',
    ),
    (
        'making mistakes',
        '犯错',
        ('learn',),
        'Making mistakes is how we learn where the path is.',
        '犯错不可怕，错了再试一次就好。',
    ),
    (
        'never giving up',
        '不放弃',
        ('learn', 'seed', 'journey'),
        'Never giving up is simply trying one more time.',
        '不放弃，就是再试一次。',
    ),
    ('time', '时间', ('seed',), 'Time is the quietest gardener of all.', '时间，是最安静的园丁。'),
    ('memory', '记忆', ('lost', 'gift'), 'What we love stays safe in our memory.', '心爱的东西，都好好地住在记忆里。'),
    ('peace', '和平', ('share', 'guide'), 'Peace begins with one kind word.', '和平，从一句温和的话开始。'),
    (
        'freedom',
        '自由',
        ('journey',),
        'Freedom is a road, and the courage to walk it.',
        '自由，就是脚下有路，心里有光。',
    ),
    ('luck', '运气', ('lost', 'seed'), 'Luck likes those who keep looking.', '运气最喜欢不停寻找的人。'),
    (
        'imagination',
        '想象力',
        ('learn', 'journey'),
        'Imagination is a door that is never locked.',
        '想象力是一扇从不上锁的门。',
    ),
    (
        'hard work',
        '努力',
        ('learn', 'seed'),
        'Hard work is a slow song with a beautiful ending.',
        '努力不会白费，它只是慢慢开花。',
    ),
    (
        'a promise',
        '承诺',
        ('gift', 'guide'),
        'A promise is small to say and great to keep.',
        '承诺说出来很轻，守住了才珍贵。',
    ),
    (
        'summer',
        '夏天',
        ('journey', 'lost'),
        'The best of summer is what we find together.',
        '夏天最好的，是一起找到的快乐。',
    ),
    (
        'autumn',
        '秋天',
        ('gift', 'seed'),
        'Autumn gives back what spring has promised.',
        '春天许下的愿，秋天都会还给我们。',
    ),
    (
        'the new year',
        '新年',
        ('gift', 'share'),
        'The new year begins wherever someone opens a door.',
        '打开门，把温暖请进来，新年就到了。',
    ),
    ('a holiday', '假期', ('journey',), 'A holiday is long when the heart is awake.', '心里有风景，每一天都像假期。'),
    (
        'moving away',
        '搬家',
        ('journey', 'fear'),
        'Moving away takes a while, and then a new place is home, too.',
        '搬家以后，新的地方也会慢慢变成家。',
    ),
    (
        'jealousy',
        '嫉妒',
        ('gift', 'learn'),
        'Jealousy grows small where there is room for everyone.',
        '心宽了，嫉妒就没有地方住了。',
    ),
    (
        'greed',
        '贪心',
        ('share',),
        'Greed is never full, but a shared plate always is.',
        '贪心永远吃不饱，分着吃才最香。',
    ),
    (
        'responsibility',
        '责任',
        ('seed', 'guide'),
        'Responsibility is care that stays when it becomes hard.',
        '责任，就是累了也不丢下。',
    ),
    ('music', '音乐', ('learn', 'lost'), 'Music finds the words that we have lost.', '说不出的话，音乐会替我们说。'),
    (
        'the first day at school',
        '上学第一天',
        ('fear', 'learn'),
        'The first day at school is only the first page of a good book.',
        '上学第一天，是一本好书的第一页。',
    ),
    (
        'self-confidence',
        '自信',
        ('learn', 'fear'),
        'Self-confidence grows from every small thing we dare.',
        '自信，是从一次次小小的尝试里长出来的。',
    ),
    (
        'saying goodbye',
        '告别',
        ('guide', 'journey'),
        'Saying goodbye is not the end. What was good stays with us.',
        '告别不是结束，美好的都留在心里。',
    ),
)
