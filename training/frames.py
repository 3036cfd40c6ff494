"""Other frames around the same matter: "How do I X?" becomes "Is there a way to X?", "X 是什么" becomes "说说 X"."""

# ruff: noqa: E501 (tables of phrases)
import random
import re

from training.texts import language_of

EN_HOW = (
    'How do I {0}?', 'how to {0}', 'What is the way to {0}?', 'What do I do to {0}?', 'I want to {0}, how?', 'I would like to {0}', "I'd like to {0}, what do I do?",
    'Is there a way to {0}?', 'Show me how to {0}', 'What is needed to {0}?', 'What must I type to {0}?', 'Explain how to {0}', 'steps to {0}', 'Can you show me how to {0}?',
    'I need to {0}', 'Help me {0}', 'What does it take to {0}?', "What's the best way to {0}?", "I don't know how to {0}", 'How would one {0}?', 'I am trying to {0}',
    'How can I {0}?', 'How should I {0}?', 'how does one {0}', 'What do I have to do in order to {0}?', 'In what way can I {0}?', 'I have to {0}, what now?', 'I forgot how to {0}',
)
EN_WHAT = (
    '{0}?', 'what is {0}', "What's {0}?", 'explain {0}', 'What does {0} mean?', 'Tell me about {0}', '{0}, what is that?', 'I keep reading {0}, what is it?', 'define {0}',
    'What do you know about {0}?', 'Can you explain {0}?', 'meaning of {0}', 'Describe {0} to me', 'What should I know about {0}?', 'What is meant by {0}?',
    'Somebody mentioned {0}, what is it?', 'I never understood {0}', 'Say something about {0}', '{0} explained', 'What exactly is {0}?', 'Give me a short explanation of {0}',
    'What is hidden behind {0}?', 'I hear {0} everywhere, what is that?', 'How would you explain {0}?', 'Could you say what {0} is?',
)
EN_MAY = (
    'Can I {0}?', 'Is it possible to {0}?', 'Am I able to {0}?', 'Will I be able to {0}?', 'Is there a way to {0}?', 'May I {0}?', 'I want to {0}, is that possible?',
    'Would it work to {0}?', 'is it OK to {0}', 'Could I {0}?', 'Does it work if I {0}?', 'Is one able to {0}?', 'Any chance to {0}?',
)
EN_MUST = (
    'Must I {0}?', 'Do I have to {0}?', 'Is it necessary to {0}?', 'Should I {0}?', 'Do I need to {0}?', 'Am I required to {0}?', 'is it required to {0}', 'Do I really have to {0}?',
)
EN_WHICH = (
    'Which {0} {1}?', 'What {0} {1}?', 'What is the {0} that {1}?', 'Name the {0} that {1}', 'Tell me the {0} that {1}', 'I am looking for the {0} that {1}', 'the {0} that {1}?',
    'Is there a {0} that {1}?', 'I need the {0} that {1}',
)
EN_WHERE = (
    'Where is {0}?', 'Where do I find {0}?', 'I am looking for {0}', 'Where can I see {0}?', "I can't find {0}", 'location of {0}', 'How do I find {0}?', 'Where should I look for {0}?',
    'In which place is {0}?', 'where to find {0}',
)
EN_WHY = ('Why {0} {1}?', 'For what reason {0} {1}?', 'How come {1}?', "What's the reason, why {0} {1}?", "I don't understand why {1}", 'Can you say why {1}?', '{1}, why?', 'Why on earth {0} {1}?')
EN_DIFFERENCE = (
    'What is the difference between {0} and {1}?', '{0} or {1}?', '{0} vs {1}', 'How does {0} differ from {1}?', 'What distinguishes {0} from {1}?', 'Compare {0} and {1}', '{0} versus {1}',
    'Is {0} the same as {1}?', 'differences of {0} and {1}', 'How are {0} and {1} different?', 'What sets {0} apart from {1}?',
)
ZH_HOW = (
    '怎么{0}？', '如何{0}', '怎样{0}？', '想{0}，该怎么做？', '要{0}怎么办', '{0}的方法是什么？', '有什么办法{0}？', '{0}该怎么弄', '教我{0}', '我要{0}', '{0}要怎么操作？', '我不会{0}', '应该怎么{0}？',
    '{0}的步骤', '怎么才能{0}？', '我想{0}', '{0}用什么方法', '咋{0}', '怎么去{0}', '该如何{0}？', '{0}怎么搞', '要怎样{0}', '忘了怎么{0}', '有没有办法{0}', '{0}，怎么做？',
)
ZH_WHAT = (
    '{0}是什么？', '什么是{0}', '{0}是什么意思', '{0}是啥', '介绍{0}', '说说{0}', '{0}？', '讲讲{0}', '{0}指的是什么', '怎么理解{0}？', '解释一下{0}', '老听人说{0}，那是什么', '{0}到底是什么？', '{0}的含义',
    '{0}是什么东西', '你知道{0}吗', '什么叫{0}', '{0}怎么解释', '不懂{0}', '给我讲一下{0}', '{0}是个什么概念', '没听过{0}，是什么', '{0}究竟指什么', '简单解释{0}',
)
ZH_WHY = ('为什么{0}？', '为啥{0}', '{0}，为什么？', '{0}是什么原因？', '{0}是怎么回事', '{0}的原因', '怎么会{0}', '不明白为什么{0}', '{0}，怎么回事？', '为何{0}', '{0}，原因是什么', '什么原因导致{0}')
ZH_FIX = ('{0}怎么办？', '{0}怎么处理', '遇到{0}', '{0}，该怎么解决？', '{0}如何解决', '碰到{0}怎么做', '{0}，求助', '{0}，有什么招', '{0}要怎么修', '{0}了咋办')
ZH_MAY = ('可以{0}吗？', '能{0}吗', '能不能{0}', '可不可以{0}？', '能否{0}', '有没有办法{0}', '想{0}，行吗', '{0}可以吗', '{0}行不行', '是否可以{0}', '允许{0}吗')
ZH_WHERE = ('{0}在哪？', '{0}在哪里', '到哪里找{0}', '去哪看{0}', '哪里有{0}', '{0}的位置', '找不到{0}', '怎么找到{0}', '{0}放在什么地方', '{0}在哪儿能找到')
ZH_DIFFERENCE = ('{0}有什么区别？', '{0}的区别', '{0}有何不同', '{0}差在哪里', '比较{0}', '{0}哪里不一样', '{0}不同在哪', '怎么区分{0}', '{0}的差别是什么')
ZH_MUST = ('要不要{0}', '需要{0}吗？', '必须{0}吗', '需不需要{0}', '一定要{0}吗', '不{0}行吗', '是不是要{0}', '用得着{0}吗')

RULES = {
    'en': (
        (r'how (?:do|can|should|could|would|must) (?:i|you|we|one) (.+)', EN_HOW), (r'how to (.+)', EN_HOW), (r'show me how to (.+)', EN_HOW), (r"i(?:'d| would)? (?:like|want) to (.+)", EN_HOW),
        (r"(?:what is|what's|what are) the difference between (.+) and (.+)", EN_DIFFERENCE), (r'(\S+(?: \S+)?) (?:vs\.?|versus) (\S+(?: \S+)?)', EN_DIFFERENCE), (r'how does (.+) differ from (.+)', EN_DIFFERENCE),
        (r"(?:what is|what's|what are) ((?:\S+ ?){1,5})", EN_WHAT), (r'(?:tell me about|explain|describe|define) ((?:\S+ ?){1,5})', EN_WHAT), (r'what does (.+) mean', EN_WHAT),
        (r'why (do|does|is|are|did|can|was|must|should) (.+)', EN_WHY), (r'(?:can|could|may) i (.+)', EN_MAY), (r'is it possible to (.+)', EN_MAY),
        (r'(?:do i (?:need|have) to|must i|should i|is it necessary to) (.+)', EN_MUST),
        (r'(?:which|what) (command|flag|option|parameter|setting|function|file|folder|tool|argument|helper|chapter|key|engine|format|method) (.+)', EN_WHICH),
        (r'where (?:is|are|do i find|can i find|do i see|can i see) (.+)', EN_WHERE),
    ),
    'zh': (
        (r'(?:我|我们)?(?:该|要|应该|应)?(?:怎么|如何|怎样|咋)(?!办|样|回事)(.{2,})', ZH_HOW), (r'(?:什么是|什么叫|啥是|介绍一下|解释一下|讲一下|说说|讲讲|解释|介绍)(.{2,})', ZH_WHAT),
        (r'(.{2,}?)(?:是什么意思|是什么|是啥|指什么|是什么东西)', ZH_WHAT), (r'(?:为什么|为啥|为何)(.{3,})', ZH_WHY), (r'(.{3,}?)了?，?(?:怎么办|咋办|怎么处理|怎么解决)', ZH_FIX),
        (r'(?:我)?(?:可以|能不能|可不可以|能否|能)(.{2,}?)吗?', ZH_MAY), (r'(.{2,}?)(?:放)?(?:在哪里|在哪儿|在哪)', ZH_WHERE), (r'(.{3,}?)(?:有什么区别|有何不同|有什么不同|有何区别|的区别|的区别是什么)', ZH_DIFFERENCE),
        (r'(?:需不需要|要不要|必须|需要|一定要)(.{2,}?)吗?', ZH_MUST),
    ),
}
COMPILED = {language: tuple((re.compile(pattern, re.IGNORECASE), frames) for pattern, frames in rules) for language, rules in RULES.items()}


def reframe(rng: random.Random, text: str) -> str:
    """`text` in another frame of its kind, or as it is where no rule fits."""
    bare = text.rstrip('?？。.!！ ')
    for pattern, frames in COMPILED[language_of(text)]:
        match = pattern.fullmatch(bare)
        if match:
            return rng.choice(frames).format(*(group.strip() for group in match.groups()))
    return text
