"""More poems: written topics in both languages, and couplets that take up any topic."""

# ruff: noqa: E501 (tables of words)


def _couplets(text: str) -> dict[str, tuple]:
    """`topic` lines with their couplets under them: `a / b` lines before `--` are first couplets, those after it second ones."""
    found = {}
    for block in text.strip().split('\n\n'):
        topic, *lines = block.split('\n')
        at = lines.index('--')
        first = [line.split(' / ') for line in lines[:at]]
        second = [line.split(' / ') for line in lines[at + 1 :]]
        found[topic] = (tuple(tuple(column) for column in (*zip(*first, strict=True), *zip(*second, strict=True))),)
    return found


EN = _couplets("""
snow
The snow came down without a sound, / And laid a blanket on the ground;
The snow has covered roof and tree, / And all is white as far as sea;
--
A little bird went hopping by, / And wrote its name, and then was shy.
The children laugh, the sledges fly, / And flakes are dancing in the sky.

the wind
The wind comes running down the hill, / And not a single leaf is still;
I hear the wind, I cannot see / Who shakes the branches of the tree;
--
It tells the clouds which way to go, / And hums a tune for us below.
It turns a page, it shuts a door, / And off it goes to look for more.

the sun
The sun gets up, the roofs turn red, / And pulls the children out of bed;
The sun looks in with golden eyes, / And paints the morning on the skies;
--
It warms the stone, it wakes the bee, / And shines alike on you and me.
At evening, when the day is done, / We wave goodbye, and thank the sun.

a tree
The tree stands quiet, tall and old, / In summer green, in autumn gold;
A seed was small, the years were long, / And now the tree is broad and strong;
--
It gives its shade, it gives its tune, / A house for birds, a chair for noon.
It never asks, it never grieves, / And speaks to us with all its leaves.

a flower
A flower opened at my door, / It was a bud the day before;
So small a flower, red and bright, / It drinks the rain, it drinks the light;
--
The bees have heard it, one by one, / And come to visit in the sun.
It does not shout, it does not stay, / But makes a garden of the day.

a river
The river leaves its mountain spring, / And as it runs, I hear it sing;
The river never asks the way, / It finds a new one every day;
--
Around the stone, beneath the tree, / With all its stories to the sea.
It carries leaf and light and foam, / And calls the wide blue water home.

a mountain
The mountain wears a cap of snow, / And sees the little lights below;
The mountain does not move or speak, / The clouds are resting on its peak;
--
A narrow path goes winding high, / And ends, they say, beside the sky.
Step after step, and stone by stone, / Who climbs it never climbs alone.

a bird
A bird sat singing on a wire, / One small grey heart, one spark of fire;
A little bird, before the light, / Sang softly to the end of night;
--
It owns no house, it owns no field, / But what a song its throat can yield!
Then up it went, so light, so free, / And left the song behind for me.

a dog
My dog is waiting at the gate, / He does not mind if I am late;
My dog can hear me from afar, / He knows my step, he knows my car;
--
He wags his tail, he brings his ball, / And asks for nothing else at all.
Two honest eyes, a nose of black, / And all my love is given back.

my mother
My mother's hands are warm and kind, / There is no better hand to find;
My mother sings, the lamp is low, / It is the oldest song I know;
--
She taught me how to read and spell, / And how to fall, and rise as well.
However far my ways may be, / A light is in her house for me.

my father
My father showed me how to mend / A wheel, a chair, and help a friend;
My father does not talk a lot, / He holds my hand, and ties the knot;
--
He walked beside me, slow and near, / And then let go, and I could steer.
And when I fell, he did not scold, / His coat was round me in the cold.

time
The clock goes on with tick and tock, / There is no key to stop the clock;
Time runs like water through the hand, / It leaves its pattern in the sand;
--
So use the hour, and use the day, / And give a little time away.
What was, has been; what comes, is new; / This very minute is for you.

happiness
What happiness is, who can say? / A cup of tea, a sunny day;
I looked for happiness afar, / In every town, on every star;
--
It sat at home upon the mat, / As round and quiet as a cat.
It came when no one called its name, / And all the world was just the same.

hope
Hope is a candle, small and bright, / That does not argue with the night;
Hope is the green beneath the snow, / That no one sees, and yet will grow;
--
It says: one step, and then one more, / And there, at last, will be the door.
The dark is long, but not for good, / And birds are waiting in the wood.

dreams
I had a dream, so light, so high, / I had a boat that sailed the sky;
A dream is such a little thing, / It has no weight, it has a wing;
--
The morning came, the dream was gone, / But all day long its light went on.
So keep a dream, and let it stay, / And build a bit of it each day.

books
A book is quiet on the shelf, / It holds a world inside itself;
I open up a book, and see / A hundred roads are leading me;
--
With every page another door, / And I am more than just before.
The lamp burns low, the hour is late, / The last few pages cannot wait.

music
A note, a pause, a note again, / It falls as softly as the rain;
When words are tired, and go to rest, / Then music says what we love best;
--
It lifts the foot, it lifts the heart, / And makes the grey old clouds depart.
It needs no coat, it needs no key, / And opens every door for me.

a butterfly
A butterfly, as light as air, / Goes up and down without a care;
A butterfly in white and blue / Came dancing in the morning dew;
--
It wrote a letter on the breeze, / And read it to the apple trees.
It slept so long, it dreamed of flight, / And woke with wings of coloured light.

clouds
The clouds go by in white and grey, / They change their faces all the day;
I lay in grass and looked up high, / A flock of clouds was in the sky;
--
One was a ship, one was a bear, / And then the wind undid the pair.
They have no house, they have no street, / The sky is soft beneath their feet.

a garden
Behind the wall a garden grows, / With peas and beans and one red rose;
I dig, I plant, I wait for rain, / And then I weed it all again;
--
The snail is slow, the bee is quick, / The sunflower needs a walking stick.
A garden teaches, row by row, / That all good things have time to grow.

the morning
The morning opens like a door, / The light lies golden on the floor;
Good morning, street, good morning, tree, / Good morning, cup of hot sweet tea;
--
The day is new, there is no stain, / We may begin it all again.
The birds have told it, all is well, / The morning rings its silver bell.

peace
Peace is a table, long and wide, / With room for every guest inside;
Peace is a quiet evening street, / Where no one hears the marching feet;
--
It starts with hands that do not close, / With one kind word, and then it grows.
It is the bread that all may share, / An open window, gentle air.

a teacher
A word, a line upon the board, / And in my heart it has been stored;
A teacher lights a lamp for you, / And shows you what the lamp can do;
--
She asked me why, she asked me how, / And I have asked it up to now.
You go your way, the years go past, / The light they gave you seems to last.

a birthday
A cake, a candle, blow it out, / And laugh and sing and dance about;
Another year has come to you, / With days as fresh as morning dew;
--
May all you wish for find your door, / With friends and songs and something more.
Be happy, healthy, kind and free, / And have a second cup of tea.

tea
The kettle sings, the cup is warm, / Outside there goes a winter storm;
A leaf or two, a pot, a chair, / A ribbon of steam is in the air;
--
And sip by sip the worries go, / And all the busy world is slow.
Come, sit with me, and have some tea, / The clouds can wait, and so can we.

a train
The train is humming down the line, / Past fields of corn and woods of pine;
The whistle blows, the wheels begin, / They sing a song of steel and tin;
--
A face, a lamp, a town goes by, / A long white feather in the sky.
And every station knows a name, / And not two travellers are the same.

a robot
A robot woke at half past three, / And asked: is anyone like me?
The robot hums, the robot blinks, / And no one knows of what it thinks;
--
It cannot laugh, it cannot cry, / But waters flowers, passing by.
It swept the floor, it fed the cat, / And wondered: what is kinder than that?

memory
A memory is like a shell, / It keeps the sea, and keeps it well;
I keep a box of yesterdays, / Of songs and snow and holidays;
--
I hold it gently to my ear, / And all the far away is near.
And when the evening turns to blue, / I open it, and think of you.

a bee
The bee is up before the sun, / There is so much that must be done;
A golden bee, a sleepy rose, / She hums a song, and in she goes;
--
From bloom to bloom, from field to tree, / And honey comes to you and me.
So small she is, so brave, so bright, / She carries summer home each night.

children
They run, they fall, they laugh, they shout, / They turn the whole world inside out;
A child can find in mud and rain / A castle and a railway train;
--
They ask us why, they ask us when, / And make us see the stars again.
Oh let them play till evening falls, / And draw the sun on all the walls.

a language model
One word, and then another word, / A voice so small is softly heard;
I learned to talk from page and line, / And none of all those words was mine;
--
I guess the next, I guess it well, / Or sometimes wrong, I cannot tell.
I have no hands, I have no face, / But keep your question in its place.
""")
SAME_EN = {
    'wind': 'the wind',
    'a storm': 'the wind',
    'the breeze': 'the wind',
    'sunshine': 'the sun',
    'sun': 'the sun',
    'sunlight': 'the sun',
    'trees': 'a tree',
    'an old tree': 'a tree',
    'an oak': 'a tree',
    'flowers': 'a flower',
    'a rose': 'a flower',
    'roses': 'a flower',
    'rivers': 'a river',
    'a brook': 'a river',
    'the river': 'a river',
    'mountains': 'a mountain',
    'the mountains': 'a mountain',
    'birds': 'a bird',
    'a little bird': 'a bird',
    'dogs': 'a dog',
    'my dog': 'a dog',
    'a puppy': 'a dog',
    'mothers': 'my mother',
    'mum': 'my mother',
    'my mom': 'my mother',
    'a mother': 'my mother',
    'my dad': 'my father',
    'fathers': 'my father',
    'a father': 'my father',
    'the time': 'time',
    'passing time': 'time',
    'a clock': 'time',
    'joy': 'happiness',
    'being happy': 'happiness',
    'dreaming': 'dreams',
    'a dream': 'dreams',
    'reading': 'books',
    'a book': 'books',
    'a song': 'music',
    'songs': 'music',
    'butterflies': 'a butterfly',
    'a cloud': 'clouds',
    'the clouds': 'clouds',
    'the sky': 'clouds',
    'gardens': 'a garden',
    'my garden': 'a garden',
    'mornings': 'the morning',
    'sunrise': 'the morning',
    'a new day': 'the morning',
    'peace in the world': 'peace',
    'teachers': 'a teacher',
    'my teacher': 'a teacher',
    'birthdays': 'a birthday',
    'my birthday': 'a birthday',
    'a cup of tea': 'tea',
    'trains': 'a train',
    'travelling': 'a train',
    'robots': 'a robot',
    'memories': 'memory',
    'remembering': 'memory',
    'bees': 'a bee',
    'a child': 'children',
    'my children': 'children',
    'language models': 'a language model',
    'chatbots': 'a language model',
    'nature': 'a tree',
    'the weather': 'the wind',
}
FIVE_ZH = _couplets("""
风
清风过小桥 / 吹动柳千条
风从山那边 / 一路唱歌来
--
不见风模样 / 只听叶儿摇
推开窗和门 / 带来花满怀

云
白云天上走 / 影子水中游
悠悠云一片 / 飘过小山头
--
问云何处去 / 随风不回头
时而像绵羊 / 时而像小舟

太阳
红日出东方 / 金光洒满窗
太阳起得早 / 照到小山岗
--
花儿抬起头 / 人也暖洋洋
不分你和我 / 处处有阳光

树
门前一棵树 / 年年绿满枝
老树高又大 / 树下好乘凉
--
小鸟来安家 / 歌声落满池
春来开新叶 / 秋来叶儿黄

小河
小河弯又弯 / 流过我家门
清清一条河 / 日夜唱着歌
--
鱼儿水中戏 / 白云水底沉
问它去哪里 / 大海等着我

妈妈
灯下补衣裳 / 针针情意长
妈妈的双手 / 温暖又柔软
--
儿行千里路 / 总念家中娘
一句早点睡 / 记在我心间

老师
三尺讲台上 / 春风化雨长
粉笔轻轻响 / 知识进心房
--
愿做一支烛 / 照亮少年郎
桃李开满园 / 师恩永不忘

茶
清茶一小杯 / 热气慢慢飞
水沸茶香起 / 窗外雨声微
--
闲坐说往事 / 不知日已西
忙里偷闲坐 / 心静自忘归

梦想
心中有个梦 / 像灯夜里明
小小一颗种 / 埋在我心中
--
一步一个印 / 终能见黎明
日日勤浇水 / 来年花正红

时间
时光如流水 / 一去不复回
滴答又滴答 / 钟声夜里催
--
今日事今毕 / 莫待老来悔
珍惜好年华 / 莫让空自飞

小猫
小猫窗前坐 / 眼睛圆又亮
猫儿伸懒腰 / 尾巴翘得高
--
看见蝴蝶来 / 轻轻往前闯
阳光身上暖 / 打个盹儿好

小鸟
小鸟枝头叫 / 声声报春到
林中小鸟飞 / 穿过绿柳梢
--
张开双翅膀 / 飞向白云高
一曲唱不完 / 大家都说好

春节
爆竹声声响 / 家家挂红灯
除夕夜不眠 / 饺子热腾腾
--
老少团团坐 / 笑声满屋中
一年又一岁 / 春到万家同

中秋
中秋月儿圆 / 家家庆团圆
桂花香满院 / 月饼甜又甜
--
推窗看圆月 / 千里一线牵
远方的亲人 / 同看月一轮

希望
长夜终有尽 / 东方渐渐明
雪下草芽绿 / 风里有新声
--
心中灯一盏 / 不怕路难行
今日播下种 / 来年满园青

生日
烛光轻轻摇 / 歌声暖今宵
又是一年过 / 生日乐陶陶
--
愿你多欢喜 / 岁岁乐逍遥
切开甜蛋糕 / 心愿上云霄
""")
SAME_ZH = {
    '微风': '风',
    '大风': '风',
    '白云': '云',
    '云朵': '云',
    '天空': '云',
    '阳光': '太阳',
    '日出': '太阳',
    '大树': '树',
    '树木': '树',
    '森林': '树',
    '河流': '小河',
    '溪水': '小河',
    '小溪': '小河',
    '母亲': '妈妈',
    '母爱': '妈妈',
    '妈妈的爱': '妈妈',
    '教师': '老师',
    '教师节': '老师',
    '喝茶': '茶',
    '茶叶': '茶',
    '梦': '梦想',
    '理想': '梦想',
    '光阴': '时间',
    '岁月': '时间',
    '时光': '时间',
    '猫': '小猫',
    '猫咪': '小猫',
    '我家的猫': '小猫',
    '鸟': '小鸟',
    '鸟儿': '小鸟',
    '燕子': '小鸟',
    '过年': '春节',
    '新年': '春节',
    '除夕': '春节',
    '中秋节': '中秋',
    '团圆': '中秋',
    '未来': '希望',
    '过生日': '生日',
    '朋友的生日': '生日',
}

# Couplets for any topic: nothing in them depends on what it is, and each poem names it.
ANY_EN = (
    (
        ('I thought of {t} the other day,', 'And half my worries went away;'),
        ('Some sing of kings and roses red,', 'I sing of {t} tonight instead;'),
        ('Of {t} I want to write a line,', 'As clear as rain, as old as wine;'),
        ('Here is a verse, a little tune,', 'For {t}, beneath a rising moon;'),
        ('A word for {t}, so small, so bright,', 'I wrote it down by candlelight;'),
        ('You asked for {t}, so here I sing', 'Of {t}, and what the days may bring;'),
        ('Oh {t}, I never told you so,', 'But it is time to let you know:'),
    ),
    (
        ('The wind came by and hummed along,', 'And carried {t} into its song.'),
        ('So here is to {t}, in rain or shine,', 'A little joy, a little line.'),
        ('With things like {t}, both far and near,', 'The whole wide world becomes more dear.'),
        ('I keep a thought of {t} with me,', 'As rivers keep a thought of sea.'),
        ('And if you smile at {t} today,', 'This little poem has earned its pay.'),
        ('The world is wide, the sky is blue,', 'And there is room for {t}, too.'),
    ),
)
ANY_ZH = (
    (
        ('说起{t}，我想写一首诗，', '风听见了，也停了一会儿。'),
        ('{t}在我心里住了很久，', '像一盏小小的灯。'),
        ('今天我想起了{t}，', '天空就蓝了一点。'),
        ('我把{t}写进一行小字，', '月光替我照着纸。'),
        ('谁说{t}不能写成诗？', '一朵云笑着点了点头。'),
        ('给{t}的诗，该怎么开头？', '我问了问窗外的小雨。'),
    ),
    (
        ('日子走得很快，', '{t}却慢慢地亮在心上。'),
        ('如果你也喜欢{t}，', '就把这首诗念给晚风听。'),
        ('四季一遍遍地走过，', '{t}还是那么让人惦记。'),
        ('于是平平常常的一天，', '因为{t}，有了光。'),
        ('星星都睡了的时候，', '{t}还在我的诗里醒着。'),
    ),
)
# Topics that no poem is written for.
TOPICS_EN = tuple(
    part.strip()
    for part in """a fridge|toothpaste|football|a dinosaur|my boss|pizza|taxes|a sofa|aliens|an elephant|a bicycle|slippers|volcanoes|the subway|a keyboard|onions|chess|a dentist|money|coffee|socks|pepper|chocolate|a lamp|
the city|my village|an island|the desert|the forest|a lighthouse|a bridge|an old house|a window|a door|a broken cup|a candle|bread|cheese|noodles|apples|lemons|potatoes|ice cream|pancakes|honey|rice|soup|wine|
courage|patience|kindness|gratitude|freedom|loneliness|sadness|anger|jealousy|truth|beauty|silence|luck|growing old|being young|work|sleep|a holiday|Monday|Sunday|the weekend|the new year|Christmas|a wedding|a farewell|school days|homework|an exam|
fog|thunder|lightning|a rainbow|ice|frost|a sunset|the dawn|twilight|the horizon|the universe|Mars|a comet|the Milky Way|gravity|the earth|fire|water|stones|sand|the tide|a wave|a waterfall|a glacier|
a fox|a wolf|a bear|an owl|a frog|a snail|a spider|ants|a horse|a cow|a whale|a dolphin|a fish|a swan|a rabbit|a mouse|a hedgehog|penguins|a tiger|a lion|a monkey|a parrot|a crow|a turtle|
my sister|my brother|my grandmother|my grandfather|a baby|an old friend|a stranger|my neighbour|a nurse|a farmer|a sailor|a king|a queen|a pirate|a dancer|a painter|a programmer|an engineer|an astronaut|
a graphics card|memory chips|the KV cache|tokens|attention|a neural network|LMDeploy|quantization|Python|a bug in my code|a server|the cloud|the internet|my phone|an email|a password|numbers|mathematics|pi|zero|a screen|electricity|
the piano|a violin|a guitar|a drum|dancing|painting|a photograph|the theatre|poetry|words|a letter|a pencil|a map|a clock tower|a ship|a balloon|an airplane|a bus|my old car|a road|a train station|snowflakes|autumn leaves|cherry blossoms|sunflowers|tulips|grass|a seed|a forest path|mushrooms|bamboo|a cactus|dust|shoes|a hat|an umbrella|a mirror|a key|a button""".replace(
        '\n', ''
    ).split('|')
)
TOPICS_ZH = tuple(
    part.strip()
    for part in """冰箱|牙膏|火锅|地铁|足球|长城|恐龙|老板|考试|奶茶|手机|工资|沙发|外星人|数学|大象|雾霾|自行车|拖鞋|火山|辣椒|键盘|电梯|台风|油条|围棋|城市|村庄|沙漠|海岛|灯塔|小桥|老房子|窗户|门|杯子|蜡烛|面包|面条|苹果|柠檬|土豆|冰淇淋|蜂蜜|米饭|
勇气|耐心|善良|感恩|自由|孤独|悲伤|愤怒|真理|美|沉默|幸运|变老|青春|工作|睡觉|假期|星期一|周末|圣诞节|婚礼|告别|校园|作业|毕业|爱情|思念|乡愁|离别|童年|爸爸|爷爷|奶奶|姐姐|弟弟|宝宝|邻居|陌生人|护士|农民|水手|国王|海盗|画家|程序员|工程师|宇航员|
雾|雷声|闪电|彩虹|冰|霜|晚霞|黎明|宇宙|火星|彗星|银河|地球|火|水|石头|沙子|浪花|瀑布|冰川|狐狸|狼|熊|猫头鹰|青蛙|蜗牛|蜘蛛|蚂蚁|马|牛|鲸鱼|海豚|天鹅|兔子|刺猬|企鹅|老虎|狮子|猴子|乌鸦|乌龟|蝴蝶|蜜蜂|萤火虫|
内存|词元|注意力|神经网络|量化|服务器|互联网|邮件|密码|数字|圆周率|屏幕|电|钢琴|小提琴|吉他|跳舞|画画|照片|诗|文字|信|铅笔|地图|钟楼|轮船|气球|飞机|公交车|旧汽车|公路|火车站|雪花|落叶|樱花|向日葵|荷花|梅花|竹子|小草|种子|蘑菇|仙人掌|灰尘|鞋子|帽子|雨伞|镜子|钥匙|纽扣|西湖|黄河|长江|故宫|元宵节|端午节|清明""".replace(
        '\n', ''
    ).split('|')
)
