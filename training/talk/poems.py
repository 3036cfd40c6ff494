"""Short poems of two couplets; each couplet has a few that can stand in its place."""

# ruff: noqa: E501 (tables of words)

import random

from . import _poems_more as more
from . import stories
from ._requests import request
from ._write import capital, turn, typed, write

WEIGHT = 1.3

# topic: poems; a poem is four lines; a line is its variants, and the variants of a couplet go together.
FIVE_ZH = {
    '春天': (
        (
            ('春风吹绿柳', '东风吹细柳', '微风摇绿柳'),
            ('细雨润新花', '小雨洗桃花', '晨露湿山花'),
            ('燕子归来日', '燕子双飞处', '布谷声声里'),
            ('炊烟绕我家', '春光到我家', '清香满农家'),
        ),
        (
            ('柳絮随风起', '春水绕村流', '冰融溪水响'),
            ('桃花满树红', '桃花两岸红', '山花朵朵红'),
            ('儿童追纸鹞', '孩童追彩蝶', '牧童吹短笛'),
            ('笑语满晴空', '歌声入晴空', '笑声飘春风'),
        ),
    ),
    '夏天': (
        (
            ('荷叶圆如盖', '荷叶青如玉', '池塘荷叶绿'),
            ('蝉声绕绿荫', '蝉鸣满绿荫', '蝉声出树林'),
            ('夜来风送爽', '晚来风渐起', '雨过风初静'),
            ('萤火点繁星', '萤火落如星', '满天亮星星'),
        ),
    ),
    '秋天': (
        (
            ('一夜西风起', '秋风昨夜起', '雁过长空远'),
            ('满山枫叶红', '山山叶正红', '千山叶叶红'),
            ('田间稻谷熟', '田家新稻熟', '枝头果子满'),
            ('笑语月明中', '丰收笑声中', '人在画图中'),
        ),
    ),
    '冬天': (
        (
            ('雪落山村静', '大雪千山静', '窗外雪花落'),
            ('梅开小院香', '梅花一树香', '墙边梅自香'),
            ('围炉听故事', '围炉煮茶坐', '灯前读旧卷'),
            ('不觉夜已长', '不怕夜更长', '窗外月如霜'),
        )
    ),
    '月亮': (
        (
            ('明月上东山', '圆月照窗前', '月光如水凉'),
            ('清辉照大川', '清光满小园', '静静照屋檐'),
            ('举头多少意', '遥知千里外', '今宵人望月'),
            ('都在此宵圆', '同看一轮圆', '何日共团圆'),
        ),
    ),
    '雨': (
        (
            ('细雨落无声', '春雨细如丝', '窗前听小雨'),
            ('青苔石上生', '轻轻润草青', '点点打芭蕉'),
            ('撑伞桥头过', '一伞桥边立', '伞下人徐行'),
            ('一路听雨声', '静听流水声', '心比水还清'),
        )
    ),
    '雪': (
        (
            ('一夜雪花飞', '天空舞雪花', '北风送雪来'),
            ('山山换白衣', '万树着白衣', '大地穿白衣'),
            ('小儿推门看', '开门寻小路', '孩童堆雪笑'),
            ('笑说忘了归', '竟不识家归', '玩得不肯归'),
        )
    ),
    '大海': (
        (
            ('碧海接天开', '海阔连天际', '大海望无边'),
            ('潮声阵阵来', '涛声远远来', '白帆点点来'),
            ('拾得一枚贝', '日出金光涌', '海鸥飞又落'),
            ('听见浪花开', '浪花朵朵开', '心随大海开'),
        )
    ),
    '花': (
        (
            ('小园花正好', '墙角花一朵', '昨夜东风到'),
            ('朵朵向阳开', '静静对人开', '枝头次第开'),
            ('蜜蜂先得信', '蝴蝶闻香至', '不争春早晚'),
            ('带着蝶儿来', '翩翩过墙来', '自有暗香来'),
        )
    ),
    '朋友': (
        (
            ('相逢一笑间', '同窗灯下读', '与君同一路'),
            ('话语暖心田', '风雨共当年', '说笑到门前'),
            ('山水隔千里', '莫道相隔远', '明朝各南北'),
            ('真情在眼前', '心意总相连', '此情记心间'),
        )
    ),
    '故乡': (
        (
            ('故乡山水好', '门前一条河', '梦里回故里'),
            ('夜夜梦中来', '流到梦中来', '老树花正开'),
            ('母亲门口望', '炊烟轻轻起', '旧时小路在'),
            ('笑问几时回', '盼我早归来', '等我踏月来'),
        )
    ),
    '学习': (
        (
            ('学海本无涯', '灯下翻新页', '今日学一点'),
            ('勤行便到家', '窗前月影斜', '明日进一些'),
            ('莫愁山路远', '一题思百遍', '滴水能穿石'),
            ('步步有新花', '终有雾开时', '功到自开花'),
        )
    ),
    '早晨': (
        (
            ('晨光透小窗', '日出照东窗', '清晨推开窗'),
            ('鸟语送花香', '微风送稻香', '露水带清香'),
            ('今日多珍重', '一杯温水后', '读书正当早'),
            ('好事慢慢长', '精神喜洋洋', '心里亮堂堂'),
        )
    ),
    '夜晚': (
        (
            ('夜静虫声细', '灯火渐渐稀', '晚风轻轻过'),
            ('星稀月影移', '银河低又低', '星星挂满枝'),
            ('一天忙过后', '放下心头事', '孩儿刚入梦'),
            ('好梦正当时', '安然入梦时', '母亲补寒衣'),
        )
    ),
    '星星': (
        (
            ('满天星点点', '夜空星闪闪', '星星排成队'),
            ('伸手可相邀', '好像在微笑', '对我眨眼笑'),
            ('问它名和姓', '数到一千后', '借你一点亮'),
            ('一闪一闪摇', '人已睡着了', '照我过小桥'),
        )
    ),
    '山': (
        (
            ('青山高入云', '远山如翠屏', '登上高山顶'),
            ('林深鸟语频', '溪水绕山行', '脚下起白云'),
            ('路转峰回处', '石阶千百级', '不怕山路险'),
            ('松间遇故人', '步步有风景', '只怕不肯行'),
        )
    ),
    '人工智能': (
        (
            ('字字轻轻落', '万卷化为数', '小小一模型'),
            ('声声慢慢生', '千言一念生', '学语到天明'),
            ('虽无人间岁', '有问皆相答', '参数七百万'),
            ('愿伴读书灯', '灯前伴友朋', '句句为君生'),
        )
    ),
}
SEVEN_ZH = {
    '春天': (
        (
            ('春风送暖入千家', '东风一夜到天涯', '微雨初晴日影斜'),
            ('柳绿桃红映晚霞', '桃李枝头尽著花', '满山开遍杜鹃花'),
            ('最是孩童欢喜处', '燕子归来寻旧路', '农人早起田间去'),
            ('纸鸢飞过那人家', '一声鸟语到窗纱', '笑指南山几朵花'),
        ),
    ),
    '夏天': (
        (
            ('绿树阴浓夏日长', '荷花池畔晚风凉', '夏夜庭前好乘凉'),
            ('蝉声阵阵送清凉', '蛙鼓声声满池塘', '一池荷叶送清香'),
            ('小儿不管天多热', '最爱黄昏新雨后', '外婆摇扇讲故事'),
            ('笑捉萤火满院忙', '满天星斗落荷塘', '听到星星落满塘'),
        ),
    ),
    '秋天': (
        (
            ('秋高气爽雁南飞', '西风吹过稻花肥', '黄叶随风款款飞'),
            ('稻谷金黄映落晖', '满山红叶映斜晖', '一江秋水带霞归'),
            ('最爱田间丰收日', '老农笑把镰刀放', '月下归来人未睡'),
            ('家家灯火笑声归', '载得一车明月归', '手提新酒叩柴扉'),
        )
    ),
    '冬天': (
        (
            ('北风吹雪满山川', '大雪纷飞又一年', '瑞雪飘飘落满天'),
            ('小院梅开在腊前', '红梅一朵立窗前', '炉火通红人未眠'),
            ('煮酒烹茶谈往事', '最喜儿童堆雪趣', '莫道天寒无好景'),
            ('春风已在路途间', '笑声飞到白云边', '一枝春信到门前'),
        )
    ),
}


def _several(table: dict) -> dict:
    """A topic with one poem becomes one with a tuple of one."""
    return {topic: found if isinstance(found[0][0], tuple) else (found,) for topic, found in table.items()}


FIVE_ZH, SEVEN_ZH = _several(FIVE_ZH) | more.FIVE_ZH, _several(SEVEN_ZH)
FREE_ZH = {
    '春天': (
        ('风从南边来，{a}，', '吹醒了{b}，', '小草伸了个懒腰，', '春天就{c}。'),
        {
            'a': ('脚步轻轻', '带着花香', '哼着小曲'),
            'b': ('睡着的小河', '山坡上的花', '树上的嫩芽'),
            'c': ('悄悄到了', '站在门口了', '笑出了声'),
        },
    ),
    '秋天': (
        ('一片叶子落下来，', '像{a}，', '我把它夹进书里，', '留住{b}。'),
        {'a': ('一封小小的信', '一只金色的蝴蝶', '秋天的邮票'), 'b': ('整个秋天', '一点点阳光', '风的声音')},
    ),
    'GPU': (
        ('显存里灯火通明，', '{a}排着队前行，', '一页一页的缓存，', '记得{b}。'),
        {'a': ('成千的数字', '一个个词元', '小小的请求'), 'b': ('你说过的每一句话', '刚才的问题', '故事的开头')},
    ),
    '代码': (
        ('一行一行写下去，', '{a}藏在括号里，', '改好了最后一个字，', '屏幕亮起{b}。'),
        {'a': ('小虫子', '心思', '答案'), 'b': ('绿色的勾', '一行结果', '清晨的光')},
    ),
    '夏天': (
        ('太阳把影子晒短了，', '{a}在树上唱歌，', '我捧着一块西瓜，', '等{b}。'),
        {'a': ('知了', '小鸟', '风'), 'b': ('晚风过来坐坐', '星星一颗颗亮起', '月亮爬上屋顶')},
    ),
    '冬天': (
        ('雪花落在窗台上，', '像{a}，', '屋里的灯亮着，', '等{b}。'),
        {'a': ('一封没有字的信', '白色的小猫', '轻轻的脚步'), 'b': ('回家的人', '春天敲门', '一壶水烧开')},
    ),
}

EN = {
    'spring': (
        (
            (
                'The snow has gone, the brook runs clear,',
                'The ice is gone, the sky is clear,',
                'A gentle wind tells us: spring is here,',
            ),
            (
                'And small green leaves at last appear;',
                'The first small violets appear;',
                'And swallows in the blue appear;',
            ),
            (
                'A blackbird sings above the lane,',
                'The children run along the lane,',
                'The bees come humming down the lane,',
            ),
            ('And all the world is young again.', 'And everything begins again.', 'And hope has found its way again.'),
        ),
    ),
    'summer': (
        (
            (
                'The sun stands high, the fields are gold,',
                'The days are long, the corn is gold,',
                'The bees hum songs a thousand years old,',
            ),
            (
                'The brook is cool, the woods are old;',
                'The evening sky has hems of gold;',
                'The shade is deep, the stream is cold;',
            ),
            (
                'We lie in grass and watch the sky,',
                'We count the clouds that wander by,',
                'A kite goes dancing in the sky,',
            ),
            ('And let the lazy hours go by.', 'And hear the swallows passing by.', 'And summer winks, and passes by.'),
        )
    ),
    'autumn': (
        (
            (
                'The leaves come down in red and gold,',
                'The wind is wild, the leaves are gold,',
                'The apples shine in red and gold,',
            ),
            (
                'The mornings turn a little cold;',
                'The mist is white, the nights are cold;',
                'The swallows left before the cold;',
            ),
            (
                'We bring the harvest from the land,',
                'We walk the orchard hand in hand,',
                'A chestnut warms my open hand,',
            ),
            (
                'And autumn takes us by the hand.',
                'And thank the old and patient land.',
                'And evening settles on the land.',
            ),
        )
    ),
    'winter': (
        (
            (
                'The snow has covered hill and street,',
                'The world is white, the snow is deep,',
                'A frosty star shines on the street,',
            ),
            (
                'It crunches softly at our feet;',
                'And all the little gardens sleep;',
                'The fields lie still beneath their sheet;',
            ),
            ('Inside, the kettle hums its tune,', 'We tell a story by the moon,', 'The fire hums a quiet tune,'),
            (
                'And spring, it says, is coming soon.',
                'And spring will find us very soon.',
                'And dreams of green will follow soon.',
            ),
        )
    ),
    'moon': (
        (
            (
                'The moon looks in, so round and bright,',
                'The moon has lit her silver light,',
                'A silver moon sails through the night,',
            ),
            (
                'And paints the quiet garden white;',
                'And turns the sleeping rooftops white;',
                'And every roof is washed in white;',
            ),
            (
                'She asks for nothing, says no word,',
                'She hums a song that is not heard,',
                'She listens, and she says no word,',
            ),
            (
                'And guards the dream of every bird.',
                'And watches every sleeping bird.',
                'And soothes the child and soothes the bird.',
            ),
        )
    ),
    'rain': (
        (
            (
                'The rain is tapping at my door,',
                'I heard the rain upon the floor,',
                'The rain came knocking at the door,',
            ),
            ('It did the same the day before;', 'It asked to stay an hour more;', 'I never heard it so before;'),
            (
                'It drums a song on roof and tree,',
                'It tells its tales to you and me,',
                'It fills the brook, it wets the tree,',
            ),
            (
                'And runs away to join the sea.',
                'And then goes singing to the sea.',
                'And leaves the air as clean as sea.',
            ),
        )
    ),
    'sea': (
        (
            (
                'The sea is wide, the sea is deep,',
                'The sea has songs it likes to keep,',
                'The waves come in, the waves will leap,',
            ),
            (
                'It rocks the little boats to sleep;',
                'It sings the silver fish to sleep;',
                'With secrets that the oysters keep;',
            ),
            (
                'It brings me shells, it takes my name,',
                'I wrote a word, the water came,',
                'It comes and goes, yet stays the same,',
            ),
            (
                'And every wave is not the same.',
                'And wrote it back, but not the same.',
                'And every day it sounds the same.',
            ),
        )
    ),
    'stars': (
        (
            (
                'A thousand stars, a quiet night,',
                'The stars come out, so small, so bright,',
                'Above the hill, so far, so bright,',
            ),
            (
                'Each one a tiny point of light;',
                'They fill the darkness with their light;',
                'The stars put on their evening light;',
            ),
            (
                'I cannot count them, though I try,',
                'I wave at one, it blinks an eye,',
                'I tried to count them, by and by,',
            ),
            (
                'So goodnight, lanterns of the sky.',
                'Hello, my friend up in the sky.',
                'And fell asleep beneath the sky.',
            ),
        )
    ),
    'friendship': (
        (
            (
                'A friend is one who takes your hand,',
                'A friend will always understand,',
                'A friend will walk through mud and sand,',
            ),
            (
                'Who listens, and will understand;',
                'And lend a heart, and lend a hand;',
                'And in the rain will hold your hand;',
            ),
            (
                'The road is long, the hill is steep,',
                'A word, a smile, a song to keep,',
                'The night is dark, the way is steep,',
            ),
            (
                'But friendship is a lamp to keep.',
                'And friendship has its roots down deep.',
                'Yet friends have promises to keep.',
            ),
        )
    ),
    'love': (
        (
            (
                'Love is a lamp, love is a door,',
                'Love does not ask, love keeps no score,',
                'Love is a boat that finds the shore,',
            ),
            (
                'It gives, and has a little more;',
                'It gives, and gives a little more;',
                'It knocks so softly at the door;',
            ),
            (
                'It says good morning, pours the tea,',
                'It lives in small things: cups of tea,',
                'It waits for you, it waits for me,',
            ),
            ('And makes a place for you and me.', 'A blanket kept for you and me.', 'As patient as the evening sea.'),
        )
    ),
    'night': (
        (
            (
                'The day is done, the lamps are lit,',
                'The night has come, a candle is lit,',
                'The windows glow, the lamps are lit,',
            ),
            ('Come by the fire and rest a bit;', 'So lay your book aside a bit;', 'Sit down with me and rest a bit;'),
            (
                'The owl is calling, soft and low,',
                'The wind is humming, soft and low,',
                'The moon is rising, round and slow,',
            ),
            (
                'And off to gentle dreams we go.',
                'And through the dark the dreamers go.',
                'And into silver dreams we go.',
            ),
        )
    ),
    'home': (
        (
            (
                'A light is shining, warm and low,',
                'There is a house, there is a glow,',
                'A window shines across the snow,',
            ),
            (
                'It is the dearest one I know;',
                'It is the kindest place I know;',
                'It calls me when the cold winds blow;',
            ),
            (
                'However far my feet may roam,',
                'Through rain and hills and fields I roam,',
                'The world is wide and good to roam,',
            ),
            (
                'That little light will bring me home.',
                'But every road can lead me home.',
                'But sweeter is the coming home.',
            ),
        )
    ),
    'a computer': (
        (
            ('A little fan, a gentle hum,', 'The fans begin to softly hum,', 'It blinks at me, it starts to hum,'),
            (
                'It counts as patient as a drum;',
                'The numbers go, the numbers come;',
                'And one by one the answers come;',
            ),
            (
                'It never sleeps, it does not tire,',
                'It needs no food, it needs no fire,',
                'A thought that runs along a wire,',
            ),
            (
                'And keeps my words in silver wire.',
                'A little mind of light and wire.',
                'A quiet friend that does not tire.',
            ),
        )
    ),
    'learning': (
        (
            (
                'I did not know, I tried, I fell,',
                'At first I could not do it well,',
                'A word, a page, a rule to spell,',
            ),
            (
                'I tried again, and did it well;',
                'How often did I fail? Do tell!',
                'I tried, and failed, and tried, and well:',
            ),
            ('A little more with every day,', 'One step, one step, another day,', 'A small step forward every day,'),
            (
                'And learning lights the winding way.',
                'And suddenly I know the way.',
                'And that is all: there is a way.',
            ),
        )
    ),
    'a cat': (
        (
            ('A cat is sleeping on my chair,', 'My cat has settled on the stair,', 'A cat looks down without a care,'),
            (
                'The sun has warmed its silver hair;',
                'As if it owned the very air;',
                'The sunlight plays upon its hair;',
            ),
            ('It opens slowly half an eye,', 'It yawns and looks into the sky,', 'It hears a bird go singing by,'),
            (
                'And lets the busy world go by.',
                'And thinks: how fast the clouds go by.',
                'And wonders if it, too, could fly.',
            ),
        )
    ),
}

EN = _several(EN) | more.EN
_SAME_ZH = {
    '春': '春天',
    '春日': '春天',
    '夏': '夏天',
    '夏日': '夏天',
    '秋': '秋天',
    '秋日': '秋天',
    '冬': '冬天',
    '冬日': '冬天',
    '月': '月亮',
    '月光': '月亮',
    '友谊': '朋友',
    '海': '大海',
    '家乡': '故乡',
    '夜': '夜晚',
    '清晨': '早晨',
    '星空': '星星',
    '下雨': '雨',
    '下雪': '雪',
    '花儿': '花',
    '高山': '山',
    '读书': '学习',
    'AI': '人工智能',
    '显卡': 'GPU',
    '编程': '代码',
    **more.SAME_ZH,
}
_SAME_EN = {
    'fall': 'autumn',
    'springtime': 'spring',
    'the moon': 'moon',
    'the rain': 'rain',
    'the sea': 'sea',
    'the ocean': 'sea',
    'the stars': 'stars',
    'friends': 'friendship',
    'the night': 'night',
    'my cat': 'a cat',
    'cats': 'a cat',
    'computers': 'a computer',
    'AI': 'a language model',
    'a GPU': 'a computer',
    'studying': 'learning',
    'school': 'learning',
    'my home': 'home',
    'snowfall': 'snow',
    'the snow': 'snow',
    'the spring': 'spring',
    'the summer': 'summer',
    **more.SAME_EN,
}

ASK_ZH = (
    '[请|能不能|可以|帮我|麻烦你|请你|你能|请帮我|来|][给我|为我|][写|作|来|写一下|创作|吟][一|][首|个]{form}[吧|吗|好吗|呗|可以吗|][|。|？|！]',
    '[以|用]{topic}为[题|主题|题目]，?[写|作|来][一|]首{plain}[吧|][|。]',
    '[我想要|想要|我要][一|]首{form}[|。|吧]',
    '{form}[|，来一首|一首|，谢谢][|。]',
    '[会|会不会|你会|能|你能]写{form}[吗|][|？]',
    '[念|读|背][一|]首{form}[|吧|听听][|。]',
)
ASK_ANY_ZH = (
    '[请|能不能|可以|帮我|][给我|][写|作|来|念][一|]首[小|短|][诗][吧|吗|呗|][|。|！]',
    '[你会写诗|会写诗|会作诗|你能写诗][吗|吧][|？]',
    '[作诗|写诗|来首诗|诗一首|吟诗一首][|！|吧]',
)
ASK_EN = (
    '[please |can you |could you |would you |][write|write me|compose|make|give me|tell me|create|read me] a [|short |little |nice |small |four-line |lovely |beautiful ][poem|poem|poem|verse|rhyme] [about|about|on|for] {topic}[| please|, please]',
    '[a|one] [|short |little |nice ]poem [about|on] {topic}[|, please| please]',
    "[I want|I'd like|I would like|I need] a [|short |little ]poem about {topic}[| please]",
    '{topic} poem[| please]',
    'do you know a poem about {topic}?',
    'a [quatrain|few lines|rhyme] about {topic}[| please]',
    'can you [rhyme|do a rhyme] about {topic}?',
)
ASK_ANY_EN = (
    '[please |can you |could you |][write|write me|tell me|give me|make|read me|compose] a [|short |little |nice |small ]poem[| please|, please| for me]',
    '[can you|do you] write [poems|poetry][|?]',
    'a [|short |little |]poem[| please|, please]',
    "[I'd like|I want] a [|little |short ]poem",
    'poem[| please|!]',
)
AGAIN_ZH = (
    '[能不能|可以|能|请|麻烦|][再|接着|][写|作|来][一首|首][别的|新的|不同的|不一样的|][诗|][吗|吧|好吗|呗|][|？|。]',
    '[还有没有|还有|有没有][别的|其他|更多|新的]诗[吗|呢|？]',
    '[下一首|第二首|换首别的|来首新的|安可|再整一首|还要一首|重写一首|换个版本|意犹未尽，再来一首]',
    '[再写一首|再来一首|换一首|还有吗|再作一首|另写一首][吧|好吗|][|。|！|？]',
    '[不错|真好|写得真好|好诗|喜欢][！|，][再来一首|再写一首|还想看一首][吧|][|。]',
)
AGAIN_EN = (
    '[can|could|would|will] [you|we|I] [write|have|read|get] [another|one more|a new|a different|a second] [poem|one|verse][| please|, please]?',
    '[please|now|ok,|well,] [write|give me|let me read|show me] [another|one more|a different|a second|a new] [poem|one|verse][!|, please]',
    '[do you have|have you got|got|are there] [more|others|more poems|any more][?| like this?| for me?]',
    '[more poems|encore|once more|next poem|try again, a new one|a second one|the next one|a new version|rewrite it|a different version]',
    '[another|another one|one more|another poem|again|one more poem|write another one|a different one][| please|, please]',
    '[nice|beautiful|lovely|great][!|,] [another one|one more|write another][| please]',
)


# The requests that the course's own pages type.
COURSE = (
    '写一首春天的诗',
    '写一首春天的诗。',
    '请写一首春天的诗',
    '写一首关于春天的诗',
    'Write a poem about spring',
    'Write a poem about spring.',
    'write a poem about spring',
)


def _couplets(rng: random.Random, poem: tuple) -> list[str]:
    """Four lines: the first two belong together, and the last two."""
    first, second = rng.randrange(len(poem[0])), rng.randrange(len(poem[2]))
    return [poem[0][first], poem[1][first], poem[2][second], poem[3][second]]


def _zh(rng: random.Random, topic: str, form: str = '') -> str:
    forms = [f for f, table in (('五', FIVE_ZH), ('七', SEVEN_ZH), ('自', FREE_ZH)) if topic in table]
    form = form or rng.choice(forms)
    if form == '自':
        lines, slots = FREE_ZH[topic]
        return '\n'.join(lines).format(**{key: rng.choice(values) for key, values in slots.items()})
    poems = (FIVE_ZH if form == '五' else SEVEN_ZH)[topic]
    lines = _couplets(rng, rng.choice(poems))
    return f'{lines[0]}，\n{lines[1]}。\n{lines[2]}，\n{lines[3]}。'


def _en(rng: random.Random, topic: str) -> str:
    return '\n'.join(_couplets(rng, rng.choice(EN[topic])))


def _other(rng: random.Random, poem: str, make) -> str:
    while True:
        other = make()
        if other != poem:
            return other


def _titled(name: str, poem: str, zh: bool) -> str:
    """The poem under what was asked for: a title that is copied from the request."""
    return (f'《{name}》' if zh else capital(name)) + f'\n\n{poem}' if name else poem


def _any(rng: random.Random, zh: bool, topic: str) -> str:
    """A poem on a topic that none is written for: its couplets only name it."""
    first, second = (rng.choice(half) for half in (more.ANY_ZH if zh else more.ANY_EN))
    return '\n'.join((*first, *second)).format(t=topic)


def _of_any(rng: random.Random, zh: bool) -> list[dict]:
    """A request for a poem on any topic, and the poem."""
    if rng.random() < 0.5:
        topic, sort = rng.choice(more.TOPICS_ZH if zh else more.TOPICS_EN), ''
        if topic in (_SAME_ZH if zh else _SAME_EN):
            same = (_SAME_ZH if zh else _SAME_EN)[topic]
            poem = _zh(rng, same) if zh else _en(rng, same)
            return turn(typed(rng, request(rng, zh, True, topic)), _titled(topic, poem, zh))
    else:
        found = rng.choice(stories.ALL_TOPICS)
        topic, sort = (found.zh if zh else found.en), found.sort
        if topic in ({*FIVE_ZH, *SEVEN_ZH, *FREE_ZH} if zh else EN):
            poem = _zh(rng, topic) if zh else _en(rng, topic)
            return turn(typed(rng, request(rng, zh, True, topic)), _titled(topic, poem, zh))
    if rng.random() < 0.75:
        question = request(rng, zh, True, topic, sort if sort != 'theme' else '')
    elif zh:
        question = write(rng, ASK_ZH, form=f'关于{topic}的诗', topic=topic, plain='诗').replace('，?', '，')
    else:
        question = write(rng, ASK_EN, topic=topic)
    return turn(typed(rng, question), _titled(topic, _any(rng, zh, topic), zh))


def conversations(rng: random.Random) -> list[dict]:
    if rng.random() < 0.06:
        question = rng.choice(COURSE)
        return turn(question, _zh(rng, '春天') if '春' in question else _en(rng, 'spring'))
    zh = rng.random() < 0.55
    roll = rng.random()
    name = ''
    if zh:
        topics = sorted({*FIVE_ZH, *SEVEN_ZH, *FREE_ZH})
        topic = rng.choice(topics + ['春天'] * 5 + ['夏天', '秋天', '冬天'] * 2)
        form = ''
        if roll < 0.14:
            question = request(rng, zh, poem=True) if rng.random() < 0.65 else write(rng, ASK_ANY_ZH)
        elif roll < 0.42:
            return _of_any(rng, zh)
        else:
            names = [topic, topic] + [short for short, full in _SAME_ZH.items() if full == topic]
            name = rng.choice(names)
            plain = rng.choice(['诗', '诗', '小诗', '短诗'])
            if roll < 0.57 and (topic in FIVE_ZH or topic in SEVEN_ZH):
                form = rng.choice([f for f, table in (('五', FIVE_ZH), ('七', SEVEN_ZH)) if topic in table])
                plain = {'五': ['五言诗', '五言绝句', '五字诗', '五言小诗'], '七': ['七言诗', '七言绝句', '七字诗']}[
                    form
                ][rng.randrange(3)]
            question = write(
                rng,
                ASK_ZH,
                form=rng.choice(
                    [f'{name}的{plain}', f'关于{name}的{plain}', f'描写{name}的{plain}', f'{name}的{plain}']
                ),
                topic=name,
                plain=plain,
            ).replace('，?', '，')
            if not form and rng.random() < 0.6:
                question = request(rng, zh, True, name)

        def make() -> str:
            return _titled(name, _zh(rng, topic, form), zh)
    else:
        topic = rng.choice(sorted(EN) + ['spring'] * 3)
        if roll < 0.15:
            question = request(rng, zh, poem=True) if rng.random() < 0.65 else write(rng, ASK_ANY_EN)
        elif roll < 0.42:
            return _of_any(rng, zh)
        else:
            names = [topic, topic] + [alias for alias, full in _SAME_EN.items() if full == topic]
            name = rng.choice(names)
            question = request(rng, zh, True, name) if rng.random() < 0.7 else write(rng, ASK_EN, topic=name)

        def make() -> str:
            return _titled(name, _en(rng, topic), zh)

    poem = make()
    talk = turn(typed(rng, question), poem)
    if rng.random() < 0.25:
        talk += turn(typed(rng, write(rng, AGAIN_ZH if zh else AGAIN_EN)), _other(rng, poem, make))
    elif rng.random() < 0.1:
        talk += turn(
            typed(
                rng,
                write(
                    rng,
                    '[谢谢|真美|写得真好|好诗|太美了][|！]'
                    if zh
                    else '[thanks|beautiful|that is lovely|well written|very nice][|!]',
                ),
            ),
            write(
                rng,
                ['谢谢夸奖！[还想要一首吗？|你喜欢就好。]', '你喜欢就好，[随时可以再来一首。|我很开心。]']
                if zh
                else [
                    'Thank you! [Would you like another one?|I am glad you like it.]',
                    'I am glad you like it. [Just ask for another one.|Thank you!]',
                ],
            ),
        )
    return talk
