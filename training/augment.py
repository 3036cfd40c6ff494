"""Cheap variation of a question, so that the model learns what is asked and not the letters it is asked in."""

# ruff: noqa: E501 (tables of words)
import random
import re
import string

from training.frames import reframe
from training.texts import language_of

PREFIXES = {
    'en': (
        'please tell me, ',
        'please tell me ',
        'can you tell me ',
        'could you tell me ',
        'Could you explain: ',
        'hi, ',
        'Hello! ',
        'hey, ',
        'ok, ',
        'OK so ',
        'so ',
        'Quick question: ',
        'question: ',
        'I wonder, ',
        "I'd like to know: ",
        'tell me, ',
        'excuse me, ',
        'and ',
        'sorry, but ',
        'one more thing: ',
        'now ',
        'I have a question. ',
        'help: ',
        'well, ',
        'do you know ',
        'I want to know ',
        'just wondering, ',
        'briefly: ',
        'for my homework: ',
        'Hmm, ',
    ),
    'zh': (
        '请问',
        '请问一下，',
        '请告诉我，',
        '请告诉我',
        '你好，',
        '您好，请问',
        '麻烦问一下，',
        '问一下，',
        '我想知道',
        '我想问一下，',
        '那',
        '那么',
        '帮我看看，',
        '老师，',
        '嗨，',
        '想请教一下，',
        '请',
        '请你说说，',
        '能告诉我',
        '你知道',
        '还有，',
        '再问一个：',
        '不好意思，',
        '话说',
        '求助：',
        '小白问一下，',
        '话说回来，',
        '所以',
        '能不能说说',
    ),
}
SUFFIXES = {
    'en': (
        ' please',
        ', please',
        ' thanks',
        ', thanks!',
        ' thank you',
        ' exactly',
        ' in short',
        ', briefly',
        ' again',
        ' here',
        ' in LMDeploy',
        ' in this course',
        ' actually',
        ' then',
        ' for me',
        ' :)',
        ', can you explain',
        '? I am new to this',
        ', do you know',
        ' for a beginner',
        '? Just curious',
    ),
    'zh': (
        '呢',
        '啊',
        '呀',
        '吗',
        '嘛',
        '谢谢',
        '，谢谢',
        '，谢谢！',
        '，请说明',
        '，讲一下',
        '来着',
        '，简单说说',
        '，求解答',
        '哈',
        '～',
        '，能解释一下吗',
        '，我是新手',
        '，详细说说',
        '，帮忙看看',
        '，告诉我吧',
    ),
}
SWAPS = {
    'en': (
        ('what is', "what's"),
        ('what is', 'what does it mean,'),
        ('how do i', 'how can i'),
        ('how do i', 'how to'),
        ('how do i', 'how should i'),
        ('how can i', 'how do i'),
        ('how to', 'how do i'),
        ('do i need', 'should i have'),
        ('do i need', 'is it necessary to have'),
        ('can i', 'is it possible to'),
        ('can i', 'could i'),
        ('why does', 'how come'),
        ('why is', 'why would'),
        ('which', 'what'),
        ('what', 'which'),
        ('tell me about', 'explain'),
        ('explain', 'describe'),
        ('explain', 'tell me about'),
        ('describe', 'explain'),
        ('show', 'display'),
        ('use', 'utilize'),
        ('use', 'work with'),
        ('using', 'with'),
        ('start', 'launch'),
        ('launch', 'start'),
        ('run', 'execute'),
        ('run', 'start'),
        ('start', 'run'),
        ('begin', 'start'),
        ('start', 'begin'),
        ('stop', 'end'),
        ('quit', 'exit'),
        ('exit', 'leave'),
        ('leave', 'quit'),
        ('big', 'large'),
        ('large', 'big'),
        ('small', 'little'),
        ('fast', 'quick'),
        ('faster', 'quicker'),
        ('get', 'obtain'),
        ('get', 'download'),
        ('download', 'fetch'),
        ('download', 'get'),
        ('need', 'require'),
        ('need', 'want'),
        ('make', 'create'),
        ('create', 'make'),
        ('build', 'make'),
        ('install', 'set up'),
        ('set up', 'install'),
        ('setup', 'set up'),
        ('set', 'change'),
        ('change', 'modify'),
        ('change', 'set'),
        ('choose', 'pick'),
        ('choose', 'select'),
        ('pick', 'choose'),
        ('memory', 'vram'),
        ('gpu memory', 'vram'),
        ('memory', 'gpu memory'),
        ('graphics card', 'gpu'),
        ('gpu', 'graphics card'),
        ('gpu', 'card'),
        ('machine', 'computer'),
        ('computer', 'machine'),
        ('machine', 'server'),
        ('laptop', 'notebook computer'),
        ('folder', 'directory'),
        ('directory', 'folder'),
        ('flag', 'option'),
        ('option', 'flag'),
        ('option', 'parameter'),
        ('parameter', 'setting'),
        ('setting', 'option'),
        ('argument', 'parameter'),
        ('error', 'problem'),
        ('problem', 'issue'),
        ('fail', 'crash'),
        ('fails', 'breaks'),
        ('difference between', 'what distinguishes'),
        ('meaning', 'sense'),
        ('mean', 'stand for'),
        ('means', 'stands for'),
        ('quantization', 'quantisation'),
        ('quantise', 'quantize'),
        ('quantize', 'compress'),
        ('kv cache', 'key-value cache'),
        ('key-value cache', 'kv cache'),
        ('kv cache', 'kvcache'),
        ('kv cache', 'cache'),
        ('token', 'tokens'),
        ('tokens', 'token'),
        ('model', 'models'),
        ('model', 'llm'),
        ('model', 'checkpoint'),
        ('weights', 'parameters'),
        ('weights', 'weight'),
        ('speed', 'throughput'),
        ('slow', 'sluggish'),
        ('command', 'cmd'),
        ('command line', 'cli'),
        ('cli', 'command line'),
        ('terminal', 'shell'),
        ('command line', 'terminal'),
        ('python', 'Python code'),
        ('check', 'verify'),
        ('see', 'find out'),
        ('see', 'view'),
        ('find', 'locate'),
        ('find', 'see'),
        ('look at', 'see'),
        ('purpose', 'point'),
        ('good for', 'useful for'),
        ('is used for', 'does'),
        ('happens', 'goes on'),
        ('does not', "doesn't"),
        ('do not', "don't"),
        ('is not', "isn't"),
        ('cannot', "can't"),
        ("can't", 'cannot'),
        ("don't", 'do not'),
        ('i am', "i'm"),
        ("i'm", 'i am'),
        ('send', 'submit'),
        ('answer', 'reply'),
        ('reply', 'response'),
        ('request', 'query'),
        ('requests', 'queries'),
        ('users', 'clients'),
        ('several', 'multiple'),
        ('many', 'several'),
        ('multiple', 'many'),
        ('two', '2'),
        ('four', '4'),
        ('8-bit', 'int8'),
        ('int8', '8 bit'),
        ('4-bit', 'int4'),
        ('int4', '4 bit'),
        ('the', ''),
        ('a', ''),
        ('an', ''),
        ('my', 'the'),
        ('the', 'this'),
        ('the', 'my'),
        ('your', 'the'),
    ),
    'zh': (
        ('什么是', '啥是'),
        ('是什么', '是啥'),
        ('什么', '啥'),
        ('怎么', '如何'),
        ('如何', '怎么'),
        ('怎么', '怎样'),
        ('怎样', '怎么'),
        ('怎么', '咋'),
        ('为什么', '为啥'),
        ('为什么', '为何'),
        ('为啥', '为什么'),
        ('哪些', '什么'),
        ('哪个', '哪一个'),
        ('多少', '多大'),
        ('多大', '多少'),
        ('可以', '能'),
        ('能', '可以'),
        ('能不能', '可不可以'),
        ('可以', '能够'),
        ('是不是', '是否'),
        ('有没有', '有无'),
        ('吗', ''),
        ('介绍', '讲讲'),
        ('介绍', '说说'),
        ('讲讲', '说说'),
        ('解释', '说明'),
        ('说明', '解释'),
        ('讲', '说'),
        ('区别', '不同'),
        ('区别', '差别'),
        ('不同', '区别'),
        ('意思', '含义'),
        ('含义', '意思'),
        ('作用', '用处'),
        ('作用', '用途'),
        ('有什么用', '有啥用'),
        ('干什么', '干嘛'),
        ('使用', '用'),
        ('用', '使用'),
        ('运行', '跑'),
        ('跑', '运行'),
        ('启动', '开启'),
        ('启动', '运行'),
        ('打开', '启动'),
        ('开始', '启动'),
        ('停止', '结束'),
        ('退出', '离开'),
        ('退出', '结束'),
        ('关闭', '关掉'),
        ('显存', 'GPU 内存'),
        ('显存', '内存'),
        ('显存', 'GPU显存'),
        ('显卡', 'GPU'),
        ('GPU', '显卡'),
        ('电脑', '机器'),
        ('电脑', '计算机'),
        ('机器', '电脑'),
        ('开发机', '机器'),
        ('服务器', '机器'),
        ('文件夹', '目录'),
        ('目录', '文件夹'),
        ('参数', '选项'),
        ('选项', '参数'),
        ('参数', '配置'),
        ('设置', '设定'),
        ('设置', '配置'),
        ('配置', '设置'),
        ('修改', '改'),
        ('改', '修改'),
        ('错误', '问题'),
        ('报错', '出错'),
        ('出错', '报错'),
        ('失败', '不成功'),
        ('下载', '获取'),
        ('获取', '下载'),
        ('获得', '得到'),
        ('安装', '装'),
        ('装', '安装'),
        ('创建', '新建'),
        ('新建', '创建'),
        ('建', '创建'),
        ('选择', '选'),
        ('选', '选择'),
        ('查看', '看'),
        ('看', '查看'),
        ('检查', '查看'),
        ('找', '查找'),
        ('需要', '要'),
        ('要', '需要'),
        ('需要', '必须'),
        ('必须', '一定要'),
        ('速度', '快慢'),
        ('慢', '不快'),
        ('快', '迅速'),
        ('大', '巨大'),
        ('命令', '指令'),
        ('命令行', '终端'),
        ('终端', '命令行'),
        ('命令', '命令行'),
        ('模型', '大模型'),
        ('大模型', '模型'),
        ('权重', '模型权重'),
        ('权重', '参数'),
        ('量化', '压缩'),
        ('缓存', 'cache'),
        ('KV 缓存', 'KV cache'),
        ('KV cache', 'KV 缓存'),
        ('KV Cache', 'kv缓存'),
        ('请求', '调用'),
        ('回答', '回复'),
        ('回复', '回答'),
        ('用户', '客户端'),
        ('多个', '几个'),
        ('课程', '教程'),
        ('教程', '课程'),
        ('课', '课程'),
        ('笔记本', 'notebook'),
        ('的', ''),
        ('了', ''),
        ('我', ''),
        ('你', '您'),
        ('一下', ''),
        ('现在', '目前'),
        ('时候', '时'),
        ('原因', '理由'),
        ('办', '处理'),
        ('怎么办', '怎么处理'),
        ('怎么办', '如何解决'),
        ('支持', '兼容'),
        ('占用', '占'),
        ('占', '占用'),
    ),
}
HALF_TO_FULL = str.maketrans(',.?!:;()', '，。？！：；（）')
FULL_TO_HALF = str.maketrans('，。？！：；（）“”', ',.?!:;()""')


def _typo(rng: random.Random, text: str) -> str:
    """One letter of a longer Latin word dropped, doubled, exchanged with its neighbour, or replaced."""
    words = [match.span() for match in re.finditer(r'[A-Za-z]{4,}', text)]
    if not words:
        return text
    start, end = rng.choice(words)
    at = rng.randrange(start + 1, end - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice(string.ascii_lowercase) + text[at + 1 :]


def _drop(rng: random.Random, text: str, language: str) -> str:
    """Some words (English) or characters outside of words (Chinese) left out."""
    pieces = re.findall(r'[A-Za-z0-9_.-]+|\s+|.', text)
    rate = rng.choice((0.08, 0.15, 0.25)) * (0.6 if language == 'zh' else 1)
    kept = [piece for piece in pieces if piece.isspace() or rng.random() >= rate]
    out = re.sub(r' +', ' ', ''.join(kept)).strip()
    return out if len(out) >= max(4, len(text) // 3) else text


def _swap(rng: random.Random, text: str, language: str) -> str:
    """Up to three synonyms put in."""
    candidates = []
    for old, new in SWAPS[language]:
        pattern = rf'\b{re.escape(old)}\b' if language == 'en' else re.escape(old)
        if re.search(pattern, text, re.IGNORECASE):
            candidates.append((pattern, new))
    for pattern, new in rng.sample(candidates, min(len(candidates), rng.choice((1, 1, 2, 3)))):
        text = re.sub(pattern, lambda _, new=new: new, text, count=1, flags=re.IGNORECASE)
    return re.sub(r' +', ' ', text).strip()


def _spacing(rng: random.Random, text: str) -> str:
    """The space between Han and Latin put in or left out."""
    if rng.random() < 0.6:
        return re.sub(r'(?<=[\u4e00-\u9fff]) (?=[A-Za-z0-9`])|(?<=[A-Za-z0-9`]) (?=[\u4e00-\u9fff])', '', text)
    return re.sub(r'(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])', ' ', text)


def surface(rng: random.Random, text: str) -> str:
    """Changes that keep every word: case, end punctuation, width of punctuation, spaces."""
    language = language_of(text)
    kind = rng.random()
    if kind < 0.25:
        text = text.lower()
    elif kind < 0.30:
        text = text.upper() if rng.random() < 0.3 else text.title()
    elif kind < 0.45:
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.35:
        text = text.rstrip('?!.。？！')
        if rng.random() < 0.5:
            text += rng.choice(
                ('?', '.', '??', '!', ' ?', '...') if language == 'en' else ('？', '?', '。', '！', '？？', '…')
            )
    if language == 'zh':
        if rng.random() < 0.3:
            text = _spacing(rng, text)
        if rng.random() < 0.15:
            text = text.translate(rng.choice((HALF_TO_FULL, FULL_TO_HALF)))
    elif rng.random() < 0.03:
        text = text.translate(HALF_TO_FULL)
    return text


def augment(rng: random.Random, text: str) -> str:
    """A question changed a little, or left as it is (about one in six)."""
    if rng.random() < 0.16:
        return text
    language = language_of(text)
    if rng.random() < 0.3:
        text = reframe(rng, text)
    if rng.random() < 0.45:
        text = _swap(rng, text, language)
    if rng.random() < 0.30:
        text = _drop(rng, text, language)
    if rng.random() < 0.22:
        prefix = rng.choice(PREFIXES[language])
        first = text.split(' ')[0]
        text = prefix + (text if first.upper() == first or rng.random() < 0.3 else text[:1].lower() + text[1:])
    if rng.random() < 0.15:
        text = text.rstrip('?!.。？！') + rng.choice(SUFFIXES[language])
    text = surface(rng, text)
    if rng.random() < 0.12:
        text = _typo(rng, text)
    return text.strip() or 'hello'


def recombine(rng: random.Random, asks: tuple[str, ...], answer: str) -> str:
    """A question made of two phrasings of the same question, or of words of its answer: other words, the same matter."""
    language = language_of(asks[0])
    if rng.random() < 0.6:
        first, second = (re.findall(r'[A-Za-z0-9_.`-]+ ?|.', ask) for ask in rng.choices(asks, k=2))
        head = first[: rng.randint(len(first) // 3, 2 * len(first) // 3)]
        tail = second[rng.randint(len(second) // 3, 2 * len(second) // 3) :]
        return re.sub(r' +', ' ', ''.join([*head, ' ' if language == 'en' else '', *tail])).strip()
    clauses = [clause.strip() for clause in re.split(r'[,.;:，。；：]\s*', answer) if len(clause.strip()) > 3]
    if not clauses:
        return rng.choice(asks)
    clause = rng.choice(clauses)
    if language == 'en':
        words = clause.split()
        start = rng.randrange(max(1, len(words) - 3))
        clause = ' '.join(words[start : start + rng.randint(3, 7)])
    else:
        start = rng.randrange(max(1, len(clause) - 5))
        clause = clause[start : start + rng.randint(5, 12)]
    if rng.random() < 0.5:
        ask = rng.choice(asks).rstrip('?？.。')
        clause = f'{ask} {clause}' if language == 'en' else f'{ask}{clause}'
    return clause
