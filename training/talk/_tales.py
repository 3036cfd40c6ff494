"""The people, places and things of the stories, in both languages."""

# ruff: noqa: E501, SIM905 (tables of words)

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Who a hero can be.  `sort`: animal, sea, child, person, machine, magic."""

    en: str
    zh: str  # as the story names it
    topic_zh: str  # as people ask for it
    measure: str
    sort: str
    pronoun: str = ''  # 'he' or 'she' where the kind decides it


def _animals(*rows: tuple[str, str, str, str], sort: str = 'animal') -> tuple[Kind, ...]:
    return tuple(Kind(en, zh, topic, measure, sort) for en, zh, topic, measure in rows)


KINDS = (
    *_animals(
        ('fox', '小狐狸', '狐狸', '只'), ('rabbit', '小兔子', '兔子', '只'), ('cat', '小猫', '猫', '只'), ('dog', '小狗', '小狗', '只'),
        ('mouse', '小老鼠', '老鼠', '只'), ('bear', '小熊', '小熊', '只'), ('hedgehog', '小刺猬', '刺猬', '只'), ('squirrel', '小松鼠', '松鼠', '只'),
        ('owl', '小猫头鹰', '猫头鹰', '只'), ('sparrow', '小麻雀', '麻雀', '只'), ('duck', '小鸭子', '鸭子', '只'), ('frog', '小青蛙', '青蛙', '只'),
        ('turtle', '小乌龟', '乌龟', '只'), ('elephant', '小象', '大象', '头'), ('lion', '小狮子', '狮子', '头'), ('tiger', '小老虎', '老虎', '只'),
        ('panda', '熊猫宝宝', '熊猫', '只'), ('monkey', '小猴子', '猴子', '只'), ('penguin', '小企鹅', '企鹅', '只'), ('snail', '小蜗牛', '蜗牛', '只'),
        ('ant', '小蚂蚁', '蚂蚁', '只'), ('bee', '小蜜蜂', '蜜蜂', '只'), ('butterfly', '小蝴蝶', '蝴蝶', '只'), ('deer', '小鹿', '小鹿', '头'),
        ('horse', '小马', '小马', '匹'), ('goat', '小山羊', '山羊', '只'), ('sheep', '小绵羊', '绵羊', '只'), ('pig', '小猪', '小猪', '只'),
        ('wolf', '小狼', '狼', '只'), ('crow', '小乌鸦', '乌鸦', '只'), ('camel', '小骆驼', '骆驼', '头'), ('koala', '小考拉', '考拉', '只'),
        ('bird', '小鸟', '小鸟', '只'), ('cow', '小牛', '小牛', '头'), ('chick', '小鸡', '小鸡', '只'), ('giraffe', '小长颈鹿', '长颈鹿', '只'),
        ('kangaroo', '小袋鼠', '袋鼠', '只'),
    ),
    *_animals(('dolphin', '小海豚', '海豚', '只'), ('whale', '小鲸鱼', '鲸鱼', '头'), ('fish', '小鱼', '小鱼', '条'), ('octopus', '小章鱼', '章鱼', '只'),
              ('crab', '小螃蟹', '螃蟹', '只'), ('seahorse', '小海马', '海马', '只'), sort='sea'),
    *_animals(('dragon', '小龙', '龙', '条'), ('unicorn', '小独角兽', '独角兽', '只'), ('ghost', '小幽灵', '幽灵', '个'), sort='magic'),
    *_animals(('robot', '小机器人', '机器人', '个'), ('computer', '小电脑', '电脑', '台'), ('train', '小火车', '火车', '列'), ('language model', '小语言模型', '语言模型', '个'),
              sort='machine'),
    Kind('girl', '小女孩', '小女孩', '个', 'child', 'she'), Kind('boy', '小男孩', '小男孩', '个', 'child', 'he'),
    Kind('princess', '小公主', '公主', '位', 'child', 'she'), Kind('prince', '小王子', '王子', '位', 'child', 'he'),
    Kind('teacher', '老师', '老师', '位', 'person'), Kind('baker', '面包师', '面包师', '位', 'person'), Kind('painter', '画家', '画家', '位', 'person'),
    Kind('gardener', '园丁', '园丁', '位', 'person'), Kind('wizard', '魔法师', '魔法师', '位', 'person'), Kind('astronaut', '宇航员', '宇航员', '位', 'person'),
    Kind('programmer', '程序员', '程序员', '位', 'person'), Kind('doctor', '医生', '医生', '位', 'person'), Kind('farmer', '农夫', '农夫', '位', 'person'),
    Kind('student', '学生', '学生', '个', 'person'), Kind('scientist', '科学家', '科学家', '位', 'person'),
    Kind('tailor', '裁缝', '裁缝', '位', 'person'), Kind('postman', '邮差', '邮差', '位', 'person', 'he'), Kind('king', '国王', '国王', '位', 'person', 'he'),
    Kind('queen', '女王', '女王', '位', 'person', 'she'), Kind('knight', '骑士', '骑士', '位', 'person', 'he'),
)

NAMES_HE = ('Pip', 'Milo', 'Otto', 'Finn', 'Toby', 'Basil', 'Theo', 'Oscar', 'Nico', 'Felix', 'Leo', 'Hugo', 'Rufus', 'Sami', 'Bruno', 'Max', 'Ben', 'Tim',
            'Jasper', 'Arlo', 'Henry', 'Sam', 'Gus', 'Remy', 'Kofi', 'Ravi')
NAMES_SHE = ('Luna', 'Nora', 'Ivy', 'Hazel', 'Willa', 'Juno', 'Clover', 'Poppy', 'Mira', 'Wren', 'Lulu', 'Maple', 'Tilly', 'Daisy', 'Kiki', 'Momo', 'Ada', 'Elsie',
             'Coco', 'Anna', 'Ella', 'Mina', 'Rosa', 'Lily', 'Zoe', 'Amara')
NAMES_ZH = ('豆豆', '乐乐', '朵朵', '小满', '阿月', '团团', '麦子', '小白', '毛毛', '安安', '阿栗', '米米', '阿福', '小北', '糖糖', '可可', '小禾', '阿宝', '多多', '圆圆',
            '甜甜', '芽芽', '冬冬', '阿木', '小舟', '念念', '悠悠', '桃桃', '叮当', '阿石', '阿青', '小柚', '丁丁', '亮亮', '小棉', '元宝')


@dataclass(frozen=True)
class Place:
    topic_en: str
    at_en: str
    ref_en: str
    topic_zh: str
    at_zh: str
    ref_zh: str
    sort: str = 'wild'  # wild, built, sea


PLACES = (
    Place('forest', 'at the edge of a quiet forest', 'the forest', '森林', '在一片安静的森林里', '森林'),
    Place('forest', 'deep in a green forest', 'the forest', '森林', '在一片绿油油的大森林里', '森林'),
    Place('mountain', 'at the foot of a tall mountain', 'the mountain', '大山', '在一座高高的大山脚下', '山脚下'),
    Place('village', 'in a little village', 'the village', '村庄', '在一个小小的村庄里', '村庄'),
    Place('river', 'beside a clear river', 'the river bank', '小河', '在一条清清的小河边', '河边'),
    Place('island', 'on a small green island', 'the island', '小岛', '在一座绿色的小岛上', '小岛'),
    Place('farm', 'on a sunny farm', 'the farm', '农场', '在一个洒满阳光的农场里', '农场'),
    Place('lake', 'by a blue lake', 'the lake', '湖', '在一片蓝蓝的湖边', '湖边'),
    Place('valley', 'in a valley full of flowers', 'the valley', '山谷', '在一个开满野花的山谷里', '山谷'),
    Place('garden', 'in an old garden', 'the garden', '花园', '在一座古老的花园里', '花园'),
    Place('desert', 'at the edge of a golden desert', 'the desert', '沙漠', '在一片金色的沙漠边上', '沙漠'),
    Place('snow', 'in a land of deep snow', 'the snowy hills', '雪地', '在一片白茫茫的雪原上', '雪原'),
    Place('beach', 'on a quiet beach', 'the beach', '海边', '在一片安静的海边', '海边'),
    Place('city', 'in a busy city', 'the city', '城市', '在一座热闹的城市里', '城市', 'built'),
    Place('school', 'near a small school', 'the school yard', '学校', '在一所小小的学校旁边', '学校', 'built'),
    Place('library', 'in a house next to an old library', 'the library', '图书馆', '在一座老图书馆旁边', '图书馆', 'built'),
    Place('town', 'in a small town by the hills', 'the town', '小镇', '在一个小山边的小镇上', '小镇', 'built'),
    Place('castle', 'in a castle on a hill', 'the castle', '城堡', '在一座山坡上的城堡里', '城堡', 'built'),
    Place('sea', 'in the deep blue sea', 'the sea', '大海', '在一片蔚蓝的大海里', '大海', 'sea'),
    Place('reef', 'by a bright coral reef', 'the reef', '珊瑚礁', '在一片五彩的珊瑚礁旁', '珊瑚礁', 'sea'),
    Place('bay', 'in a calm bay', 'the bay', '海湾', '在一个平静的海湾里', '海湾', 'sea'),
)


@dataclass(frozen=True)
class Helper:
    en: str  # 'an old tortoise'
    ref_en: str
    zh: str  # '一只老乌龟'
    ref_zh: str
    sort: str = 'land'
    kind: str = ''  # a hero of this kind does not meet it


HELPERS = (
    Helper('an old tortoise', 'the tortoise', '一只老乌龟', '老乌龟', kind='turtle'), Helper('a wise owl', 'the owl', '一只聪明的猫头鹰', '猫头鹰', kind='owl'),
    Helper('a kind grandmother', 'the grandmother', '一位慈祥的老奶奶', '老奶奶'), Helper('a passing goose', 'the goose', '一只路过的大雁', '大雁'),
    Helper('a quiet old gardener', 'the old gardener', '一位话不多的老园丁', '老园丁', kind='gardener'), Helper('a tiny ladybird', 'the ladybird', '一只小小的瓢虫', '瓢虫'),
    Helper('a friendly mole', 'the mole', '一只热心的鼹鼠', '鼹鼠'), Helper('a white crane', 'the crane', '一只白鹤', '白鹤'),
    Helper('a cheerful badger', 'the badger', '一只爱笑的獾', '獾'), Helper('a grey donkey', 'the donkey', '一头灰毛驴', '灰毛驴'),
    Helper('an old sea turtle', 'the sea turtle', '一只老海龟', '老海龟', 'sea'), Helper('a gentle starfish', 'the starfish', '一只温柔的海星', '海星', 'sea'),
    Helper('a wandering jellyfish', 'the jellyfish', '一只四处漂游的水母', '水母', 'sea'),
)

# What can be lost: (English, Chinese, measure word, sort)
THINGS = (
    ('lamp', '小灯', '盏', 'land'), ('kite', '风筝', '只', 'land'), ('bell', '铃铛', '个', 'any'), ('scarf', '围巾', '条', 'land'), ('flute', '笛子', '支', 'land'),
    ('key', '钥匙', '把', 'any'), ('music box', '音乐盒', '个', 'any'), ('compass', '指南针', '个', 'any'), ('umbrella', '雨伞', '把', 'land'), ('book', '书', '本', 'land'),
    ('hat', '帽子', '顶', 'land'), ('ball', '皮球', '个', 'land'), ('letter', '信', '封', 'land'), ('clock', '闹钟', '个', 'land'), ('pearl', '珍珠', '颗', 'any'),
    ('shell', '贝壳', '枚', 'any'), ('pencil', '铅笔', '支', 'land'), ('map', '地图', '张', 'any'), ('mirror', '镜子', '面', 'any'), ('drum', '小鼓', '面', 'land'),
    ('balloon', '气球', '个', 'land'), ('spoon', '勺子', '把', 'any'), ('ring', '戒指', '枚', 'any'), ('violin', '小提琴', '把', 'land'), ('bicycle', '自行车', '辆', 'land'),
    ('cup', '杯子', '个', 'any'), ('coin', '硬币', '枚', 'any'), ('basket', '篮子', '个', 'land'),
)
# What can be made by hand for a present.
MAKEABLE = ('lamp', 'kite', 'flute', 'music box', 'drum', 'basket', 'cup', 'umbrella', 'violin', 'mirror')
# Less common things, which teach the model to take a topic over from the request.
MORE_THINGS = (
    ('toaster', '烤面包机', '台'), ('teapot', '茶壶', '把'), ('button', '纽扣', '颗'), ('sock', '袜子', '只'), ('suitcase', '行李箱', '个'), ('telescope', '望远镜', '架'),
    ('ladder', '梯子', '架'), ('pillow', '枕头', '个'), ('blanket', '毯子', '条'), ('chair', '椅子', '把'), ('cookie', '饼干', '块'), ('cake', '蛋糕', '块'),
    ('potato', '土豆', '个'), ('carrot', '胡萝卜', '根'), ('pumpkin', '南瓜', '个'), ('apple', '苹果', '个'), ('banana', '香蕉', '根'), ('watermelon', '西瓜', '个'),
    ('noodle bowl', '面碗', '个'), ('dumpling', '饺子', '个'), ('guitar', '吉他', '把'), ('piano', '钢琴', '架'), ('trumpet', '小号', '支'), ('camera', '照相机', '台'),
    ('telephone', '电话', '部'), ('television', '电视机', '台'), ('radio', '收音机', '台'), ('rocket', '火箭', '枚'), ('ship', '小船', '只'), ('plane', '飞机模型', '架'),
    ('wheel', '轮子', '个'), ('candle', '蜡烛', '支'), ('lantern', '灯笼', '个'), ('brush', '刷子', '把'), ('comb', '梳子', '把'), ('needle', '针', '根'),
    ('feather', '羽毛', '根'), ('stone', '石头', '块'), ('snow globe', '雪花球', '个'), ('chess piece', '棋子', '枚'), ('puzzle', '拼图', '块'), ('doll', '布娃娃', '个'),
    ('teddy', '布熊', '只'), ('sword', '木剑', '把'), ('crown', '王冠', '顶'), ('mask', '面具', '个'), ('glove', '手套', '只'), ('shoe', '鞋子', '只'),
    ('coat', '外套', '件'), ('pocket watch', '怀表', '块'), ('calendar', '日历', '本'), ('notebook', '笔记本', '本'), ('stamp', '邮票', '枚'), ('postcard', '明信片', '张'),
    ('magnet', '磁铁', '块'), ('battery', '电池', '节'), ('cable', '电线', '根'), ('keyboard', '键盘', '个'), ('graphics card', '显卡', '块'), ('GPU', 'GPU', '块'),
    ('microphone', '话筒', '个'), ('headphone', '耳机', '副'), ('jar', '罐子', '个'), ('bottle', '瓶子', '个'), ('spade', '铲子', '把'), ('hammer', '锤子', '把'),
    ('broom', '扫帚', '把'), ('bucket', '水桶', '个'), ('fishing rod', '鱼竿', '根'), ('sled', '雪橇', '个'), ('skateboard', '滑板', '块'), ('football', '足球', '个'),
)

# What can be learned: (to do, doing, fail, success) and the same in Chinese.
SKILLS = (
    ('sing', 'singing', 'only a thin squeak came out', 'a clear, warm song rose into the air', '唱歌', '只发出了吱吱的声音', '一首清亮的歌飘了出来'),
    ('paint', 'painting', 'the colours ran into one grey puddle', 'the picture shone like a morning sky', '画画', '颜料糊成了一团灰', '画出来的天空像真的一样亮'),
    ('dance', 'dancing', '{he} tripped and sat down with a bump', '{he} turned as lightly as a leaf', '跳舞', '转了半圈就摔倒了', '转起圈来像一片轻轻的叶子'),
    ('whistle', 'whistling', 'there was nothing but air', 'a bright tune flew over the rooftops', '吹口哨', '吹出来的只有空气', '一支清脆的曲子飞了出去'),
    ('read', 'reading', 'the letters danced like little flies', 'the first whole page made sense', '认字', '那些字像小虫子一样乱爬', '第一次读懂了一整页'),
    ('tell stories', 'telling stories', '{he} forgot the ending at once', 'everyone leaned closer to hear the ending', '讲故事', '讲到一半就忘了结尾', '大家都凑过来听结尾'),
    ('count', 'counting', '{he} lost count after seven', '{he} counted all the way to one hundred', '数数', '数到七就乱了', '一口气数到了一百'),
    ('cook soup', 'cooking', 'the soup tasted of salt and smoke', 'the soup smelled so good that everyone came', '煮汤', '煮出来的汤又咸又糊', '汤香得大家都跑来了'),
    ('play the drum', 'drumming', 'it sounded like falling pots', 'it sounded like a happy heart', '打鼓', '听起来像锅掉在地上', '鼓声像欢快的心跳'),
    ('write', 'writing', 'the words ran in all directions', 'the words stood in a neat row and made sense', '写字', '写出来的字东倒西歪', '写出来的字又整齐又好看'),
)

# Little ones that are lost: (a small star, the star, where it belongs) and the same in Chinese.
LOST = (
    ('a small star that had fallen from the sky', 'the star', 'the night sky', '一颗从天上掉下来的小星星', '小星星', '夜空', 'star', '星星'),
    ('a tiny cloud that had lost the wind', 'the cloud', 'the wide sky', '一朵跟不上风的小云', '小云', '天空', 'cloud', '云'),
    ('a lost duckling', 'the duckling', 'its nest by the pond', '一只迷路的小野鸭', '小野鸭', '池塘边的窝', 'duckling', '小鸭'),
    ('a shivering lamb', 'the lamb', 'its flock', '一只发抖的小羊羔', '小羊羔', '羊群', 'lamb', '羊羔'),
    ('a young swallow with a tired wing', 'the swallow', 'its nest', '一只翅膀累坏了的小燕子', '小燕子', '窝', 'swallow', '燕子'),
    ('a firefly whose light had gone out', 'the firefly', 'its bright family', '一只灭了灯的萤火虫', '萤火虫', '家人身边', 'firefly', '萤火虫'),
    ('a little moonbeam caught in a puddle', 'the moonbeam', 'the moon', '一束困在水洼里的月光', '小月光', '月亮', 'moon', '月亮'),
)
LOST_SEA = (
    ('a lost baby seal', 'the little seal', 'its mother', '一只迷路的小海豹', '小海豹', '妈妈身边', 'seal', '海豹'),
    ('a small star that had fallen into the water', 'the star', 'the night sky', '一颗掉进水里的小星星', '小星星', '夜空', 'star', '星星'),
)

# What can be seen at the end of a journey: (English, Chinese, topics)
SIGHTS = (
    ('the sea', '大海', 'sea', '大海'), ('the first snow', '第一场雪', 'snow', '雪'), ('the sunrise from the highest hill', '山顶的日出', 'sunrise', '日出'),
    ('a rainbow', '彩虹', 'rainbow', '彩虹'), ('the lights of the big city', '大城市的灯火', 'city', '城市'), ('the northern lights', '北极光', 'northern lights', '极光'),
    ('the oldest tree in the world', '世界上最老的树', 'tree', '大树'), ('the full moon from the mountain', '山上的圆月', 'moon', '月亮'),
    ('the place where the river begins', '小河的源头', 'river', '小河'), ('a field of sunflowers', '一大片向日葵', 'sunflower', '向日葵'),
)
FEARS = (('the dark', '黑夜', 'night', '黑夜'), ('thunder', '打雷', 'thunder', '打雷'), ('storms', '暴风雨', 'storm', '暴风雨'), ('high places', '高处', 'courage', '勇敢'),
         ('speaking in front of others', '在大家面前说话', 'courage', '勇气'), ('strangers', '陌生人', 'courage', '勇气'), ('rain', '下大雨', 'rain', '下雨'))
PLANTS = (('flower', '花', '一朵金色的花'), ('sunflower', '向日葵', '一棵高高的向日葵'), ('apple tree', '苹果树', '一棵结满果子的苹果树'), ('rose', '玫瑰', '一丛红玫瑰'),
          ('pear tree', '梨树', '一棵开满白花的梨树'), ('tree', '树', '一棵绿荫如伞的大树'))
# theme: (English, Chinese, plots that carry it, closing line in each language)
THEMES = (
    ('friendship', '友谊', ('gift', 'guide', 'lost'), 'That is what friendship is: nobody has to be alone.', '原来，友谊就是有人愿意陪你走一段路。'),
    ('courage', '勇气', ('fear',), 'Courage does not mean having no fear. It means taking one more step.', '勇气不是不害怕，而是害怕的时候还愿意往前走一步。'),
    ('patience', '耐心', ('seed', 'learn'), 'Good things grow slowly, and patience waters them.', '好东西总要慢慢来，耐心就是最好的阳光。'),
    ('kindness', '善良', ('guide', 'share'), 'A little kindness always finds its way back.', '善良就像种子，撒出去，总会在某个地方开花。'),
    ('sharing', '分享', ('share',), 'Sharing makes nothing smaller. It makes everything warmer.', '分享出去的东西不会变少，只会变得更温暖。'),
    ('hope', '希望', ('seed', 'lost'), 'Hope is a small light, but it is enough for the next step.', '希望是一盏小小的灯，刚好照亮下一步。'),
    ('learning', '学习', ('learn',), 'Learning is nothing but many small tries, one after another.', '学习就是一次又一次小小的尝试。'),
    ('dreams', '梦想', ('journey', 'learn'), 'A dream comes closer with every step.', '只要一步一步走，梦想就会越来越近。'),
    ('home', '家', ('guide', 'journey'), 'The best road is the one that leads home again.', '走得再远，家里的灯总会等着你。'),
    ('perseverance', '坚持', ('learn', 'journey', 'seed'), 'Perseverance means going on, even slowly, until we arrive.', '只要坚持，慢一点也没关系，总会走到。'),
    ('a birthday', '生日', ('gift',), 'The best present is time given with love.', '最好的生日礼物，是用心花去的时间。'),
    ('winter', '冬天', ('share',), 'Even a cold winter is warm when it is shared.', '再冷的冬天，大家在一起就暖和了。'),
    ('spring', '春天', ('seed',), 'Spring comes to everyone who can wait.', '只要肯等，春天总会来的。'),
    ('growing up', '成长', ('fear', 'learn', 'journey'), 'Growing up happens quietly, one brave day at a time.', '成长，就是在不知不觉中一天比一天勇敢。'),
    ('teamwork', '合作', ('gift', 'share', 'lost'), 'That is teamwork: together, even small hands can do big things.', '大家一起合作，小小的力量也能做成大事。'),
)
MORALS = {
    'lost': (('Those who help others never search alone.', 'What we look for is sometimes found by looking after each other.', 'Help given on the way is never time lost.'),
             ('帮助别人的人，永远不会独自寻找。', '有时候，帮了别人，也就找到了自己要找的东西。', '路上伸出的手，从来不会白费。')),
    'learn': (('Every master was once a beginner.', 'Small steps, taken every day, go a long way.', 'Nobody is good at the start, and that is no reason to stop.'),
              ('每一位高手，都曾经是初学者。', '每天进步一点点，就能走很远。', '一开始做不好没关系，重要的是再试一次。')),
    'guide': (('A little kindness can light a long way home.', 'Whoever shows the way finds friends on it.', 'No one is too small to help.'),
              ('小小的善意，能照亮长长的回家路。', '再小的个子，也能帮上大忙。', '给别人点一盏灯，自己的路也会亮起来。')),
    'journey': (('The way is part of the treasure.', 'A long road is only many short steps.', 'It is good to go far, and good to share what we saw.'),
                ('再远的路，也是一步一步走出来的。', '最美的风景，常常就在路上。', '看过了远方，才更懂得和朋友分享的快乐。')),
    'fear': (('Being brave means going on although we are afraid.', 'What we fear becomes smaller when we look at it.', 'Courage is often just one small step.'),
             ('勇敢，就是心里害怕，也愿意再走一步。', '看清楚了，害怕的东西就变小了。', '勇气常常就藏在小小的一步里。')),
    'gift': (('A present is as big as the love inside it.', 'What is mended with love is worth more than before.', 'Friends see the heart, not the ribbon.'),
             ('礼物的大小，要看里面装了多少心意。', '用心补好的东西，比新的更珍贵。', '真正的朋友，看见的是那颗心。')),
    'share': (('What we share makes us rich.', 'Warmth grows when it is given away.', 'There is always room for one more at a kind table.'),
              ('愿意分享的人，心里最富有。', '温暖送出去，会变得更多。', '一点点东西，分着吃就成了盛宴。')),
    'seed': (('Good things need time, and someone who believes in them.', 'Patience is a quiet kind of strength.', 'Under the ground, where nobody looks, great things begin.'),
             ('好事情需要时间，也需要有人相信它。', '耐心，是一种安静的力量。', '看不见的地方，往往正在悄悄发芽。')),
}
