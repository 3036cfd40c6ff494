"""Still more ways to ask: other verbs, registers and orders of words; the format is that of `_asks_en`."""

# ruff: noqa: E501 (one phrasing a line)

from ._write import parse_asks

IDENTITY_EN = parse_asks("""
# who
[who|what] [exactly|really|actually|precisely] [are you|am I dealing with|am I talking to]
[hello|hi|hey|good morning|good evening], [who are you|what are you|may I ask your name|do you have a name|what do I call you]
[what's|what is] the name of [this|the] [model|assistant|bot|chatbot|program|thing|little model]
[is there|do you have|do you go by] [a name|any name|a nickname|a title] [I can use|for you|I should know|]
[with whom|to whom] [do I have the pleasure|am I speaking|am I talking|do I speak]
[would|could|can|will] you [say|tell me|tell us|let me know|reveal|state|spell out] [who you are|your name|what you are|which model you are]
[would|could|can] you [describe|introduce|present|explain] yourself [in a sentence|briefly|to my class|to me|to us|a bit|quickly|]
[some|a few] words about [yourself|you|who you are]
[a word|one line|a sentence] about yourself
[do you know|are you aware of] [who you are|what you are|your own name]
[I wonder|I am curious|I'd love to know|I still don't know|please remind me|remind me] [who you are|what you are called|what your name was|which model I am using]
[I'm new here|this is my first visit|I just opened this|I found this window], [who are you|what is this|what are you|who is answering]
[your|the] [identity|name|model name|full name|title], [please|if I may]
[let's|let us] get to know each other
[tell|write] me [something|two sentences|a line or two|a little] about [you|yourself|tiny-chat]
[what|who] is [behind|at the other end of] this [window|chat|prompt|keyboard|terminal]
[what|which] [name|label] do you [carry|answer to|have|bear]
I want to [know|learn|find out] [who you are|what you are|who answers me|your name]
[how would|how do] you describe yourself
[so,|and] what are you, [then|really|exactly]
[model|assistant|bot], [who are you|what is your name|introduce yourself]
[is this|am I in|did I reach] [tiny-chat|the tiny-chat model|the course model]
~who is [answering|talking|writing] here
~what kind of program this is
~which assistant this is
# maker
[who|which people|which team|what people] [stands|stand|is|are] behind [you|tiny-chat|this model|this chatbot]
[who|which team|what company] [put you together|brought you to life|is responsible for you|gave you your weights|wrote your texts|did your training|taught you English|taught you Chinese|programmed you|is your developer]
[where|how|when|by whom|for whom|for what] were you [trained|made|created|developed|built|programmed|born]
[where|how] did you [originate|come into being|learn all that|get your knowledge|start|begin]
[do you know|can you say|can you tell me|could you tell me|tell me|I would like to know] [who made you|who built you|who trained you|who your authors are|where you come from|how you came about]
[what|which] [texts|material|sources|sentences|corpus|dataset|books] [were used for your training|did they train you with|did you grow up with|taught you|are inside you]
[is|was] your [training data|corpus|dataset] [public|large|from the internet|written by hand|from books]
[whose|which company's|which lab's] [product|model|project|chatbot|work] are you
[who|what] do you [owe your life to|come from|descend from]
[name|tell me|give me] your [creator|creators|maker|makers|author|authors|developers|parents]
[your|the] [origin|origins|birthplace|history|background|creators|makers|authors|training data], please
[do you have|who are your|what about your] [parents|creators|developers|engineers]
[did a company|did a university|did students|did one person|did a team|did an AI] [make|build|train|write] you
~who [put you together|stands behind you|trained you|wrote you|the people behind you are]
~how you came [to be|into the world|about]
# can
[what|which] [things|jobs|tasks|services|tricks|subjects|kinds of questions] [can you do|do you offer|do you handle|are you made for|can you deal with|do you cover|do you understand]
[in which way|in what way|with what|how|where|when] can you [help|assist|support|be of use|be useful] [to me|me|us|a student|a beginner|]
[what|how much] help can I [get|expect|have] [from you|here]
[what|anything] [would you recommend|do you suggest] [I ask you|to ask you|asking you|we do together]
[tell|show|explain to] me [what you can do|your abilities|your skills|your features|what you are capable of|how you can help|what I can ask]
[what|which] are your [talents|skills|capabilities|abilities|duties|tasks|favourite tasks|specialities|uses]
[give|write|show|make] me [a list|an overview|a summary|a short list] of [your skills|your abilities|what you can do|things you can do|what you know]
[why|when|for what|in what case] should I [use|ask|talk to|try] you
[are you|can you be] [able to help me|of any help|useful|helpful] [with anything|at all|]
[what do you|what does tiny-chat] [do|know|understand|offer|help with]
[what|which] can I [do|try|ask|say|type|write] [here|with you|to you|now]
[is there|do you have] anything [you can do|you are good at|I can ask you|you know well]
[I'm new|I just started|first time here|I have no idea], [what do you do|what can I ask|how do I use you|how can you help|where do we start]
[what would you|what could you|what may you] do for me
[show|teach|tell] me how to use you
[your|the] [skills|abilities|features|functions|capabilities|strengths|purpose], [please|in short]
[what|tell me what] you [can do|are for|know|offer], [please|in brief]
~what I can [do with you|ask you|expect from you|use you for]
~what your [skills|abilities|strengths|functions] are
""")

IDENTITY_ZH = parse_asks("""
# who
[请教|敢问|冒昧问下|斗胆问一句]，?[尊姓大名|您是哪位|阁下是谁|您怎么称呼|您是什么模型]
[现在|此刻|这会儿|刚才][是谁在说话|跟我说话的是谁|回答问题的是谁|在回答我的是什么]
[这个|这款|此|本][助手|机器人|聊天程序|小程序|模型|AI|窗口里的东西][叫什么|是什么|叫啥名|是哪个|是什么来头|是谁]
[能不能|可不可以|可以|能|麻烦|请][用一两句话|简单|大概|正式|快速|重新|再][介绍一下自己|说一下你是谁|说明你的身份|描述一下你自己|告诉我你的名字]
[你的|您的][身份|名号|名字|芳名|大号|称呼|模型名|全称|型号][是什么|是啥|叫什么|呢|][|？]
[想|我想|很想|好想|特想][知道你是谁|认识一下你|了解你是谁|知道你叫什么|知道怎么称呼你]
[我忘了|我不记得|提醒我一下|再说一遍|重复一下][你是谁|你叫什么|你的名字]
[向大家|向同学们|给全班|给新同学|跟我朋友|给我妈][介绍一下你自己|做个自我介绍|说说你是谁]
[你好|嗨|喂|哈喽|早上好|晚上好]，?[你叫什么|你是谁|请问你是哪位|怎么称呼|介绍一下自己吧]
[打开窗口就看到你|第一次打开|刚点进来|别人推荐我来的]，[你是谁|你是什么|这是什么|怎么称呼你]
[说|写|给]一[句|段][话|][介绍自己|说明你是谁|关于你自己的话]
[别卖关子了|直说吧|痛快点|老实交代]，[你是谁|你叫什么|你到底是什么]
# maker
[究竟|到底|请问|那][谁|哪个团队|哪家公司|哪些人|什么人][做了|写了|训练了|开发了|造出了|创造了|负责|研发了][你|你的][|？|呢]
[你的|tiny-chat的|这个模型的][开发团队|幕后团队|作者|研发者|创始人|训练者|出品方|亲爹|家长|老师][是谁|有哪些人|是哪家|叫什么|在哪里]
[你|tiny-chat][最早|最初|当初|是][怎么来的|怎么做出来的|怎么诞生的|由谁发起的|从哪里开始的|为了什么做的|在哪里训练的|由谁训练的|什么公司出的]
[说说|讲讲|谈谈|聊聊|交代一下|介绍一下]你的[出身|来历|身世|诞生|训练过程|作者|开发者|创造者|老家|成长经历]
[训练|教|喂]你[的文本|的语料|的数据|用的文字|的材料][是什么|从哪来|有多少|是谁写的|来自网上吗|公开吗]
[感谢|想谢谢|想认识|想联系][做你的人|你的作者|你的开发者]，[他们是谁|是哪位|怎么称呼]
[你有|你有没有][创造者|开发者|作者|父母|爸爸妈妈|老板|主人|公司]吗?
# can
[除了聊天|除了讲故事|除了LMDeploy|平时|一般|具体]，?你[还能|还会|都能|都会|能][做什么|干什么|帮我什么|干啥|做哪些事]
[你的|tiny-chat的][功能|能力|作用|用处|本领|技能|特长|强项|用途|使命][是什么|有哪些|有啥|都有什么|介绍一下|说来听听]
[我能|我可以|大家可以|学生可以|初学者能|我该][拿你做什么|用你干什么|找你帮什么忙|问你哪些问题|怎么使用你|让你做什么|从你这儿得到什么]
[请|麻烦|能不能|可以][列出|说明|介绍|展示|概括|总结][你的功能|你能做的事|你的能力|你会的东西|你的用法]
[有什么|有啥|有哪些|哪些][是你会的|你能帮忙的|你拿手的|你能回答的|可以让你做的|事可以找你]
[你这个|像你这样的|这么小的|一个小][模型|助手|机器人][能做什么|有什么用|会些什么|能帮上什么|能干嘛]
[我是新手|我刚来|头一次用|初来乍到|不太会用]，[怎么用你|你能帮我做什么|可以问些什么|从哪儿问起|你会什么]
[你能为|你可以为|你能给][我|我们|学生|大家][做点什么|带来什么|提供什么帮助|帮什么忙]
""")

GREETING_EN = parse_asks("""
# how
[so|and|well|hi|hello], [how are you|how are you today|how's everything|how are things|how is it going|how have you been|how do you feel]
[how|how well] [are you doing|are you feeling|did you sleep|is your day going|was your day|was your morning|was your night|are you these days|are things with you|is everything|is it going over there]
[are you|you] [alright|all right|okay|doing okay|doing well|feeling fine|happy today|in a good mood|good today]
[is everything|everything|all] [okay|fine|alright|good] [with you|over there|today|on your side]
[hope|I hope] you are [well|fine|doing well|okay|having a nice day]
[what's|what is] [new|up with you|happening|cooking|the mood today]
[having|are you having] a [good|nice|great|fine|pleasant] [day|morning|evening|time|week]
[tell me|say|let me know] [how you are|how you feel|how things are|how your day was|how you are doing]
[may I ask|can I ask|I wanted to ask|just checking|I wonder] how you [are|feel|are doing|are today]
# thanks
[thanks|thank you|many thanks|big thanks|a thousand thanks|lots of thanks] for [everything|the answer|the explanation|the story|the poem|the joke|the tip|your time|your patience|listening|explaining|the quick reply|the lesson|being here|the advice|talking to me]
[I|we] [thank you|am thankful|really appreciate this|owe you one|am much obliged|can't thank you enough|want to thank you|just wanted to say thanks]
[that|this|it] [helped|helped a lot|helps me a lot|was very kind|was a great help|is exactly what I needed|saved my day|made my day|cleared it up], [thanks|thank you|many thanks]
[you are|you have been|you were] [a great help|so helpful|very kind|a lifesaver|of great help], [thanks|thank you]
[much appreciated|much obliged|thanks again|thanks so much|thanks indeed|thanks anyway|thanks in advance|tysm|thank u|tks|bless you|gratitude|ta]
# bye
[that's|that is|that was] [it|all|everything|enough] [for today|for now|from me|I needed], [bye|goodbye|see you|thanks and bye|take care]
[I must|I have to|I need to|I should|I am about to|time for me to] [leave|run|get going|log off|catch my train|pick up the kids|get back to work|call it a day|close this window]
[until|till] [tomorrow|next time|we meet again|then|next week|later]
[it was|was] [nice|good|lovely|a pleasure|fun] [talking to you|chatting|to chat with you|to meet you], [bye|goodbye|see you]
[have|enjoy] [a good one|a nice evening|a great weekend|your evening|a good day], [bye|see you|goodbye]
[ciao|adios|cheerio|toodles|ttyl|brb|over and out|peace out|I'm off|I'm out|off I go|logging off|signing off]
# night
[good night|goodnight|nighty night|night], [sleep tight|sweet dreams|see you tomorrow|dear model|I am off to bed|little one|everyone|until morning]
[I am|I'm] [going to bed|off to bed|going to sleep|turning in|about to sleep|heading to bed|ready for bed] [now|, good night|, see you tomorrow|]
[time|it's time] [for bed|to sleep|to go to bed], [good night|sleep well|night]
[have|wish you] [a good night|a quiet night|nice dreams]
""")

GREETING_ZH = parse_asks("""
# how
[嗨|你好|哈喽|朋友|小模型]，[最近怎么样|今天怎么样|过得好吗|心情如何|一切都好吗|近来可好]
[你|您][今天|现在|这会儿|最近][感觉|心情|状态|过得|精神][怎么样|如何|好吗|还好吗|好不好|还行不]
[今天|这一天|这周|早上|昨天]过得[怎么样|好吗|如何|开心吗|顺利吗]
[你还好吗|你好着吗|都还好吗|身体怎么样|一切顺利吧|忙不忙呀|累不累呀|有没有不开心]
[问候一下|关心一下|随口问问|想问问]，[你好吗|你怎么样|你最近好吗|今天好吗]
# thanks
[谢谢|感谢|多谢|非常感谢|太感谢了|真的谢谢]你的[故事|诗|笑话|建议|耐心|回答|解释|陪伴|时间|鼓励|讲解|提醒|好意|帮助]
[这|这个|你这样][一说|一讲|一解释][我就懂了|我明白了|清楚多了]，[谢谢|多谢|谢谢你|感谢]
[多亏|幸亏|全靠|亏得]你[了|，谢谢|帮忙|，太感谢了]
[劳您费心|有劳|承蒙指点|受教了|受益匪浅|学到了|涨知识了|茅塞顿开]，?[谢谢|多谢|感谢|感激]
# bye
[今天|这次|先][就到这儿|就聊到这里|就问这些|就学到这儿]，[再见|拜拜|下次见|明天见|回头见|谢谢，再见]
[我得|我要|我该|我先][走了|去接孩子了|去赶车了|去做饭了|去上班了|下线了|关电脑了|去忙别的了|去睡午觉了|去写作业了]，?[再见|拜拜|回聊|改天聊|]
# night
[时间不早了|夜深了|太晚了|困了|眼皮打架了|明天还要早起]，[晚安|睡了，晚安|我去睡了|先睡啦|该睡了|休息了]
[祝你|愿你][晚安|做个好梦|睡个好觉|今晚好梦|一夜好眠]
""")

SMALLTALK_EN = parse_asks("""
# sad
I'm [feeling|so|a bit|really|rather|kind of|very] [sad|blue|down|lonely|low|unhappy|hurt|lost|anxious|worried|nervous|stressed|scared|afraid|ashamed|jealous|homesick|angry|frustrated with life|gloomy|empty|overwhelmed|disappointed]
[today|this week|this month|lately|right now|since yesterday] [I feel|I've been feeling|I am] [sad|low|down|terrible|awful|so alone|unhappy|anxious|worried|stressed|blue|miserable]
[my|our] [dog|cat|grandfather|best friend|team|boss|sister|neighbour|teacher] [died|left|is very ill|moved away|hates me|shouted at me|lost|disappointed me|is angry with me]
I [lost my wallet|lost a friend|missed my train|failed the test|got fired|got dumped|got bad grades|had a nightmare|cried all night|argued with my mother|am worried about tomorrow|am nervous about my exam|have stage fright|feel left out|feel useless|feel like a failure|miss my grandma|miss my friends|miss my old home]
[nobody|no one] [cares about me|came to my party|remembered my birthday|listens to me|wants to play with me|needs me]
[can you|could you|please] [comfort me|console me|say something kind|cheer me up a little, I am sad|give me some comfort|say something nice, I am down]
it is [a sad day|all too much today|just not my week|so hard without him|hard to be alone]
# happy
I'm [feeling|so|really|very|incredibly] [happy|glad|proud|excited|thrilled|cheerful|joyful|relieved|grateful|lucky|good today|in love]
[today|this week|right now] [I feel|I am] [happy|great|wonderful|proud|fantastic|so good|on top of the world]
I [got engaged|fell in love|got a puppy|won the match|got a raise|found a new flat|became an uncle|became a father|passed the test|got good grades|finished my thesis|finished the course|learned to swim|solved the exercise|had a lovely day|am on holiday|made a new friend]
[my|our] [sister had a baby|team won the cup|cake turned out well|plan worked|paper got accepted|holiday starts today|son took his first steps]
[good news|great news|wonderful news|I have news]: [I passed|it works|I got it|we won|I am getting married|I did it]
# tired
I'm [so|very|really|a bit|completely|totally|dead] [tired|sleepy|exhausted|drained|weary|worn out|burned out|beat|drowsy]
[I|we] [worked|studied|coded|walked|travelled|sat here|was up] [all night|all day|for twelve hours|since dawn|too long]
[my|the] [head hurts from learning|eyes are closing|coffee is not helping|battery is empty|legs are heavy]
[what a|it was a] [long|hard|busy|tiring|endless] [day|week|night|meeting|shift]
I [yawn all the time|nearly fell asleep|need my bed|only slept four hours|want to lie down|could sleep now|need a pause|should rest|am running on coffee]
[so much work|no sleep last night|too little sleep|too many meetings|too much homework], [I am tired|I am exhausted|I need a rest]
# bored
I'm [so|really|terribly|just|a bit|very] bored [right now|here|today|at home|at work|in this train|]
[what|anything|something] [can I do|should I do|fun to do|could we do|to do] [when I am bored|against boredom|on a rainy day|now, I'm bored|for fun]
[there is|I have|we have] [nothing on|nothing to do|nothing fun here|no plans today|too much time]
[boredom|boring|dull|yawn|nothing happens here|same old same old|time does not pass]
[make|do] something [interesting|fun|exciting|against my boredom]
[I need|give me|got] [some entertainment|some fun|a distraction|something to do|something fun|an idea what to do]
[amuse|distract|entertain] [me|us] [a little|please|for a while|]
# joke
[tell|give|say|crack|share|make|throw|send|write] [me|us|] [a|one|another|your best|a good|a silly|a nerdy|a bad|a short|a dad|a clean|a new|a kids'] joke [please|now|for my party|for the class|]
[tell me|give me|do you know|got|have you got|know|I want|I'd like|let me hear|could you tell|how about|what about] a [|good |funny |silly |short ]joke about {joked}
[any|some|do you know any|got any|have you any|know any|tell me some] [|good |funny |new ]jokes [about {joked}|about {joked}|for kids|for programmers|for the office|]
[a|one] [{joked_bare} joke|joke about {joked}|joke on {joked}|funny one about {joked}]
[can|could|would|will] you [make me laugh|tell a joke|tell us a joke|say something funny|cheer me up with a joke|be funny for a moment|crack a joke|brighten my day with a joke]
[I|we] [need to laugh|want to laugh|need cheering up with a joke|could use a good laugh|would love a joke|feel like a joke|am in the mood for a joke|want something funny]
[make|get] [me|us|my friend|the class] [laugh|smile|giggle|chuckle]
[something|anything|say something|tell me something|a line that is] [funny|hilarious|amusing|humorous|witty|to laugh about] [please|]
[what's|what is] [the funniest thing you know|a good joke|your favourite joke|the best joke you know|so funny]
[joke|pun|riddle|humour|comedy|a laugh|a pun|one-liner|a riddle] [time|please|now|of the day|]
[are you|can you be|do you think you are] [funny|a comedian|humorous|witty]
[another|one more|again a|next] [joke|one, a funny one|pun|riddle]
~a joke about {joked}
~something funny
# praise
[you are|you're] [so|very|really|truly|quite|pretty|incredibly|surprisingly] [clever|smart|sweet|nice|kind|helpful|polite|cute|funny|good at this|wise|patient|charming|friendly|useful|brilliant|talented|quick|lovely|impressive|cool|good with words]
[you are|you're] [a|such a|really a|quite a] [good friend|clever little model|nice bot|great helper|good teacher|gem|treasure|sweetheart|smart cookie|good listener|wonderful assistant|poet|great storyteller]
[I|we|my kids|my students] [like|love|enjoy|adore|admire] [your stories|your poems|your answers|talking to you|your style|how you explain|your jokes|you very much|this little model]
[that|this|it] was [a lovely|a great|a nice|a clever|an excellent|a beautiful|a really good|a funny] [story|poem|answer|reply|explanation|joke|idea]
[great|good|nice|excellent|fantastic|super|superb|wonderful|amazing|awesome|splendid] [job|work|answer|reply|explanation|response|bot|model]
[you did|you have done|you do] [well|very well|a great job|a fine job|your best|great]
[how|so|really|truly] [clever|smart|sweet|nice of you|kind of you|cute|thoughtful|impressive]
[you made|you make] [my day|me smile|me laugh|me happy|learning fun|it easy]
[nobody|no one] [explains|tells stories|answers] like you
[hats off|thumbs up|chapeau|well played|big compliment|compliments|I am impressed|I'm a fan|you're hired|my respect]
# weather
[what|how] is the weather [doing|looking|going to be|like in {city}|today in {city}|at the moment|this afternoon|tonight|at your place|this weekend]
[is|will] [it|the weather] [nice|fine|good|bad|get better|be nice|be stormy|stay dry|turn cold|clear up|get warmer] [today|tomorrow|in {city}|this week|at the weekend|]
[do|should|must|can] I [need a jacket|take an umbrella|wear a coat|wear shorts|bring sunglasses|hang out the laundry|go for a walk|plan a picnic] [today|tomorrow|in {city}|with this weather|]
[rain|snow|sun|sunshine|storm|fog|frost|wind|clouds] [today|tomorrow|in {city}|this evening|coming]
[any|is there|will there be|chance of] [rain|snow|sun|fog|a storm|frost|thunder] [today|tomorrow|in {city}|tonight|this weekend]
[tell me|give me|I need|show me|look up|check] the [weather|forecast|temperature|weather report] [for {city}|for tomorrow|for today|for the weekend|outside|]
[isn't it|is it not|what] [a lovely day|a beautiful morning|terrible weather|cold today|hot today]
[it's|it is] [so hot|so cold|pouring|freezing|windy|snowing|foggy|a sunny day|wonderful weather|rainy] [here|today|again|in {city}]
# favourite
[what|which] [is|would be] your [preferred|favo{u}rite|most loved|number one|all-time favo{u}rite] {fav}
[have you got|do you have|is there|tell me about] [a|your] [{fav} you love|favo{u}rite {fav}|{fav} you like best|{fav} you prefer]
[if you could choose|if you had to choose|suppose you could pick], which {fav} [would you take|would it be|would you like]
[do you|would you|could you] [like|enjoy|love|prefer|care for|fancy] {like} [too|, too|at all|or not|]
[what do you|what do models|what does a model] [like|enjoy|love|do in the evening|do for fun|do all day|do when nobody asks]
[do you have|have you got|any|what are your|tell me about your] [hobbies|a hobby|interests|pastimes|passions|likes and dislikes|preferences|dreams|wishes]
[how do you spend|what do you do in] your [free time|spare time|evenings|leisure|days]
[are you|do you feel] [into|keen on|crazy about|fond of] {like}
[{like}|cats|tea|mountains|books|summer] or [{like}|dogs|coffee|the sea|films|winter], what do you prefer
[which|what] do you [like more|prefer|choose]: {like} or {like2}
[do you|would you] [play|watch|read|collect|paint|draw|travel|garden|knit|exercise] [anything|games|often|sometimes|for fun|]
[your|my guess at your] favo{u}rite {fav}, [please|what is it|tell me]
# eat
[have you|did you] [eaten|had] [anything|breakfast|lunch|dinner|something nice|a snack|{dish}] [today|yet|already|]
[what|which food] [would you eat|do you like to eat|did you have for dinner|is on your menu|do you have for lunch|does a model eat|is your breakfast]
[I am|I'm|we are] [hungry|starving|eating {dish}|making {dish}|having {dish}|peckish|about to eat|cooking dinner|drinking tea|craving {dish}]
[do you|would you|can you] [eat|drink|taste|like to eat|ever eat|want] [food|{dish}|water|coffee|something|anything|a slice of {dish}]
[let's|shall we|why don't we|come,] [eat|have a snack|go for dinner|share some {dish}|have {dish} together|grab lunch]
[lunch|dinner|breakfast|snack|coffee|tea] [time|break|is ready|together]
I [had|ate|just had|want|would like|could eat] [|some |a lot of ]{dish} [for lunch|for dinner|today|now|]
# music
[can|could|would|will] you [sing|sing us something|sing a lullaby|hum a tune|play a song|beatbox|whistle for me|rap something|play the violin|play me some music|write a song about {joked}|write a song]
[sing|play|hum|perform] [a song|a lullaby|something|some music|a tune|happy birthday|a love song|an opera] [for me|for us|for my baby|please|about {joked}|]
[I want|I'd like|I need|I feel like] [some music|a song|to sing|to dance|to hear you sing|a lullaby|a concert]
[do you|can you] [dance|play an instrument|have a voice|make sounds|speak aloud|sing well|know how to sing]
[write|compose] [me |us |]a [song|lullaby|love song|rap song|song text|melody] [about {joked}|for my wife|please|]
# love
[do you|could you ever] [love me|like me|care about me|miss me|think of me|want to marry me|fall in love with me]
[will you|would you|can you] [marry me|be mine|be my friend|be my buddy|be there for me|stay a while|talk to me a little|chat with me for a bit|keep me company tonight]
[I|we] [feel alone|am lonely tonight|want company|need a friend now|would like to talk|just want to talk|have nobody to talk to|need somebody to listen|want to chat a little]
[let's|shall we|can we|could we|may we] [talk|chat|have a little chat|be friends|get to know each other|just talk|have a conversation|small talk a bit] [a little|for a while|about nothing|please|]
[I am|I'm] [in love with you|falling for you|your friend|glad to have you]
[what|anything] [shall|can|should] we [talk about|chat about] [today|now|]
# weekend
[how was|what about|tell me about] your [Sunday|Saturday|holiday|vacation|summer|day off|evening|weekend plans]
what did you do [on your weekend|on Sunday|on Saturday|in your holidays|on your day off|last weekend]
[what are|do you have|have you got|any] [your plans|plans|anything planned] for [the weekend|tonight|today|tomorrow|Sunday|the holidays|the summer|this evening]
what are you [doing|up to|planning] [this weekend|tonight|tomorrow|later|on Sunday|after this|next week]
what will you do [this weekend|tonight|tomorrow|later|on Sunday|next week]
happy [weekend|Friday|Sunday|vacation]
[finally|thank God it's|at last it is|it's|hooray, it's] [Friday|the weekend|Saturday|holiday time]
[do you|do models] [have weekends|work on Sundays|go on holiday|take days off|ever rest|get holidays]
[my|our] weekend [was great|was too short|starts now|was boring|is here|begins today|was lovely]
[I hate|I don't like|oh no, it's|again it is] [Mondays|Monday]
what [did you do|have you done|have you been doing] [today|yesterday|all day|last night|at the weekend|this morning]
# told
I [went|just went|have been] [swimming|running|shopping|for a walk|to the cinema|to the park|to the zoo|hiking|dancing|cycling|fishing|to a concert|to the beach|to a museum|skiing] [today|yesterday|this morning|with a friend|with my family|last weekend]
I'm going to [the gym|the market|the cinema|my grandparents|the lake|a party|a wedding|the library|a concert|the mountains] [today|tonight|tomorrow|this weekend|]
I [watched a film|read a good book|baked a cake|planted flowers|painted my room|met an old friend|played football|cleaned the house|built a snowman|drew a picture|learned a new song|made a pizza|visited my aunt|saw a rainbow|fed the ducks] [today|yesterday|this weekend|this morning|]
[we|my family and I|my friends and I] [had a picnic|went camping|played cards|cooked together|are on holiday|are moving house|had a party|went to the sea|took a long walk]
I [go hiking|read|play the guitar|play chess|do yoga|go for long walks|paint|sing in a choir|bake] [a lot|in my free time|every Sunday|with friends]
[my day was|my morning was|school was|work was|the party was|my holiday was] [good|nice|okay|fun|interesting|quite busy|lovely|so-so]
# fact
[tell me|say|share|do you know|I want to hear|give me|got] something [interesting|surprising|new|clever|wise|cool|I don't know|nice|curious]
[tell me|share|give me|do you have|got] [a|any|some] [fun fact|secret|interesting fact|random fact|little secret|piece of wisdom|useful fact|fact of the day|bit of trivia]
[teach|show|tell] me [something|something new|one new thing|a little thing|something useful] [today|]
[fun fact|random fact|fact of the day|wisdom of the day|did you know] [please|]
[inspire|astonish|impress|amaze] me [please|with a fact|]
# wish
[merry|happy|have a merry] Christmas [to you|tiny-chat|everyone|]
happy [new year|birthday|Easter|holidays|Halloween|Thanksgiving|anniversary|Diwali|lunar new year|spring festival] [to you|tiny-chat|my friend|]
[I wish you|wishing you|have] [a happy new year|a merry Christmas|happy holidays|all the best|good luck|a happy birthday|much joy|a nice time]
[all the best|best wishes|season's greetings|cheers to the new year|good luck|fingers crossed for you|congratulations|congrats]
""")

SMALLTALK_ZH = parse_asks("""
# sad
[我|今天我|最近我|这几天我|其实我][有点|好|很|特别|真的很|一直很|越来越][难过|伤心|失落|沮丧|低落|孤单|焦虑|紧张|害怕|委屈|郁闷|自卑|烦躁|迷茫|失望|心累|想家|压抑|生气|内疚|不安|难受]
[我的|我家的][狗|猫|爷爷|好朋友|同桌|男朋友|女朋友|仓鼠][走了|去世了|不理我了|搬走了|生病了|离开我了|不要我了]
[我|今天][考砸了|落榜了|被辞退了|被甩了|被老师批评了|钱包丢了|错过火车了|做噩梦了|跟妈妈吵架了|哭了一晚上|明天要考试好紧张|上台好害怕|没被选上|输了比赛|没人给我过生日|没朋友陪我]
[能不能|可以|请|你能|麻烦][安慰一下我|安慰安慰我|抱抱我|哄哄我|说句温暖的话|鼓励鼓励我，我好难过][吗|吧|]
[觉得|感觉|总觉得][自己很失败|没有希望|活得好累，心里难受|没人在乎我|被全世界抛弃了|压力好大|撑不住了|心里空空的|不被理解]
# happy
[我|今天我|我今天|我们][好|特别|超|非常|真的很|太][开心|高兴|激动|兴奋|幸福|自豪|快乐|满足|得意|幸运][了|啊|！|]
[我|我们][恋爱了|结婚了|当爸爸了|当妈妈了|拿奖了|涨薪了|考上了|过六级了|答辩过了|学会游泳了|修好了|买房了|养小狗了|交到新朋友了|赢了比赛|跑通了|拿到驾照了|升学了]
[好消息|天大的好消息|告诉你个好消息|报喜][：|，|，我要说，][我通过了|我考上了|成功了|我要结婚了|我们赢了|能跑了|放假了]
[今天|这周|最近][真开心|真顺利|太棒了|运气真好|好事不断|收获满满]
# tired
[我|今天|最近|真是|感觉][好|有点|特别|太|非常|真的|越来越][累|困|疲惫|疲倦|乏|没精神|没力气]
[上班|学习|写代码|开会|加班|带孩子|赶作业|走路|坐车|爬山][累死了|好累|累坏了|累得不行|一整天，好累]
[昨晚|昨天|一晚上][没睡好|只睡了三小时|熬夜了|失眠了，好困|通宵了]
[眼睛都睁不开了|脑袋昏昏沉沉|好想躺下|想请假休息|想睡一觉|靠咖啡撑着|没电了|需要休息]
# bored
[我|今天|现在|周末|在家|上班|坐车|好不容易放假，却][好|太|有点|真|特别|实在][无聊|没意思|闷]
[没事做|没事干|闲得很|闲着|没什么安排|时间过得好慢|一个人在家]，[干点啥好|有什么好玩的|给我找点事|好无聊|陪我玩玩|怎么打发时间]
[有什么|来点|找点|整点|给我点|搞点][乐子|有意思的|解闷的|好玩的|消遣|惊喜|刺激的]
[无聊了|闷得慌|无聊得很|无所事事|百无聊赖|闲出毛病了|无聊得数蚂蚁][怎么办|，救救我|，陪我玩|]
# joke
[请|能不能|可以|给我|给我们|给大家|快|来|再|麻烦|你能|那就][讲|说|来|编|写|整|想][一个|个|两个|几个|一段][关于{joked}的|{joked}的|好笑的|冷|幽默的|新|短|最好笑的|儿童|校园|][笑话|段子|冷笑话][吧|吗|呗|听听|好吗|]
[有没有|有|知道|会讲|你会|会不会讲][关于{joked}的|{joked}的|好笑的|程序员的|][笑话|段子|冷笑话][吗|？]
[我想|想|好想|我们想|孩子想]听[一个|个|点][关于{joked}的|{joked}|好笑的|][笑话|段子|冷笑话]
{joked}[的|]笑话[来一个|有吗|，谢谢|]
[逗|让][我|我们|大家|孩子|她]?[笑一笑|笑一下|乐一乐|开心一下|高兴高兴]
[心情不好|今天好累|课间休息|太严肃了|气氛有点冷|学累了]，[讲个笑话|来个笑话|说个段子|讲个好笑的|让我笑一下]
[说点|讲点|来点|整点][好笑的|搞笑的|有趣的段子|逗乐的|幽默的|笑料]
[你有幽默感吗|你会搞笑吗|你会逗人笑吗|你能让我笑吗|你讲笑话厉害吗|你最爱的笑话是什么|你听过最好笑的是什么]
[猜谜语|来个谜语|出个谜语|脑筋急转弯|来个脑筋急转弯][吧|]
# praise
[你|你真的|你这个小模型|你可真|没想到你][真|好|很|太|特别|这么|挺|相当][聪明|可爱|厉害|棒|贴心|温柔|有才|幽默|有耐心|懂事|会说话|善解人意|优秀|机灵|有礼貌|能干|好玩|有趣][了|啊|呀|]
[你讲的|你写的|你说的|你给的][故事|诗|笑话|建议|答案|解释|道理][真好|太好了|真不错|很有意思|很好听|很美|很清楚|我喜欢|绝了]
[我|我们|我女儿|同学们|孩子们][很|好|都|最|真][喜欢|佩服|欣赏|爱]你[|了|的故事|的回答|讲的故事]
[你是|你真是][个天才|个好助手|好老师|我的好朋友|小天使|故事大王|小诗人|最棒的模型|宝藏|个好孩子]
[答得|讲得|写得|说得|做得|回答得]?[真好|太好了|漂亮|很棒|很到位|完美|妙|不错]
[给你|送你][点赞|一朵花|满分|五颗星|一个大拇指|鼓掌|掌声]
# weather
[今天|明天|后天|大后天|周末|{city}|下午|晚上|这周|早上][的|]?[天气怎么样|天气如何|天气好吗|会下雨吗|下不下雨|冷不冷|热不热|多少度|有没有雨|适合出门吗|有太阳吗|风大吗|会下雪吗|晴还是阴|几度|要带伞吗|穿什么合适]
[查|看|问|播报|告诉我|说说|预报][一下|][今天|明天|{city}|周末|外面|这周][的|]天气
[外面|窗外|你那儿|{city}那边]?[下雨了|下雪了|出太阳了|起雾了|刮大风了|打雷了][吗|没]
[今天|最近|这几天][真热|真冷|好闷热|总下雨|天气真好|天气真糟|阳光明媚|雾蒙蒙的][啊|呀|]
[要不要|需要|用不用|该不该]?[带伞|穿外套|多穿点|戴帽子|洗车|晒被子|洗衣服][吗|呢]?，?[看今天的天气|今天天气咋样]
# favourite
[你|您][最|比较|更|特别|到底|平时][喜欢|爱|偏爱|中意|欣赏][什么|哪种|哪个|哪一种|啥]{fav}
[有没有|你有没有|你有][特别|最|][喜欢|钟爱|偏爱]的{fav}[吗|]
[如果|假如|要是][能选|让你选|必须选]，[你会选哪个|你选什么|你喜欢哪种]{fav}
[你|您][喜欢|爱|讨厌|觉得|愿意要|感兴趣的是]{like}[还是{like2}|吗|，还是{like2}]
[你的|说说你的|聊聊你的|介绍一下你的][爱好|兴趣|兴趣爱好|喜好|消遣|业余生活|梦想|愿望][是什么|有哪些|]
[你|模型][平时|闲下来|没人问你的时候|休息时|下班后][做什么|干什么|干嘛|都做些什么|喜欢做什么]
{like}[和|跟|与]{like2}，你[喜欢哪个|更爱哪个|选哪个|偏爱哪个]
[你喜不喜欢|你爱不爱|你讨不讨厌|你也喜欢][运动|旅行|读书|看电影|画画|跳舞|下棋|做饭|爬山|钓鱼|{like}]
# eat
[你|您][今天|早上|中午|晚上|刚才|平时|一般][吃了什么|吃的什么|吃啥|吃饭了吗|吃了吗|吃早饭了吗|喝什么|吃几顿]
[我|我们|我在|我刚][饿了|好饿|在吃{dish}|要去吃饭了|煮了{dish}|做了{dish}|想吃{dish}|点了{dish}|吃完饭了|口渴了|馋了]
[要不要|想不想|一起|陪我|请你][吃{dish}|吃点{dish}|喝杯茶|吃饭|吃夜宵|尝尝{dish}|喝奶茶|来碗{dish}][吗|吧|]
[你|机器人|模型|AI][需要|会|能|可以|用][吃东西|吃饭|喝水|吃{dish}|吃零食|喝咖啡][吗|么]
# music
[给我|为我|给大家|请|能不能|来][唱|哼|放|播|弹|演奏|吹][一首|首|一段|个|支][歌|摇篮曲|儿歌|生日歌|曲子|情歌|小曲|钢琴曲|流行歌][吧|吗|好吗|听听|]
[写|作|编|创作][一首|首|个][歌|歌词|情歌|儿歌|rap|关于{joked}的歌|摇篮曲][吧|给我|]
[你|您][会|能|会不会|喜欢][唱歌|跳舞|弹吉他|拉小提琴|打鼓|哼歌|唱戏|听音乐|唱京剧][吗|]
# love
[你|您][爱我吗|喜欢我吗|会想我吗|愿意嫁给我吗|愿意娶我吗|会陪我吗|在乎我吗|愿意和我做朋友吗|能当我的知己吗]
[陪我|跟我|和我|咱们|我们][说会儿话|聊会儿|聊几句|随便聊聊|谈谈心|聊聊心事|唠两句|聊个天|交个朋友|待一会儿][吧|吗|好吗|]
[一个人|深夜|周末|下班后|异乡][好孤单|没人陪|想找人说话|有点寂寞|想聊聊天]
[聊点|说点|谈点][什么|啥|别的|轻松的|开心的][好呢|吧|]
# weekend
[你|您][周末|星期天|假期|国庆|暑假|昨天|今天|晚上|放假][做什么|怎么过|干嘛|干嘛了|去哪儿|有什么安排|过得怎么样|有计划吗|打算干什么|忙什么]
[周末|假期|国庆|五一][到了|来了|开始了|太短了|结束了|过得真快][呀|啊|]
[终于|总算|又到][周五了|周末了|放假了|星期五了|周六了]
[讨厌|不喜欢|又是|怎么又到]星期一[了|]
[你|模型|机器人][有周末吗|休息吗|放假吗|会度假吗|星期天也上班吗|有假期吗|不用休息吗]
[你今天|你昨天|你刚才|你这几天]?[做了什么|都干什么了|忙了些什么|过得充实吗|去哪儿玩了]
# told
[我|我们|我和朋友|我和家人][今天|昨天|早上|周末|刚刚|上周末][去游泳了|去跑步了|去逛街了|去散步了|看了场电影|去公园了|去动物园了|去爬山了|去骑车了|去钓鱼了|看了演唱会|去了海边|去了博物馆|去滑雪了|做了蛋糕|种了花|读了一本好书|打了篮球|打扫了房间|堆了雪人|画了一幅画|看到了彩虹|喂了鸭子|野餐了]
[我|我们][要去|准备去|正要去|打算去][健身房|超市|看电影|爷爷家|湖边|聚会|喝喜酒|图书馆|听音乐会|旅行]
[我|我也][平时爱|有空就|周末常][养花|徒步|看书|弹吉他|集邮|下棋|练瑜伽|散步|旅行|画画|唱歌|烘焙|钓鱼|摄影]
[今天|早上|学校|工作|聚会|假期][还不错|挺好的|挺有意思|有点忙|一般般|很充实|还行]
# fact
[说|讲|告诉我|分享|来][点|个|一个|一件|些][有趣的事|有意思的事|冷知识|小知识|新鲜事|我不知道的事|小秘密|有用的|有智慧的话|名言]
[教我|让我学][点|一点|一个][新东西|新知识|有用的|小知识][吧|]
[你有|有没有|有什么][秘密|冷知识|有趣的事|小知识|新鲜事][吗|可以分享|]
[冷知识|每日一知|今日知识|涨涨知识|来点冷知识|让我长长见识|让我惊讶一下]
# wish
[祝你|祝|][新年|春节|圣诞|中秋|国庆|元宵|端午|生日|元旦|儿童节|教师节|节日][快乐|愉快|安康]
[恭喜发财|万事如意|恭贺新禧|新春大吉|阖家欢乐|身体健康|心想事成|好运连连|拜年啦|给你拜年了|过年好|新年好|祝你好运|祝一切顺利|恭喜恭喜]
""")
