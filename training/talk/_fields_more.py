"""More fields that tiny-chat knows nothing of, and more shapes of questions; see `_fields`."""

# ruff: noqa: E501 (tables of words)

from ._fields import _split

EN = {
    'company': (
        _split(
            """Apple|Toyota|Samsung|Sony|Nestle|Ikea|Siemens|Volkswagen|BMW|Boeing|Airbus|Intel|AMD|IBM|Nokia|Huawei|Alibaba|Tencent|Baidu|ByteDance|Starbucks|McDonald's|Coca-Cola|Pepsi|Nike|Adidas|Zara|H&M|Lego|Disney|Netflix the company|Spotify the company|Shell|BP|Philips|Bosch|Lufthansa|Ryanair|DHL|FedEx|Walmart|Aldi|Tesco|Rolex|Ferrari|Porsche|Honda|Hyundai|Foxconn|TSMC|Oracle the company|SAP the company|Uber the company|Xiaomi|Lenovo|Dell|Canon|Nintendo|Goldman Sachs|Deutsche Bank"""
        ),
        _split(
            """who is the CEO of {x}|who founded {x}|when was {x} founded|where is the headquarters of {x}|how many people work at {x}|how much money does {x} make|what does {x} sell|who owns {x}|what is the share price of {x}|is {x} hiring|what is the slogan of {x}|is {x} bigger than {y}|who is the main rival of {x}|what is the phone number of {x}|how do I complain to {x}|is {x} a good employer|what was the first product of {x}|why is {x} called {x}|did {x} buy {y}|which country is {x} from|what's new at {x}|should I work for {x}|has {x} made a profit this year"""
        ),
    ),
    'live': (
        _split(
            """the train to Munich|flight LH 454|the traffic on the ring road|my parcel|the queue at the bank|the air quality|the water level of the river|the petrol price|the exchange rate|the stock market|the football match|the election|the power cut in my street|the concert tonight|the cinema programme|the lottery draw|the pollen count|the ski slopes|the ferry|the bus to the airport|my bank account|my email inbox|my calendar|my doctor's appointment|the strike|the storm in Florida|the earthquake in Japan|the wildfire|the roadworks|the ticket sale|the tram number 5|the museum|the supermarket round the corner|the nearest pharmacy|the library on Main Street|the swimming pool|the trending videos|today's headlines|the charts|the gold price"""
        ),
        _split(
            """what is the status of {x}|how is {x} right now|check {x} for me|give me an update on {x}|any news about {x}|what does {x} look like today|is there a delay with {x}|is {x} open today|when does {x} open|when does {x} close|when does {x} start|how long does {x} still take|what's going on with {x}|look up {x}|could you look at {x} for me|tell me the latest on {x}|is {x} still on|what about {x} today|how much is {x} right now|has {x} changed since yesterday|remind me about {x} at six|notify me when {x} changes|where is {x} at the moment|what did they say about {x} on the radio"""
        ),
    ),
    'job': (
        _split(
            """pilot|nurse|lawyer|plumber|electrician|carpenter|teacher in Finland|surgeon|dentist|vet|pharmacist|psychologist|judge|police officer|firefighter|soldier|chef|waiter|baker|butcher|hairdresser|model in Milan|actor|film director|journalist|photographer|translator|librarian|architect|civil engineer|truck driver|taxi driver|flight attendant|sailor|fisherman|farmer|gardener|astronaut|professor|accountant|banker|estate agent|insurance agent|salesman|football coach|referee|DJ|influencer|politician|diplomat|priest|undertaker|detective|spy"""
        ),
        _split(
            """how much does a {x} earn|how do I become a {x}|what does a {x} do all day|what should I study to be a {x}|is it hard to become a {x}|is {x} a good job|how many hours does a {x} work|where can I work as a {x}|do I need a degree to be a {x}|at what age does a {x} retire|what does a {x} wear|what tools does a {x} use|who was the first {x}|is there a shortage of {x}s|should I become a {x} or a {y}|write an application as a {x}|how do I find a good {x}|how much does it cost to hire a {x}|do you know a good {x}|can you recommend a {x} near me|what is the salary of a {x}"""
        ),
    ),
    'pets': (
        _split(
            """hamster|guinea pig|rabbit|goldfish|parrot|budgie|canary|turtle|iguana|snake|tarantula|ferret|puppy|old dog|kitten|tomcat|pony|horse|donkey|goat|sheep|cow|pig|chicken|duck|goose|alpaca|bee colony|dachshund|poodle|husky|labrador|Persian cat|betta fish|axolotl|gecko|hedgehog|mouse|rat|chinchilla"""
        ),
        _split(
            """what does a {x} eat|how often should I feed my {x}|how long does a {x} live|how old can a {x} get|can my {x} eat chocolate|can my {x} eat apples|why does my {x} scratch itself|why is my {x} so quiet|why does my {x} not eat|my {x} is ill|my {x} ran away|how do I train my {x}|how do I wash a {x}|how much is a {x}|how many babies does a {x} have|does a {x} bite|does a {x} sleep at night|is a {x} good for children|can I keep a {x} with a {y}|what is the Latin name of the {x}|how big does a {x} grow|how do I build a cage for a {x}|what sound does a {x} make|how fast is a {x}|should I get a {x} or a {y}|which vaccines does a {x} need"""
        ),
    ),
    'words': (
        _split(
            """serendipity|ubiquitous|ephemeral|melancholy|quintessential|nostalgia|obfuscate|pragmatic|petrichor|conundrum|paradox|irony|metaphor|alliteration|onomatopoeia|hyperbole|oxymoron|euphemism|subjunctive|gerund|preposition|zeitgeist|schadenfreude|deja vu|carpe diem|status quo|et cetera|RSVP|quarantine|boycott|muscle|salary|Thursday|July|penultimate|sycophant|gobbledygook|flabbergasted|discombobulated|rhythm|knight|colonel|queue|lieutenant|Worcestershire"""
        ),
        _split(
            """what does the word "{x}" mean|what does "{x}" mean|what is the meaning of the word {x}|give me a synonym for {x}|use {x} in a sentence|where does the word {x} come from|what is the etymology of {x}|how do you pronounce {x}|what is the plural of {x}|which word rhymes with {x}|is {x} a noun or a verb|what is the adjective of {x}|what is the past tense of {x}|who first used the word {x}|is {x} a German word|how many syllables has {x}|is it {x} or {y}|what's another word for {x}|define the term {x}|when do I use {x}|is {x} formal|what's the difference in meaning between {x} and {y}"""
        ),
    ),
    'translate': (
        _split(
            """I miss you|where is the bathroom|the bill, please|happy birthday, grandma|I am allergic to nuts|nice to meet you all|how much does it cost|see you next summer|my hovercraft is full of eels|congratulations on your wedding|I would like a room with a view|we are lost|can you help me carry this|no smoking|the train is late again|do you have a vegetarian dish|call an ambulance|I love this song|what a beautiful view|have a safe trip|the cat is on the roof|time heals all wounds|practice makes perfect|the early bird catches the worm"""
        ),
        _split(
            """how do you say "{x}" in French|how would I say "{x}" in Spanish|translate "{x}" into German|translate into Italian: {x}|translate to Japanese: {x}|what is "{x}" in Russian|what's "{x}" in Korean|say "{x}" in Portuguese|put "{x}" into Latin|"{x}" in Arabic, please|I need "{x}" in Turkish|could you translate "{x}" to Dutch|please write "{x}" in Hindi|what would a Swede say for "{x}"|give me the Polish for "{x}"|is "{x}" the same in Greek"""
        ),
    ),
    'units': (
        _split(
            """5 miles|100 Fahrenheit|12 inches|3 pounds|2 gallons|10 acres|6 feet|40 knots|8 ounces|1 light year|500 calories|20 square metres|7 stone|60 mph|3 cups of flour|250 ml|1 horsepower|90 days in hours|30 degrees Celsius|1000 yen|50 dollars|80 euros|25 pounds sterling|200 yuan|1 bitcoin|15 per cent of 340|three quarters of 96|a dozen dozens"""
        ),
        _split(
            """convert {x}|what is {x} in metric|how much is {x} in other units|how many kilometres are {x}|how many grams is {x}|how many litres is {x}|turn {x} into SI units|{x} in centimetres|{x} in kilos|{x} in euros|how much is {x} in dollars|is {x} more than {y}|how heavy is {x}|how far is {x}|how long is {x}|calculate {x} for me|what does {x} equal|work out {x}"""
        ),
    ),
    'firsts': (
        _split(
            """walk on the moon|climb Mount Everest|fly across the Atlantic|reach the South Pole|sail around the world|swim the English Channel|win a Nobel Prize|run a marathon under two hours|dive to the deepest sea|cross the Sahara|discover America|invent the telephone|build a car|make a film|print a book|split the atom|transplant a heart|send an email|drink coffee|ride a horse|tame a wolf|paint in oil|make paper|grow rice|use money|wear trousers|ski down a mountain|travel into space|break the sound barrier|rule all of Europe|write an opera|cook an egg"""
        ),
        _split(
            """who was the first to {x}|who was the first person to {x}|who was the first woman to {x}|when did somebody first {x}|why did people {x}|how did people {x} in the old days|how many people {x} every year|how long does it take to {x}|is it dangerous to {x}|where can one {x}|who else tried to {x}|in what year did someone {x} for the first time|what do you need to {x}|how old was the youngest person to {x}|has anybody ever managed to {x} alone|did the Chinese {x} first|what was it like to {x}|who taught people to {x}|what country was first to {x}"""
        ),
    ),
    'superlative': (
        _split(
            """tallest building|longest river|deepest lake|highest waterfall|largest desert|smallest country|oldest university|richest man|fastest car|biggest ship|largest animal|smallest bird|most poisonous snake|longest bridge|biggest city|coldest place|hottest place|most expensive painting|most sold book|most watched film|hardest metal|brightest star|nearest star|largest planet|oldest tree|loudest animal|most spoken language|largest stadium|biggest airport|busiest port|rarest stamp|spiciest pepper|largest library|longest wall|most popular song|strongest man|oldest person alive|smallest bone in the body|biggest ocean|fastest train"""
        ),
        _split(
            """what is the {x} in the world|what's the {x}|which is the {x}|name the {x}|where is the {x}|how big is the {x}|do you know the {x}|tell me the {x}|the {x} in Europe, what is it|what is the {x} of Asia|which is the second {x}|who owns the {x}|when was the {x} discovered|I need the {x} for a quiz|quiz question: the {x}|what used to be the {x}|is it true that the {x} is in China|list the top ten after the {x}|how do they measure the {x}|since when is it the {x}|what comes after the {x}|guess the {x}"""
        ),
    ),
    'belief': (
        _split(
            """Thor|Odin|Apollo|Athena|Poseidon|Anubis|Ra|Shiva|Ganesha|the Buddha|Moses|Noah|Abraham|Saint Nicholas|the Easter Bunny|the tooth fairy|Ramadan|Diwali|Easter|Hanukkah|Halloween|Thanksgiving|Saint Patrick's Day|Carnival|the Day of the Dead|the Dragon Boat Festival|Chinese New Year|Labour Day|Bastille Day|the Fourth of July|karma|heaven|reincarnation|astrology|my horoscope|Leo and Virgo|tarot cards|feng shui|the yeti legend|the Loch Ness monster|Atlantis|UFOs|the Bermuda Triangle|vampires|werewolves|the minotaur|the Odyssey|the Nibelungs|the Koran|the Bible"""
        ),
        _split(
            """who is {x}|what is {x}|do you believe in {x}|is {x} real|does {x} exist|when is {x} this year|why do people celebrate {x}|what do people eat at {x}|where does {x} come from|what is the origin of {x}|what does {x} say about love|what is the meaning of {x}|tell me the legend of {x}|explain {x} to a child|how old is {x}|how is {x} celebrated|which religion has {x}|how many people believe in {x}|is there proof of {x}|what are the symbols of {x}|is {x} older than {y}"""
        ),
    ),
    'future': (
        _split(
            """robots take over the world|people live on Mars|the ice caps melt|cars fly|the dollar fall|house prices drop|I become rich|I find true love|my team win the cup|it be a cold winter|there be another pandemic|there be a war|AI replace teachers|AI replace programmers|cash disappear|we meet aliens|the sun burn out|the oil run out|cancer be cured|people live to 150|the president resign|my boss promote me|the train be late tomorrow|school be cancelled|the price of eggs rise|the new phone be good|the next film be better|the earth stop turning|paper books disappear|we speak one language"""
        ),
        _split(
            """will {x}|when will {x}|do you think {x} is going to happen: will {x}|how likely is it: will {x}|tell me, will {x}|predict this: will {x}|in your view, will {x}|what happens if some day {x}|give me the odds that {x}|could it be that some day {x}|in which year will {x}|will {x} before 2050|ask the crystal ball: will {x}|I worry: will {x}|everyone asks whether {x} soon|would you bet on it: will {x}|experts say no, but will {x}|how soon will {x}|is it possible that one day {x}"""
        ),
    ),
    'writing': (
        _split(
            """an email to my landlord|a cover letter|a resignation letter|a wedding speech|my CV|a screenplay|an essay on honesty|a product description|a tweet|a blog post about travel|a press release|a book report|a newspaper article|a term paper|my thesis|a business plan|a marketing slogan|a job advert|an invitation to a party|a complaint to the airline|a recommendation letter|a eulogy|a love letter to my wife|a thank-you note to my aunt|a political speech|a legal contract|meeting minutes|a LinkedIn profile|a dating profile|a restaurant review|a novel of 300 pages|a rap|a crossword|a quiz about Europe|a lesson plan for biology|a workout plan|a diet plan|a travel itinerary|a shopping list for a week|a spreadsheet of my costs"""
        ),
        _split(
            """write {x}|please write {x}|draft {x}|can you write {x}|could you draft {x} for me|help me write {x}|I need {x}|compose {x} for me|create {x}|generate {x}|make me {x}|prepare {x}|improve {x}|proofread {x}|rewrite {x} in a formal tone|give me a template for {x}|how do I start {x}|what belongs into {x}|would you mind writing {x}|check {x} for mistakes|shorten {x}|I have to hand in {x} tomorrow"""
        ),
    ),
    'why': (
        _split(
            """cats purr|onions make us cry|we yawn|leaves fall in autumn|birds fly south|ships float|the sun shines|stars twinkle|ice floats|bread rises|popcorn pops|dogs wag their tails|zebras have stripes|flamingos are pink|bees make honey|we dream|we get goosebumps|hair turns grey|people snore|babies cry|the moon changes its shape|the sky turns red in the evening|metal rusts|glass breaks|balloons burst|magnets attract iron|planes leave white trails|mosquitoes bite|salt melts ice|wine turns sour|milk turns sour|clocks go clockwise|people shake hands|we drive on the right|the Tower of Pisa leans|dinosaurs died out|the Titanic sank|Rome fell|volcanoes erupt|rivers bend|waves break|cheese has holes|apples turn brown|feet swell in the heat|men have beards|tea calms us"""
        ),
        _split(
            """why is it that {x}|how come {x}|do you know why {x}|can you explain why {x}|what is the reason that {x}|tell me why {x}|my child asks why {x}|explain to a five-year-old why {x}|what makes it so that {x}|since when do we know why {x}|is it true that {x}|who found out why {x}|is there a reason that {x}|nobody can tell me why {x}|I always wondered why {x}|in one sentence: why is it that {x}|how do scientists explain that {x}|what would happen if it were not so that {x}|when is it that {x}|where does it come from that {x}"""
        ),
    ),
    'literature': (
        _split(
            """the Iliad|the Divine Comedy|Don Quixote|the Canterbury Tales|the poem "The Raven"|the poem "If"|Faust|the story of Noah|the story of King Midas|the fable of the ant and the cicada|Cinderella|Snow White|Little Red Riding Hood|Peter Pan|Pinocchio|The Jungle Book|Treasure Island|Winnie the Pooh|the oldest poem in the world|the longest novel|the first fairy tale|haiku as a form|the sonnet form|the Brothers Grimm|Aesop|Andersen|the epic of Gilgamesh|the Arabian Nights|the poem by Goethe about the Erlking|Shakespeare's sonnets"""
        ),
        _split(
            """who wrote {x}|who is the author of {x}|when was {x} written|what is {x}|in which language is {x}|how long is {x}|what happens in {x}|summarise {x}|what is the moral of {x}|quote the first line of {x}|recite {x}|analyse {x}|interpret {x}|how many characters are in {x}|how many lines has {x}|where does {x} take place|what rhyme scheme does {x} have|is {x} a true story|why is {x} so famous|I have to read {x} for school, what is it about|who translated {x}|what is the history of {x}"""
        ),
    ),
}
ZH = {
    '公司': (
        _split(
            """苹果公司|丰田|三星|索尼|雀巢|宜家|西门子|大众汽车|宝马|波音|空客|英特尔|诺基亚|华为|阿里巴巴|腾讯公司|百度公司|字节跳动|星巴克|麦当劳|肯德基|可口可乐|耐克|阿迪达斯|优衣库|乐高|迪士尼|海尔|格力|美的|比亚迪|蔚来|小米|联想|戴尔|任天堂|台积电|中石油|顺丰|京东|拼多多|美团公司|滴滴公司|海底捞|茅台|蒙牛|沃尔玛|特斯拉公司|工商银行|中国移动"""
        ),
        _split(
            """{x}的CEO是谁|{x}是谁创办的|{x}哪年成立的|{x}总部在哪里|{x}有多少员工|{x}去年赚了多少钱|{x}主要卖什么|{x}的老板是谁|{x}股价多少|{x}还招人吗|{x}的口号是什么|{x}和{y}谁更大|{x}的竞争对手是谁|{x}客服电话多少|怎么投诉{x}|在{x}上班怎么样|{x}为什么叫这个名字|{x}是哪国的|{x}最近有什么动态|{x}上市了吗|{x}的工资高吗|{x}会倒闭吗"""
        ),
    ),
    '实时': (
        _split(
            """高铁G101|去上海的航班|二环的路况|我的快递|银行排队情况|空气质量|长江水位|油价|汇率|大盘|足球比赛|停电通知|今晚的演唱会|电影排片|彩票开奖|花粉指数|轮渡|机场大巴|我的银行账户|我的邮箱|我的日程|医生的预约|地铁罢工|台风|日本的地震|山火|道路施工|门票|5路公交|故宫|楼下超市|最近的药店|游泳馆|热搜|今天的头条|金价|房价|菜价|股市|双十一的销量"""
        ),
        _split(
            """{x}现在怎么样|帮我查一下{x}|查查{x}|{x}有什么最新消息|{x}今天正常吗|{x}晚点了吗|{x}今天开门吗|{x}几点开始|{x}什么时候结束|{x}到哪儿了|看一下{x}|更新一下{x}|{x}还要多久|{x}今天多少|{x}跟昨天比变了吗|六点提醒我看{x}|{x}有变化通知我|广播里怎么说{x}的|{x}现在什么情况|实时播报{x}|{x}怎么查|给我看看{x}"""
        ),
    ),
    '职业': (
        _split(
            """飞行员|护士|律师|水管工|电工|木匠|外科医生|牙医|兽医|药剂师|心理咨询师|法官|警察|消防员|军人|厨师|服务员|面包师|理发师|模特|演员|导演|记者|摄影师|翻译|建筑师|土木工程师|卡车司机|出租车司机|空姐|海员|渔民|农民|园丁|宇航员|教授|会计|银行职员|房产中介|保险推销员|足球教练|裁判|网红|主播|外交官|殡葬师|侦探|公务员|快递员|月嫂|电竞选手"""
        ),
        _split(
            """{x}一个月挣多少|怎么当{x}|怎样成为{x}|{x}每天做什么|当{x}要学什么专业|当{x}难不难|{x}是好工作吗|{x}一天工作几小时|当{x}要什么证|{x}多大退休|{x}穿什么衣服|第一个{x}是谁|现在缺{x}吗|当{x}好还是{y}好|帮我写一份{x}的简历|哪里能找到好的{x}|请一个{x}多少钱|推荐一个附近的{x}|{x}的工资待遇|{x}会被取代吗|{x}要考试吗"""
        ),
    ),
    '宠物': (
        _split(
            """仓鼠|豚鼠|兔子|金鱼|鹦鹉|金丝雀|乌龟|蜥蜴|宠物蛇|蜘蛛|雪貂|小奶狗|老狗|小奶猫|公猫|小马|驴|山羊|绵羊|奶牛|小猪|母鸡|鸭子|鹅|羊驼|蜜蜂|腊肠犬|贵宾犬|哈士奇|拉布拉多|柯基|金毛|布偶猫|橘猫|斗鱼|蝾螈|守宫|刺猬|龙猫|蚕宝宝"""
        ),
        _split(
            """{x}吃什么|{x}一天喂几次|{x}能活多久|{x}最大能长多大|{x}能吃巧克力吗|{x}可以吃苹果吗|我的{x}一直挠痒痒|我的{x}不吃东西|我的{x}生病了|我的{x}跑丢了|怎么训练{x}|怎么给{x}洗澡|{x}多少钱一只|{x}一窝生几个|{x}咬人吗|{x}晚上睡觉吗|{x}适合小孩养吗|{x}和{y}能一起养吗|{x}的学名是什么|{x}怎么叫|{x}跑得多快|养{x}好还是养{y}好|{x}要打什么疫苗|{x}拉肚子了|{x}怎么分公母"""
        ),
    ),
    '词语': (
        _split(
            """画蛇添足|守株待兔|亡羊补牢|塞翁失马|刻舟求剑|掩耳盗铃|指鹿为马|破釜沉舟|卧薪尝胆|纸上谈兵|望梅止渴|朝三暮四|南辕北辙|买椟还珠|叶公好龙|滥竽充数|杞人忧天|井底之蛙|狐假虎威|愚公移山|内卷|躺平|饕餮|魑魅魍魉|耄耋|踟蹰|旖旎|氤氲|翡翠|葳蕤|桎梏|龃龉|鳏寡孤独|不惑之年|豆蔻年华|而立|弱冠|东床快婿|泰山北斗|阳春白雪|下里巴人|比喻|拟人|排比|反问句|定语从句|虚拟语气|通假字"""
        ),
        _split(
            """{x}是什么意思|“{x}”怎么读|{x}的出处是哪里|{x}的典故|{x}的近义词是什么|{x}怎么造句|用{x}造个句子|{x}怎么写|{x}的主人公是谁|{x}说的是谁|{x}和{y}有什么区别|{x}是褒义还是贬义|{x}有几画|{x}的拼音是什么|解释成语{x}|{x}用英语怎么解释|谁最早用的{x}|{x}这个词哪来的|{x}怎么用|{x}下一句接什么|成语接龙：{x}"""
        ),
    ),
    '翻译': (
        _split(
            """我想你了|洗手间在哪里|请结账|奶奶生日快乐|我对花生过敏|很高兴认识大家|这个多少钱|明年夏天见|祝新婚快乐|我要一间能看海的房间|我们迷路了|能帮我拿一下吗|禁止吸烟|火车又晚点了|有素菜吗|快叫救护车|我喜欢这首歌|风景真美|一路平安|猫在屋顶上|时间会治愈一切|熟能生巧|早起的鸟儿有虫吃|冰箱里没有牛奶了"""
        ),
        _split(
            """“{x}”用法语怎么说|“{x}”用西班牙语怎么讲|把“{x}”翻译成德语|翻译成意大利语：{x}|翻译成日语：{x}|“{x}”俄语怎么说|“{x}”的韩语是什么|用葡萄牙语说“{x}”|把“{x}”译成拉丁文|“{x}”阿拉伯语怎么写|帮我把“{x}”翻成泰语|“{x}”越南话怎么说|用粤语怎么说“{x}”|“{x}”用文言文怎么说|把“{x}”改写成古文|教我用土耳其语说“{x}”"""
        ),
    ),
    '单位': (
        _split(
            """5英里|100华氏度|12英寸|3磅|2加仑|10英亩|6英尺|8盎司|一光年|500卡路里|20平方米|一亩地|三斤二两|250毫升|一马力|90天|30摄氏度|1000日元|50美元|80欧元|25英镑|一个比特币|340的百分之十五|96的四分之三|一石米|八尺布"""
        ),
        _split(
            """{x}是多少公里|{x}等于多少克|{x}是几升|{x}换算成厘米|{x}等于几公斤|{x}是多少人民币|{x}换成美元多少|换算{x}|{x}和{y}哪个多|{x}有多重|{x}有多远|{x}是多少小时|帮我算一下{x}|{x}等于多少|{x}用公制怎么表示|{x}大概是多少"""
        ),
    ),
    '第一': (
        _split(
            """登上月球|登上珠穆朗玛峰|飞越大西洋|到达南极点|环游世界|横渡英吉利海峡|得诺贝尔奖|潜到最深的海底|穿越撒哈拉|发现美洲|发明电话|造出汽车|拍电影|印书|分裂原子|做心脏移植|发电子邮件|喝咖啡|骑马|驯化狼|画油画|造纸|种水稻|使用货币|穿裤子|进入太空|突破音障|统一六国|写歌剧|用筷子|放风筝|酿酒"""
        ),
        _split(
            """谁第一个{x}|第一个{x}的人是谁|第一位{x}的女性是谁|人类什么时候开始{x}|古人怎么{x}|每年有多少人{x}|{x}要多久|{x}危险吗|哪里可以{x}|还有谁试过{x}|哪一年有人首次{x}|{x}需要什么条件|最年轻的{x}的人几岁|有人独自{x}过吗|是中国人最先{x}的吗|{x}是什么感觉|谁教会人们{x}的|哪个国家最早{x}|为什么要{x}"""
        ),
    ),
    '之最': (
        _split(
            """最高的楼|最长的河|最深的湖|最大的瀑布|最大的沙漠|最小的国家|最古老的大学|最有钱的人|最快的汽车|最大的船|最大的动物|最小的鸟|最毒的蛇|最长的桥|最大的城市|最冷的地方|最热的地方|最贵的画|最畅销的书|票房最高的电影|最硬的金属|最亮的星星|离我们最近的恒星|最大的行星|最老的树|叫声最大的动物|说的人最多的语言|最大的机场|最忙的港口|最辣的辣椒|最大的图书馆|人体最小的骨头|最大的海洋|最快的火车|最长寿的人|笔画最多的字|最大的石窟"""
        ),
        _split(
            """世界上{x}是什么|{x}是哪个|{x}在哪里|{x}有多大|你知道{x}吗|说说{x}|欧洲{x}是哪个|亚洲{x}是什么|中国{x}是哪个|第二名是什么，除了{x}|{x}是谁的|{x}是什么时候发现的|知识竞赛问{x}|抢答：{x}|以前{x}是什么|{x}在中国吗|列出前十的{x}|{x}是怎么量出来的|猜猜{x}|{x}叫什么名字|请问{x}"""
        ),
    ),
    '信仰': (
        _split(
            """雷神|奥丁|阿波罗|雅典娜|玉皇大帝|观音菩萨|财神|灶王爷|土地公|妈祖|关公|哪吒|二郎神|女娲|盘古|后羿|嫦娥|牛郎织女|白素贞|释迦牟尼|摩西|诺亚方舟|斋月|排灯节|复活节|万圣节|感恩节|端午节|清明节|重阳节|七夕|元宵节|腊八节|泼水节|因果报应|天堂|轮回|星座运势|狮子座和处女座|塔罗牌|风水|生肖|尼斯湖水怪|亚特兰蒂斯|不明飞行物|百慕大三角|吸血鬼|狼人|圣经|古兰经"""
        ),
        _split(
            """{x}是谁|{x}是什么|你信{x}吗|{x}是真的吗|{x}存在吗|今年{x}是哪天|为什么要过{x}|{x}要吃什么|{x}的由来|{x}的来历是什么|{x}有什么习俗|{x}的传说讲的是什么|跟孩子怎么解释{x}|{x}有多少年历史了|哪个宗教有{x}|有多少人信{x}|{x}有证据吗|{x}象征什么|{x}和{y}哪个更早|{x}灵不灵|{x}放几天假"""
        ),
    ),
    '未来': (
        _split(
            """机器人统治世界|人类住到火星上|冰川融化|汽车飞上天|美元贬值|房价下跌|我发财|我遇到真爱|国足进世界杯|今年冬天很冷|再来一次疫情|爆发战争|人工智能取代老师|人工智能取代程序员|现金消失|见到外星人|太阳熄灭|石油用完|癌症被治好|人活到150岁|老板给我升职|明天火车晚点|学校停课|鸡蛋涨价|新手机好用|下一部电影更好看|地球停转|纸书消失|全世界说一种语言|高考取消"""
        ),
        _split(
            """{x}会发生吗，什么时候|什么时候会{x}|将来会不会{x}|你觉得会{x}吗|预测一下会不会{x}|{x}的可能性有多大|哪一年会{x}|2050年前会{x}吗|要是{x}了怎么办|有生之年能看到{x}吗|万一{x}呢|专家说会{x}吗|你敢打赌会{x}吗|多久以后会{x}|占卜一下，会{x}吗|大家都说快要{x}了，真的吗|怎么防止{x}|我担心{x}"""
        ),
    ),
    '写作': (
        _split(
            """给房东的邮件|求职信|辞职信|婚礼致辞|个人简历|剧本|关于诚信的议论文|产品文案|朋友圈文案|旅游博客|新闻稿|读书报告|毕业论文|商业计划书|广告语|招聘启事|聚会请柬|投诉信|推荐信|悼词|情书|感谢信|演讲稿|租房合同|会议纪要|相亲简介|餐厅点评|三百页的小说|说唱歌词|谜语|教案|健身计划|减肥食谱|旅行攻略|购物清单|年终总结|检讨书|入党申请书|请假条|八百字作文|对联|周报"""
        ),
        _split(
            """写{x}|帮我写{x}|起草一份{x}|能帮我写{x}吗|我要一份{x}|生成{x}|给我做个{x}|准备一下{x}|润色{x}|修改我的{x}|把我的{x}改正式点|给个{x}的模板|{x}怎么开头|{x}应该写什么|{x}的格式是什么|检查{x}有没有错|缩短{x}|明天要交{x}，怎么办|麻烦代写{x}|教我写{x}|{x}怎么写才好"""
        ),
    ),
    '为什么': (
        _split(
            """猫会打呼噜|切洋葱会流泪|人会打哈欠|秋天叶子会落|大雁往南飞|船能浮在水上|星星会闪|冰能浮在水上|面包会发起来|爆米花会爆开|狗摇尾巴|斑马有条纹|火烈鸟是粉色的|人会做梦|人会起鸡皮疙瘩|头发会变白|人会打鼾|婴儿爱哭|月亮有圆有缺|晚霞是红的|铁会生锈|玻璃会碎|磁铁能吸铁|飞机后面有白线|蚊子咬人|盐能化雪|牛奶会变酸|钟表往右转|人们握手|靠右行驶|比萨斜塔是斜的|恐龙灭绝了|泰坦尼克号沉了|火山会喷发|河流是弯的|奶酪有洞|苹果切开会变黄|男人长胡子|鱼在水里能呼吸|向日葵朝着太阳|壁虎尾巴断了能再长|萤火虫会发光"""
        ),
        _split(
            """为什么{x}|为啥{x}|你知道为什么{x}吗|能解释一下为什么{x}吗|{x}是什么原因|孩子问我为什么{x}|{x}，这是怎么回事|谁发现了{x}的原因|{x}是真的吗|一句话解释为什么{x}|科学家怎么解释{x}|一直想知道为什么{x}|{x}的原理是什么|怎么会{x}呢|老师问为什么{x}|从什么时候起{x}|十万个为什么：{x}|如果没有{x}会怎样"""
        ),
    ),
    '文学': (
        _split(
            """静夜思|登鹳雀楼|春晓|悯农|咏鹅|将进酒|长恨歌|琵琶行|木兰诗|孔雀东南飞|陋室铭|岳阳楼记|桃花源记|滕王阁序|出师表|赤壁赋|水调歌头|满江红|声声慢|沁园春雪|再别康桥|乡愁这首诗|小红帽|白雪公主|灰姑娘|卖火柴的小女孩|皇帝的新装|丑小鸭|龟兔赛跑|三只小猪|孔融让梨|司马光砸缸|曹冲称象|愚公移山的故事|聊斋的故事|一千零一夜|最早的诗歌|最长的小说|第一部童话|五言绝句这种体裁|宋词三百首|唐诗三百首"""
        ),
        _split(
            """《{x}》的作者是谁|{x}是谁写的|{x}写于什么时候|背诵{x}|默写{x}|{x}的全文是什么|{x}表达了什么感情|赏析{x}|{x}讲的是什么|{x}的中心思想|{x}的下一句是什么|{x}里的主人公是谁|{x}有几句|{x}出自哪里|{x}是真事吗|{x}为什么有名|翻译{x}|{x}的写作背景|语文课要学{x}，讲的什么|{x}押什么韵|{x}的英文版叫什么"""
        ),
    ),
}
