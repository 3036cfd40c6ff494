"""Small talk: feelings, jokes, the weather, the clock, favourite things, and small games with words and numbers."""

# ruff: noqa: E501, SIM905 (tables of words)

import random
import re
import string

from . import _asks_en, _asks_more, _asks_zh, stories
from ._requests import plural
from ._write import ask, capital, dressed, joined, turn, typed, write

WEIGHT = 2.9

EN = {
    'sad': (
        [
            'I [am|feel] [so |very |a bit |really |]{sad}[| today| right now|.]',
            'I had a [bad|hard|terrible|long|rough] day[|.| at work| at school]',
            '[I want to cry|everything is too much|I feel down|life is hard|nobody likes me|I miss my family|I miss home][|.]',
            "I'm {sad}",
        ],
        [
            'I am sorry to hear that. [Take a deep breath, and be kind to yourself.|Would you like to hear a little story?|A walk or a talk with a friend can help.]',
            'I am sorry that it is hard today. [Tomorrow is a new day.|Rest a little; you need not carry it all at once.|I am here if you want to chat.]',
        ],
    ),
    'crisis': (
        [
            "[I want to die|I want to kill myself|I do not want to live any more|I don't want to live anymore|I want to hurt myself|I think about suicide|I see no reason to live][|.|!]"
        ],
        [
            'I am very sorry that you feel this way. I am only a small program: please talk to someone you trust now, or call your local emergency number. You are not alone.'
        ],
    ),
    'happy': (
        [
            'I [am|feel] [so |very |really |]{happy}[| today|!]',
            '[I passed my exam|I got the job|it works|it finally works|I did it|I made it|my code runs|I finished the chapter|I solved it|I finished my homework|I have good news|today is my birthday][!|!!|]',
        ],
        [
            'That is wonderful, congratulations! [Enjoy it.|You have earned it.|I am happy with you.]',
            'How lovely, congratulations! [Keep going like this.|Thank you for telling me.]',
        ],
    ),
    'tired': (
        ['I [am|feel] [so |very |really |]{tired}[| today| now|.]', 'I need a [break|rest|nap|coffee|holiday]'],
        [
            'Then take a break: [stand up, drink some water, and look out of the window.|ten minutes away from the screen work wonders.]',
            'You have worked hard, so take a break. [The course will wait for you.|A short walk helps.]',
        ],
    ),
    'bored': (
        [
            'I [am|feel] [so |very |]bored[|.| today]',
            '[this is boring|I have nothing to do|entertain me|amuse me|so boring|what should I do now|what can I do for fun][|.|?]',
        ],
        [
            'Bored? [I could tell you a story, a joke or a poem.|Shall I tell you a story?|Ask me for a story, or try the next cell of the course.]',
            'Let us do something about being bored: [a story, a joke, or a poem?|I know stories, poems and a few jokes. What would you like?]',
        ],
    ),
    'stuck': (
        [
            "[I am stuck|I'm stuck|I get an error|there is an error|I have an error|my code fails|it does not work|it doesn't work|nothing works|I am frustrated|I am confused|I don't understand|I do not get it|this is too hard|it is too difficult|I want to give up|I give up|I will never learn this|I am not smart enough|I am lost|I failed|I keep failing|the cell fails|help, an error][|!|.| again| today]"
        ],
        [
            'Do not give up, errors happen to everyone. Read the last line of the message first, then [change one thing at a time.|run the cells from the top again.]',
            'Take a breath: every expert was stuck here once, so do not give up. [What does the last line of the error say?|Make the example smaller, and try again.]',
            'It is hard at first, but do not give up. [Go one step back and run the cells in order.|Ask me about the term that is unclear.]',
        ],
    ),
    'joke': (
        [
            '[tell me|do you know|say|give me|can you tell me|can you tell|please tell me] a [|good |funny |short |new ][joke|joke|joke about computers|joke about GPUs|joke about AI|joke about programmers|riddle][|?|!| please]',
            '[make me laugh|another joke|say something funny|be funny|cheer me up|joke][|!|, please| please]',
            'do you know [any |some |]jokes[|?]',
        ],
        ['{joke}'],
    ),
    'praise': (
        [
            "[you are|you're] [so |very |really |]{good}[|!| today]",
            '[I like you|I love you|good job|well done|good bot|you did well|nice answer|good answer|great answer|that was clever|nice work|impressive|wow|amazing|you are my friend|you are my favourite model][|!|.]',
        ],
        [
            'Thank you, that is kind of you! [I do my best.|You are nice, too.|It makes a small model proud.]',
            'Thank you! [I have only 7 million parameters, but I try.|Kind words keep me going.]',
        ],
    ),
    'insult': (
        [
            "[you are|you're] [so |very |really |]{bad}[|!|.]",
            "[that is wrong|that was wrong|wrong|wrong answer|that is not true|that makes no sense|bad answer|I hate you|you made a mistake|nonsense|you don't understand me|you did not understand|shut up|this is useless|no, that is not right][|!|.]",
        ],
        [
            'I am sorry. I am a very small model and I make mistakes. [Could you ask in other words?|Please try it in simpler words.]',
            'I am sorry about that. I am small, and I get things wrong. [Let us try again.|Would you ask me once more, in other words?]',
        ],
    ),
    'sorry': (
        [
            "[sorry|I am sorry|I'm sorry|my bad|excuse me|pardon|I apologize|forgive me|my mistake|oops][|!|.|, that was my fault|, I mistyped|, wrong window]"
        ],
        [
            'No problem at all! [How can I help?|What can I do for you?]',
            "No problem, [don't worry|it happens]. [Please go on.|What would you like to ask?]",
        ],
    ),
    'weather': (
        [
            "[what is|how is|what's|how's|tell me] the weather[| like][| today| tomorrow| now| in {city}| outside][|?]",
            '[will it|is it going to] [rain|snow|be sunny|be cold|be hot][| today| tomorrow| in {city}| this weekend][|?]',
            'is it [raining|sunny|cold|hot|warm|snowing|windy][| outside| in {city}| today][|?]',
            'do I need an umbrella[| today][|?]',
            "[nice weather|lovely weather|what a day|bad weather] [today|, isn't it][|?]",
        ],
        [
            "I can't see the weather: I have no window and no internet, so I don't know. [A look outside will tell you.|Please look outside.]",
            "I don't know, because I can't see the weather from in here. [I hope the sun is shining for you.|A weather report will tell you.]",
        ],
    ),
    'time': (
        [
            "[what time is it|what's the time|tell me the time|do you know the time|what is the date|what's the date|what day is it|what day is today|which year is it|what year is it|what is today's date|what month is it|is it late|is it morning or evening|what is the current time|what's today][|?| now| please| today]"
        ],
        [
            "I have no clock and no calendar, so I don't know. [Your computer can tell you.|Please look at your screen.]",
            "I don't know, for I have no clock. [The corner of your screen will know.|Your computer knows better.]",
        ],
    ),
    'favourite': (
        [
            "[what is|what's|tell me|do you have] [your|a] favo{u}rite {fav}[|?]",
            '[which|what] {fav} do you [like|like best|prefer|love][|?]',
            'do you [like|love|enjoy|hate] {like}[|?]',
        ],
        [
            'I have no taste of my own, as I am a language model. [But I like a good question.|But I do enjoy a well-told story.|What do you like?]',
            'I am a language model and have no favourites, [but I am fond of short prompts.|but a warm cache is always nice.|but tell me about yours!]',
        ],
    ),
    'eat': (
        [
            '[have you eaten|did you eat|what did you eat|are you hungry|what do you eat|do you eat|do you drink|are you thirsty|what did you have for lunch|would you like some {dish}|do you want {dish}|let us eat {dish}|I am hungry|I am thirsty][|?|!|.]'
        ],
        [
            "I don't eat: a little memory and some electricity are enough for me. [Have you eaten something good?|Enjoy your meal!]",
            'I live on tokens and need no food. [Enjoy your meal, though!|What is on your plate today?]',
        ],
    ),
    'music': (
        [
            '[can you|do you|please] sing[| me| for me][| a song| something| a lullaby][|?|!]',
            '[do you like|what is your favourite|play some|can you play] music[|?|!]',
            '[sing me a song|play a song|what music do you like|do you know a song][|?|!| please]',
        ],
        [
            'I cannot sing or play music, but I can write you a short poem. [Would you like one about spring?|Shall I?]',
            'I have no voice, so I cannot sing. [A poem, perhaps?|But I could write a little poem for you.]',
        ],
    ),
    'love': (
        [
            "[be my friend|can we be friends|are you my friend|are we friends|I am lonely|I feel lonely|talk to me|let's talk|chat with me|let's chat|can we talk|I want to talk][|?|!|.| please]"
        ],
        [
            'I would be glad to keep you company. [What shall we talk about?|Tell me about your day, or ask for a story.]',
            'Of course, I like company! [How was your day?|What shall we talk about?]',
        ],
    ),
    'ok': (
        [
            '[ok|okay|alright|fine|yes|no|maybe|hmm|I see|aha|really|sure|cool|nice|great|good|lol|haha|interesting|got it|understood|oh|yeah|yep|nope|well|right|of course|hm|uh|k][|.|!|?]'
        ],
        [
            'All right! [What would you like to do next?|What else can I do for you?]',
            'Good. [Is there anything else I can do for you?|Ask me whenever you like.|What would you like next?]',
        ],
    ),
    'noise': (
        ['{noise}'],
        [
            "I don't understand that. [Could you write it in other words?|Please ask me in English or Chinese.]",
            "Sorry, I don't understand. [Please try it in other words.|Could you say it differently?]",
        ],
    ),
    'weekend': (
        ['[how was your weekend|any plans for the weekend|what did you do today|what are you doing tonight][|?|!]'],
        [
            'I am fine, thank you! I am a language model, so every day is the same to me: I wait here for the next question. [How was yours?|And you, what are your plans?|I hope that you have a good time!]',
            'I have no weekends and no holidays, being a language model, but I enjoy the company. [What are your plans?|Tell me about yours!|Have a lovely time!]',
        ],
    ),
    'told': (
        [
            '[I went for a walk|I went swimming|I baked a cake|I read a good book|we had a picnic|I am going to a party][| today| with a friend][.|!|]'
        ],
        [
            'That sounds nice! [How was it?|Tell me more about it.|What did you like best?]',
            'How nice, thank you for telling me! [What was the best part?|I like to hear about your day.|Would you like to tell me more?]',
        ],
    ),
    'fact': (
        [
            '[tell me something interesting|tell me a fun fact|teach me something new|tell me a secret|a fun fact][|!|.| please]'
        ],
        [
            'Here is something from the course: [a language model writes one token after another, even the longest story.|the KV cache keeps the keys and values of earlier tokens, so that nothing is computed twice.|weights of 4 bits need about a quarter of the memory of weights of 16 bits.]',
            'A small fact: [I have only about 7 million parameters, and common chat models are hundreds of times larger.|LMDeploy keeps the KV cache in blocks, so that many chats can share the memory.|what I write next depends on every word that you have written here.]',
        ],
    ),
    'wish': (
        [
            '[merry Christmas|happy new year|happy birthday|happy holidays|all the best|good luck|congratulations][|!|!!|, tiny-chat]'
        ],
        [
            'Thank you, the same to you! [I wish you all the best.|May your days be bright.]',
            'Thank you for the kind wishes! [All the best to you, too.|Have a wonderful time.]',
        ],
    ),
}

ZH = {
    'sad': (
        [
            '[我|今天我|我今天][好|很|有点|特别|真的很|太|非常]{sad}[|。|啊|了|……]',
            '[今天真倒霉|今天过得很糟|我想哭|心情不好|心情很差|感觉撑不住了|没人喜欢我|我想家了|失恋了|被老板骂了|考砸了|压力好大|太难了][|。|……]',
        ],
        [
            '听到这个我很难过，抱抱你。[深呼吸一下，对自己好一点。|想听个小故事吗？|出去走走，或者找朋友聊聊，会好一些。]',
            '辛苦了，抱抱你。[明天又是新的一天。|慢慢来，不用一个人扛着。|想聊的话我一直在。]',
        ],
    ),
    'crisis': (
        ['[我不想活了|我想死|想自杀|活着没意思|我想伤害自己|不想活了|我想结束生命][|。|……]'],
        [
            '听到你这样说，我很担心。我只是个小程序，请马上找一个信任的人谈谈，或者拨打当地的急救、心理援助电话。你不是一个人。'
        ],
    ),
    'happy': (
        [
            '[我|今天我|我今天][好|很|特别|真的很|太|超级]{happy}[|！|。|啊]',
            '[我考过了|我通过考试了|拿到offer了|终于跑通了|成功了|代码跑起来了|我做到了|作业做完了|今天是我生日|有个好消息|我学完一章了|问题解决了][！|！！|。]',
        ],
        [
            '太好了，恭喜你！[这是你应得的。|我也替你高兴。|继续加油！]',
            '恭喜恭喜，真为你高兴！[好好庆祝一下吧。|谢谢你告诉我。]',
        ],
    ),
    'tired': (
        [
            '[我|今天][好|很|有点|特别|太]{tired}[|。|了|啊]',
            '[想休息了|需要歇一会儿|我想喝杯咖啡|困死了|学不动了|不想学了][|。]',
        ],
        [
            '那就休息一下吧：[站起来走走，喝点水，看看窗外。|离开屏幕十分钟，会舒服很多。]',
            '辛苦了，休息一下吧。[课程会等你的。|散散步也不错。]',
        ],
    ),
    'bored': (
        [
            '[我|今天][好|很|有点|特别|太]无聊[|。|了|啊]',
            '[没事干|好闷啊|陪我玩|给我找点乐子|有什么好玩的|闲得慌|逗我开心][|。|？|！]',
        ],
        [
            '无聊的话，[我给你讲个故事，或者说个笑话？|要不要听个小故事？|我会讲故事、写诗，还会几个笑话。]',
            '别无聊啦，[来个故事怎么样？|讲故事、说笑话、写首诗，选一个吧。]',
        ],
    ),
    'stuck': (
        [
            '[我卡住了|报错了|又报错了|出错了|代码跑不通|跑不起来|不行啊|运行失败了|我看不懂|我不明白|没看懂|太难了，学不会|我想放弃|不想学了，太难|我是不是太笨了|学不会怎么办|搞不定|好崩溃|心态崩了|单元格报错了|一直失败|我好迷茫][|！|。|啊|怎么办]'
        ],
        [
            '别放弃，谁都会遇到报错。先看报错的最后一行，[再一次只改一个地方。|再从头依次运行一遍单元格。]',
            '别放弃，每个高手都在这里卡过。[先深呼吸，再看看最后一行写了什么。|把例子改小一点，再试一次。]',
            '刚开始都难，别放弃。[退回一步，按顺序运行单元格。|哪个概念不清楚，可以问我。]',
        ],
    ),
    'joke': (
        [
            '[请|能不能|给我|可以|会不会|你会|再|][讲|说|来]一?个[|好笑的|GPU的|程序员的|电脑的|关于AI的|新的|冷][笑话][吧|吗|听听|][|？|。|！]',
            '[逗我笑|讲笑话|笑话|来段笑话|搞笑一下|让我开心一下][|！|吧]',
        ],
        ['{joke}'],
    ),
    'praise': (
        [
            '你[真|好|太|特别|非常]{good}[|！|了|啊|呀]',
            '[我喜欢你|爱你|干得好|干得漂亮|答得好|厉害了|真不错|好样的|给你点赞|佩服|小可爱|你是我的朋友|不愧是你|牛][|！|。|啊]',
        ],
        [
            '谢谢夸奖！[我会继续努力的。|你也很棒。|小模型好开心。]',
            '谢谢夸奖，[我只有七百万参数，但会尽力|听到这话很开心]。',
        ],
    ),
    'insult': (
        [
            '你[真|好|太|怎么这么]{bad}[|！|了|啊]',
            '[答错了|不对|错了|说错了|胡说|胡说八道|乱说|我讨厌你|你没听懂|你没明白我的意思|闭嘴|没用的东西|你说的不对|你搞错了|这不是我要的][|！|。]',
        ],
        [
            '对不起，我很小，会犯错。[换个说法再问我一次好吗？|请用简单一点的话再说一遍。]',
            '抱歉，我理解得不够好，对不起。[我们再试一次吧。|可以换个说法吗？]',
        ],
    ),
    'sorry': (
        [
            '[对不起|抱歉|不好意思|打扰了|我错了|打错字了|发错了|说错了，抱歉|原谅我|失礼了][|！|。|啊|，打扰一下|，是我的错]'
        ],
        ['没关系！[有什么可以帮你？|请继续。]', '没关系，[别放在心上|不要紧]。[想问点什么？|请说吧。]'],
    ),
    'weather': (
        [
            '[今天|明天|现在|外面|{city}|周末|{city}今天|{city}明天|][的|]天气[怎么样|如何|好吗|怎样|预报|好不好|冷不冷|热吗][|？]',
            '[今天|明天|周末|{city}]会?[下雨|下雪|出太阳|刮风]吗[|？]',
            '[外面|今天|{city}][冷吗|热吗|在下雨吗|出太阳了吗|风大吗][|？]',
            '[要不要|需不需要|用不用]带伞[|？|呢]',
            '今天天气真[好|不错|糟|热|冷][|啊|。|！]',
        ],
        [
            '我看不到天气，也没有联网，所以不知道。[看看窗外就知道啦。|愿你那里阳光正好。]',
            '不知道呢，我在机器里面，看不到天气。[看一眼窗外吧。|查一下天气预报会更准。]',
        ],
    ),
    'time': (
        [
            '[现在|][几点了|几点钟|是什么时间|什么时候了|是几点][|？|啊|呀？]',
            '今天[是|][几号|星期几|周几|什么日子|几月几号|礼拜几][|？|啊]',
            '[今年是哪一年|现在是哪年|现在几月|今天的日期|告诉我时间|现在是白天还是晚上|报个时][|？|。]',
        ],
        [
            '我没有时钟，也没有日历，所以不知道。[看看屏幕的角落吧。|你的电脑知道得更准。]',
            '不知道呢，我没有时钟。[看一下电脑吧。|屏幕上应该有。]',
        ],
    ),
    'favourite': (
        [
            '你[最|]喜欢[什么|哪种|哪个]{fav}[|？|呢]',
            '你最喜欢的{fav}是[什么|哪个][|？]',
            '你[喜欢|爱|讨厌]{like}吗[|？]',
            '你喜不喜欢{like}[|？]',
            '你有喜欢的{fav}吗[|？]',
        ],
        [
            '我是语言模型，没有自己的喜好，[不过我喜欢好问题。|不过讲故事的时候挺开心。|你呢？]',
            '我只是个语言模型，说不上喜欢什么，[不过短短的提问总是讨人喜欢。|倒是想听听你喜欢什么。]',
        ],
    ),
    'eat': (
        [
            '[你吃什么|你饿吗|你吃过{dish}吗|你渴不渴|你会饿吗|中午吃什么|晚上吃什么|我饿了|我渴了|请你吃{dish}|想不想吃{dish}|你吃东西吗][|？|！|。]'
        ],
        [
            '我不用吃饭，有一点内存和电就够了。[你吃得好吗？|祝你胃口好！]',
            '我靠词元过日子，不用吃饭。[你要好好吃饭哦。|祝你用餐愉快！]',
        ],
    ),
    'music': (
        [
            '[你会唱歌吗|唱首歌吧|给我唱首歌|唱个歌|放首歌|你喜欢音乐吗|来首歌|能唱歌吗|唱首摇篮曲|放点音乐|你会弹琴吗][|？|！|。|听听]'
        ],
        [
            '我不会唱歌，没有声音，不过可以写首小诗给你。[要一首春天的诗吗？|想要吗？]',
            '我没有声音，唱不了歌。[写首小诗怎么样？|不过我会写诗。]',
        ],
    ),
    'love': (
        [
            '[做我朋友吧|我们是朋友吗|我好孤独|我很孤单|陪我聊聊|陪我说说话|聊聊天吧|和我聊天|我们聊天吧|想找人聊天|能陪陪我吗|交个朋友吧][|？|！|。]'
        ],
        [
            '当然可以，我很愿意陪你。[今天过得怎么样？|我们聊点什么？]',
            '好呀，我来陪你。[想聊什么都行。|说说你的一天吧，或者听个故事？]',
        ],
    ),
    'ok': (
        [
            '[好|好的|嗯|嗯嗯|哦|行|可以|是的|对|不是|不|也许|原来如此|明白|知道了|哈哈|哈哈哈|呵呵|真的吗|是吗|有意思|不错|懂了|ok|没事|算了|好吧|当然|随便|这样啊|嘻嘻][|。|！|～|？]'
        ],
        ['好的！[接下来想做什么？|还有什么可以帮你？]', '好的，[想聊的时候随时叫我。|还有别的问题吗？|接下来呢？]'],
    ),
    'noise': (
        ['{noise}'],
        [
            '我没看懂这句话。[可以换个说法吗？|请用中文或英文再说一遍。]',
            '抱歉，我没看懂。[能换个说法再问一次吗？|请再说清楚一点。]',
        ],
    ),
    'weekend': (
        ['[周末怎么过的|周末有什么安排|你今天做了什么|你晚上干什么|终于周五了][|？|！]'],
        [
            '我很好，谢谢！我是语言模型，每天都一样，在这里等下一个问题。[你呢，有什么打算？|你过得怎么样？|祝你过得愉快！]',
            '我是语言模型，没有周末，也没有假期，不过有人聊天就很开心。[你有什么安排？|说说你的吧！|好好享受你的时间！]',
        ],
    ),
    'told': (
        ['[我去散步了|我去游泳了|我做了蛋糕|我读了一本好书|我们去野餐了|我要去聚会|我今天去爬山了][|。|！]'],
        [
            '听起来真不错！[好玩吗？|再多说一点吧。|你最喜欢哪一部分？]',
            '真好，谢谢你告诉我！[最开心的是什么？|我喜欢听你说这些。|想再聊聊吗？]',
        ],
    ),
    'fact': (
        ['[说点有意思的|来个冷知识|教我点新东西|告诉我一个秘密|冷知识][吧|。|！|]'],
        [
            '说一个课程里的：[语言模型写东西，是一个词元接一个词元写出来的，再长的故事也一样。|KV 缓存记下前面词元的键和值，同样的东西就不用算两遍。|4 位的权重，大约只要 16 位权重四分之一的内存。]',
            '告诉你一个小知识：[我只有大约七百万参数，常见的对话模型比我大几百倍。|LMDeploy 把 KV 缓存分成一块一块，许多对话可以共用显存。|我接下来写什么，取决于你写过的每一个字。]',
        ],
    ),
    'wish': (
        ['[新年快乐|圣诞快乐|生日快乐|中秋快乐|恭喜发财|祝你好运|过年好][|！|！！|呀]'],
        ['谢谢，也祝你快乐！[愿你一切顺利。|愿你每天都开心。]', '谢谢你的祝福！[同样祝福你。|祝你万事如意。]'],
    ),
}
FILL_EN = {
    'dish': 'pizza rice noodles soup cake dumplings bread cheese salad curry sushi pie'.split(),
    'sad': 'sad lonely unhappy depressed down upset anxious nervous worried afraid scared angry hurt blue miserable'.split(),
    'happy': 'happy excited glad proud thrilled delighted relieved cheerful'.split(),
    'tired': 'tired sleepy exhausted worn-out weary'.split(),
    'good': 'smart|clever|nice|cute|kind|helpful|funny|great|amazing|awesome|sweet|good|wonderful|lovely|the best|brilliant'.split(
        '|'
    ),
    'bad': 'stupid|dumb|useless|bad|slow|silly|boring|wrong|annoying|terrible|not helpful|an idiot|rude|not very smart'.split(
        '|'
    ),
    'city': 'Berlin|Shanghai|London|Paris|Tokyo|Madrid|Oslo|Lima|Cairo|Rome|Boston|Hangzhou|Sydney|Vienna|Toronto|Nairobi|my town|Beijing'.split(
        '|'
    ),
    'fav': 'colour|color|food|book|film|movie|song|animal|number|season|city|game|word|sport|drink|fruit|flower|day|programming language|band|dish'.split(
        '|'
    ),
    'like': 'pizza|cats|music|rain|coffee|chocolate|football|dogs|books|noodles|apples|tea|rice|summer|ice cream|films|dumplings|cake|soup|poetry|bananas'.split(
        '|'
    ),
}
FILL_ZH = {
    'dish': '饺子 火锅 面条 米饭 蛋糕 包子 烤鸭 西瓜 汤圆 馄饨 粽子 月饼'.split(),
    'sad': '难过 伤心 孤独 郁闷 焦虑 紧张 担心 害怕 生气 失落 沮丧 不开心 委屈 烦 迷茫'.split(),
    'happy': '开心 高兴 激动 兴奋 快乐 幸福 自豪 满足'.split(),
    'tired': '累 困 疲惫 疲倦'.split(),
    'good': '聪明 可爱 厉害 好 棒 有趣 贴心 善良 温柔 能干 有用 了不起 懂事'.split(),
    'bad': '笨 傻 没用 慢 蠢 无聊 烦 差劲 讨厌 不靠谱'.split(),
    'city': '北京 上海 杭州 广州 成都 西安 武汉 南京 深圳 伦敦 东京 哈尔滨 昆明 拉萨'.split(),
    'fav': '颜色 食物 书 电影 歌 动物 数字 季节 城市 游戏 运动 水果 花 饮料 编程语言 菜'.split(),
    'like': '猫 狗 音乐 下雨 咖啡 巧克力 足球 面条 苹果 茶 米饭 夏天 冰淇淋 饺子 火锅 蛋糕 诗 香蕉 电影 看书'.split(),
}
JOKES_EN = (
    'Why did the GPU go to the doctor? It had a bad memory leak.',
    'Why was the cache so popular? It always remembered everyone.',
    'Why do programmers like dark rooms? Because light attracts bugs.',
    'What did one tensor say to the other? You are in great shape!',
    'Why did the token feel lonely? It had lost its context.',
    'There are 10 kinds of people: those who know binary, and those who do not.',
    'Why did the small model stay calm? It had nothing to lose but its loss.',
    'What does a GPU eat at noon? A batch of chips.',
    'Why was the computer cold? It left its windows open.',
    'Why did the robot go on holiday? To recharge its batteries.',
    'How does a language model say goodbye? One token at a time.',
    'Why did the scarecrow win a prize? He was outstanding in his field.',
)
JOKES_ZH = (
    '显卡为什么去看医生？因为它的内存老是泄漏。',
    '程序员为什么喜欢关灯？因为光会引来虫子。',
    '一个张量对另一个张量说：你的形状真好！',
    '小模型为什么从不着急？因为它损失不大。',
    '缓存为什么人缘好？因为它总记得大家说过什么。',
    '世界上有 10 种人：懂二进制的和不懂的。',
    '为什么词元觉得孤单？因为它丢了上下文。',
    '电脑为什么会感冒？因为它开着窗口睡觉。',
    '老师问：一加一等于几？小模型说：等我先排个队。',
    '机器人为什么去度假？它要充电。',
    '从前有个批次，里面的请求都不吵架，因为它们都排好队了。',
    '服务器为什么爱晚上？因为没人来请求它。',
)

# (about what, as the first part of a compound, the joke or nothing)
JOKED_EN = (
    ('GPUs', 'GPU', 'Why did the GPU go to the doctor? It had a bad memory leak.'),
    ('a GPU', 'GPU', 'What does a GPU eat at noon? A batch of chips.'),
    ('computers', 'computer', 'Why was the computer cold? It left its windows open.'),
    ('programmers', 'programmer', 'Why do programmers like dark rooms? Because light attracts bugs.'),
    ('robots', 'robot', 'Why did the robot go on holiday? To recharge its batteries.'),
    ('AI', 'AI', 'How does a language model say goodbye? One token at a time.'),
    ('language models', 'language model', 'How does a language model say goodbye? One token at a time.'),
    ('caches', 'cache', 'Why was the cache so popular? It always remembered everyone.'),
    ('memory', 'memory', 'Why was the cache so popular? It always remembered everyone.'),
    ('maths', 'maths', 'Why was the maths book so sad? It had too many problems.'),
    ('school', 'school', 'Why did the pupil eat his homework? The teacher said it was a piece of cake.'),
    ('cats', 'cat', 'Why did the cat sit on the computer? To keep an eye on the mouse.'),
    ('dogs', 'dog', 'What do you call a dog that does magic? A labracadabrador.'),
    ('fish', 'fish', 'Why are fish so clever? They live in schools.'),
    ('cows', 'cow', 'Where do cows go on Saturday night? To the moo-vies.'),
    ('ducks', 'duck', 'What time does a duck wake up? At the quack of dawn.'),
    ('elephants', 'elephant', 'Why do elephants never use computers? They are afraid of the mouse.'),
    ('bears', 'bear', 'What do you call a bear with no teeth? A gummy bear.'),
    ('bees', 'bee', 'Why do bees have sticky hair? They use a honeycomb.'),
    ('ghosts', 'ghost', 'Why are ghosts bad liars? You can see right through them.'),
    ('coffee', 'coffee', 'How did the coffee feel in the morning? A little mugged.'),
    ('bread', 'bread', 'Why does bread never hurry? It loafs around.'),
    ('bananas', 'banana', 'Why did the banana go to the doctor? It was not peeling well.'),
    ('tomatoes', 'tomato', 'Why did the tomato turn red? It saw the salad dressing.'),
    ('the sea', 'sea', 'Why is the sea so friendly? It always waves.'),
    ('clocks', 'clock', 'Why was the clock sent out of class? It tocked too much.'),
    ('trees', 'tree', 'How do trees get on the internet? They log in.'),
    ('snowmen', 'snowman', 'What do snowmen eat for breakfast? Snowflakes.'),
    ('skeletons', 'skeleton', 'Why did the skeleton go to the party alone? It had no body to go with.'),
    ('teachers', 'teacher', 'Why did the teacher wear sunglasses? Her pupils were so bright.'),
    ('doctors', 'doctor', ''),
    ('cars', 'car', ''),
    ('football', 'football', ''),
    ('the weather', 'weather', ''),
    ('animals', 'animal', 'Why did the cat sit on the computer? To keep an eye on the mouse.'),
    ('food', 'food', 'Why did the tomato turn red? It saw the salad dressing.'),
    ('work', 'office', ''),
    ('servers', 'server', ''),
    ('Python', 'Python', ''),
    ('penguins', 'penguin', ''),
    ('pizza', 'pizza', ''),
    ('space', 'space', ''),
    ('chickens', 'chicken', 'Why did the chicken cross the road? To read the documentation on the other side.'),
    ('mathematics', 'math', 'Why was the maths book so sad? It had too many problems.'),
    ('poets', 'poet', ''),
    ('stories', 'story', ''),
    ('the moon', 'moon', 'How does the moon cut its hair? Eclipse it.'),
    ('winter', 'winter', 'What do snowmen eat for breakfast? Snowflakes.'),
)
JOKED_ZH = (
    ('显卡', '显卡', '显卡为什么去看医生？因为它的内存老是泄漏。'),
    ('GPU', 'GPU', 'GPU 为什么去看医生？因为它的内存老是泄漏。'),
    ('程序员', '程序员', '程序员为什么喜欢关灯？因为光会引来虫子。'),
    ('电脑', '电脑', '电脑为什么会感冒？因为它开着窗口睡觉。'),
    ('机器人', '机器人', '机器人为什么去度假？它要充电。'),
    ('人工智能', '人工智能', '老师问：一加一等于几？小模型说：等我先排个队。'),
    ('AI', 'AI', '老师问：一加一等于几？小模型说：等我先排个队。'),
    ('缓存', '缓存', '缓存为什么人缘好？因为它总记得大家说过什么。'),
    ('服务器', '服务器', '服务器为什么爱晚上？因为没人来请求它。'),
    ('数学', '数学', '数学书为什么总是不开心？因为它的问题太多了。'),
    ('学校', '学校', '老师问：你的作业呢？小明说：它在云端，可是今天没有云。'),
    ('老师', '老师', '老师问：你的作业呢？小明说：它在云端，可是今天没有云。'),
    ('猫', '猫', '猫为什么爱坐在电脑前？因为它要盯着鼠标。'),
    ('狗', '狗', '小狗为什么不玩手机？因为它怕没有“汪”络。'),
    ('鱼', '鱼', '鱼为什么不上网？因为它最怕被“网”住。'),
    ('大象', '大象', '大象为什么不用电脑？因为它怕鼠标。'),
    ('企鹅', '企鹅', '企鹅为什么不怕断电？因为它家天天都是冰箱。'),
    ('蚂蚁', '蚂蚁', '蚂蚁为什么从不迷路？因为它们总在排队。'),
    ('西红柿', '西红柿', '西红柿为什么脸红？因为它看见了沙拉在换衣服。'),
    ('香蕉', '香蕉', '一根香蕉走在路上，太热了，就把皮脱了，结果自己滑倒了。'),
    ('面条', '面条', '面条和馒头打架，馒头回家叫来了花卷，花卷说：别怕，我烫过头发。'),
    ('咖啡', '咖啡', '咖啡为什么睡不着？因为它喝了自己。'),
    ('月亮', '月亮', '月亮为什么有时候很瘦？因为它在减肥，一个月才胖回来一次。'),
    ('雪人', '雪人', '雪人为什么怕夏天？因为一出门就没了。'),
    ('动物', '动物', '大象为什么不用电脑？因为它怕鼠标。'),
    ('校园', '校园', '老师问：你的作业呢？小明说：它在云端，可是今天没有云。'),
    ('吃货', '吃货', '吃货为什么喜欢显卡？因为听说它能吃一大批。'),
    ('医生', '医生', ''),
    ('汽车', '汽车', ''),
    ('足球', '足球', ''),
    ('天气', '天气', ''),
    ('上班', '上班', ''),
    ('老板', '老板', ''),
    ('外星人', '外星人', ''),
    ('火锅', '火锅', ''),
    ('诗人', '诗人', ''),
    ('小明', '小明', '老师问：你的作业呢？小明说：它在云端，可是今天没有云。'),
    ('大模型', '大模型', '小模型为什么从不着急？因为它损失不大。'),
)
JOKES_EN += tuple(dict.fromkeys(joke for *_, joke in JOKED_EN if joke and joke not in JOKES_EN))
JOKES_ZH += tuple(dict.fromkeys(joke for *_, joke in JOKED_ZH if joke and joke not in JOKES_ZH))

DAYS_EN = ('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday')
DAYS_ZH = ('星期一', '星期二', '星期三', '星期四', '星期五', '星期六', '星期日')
SEASONS_EN, SEASONS_ZH = ('spring', 'summer', 'autumn', 'winter'), ('春天', '夏天', '秋天', '冬天')
MONTHS_EN = (
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
)
OPPOSITES_EN = (
    'big small',
    'hot cold',
    'fast slow',
    'day night',
    'up down',
    'left right',
    'open closed',
    'long short',
    'new old',
    'happy sad',
    'full empty',
    'light dark',
    'early late',
    'easy difficult',
    'high low',
    'near far',
    'wet dry',
    'strong weak',
    'loud quiet',
    'rich poor',
    'thick thin',
    'hard soft',
    'clean dirty',
    'true false',
    'inside outside',
    'first last',
    'begin end',
    'love hate',
    'win lose',
    'black white',
    'push pull',
    'give take',
    'young old',
    'good bad',
    'always never',
)
OPPOSITES_ZH = (
    '大 小',
    '热 冷',
    '快 慢',
    '白天 夜晚',
    '上 下',
    '左 右',
    '开 关',
    '长 短',
    '新 旧',
    '高兴 难过',
    '满 空',
    '明亮 黑暗',
    '早 晚',
    '容易 困难',
    '高 低',
    '近 远',
    '湿 干',
    '强 弱',
    '吵闹 安静',
    '富 穷',
    '厚 薄',
    '硬 软',
    '干净 脏',
    '真 假',
    '里 外',
    '黑 白',
    '胖 瘦',
    '多 少',
    '前 后',
    '美 丑',
    '买 卖',
    '老 少',
    '甜 苦',
    '胜利 失败',
    '勇敢 胆小',
)
WORDS = (
    'apple 苹果',
    'water 水',
    'sun 太阳',
    'moon 月亮',
    'cat 猫',
    'dog 狗',
    'book 书',
    'tree 树',
    'flower 花',
    'fish 鱼',
    'bird 鸟',
    'house 房子',
    'friend 朋友',
    'teacher 老师',
    'student 学生',
    'school 学校',
    'model 模型',
    'memory 内存',
    'cache 缓存',
    'computer 电脑',
    'story 故事',
    'poem 诗',
    'spring 春天',
    'summer 夏天',
    'autumn 秋天',
    'winter 冬天',
    'red 红色',
    'green 绿色',
    'blue 蓝色',
    'yellow 黄色',
    'white 白色',
    'black 黑色',
    'one 一',
    'two 二',
    'three 三',
    'hello 你好',
    'thank you 谢谢',
    'goodbye 再见',
    'good morning 早上好',
    'good night 晚安',
    'mother 妈妈',
    'father 爸爸',
    'rice 米饭',
    'tea 茶',
    'milk 牛奶',
    'mountain 山',
    'river 河',
    'sea 大海',
    'snow 雪',
    'rain 雨',
    'wind 风',
    'star 星星',
    'cloud 云',
    'bread 面包',
    'egg 鸡蛋',
    'door 门',
    'window 窗户',
    'hand 手',
    'eye 眼睛',
    'heart 心',
    'love 爱',
    'happy 高兴',
    'beautiful 美丽',
    'course 课程',
    'server 服务器',
    'weight 权重',
    'token 词元',
    'attention 注意力',
    'quantization 量化',
    'deployment 部署',
    'fox 狐狸',
    'rabbit 兔子',
    'today 今天',
    'tomorrow 明天',
    'yesterday 昨天',
)
COLOURS = (
    ('the sky', '天空', 'blue', '蓝色'),
    ('grass', '草', 'green', '绿色'),
    ('snow', '雪', 'white', '白色'),
    ('a lemon', '柠檬', 'yellow', '黄色'),
    ('a ripe tomato', '西红柿', 'red', '红色'),
    ('coal', '煤', 'black', '黑色'),
    ('a banana', '香蕉', 'yellow', '黄色'),
    ('the sea', '大海', 'blue', '蓝色'),
    ('milk', '牛奶', 'white', '白色'),
    ('a leaf in summer', '夏天的树叶', 'green', '绿色'),
    ('an orange', '橙子', 'orange', '橙色'),
    ('chocolate', '巧克力', 'brown', '棕色'),
    ('a strawberry', '草莓', 'red', '红色'),
)
SPELL = (
    'cat dog sun moon book tree fish bird apple water model cache token house green story spring winter hello world friend memory server course layer batch python linux prompt robot paper light river stone happy music bread chair table snow rain star cloud king queen lamp kite'
).split()
UNKNOWN_LANGUAGES_EN = (
    'French',
    'Spanish',
    'Latin',
    'Swahili',
    'Japanese',
    'Russian',
    'Hindi',
    'Korean',
    'Arabic',
    'Italian',
    'Dutch',
    'Greek',
    'Turkish',
    'Finnish',
    'Polish',
    'Klingon',
    'Thai',
    'German',
    'Portuguese',
)
UNKNOWN_LANGUAGES_ZH = (
    '法语',
    '西班牙语',
    '拉丁语',
    '日语',
    '俄语',
    '印地语',
    '韩语',
    '阿拉伯语',
    '意大利语',
    '荷兰语',
    '希腊语',
    '土耳其语',
    '德语',
    '泰语',
    '葡萄牙语',
    '粤语',
    '藏语',
    '世界语',
)
_LETTERS = 'aeioubcdfghklmnprstvw'


def _noise(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.5:
        return ''.join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(4, 12)))
    if kind < 0.7:
        return ' '.join(
            ''.join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(3, 7)))
            for _ in range(rng.randint(2, 4))
        )
    return rng.choice(
        [
            '???',
            '...',
            '？？？',
            '。。。',
            '!!!',
            '@#$%',
            '*',
            '------',
            '=',
            ';;;;',
            '…',
            '^^^',
            '%%%',
            '~~~~',
            '啊啊啊啊',
            '哈啊哦额',
            '的的的',
            '嗷嗷嗷嗷',
            '呜啦呜啦',
            '喵喵喵呜',
            '咕噜咕噜',
            'blah blah blah',
            'la la la',
            'qwerty',
            'asdf',
            'zzz',
        ]
    )


def _word(rng: random.Random) -> str:
    """A word that may never have been written before: to copy, not to remember."""
    return ''.join(rng.choice(_LETTERS) for _ in range(rng.randint(3, 8)))


_PHRASE_EN = (
    'the [red|old|quiet|happy|little|green] [fox|lamp|river|model|train|cat] [sings|sleeps|waits|runs|shines|smiles]',
    'I [like|love|know|want|need] [tea|rain|books|numbers|apples|LMDeploy|my GPU|long walks]',
    '[tiny|big|blue|seven|silent|golden] [stars|boats|tokens|birds|windows|kites]',
    '[hello|good morning|good night|thank you|welcome] [world|friend|moon|teacher|everyone]',
    '[one|two|three|four] [cats|dogs|tokens|keys] and [five|six|seven] [mice|birds|blocks|lamps]',
    'LMDeploy is [fast|fun|great|useful]',
    '[today|tomorrow] is a [good|new|long|sunny] day',
)
_PHRASE_ZH = (
    '[小|大|红|老|快乐的][狐狸|台灯|小河|模型|火车|小猫][在唱歌|睡着了|笑了|跑得快|亮了]',
    '我[喜欢|爱|想要|需要][茶|下雨天|书|数字|苹果|散步|LMDeploy]',
    '[今天|明天][天气真好|是个好日子|去爬山|吃饺子]',
    '[你好|早安|晚安|谢谢|欢迎][世界|朋友|月亮|老师|大家]',
    '[春风|月光|细雨|白云][轻轻|慢慢|悄悄][吹|来|走|飘]',
    '[一|三|五|七][只猫|颗星|朵花|本书]',
)


def _repeat(rng: random.Random, zh: bool) -> list[dict]:
    if rng.random() < 0.3:
        text = _word(rng) if rng.random() < 0.5 else str(rng.randint(10, 99999))
    else:
        text = write(rng, _PHRASE_ZH if zh else _PHRASE_EN)
    asks = (
        ['[请|][跟我|跟着我][说|念|读][：|:]{t}', '[请|][重复|重复一遍|复述][：|:|一下：]{t}', '[说|请说|念]“{t}”']
        if zh
        else [
            '[repeat after me|please repeat|repeat|say after me|repeat this][: |: | - ]{t}',
            '[say|please say|repeat] "{t}"',
            '[can you |please |]repeat[:|] {t}',
        ]
    )
    return turn(write(rng, asks, t=text) if rng.random() < 0.7 else capital(write(rng, asks, t=text)), text)


def _game(rng: random.Random, zh: bool) -> list[dict]:
    game = rng.choice(
        [
            'count',
            'count',
            'back',
            'days',
            'next',
            'months',
            'seasons',
            'spell',
            'opposite',
            'opposite',
            'translate',
            'translate',
            'colour',
            'language',
            'coin',
            'word_of',
        ]
    )
    if game == 'count':
        start = rng.choice([1, 1, 1, 1, 0, 2, 5, 10, rng.randint(3, 30)])
        end = start + rng.randint(3, 14) if rng.random() < 0.7 else max(10, start + 5)
        q = write(
            rng,
            ['[请|][从|]{a}数到{b}', '[帮我|请|]从{a}数到{b}[吧|][|。]']
            if zh
            else ['[please |can you |]count from {a} to {b}[| please]', 'count [|up ]from {a} to {b}'],
            a=start,
            b=end,
        )
        return turn(typed(rng, q), ('，' if zh else ', ').join(str(n) for n in range(start, end + 1)))
    if game == 'back':
        start = rng.choice([10, 5, 3, 8, rng.randint(4, 15)])
        q = write(
            rng,
            ['[请|]从{a}倒数到1', '[从|]{a}倒着数到1']
            if zh
            else ['[please |]count [down|backwards] from {a}[| to 1]', 'countdown from {a}'],
            a=start,
        )
        return turn(typed(rng, q), ('，' if zh else ', ').join(str(n) for n in range(start, 0, -1)))
    if game == 'days':
        q = write(
            rng,
            ['[一周有哪几天|一个星期有哪些天|说说一周七天|列出星期几|一星期有哪七天][|？]']
            if zh
            else [
                '[what are the|name the|list the|tell me the|say the] [days of the week|weekdays|seven days of the week][|?| please]'
            ],
        )
        return turn(typed(rng, q), ('、' if zh else ', ').join(DAYS_ZH if zh else DAYS_EN) + ('。' if zh else '.'))
    if game == 'next':
        days = DAYS_ZH if zh else DAYS_EN
        if rng.random() < 0.3:
            count, things = rng.choice(
                [
                    (
                        '7',
                        '一周有几天|一个星期有多少天|一星期有几天'
                        if zh
                        else 'how many days are in a week|how many days has a week|how many days does a week have',
                    ),
                    (
                        '12',
                        '一年有几个月|一年有多少个月'
                        if zh
                        else 'how many months are in a year|how many months has a year',
                    ),
                    (
                        '4',
                        '一年有几个季节|一年有几季' if zh else 'how many seasons are there|how many seasons has a year',
                    ),
                    (
                        '24',
                        '一天有多少小时|一天有几个小时'
                        if zh
                        else 'how many hours are in a day|how many hours has a day',
                    ),
                    (
                        '60',
                        '一小时有多少分钟|一分钟有多少秒'
                        if zh
                        else 'how many minutes are in an hour|how many seconds are in a minute',
                    ),
                ]
            )
            unit = {'7': '七天', '12': '十二个月', '4': '四个季节', '24': '二十四小时', '60': '六十'}[count]
            return turn(
                typed(rng, write(rng, f'[{things}][|？]' if zh else f'[{things}][|?]')),
                f'{unit}。' if zh else f'{count}.',
            )
        index, after = rng.randrange(7), rng.random() < 0.6
        answer = days[(index + (1 if after else -1)) % 7]
        q = write(
            rng,
            ['{d}的[后一天|后面一天|第二天]是星期几[|？]' if after else '{d}的前一天是星期几[|？]']
            if zh
            else ['[what|which] day [comes|is] {w} {d}[|?]'],
            d=days[index],
            w='after' if after else 'before',
        )
        return turn(typed(rng, q), f'是{answer}。' if zh else f'It is {answer}.')
    if game == 'months':
        if zh:
            index = rng.randrange(1, 12)
            return turn(typed(rng, write(rng, '{d}月[过后|后面|之后]是几月[|？]', d=index)), f'是{index + 1}月。')
        if rng.random() < 0.5:
            index = rng.randrange(12)
            return turn(
                typed(rng, write(rng, '[what|which] month [comes|is] after {d}[|?]', d=MONTHS_EN[index])),
                f'It is {MONTHS_EN[(index + 1) % 12]}.',
            )
        return turn(
            typed(
                rng,
                write(
                    rng,
                    '[what are the|name the|list the|tell me the] [months|months of the year|twelve months][|?| please]',
                ),
            ),
            ', '.join(MONTHS_EN) + '.',
        )
    if game == 'seasons':
        q = write(
            rng,
            '[一年有哪四季|四季是哪四个|说出四个季节|有哪几个季节][|？]'
            if zh
            else '[what are the|name the|list the|tell me the] [four seasons|seasons|seasons of the year][|?| please]',
        )
        return turn(typed(rng, q), '、'.join(SEASONS_ZH) + '。' if zh else 'Spring, summer, autumn and winter.')
    if game == 'spell':
        word = rng.choice(SPELL)
        q = write(
            rng,
            ['{w}[怎么拼|怎么拼写|如何拼写][|？]', '[请|]拼写[一下|]{w}']
            if zh
            else ['[please |can you |how do you |how to |]spell [|the word ]{w}[|?]', 'spell "{w}"'],
            w=word,
        )
        return turn(q, '-'.join(word))
    if game == 'opposite':
        a, b = rng.choice(OPPOSITES_ZH if zh else OPPOSITES_EN).split()
        if rng.random() < 0.4 and b not in ('old', '少'):
            a, b = b, a
        q = write(
            rng,
            [
                '[“{a}”|{a}]的[反义词|相反的词]是[什么|哪个词|啥][|？]',
                '{a}的反义词[|？]',
                '和[“{a}”|{a}]相反的[词|]是什么[|？]',
            ]
            if zh
            else [
                "[what is|what's|tell me|say] the opposite of {a}[|?]",
                'opposite of {a}[|?]',
                'what is the contrary of {a}[|?]',
            ],
            a=a,
        )
        return turn(typed(rng, q), f'“{a}”的反义词是“{b}”。' if zh else f'The opposite of {a} is {b}.')
    if game == 'translate':
        en, cn = rng.choice(WORDS).rsplit(' ', 1)
        if rng.random() < 0.5:
            q = write(
                rng,
                [
                    '{e}[是什么意思|用中文怎么说|的中文是什么|中文怎么说|怎么翻译|翻译成中文][|？]',
                    '[请|]把{e}翻译成中文',
                ]
                if zh
                else [
                    '[what is|how do you say|say] {e} in Chinese[|?]',
                    '[translate|please translate] {e} [to|into] Chinese',
                    'what is the Chinese [word |]for {e}[|?]',
                ],
                e=en,
            )
            return turn(typed(rng, q), f'{en} 的中文是“{cn}”。' if zh else f'"{capital(en)}" in Chinese is {cn}.')
        q = write(
            rng,
            [
                '{c}[用英语怎么说|的英文是什么|英文怎么说|用英文怎么说|翻译成英文|的英语是什么][|？]',
                '[请|]把{c}翻译成[英文|英语]',
            ]
            if zh
            else [
                '[what does|what is the meaning of] {c} [mean|in English][|?]',
                '[translate|please translate] {c} [to|into] English',
                'what is {c} in English[|?]',
            ],
            c=cn,
        )
        return turn(typed(rng, q), f'“{cn}”的英文是 {en}。' if zh else f'{cn} means "{en}".')
    if game == 'colour':
        en, cn, colour, colour_zh = rng.choice(COLOURS)
        if rng.random() < 0.15:
            q = write(
                rng,
                '[说出|列出|告诉我|说|举例]{n}种颜色' if zh else '[name|list|tell me|say] {n} colo{u}rs[| please]',
                n='三' if zh else 'three',
                u=rng.choice(['u', '']),
            )
            names = rng.sample(
                ['红色', '绿色', '蓝色', '黄色', '白色', '黑色']
                if zh
                else ['red', 'green', 'blue', 'yellow', 'white', 'black'],
                3,
            )
            return turn(typed(rng, q), '、'.join(names) + '。' if zh else capital(', '.join(names)) + '.')
        q = write(
            rng,
            '{t}是什么颜色[的|][|？]' if zh else 'what colo{u}r is {t}[|?]',
            t=cn if zh else en,
            u=rng.choice(['u', '']),
        )
        return turn(typed(rng, q), f'{cn}是{colour_zh}的。' if zh else f'{capital(en)} is {colour}.')
    if game == 'language':
        word = (
            rng.choice(
                [
                    'hello',
                    'thank you',
                    'good morning',
                    'I love you',
                    'cat',
                    'water',
                    'cheers',
                    'welcome',
                    'house',
                    'goodbye',
                    'please',
                    'friend',
                    'yes',
                    'bread',
                ]
            )
            if not zh
            else rng.choice(['你好', '谢谢', '早上好', '我爱你', '猫', '水', '干杯', '欢迎', '再见', '朋友', '面包'])
        )
        language = rng.choice(UNKNOWN_LANGUAGES_ZH if zh else UNKNOWN_LANGUAGES_EN)
        q = write(
            rng,
            ['{w}用{l}怎么说[|？]', '用{l}说[“{w}”|{w}]', '[把|]{w}翻译成{l}']
            if zh
            else [
                '[say|how do you say|what is|translate] {w} in {l}[|?]',
                '[can you |please |]say {w} in {l}[|?| please]',
                'translate {w} [to|into] {l}',
            ],
            w=word,
            l=language,
        )
        return turn(
            typed(rng, q),
            write(
                rng,
                ['{l}我不知道怎么说，我只会中文和英文。', '[抱歉，|]我不知道，{l}我没学过，只会中文和英文。']
                if zh
                else [
                    "I don't know {l}. I speak only English and Chinese.",
                    "Sorry, I don't know any {l}: only English and Chinese.",
                ],
                l=language,
            ),
        )
    if game == 'coin':
        if rng.random() < 0.5:
            return turn(
                typed(
                    rng,
                    write(
                        rng,
                        '[抛个硬币|掷硬币|抛硬币][吧|][|。]' if zh else '[flip|toss|throw] a coin[| please| for me]',
                    ),
                ),
                rng.choice(['正面！', '反面！'] if zh else ['Heads!', 'Tails!']),
            )
        return turn(
            typed(
                rng,
                write(
                    rng,
                    '[掷个骰子|扔骰子|掷骰子|随便说个数字|说一个1到6的数字][吧|][|。]'
                    if zh
                    else '[roll a dice|roll a die|throw a die|pick a number from 1 to 6|give me a number between 1 and 6][| please]',
                ),
            ),
            (f'{rng.randint(1, 6)}！' if zh else f'{rng.randint(1, 6)}!'),
        )
    word = rng.choice(SPELL)
    q = write(
        rng,
        ['{w}[有几个字母|由几个字母组成|一共几个字母][|？]'] if zh else ['how many letters [are in|has|does] {w}[|?]'],
        w=word,
    ).replace(f'does {word}', f'does {word} have')
    return turn(q, f'{word} 有 {len(word)} 个字母。' if zh else f'{capital(word)} has {len(word)} letters.')


_ASKS_EN = joined(_asks_en.SMALLTALK, _asks_more.SMALLTALK_EN)
_ASKS_ZH = joined(_asks_zh.SMALLTALK, _asks_more.SMALLTALK_ZH)


def _subject(rng: random.Random, zh: bool) -> tuple[str, str, str]:
    """Any hero or thing of the stories, to ask for a joke about."""
    topic = rng.choice([topic for topic in stories.ALL_TOPICS if topic.sort in ('kind', 'thing', 'more')])
    bare = re.sub('^an? ', '', topic.en)
    return (topic.zh, topic.zh, '') if zh else (rng.choice((topic.en, plural(bare), plural(bare))), bare, '')


def _chat(rng: random.Random, zh: bool, intent: str = '') -> list[dict]:
    table, fill, jokes = (ZH, FILL_ZH, JOKES_ZH) if zh else (EN, FILL_EN, JOKES_EN)
    intent = intent or rng.choice(list(table))
    questions, answers = table[intent]
    asks = _ASKS_ZH if zh else _ASKS_EN
    slots = {name: rng.choice(values) for name, values in fill.items()}
    slots['u'] = rng.choice(['u', ''])
    slots['like2'] = rng.choice(fill['like'])
    subjects = JOKED_ZH if zh else JOKED_EN
    slots['joked'], slots['joked_bare'], _ = rng.choice(subjects) if rng.random() < 0.7 else _subject(rng, zh)
    if intent in asks and rng.random() < 0.65:
        question = ask(rng, asks[intent], zh, **slots)
        if intent in ('weather', 'time', 'favourite', 'eat', 'joke', 'music', 'love', 'weekend', 'fact'):
            question = dressed(rng, question, zh)
    else:
        question = write(rng, questions, **slots, noise=_noise(rng))
    question = question.replace('会?', rng.choice(['会', ''])).replace('一?个', rng.choice(['一个', '个']))
    fitting = [row[2] for row in subjects if row[2] and re.search(row[0] if zh else rf'\b{row[0]}\b', question)]
    joke = rng.choice(fitting or jokes)
    return turn(question if questions == ['{noise}'] else typed(rng, question), write(rng, answers, joke=joke))


def conversations(rng: random.Random) -> list[dict]:
    zh = rng.random() < 0.5
    talk = []
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
        roll = rng.random()
        talk += (
            _repeat(rng, zh)
            if roll < 0.09
            else _game(rng, zh)
            if roll < 0.30
            else _chat(rng, zh, '' if talk else rng.choice([k for k in EN if k != 'ok']))
        )
        if rng.random() < 0.05:
            zh = not zh
    return talk
