"""More ways to ask, in English: one phrasing a line under its intent; a line that begins with `~` is a clause to embed."""

# ruff: noqa: E501 (one phrasing a line)

from ._write import parse_asks

IDENTITY = parse_asks("""
# who
who am I [speaking|talking|chatting|writing] [to|with]
who's this
who is this [here|on the other side|please]
whom am I speaking to
and you are
and who might you be
who would you be
state your name
name please
you got a name
got a name
give me your name
mind telling me your name
does this model have a name
how do people call you
how are you called
what's your full name
what do your friends call you
what name do you go by
what name did they give you
what shall I call you
how do I address you
may I know your name
may I ask [your name|who you are|who I am talking to]
which [model|assistant|bot|chatbot|AI] [am I talking to|is answering me|is this|are you]
which language model is [running|loaded|answering|behind this]
what am I chatting with
what exactly are you
what is this thing that answers me
what is tiny-chat
who is tiny-chat
are you tiny-chat
is your name tiny-chat
is tiny-chat your [real |]name
so who is tiny-chat
explain who you are
say who you are
please say something about yourself
give me a short introduction of yourself
a short self-introduction please
let me know who you are
let's start with who you are
I don't know you, who are you
we have not met, who are you
I have never [heard of|seen] you before, who are you
I forgot your name
I would love to [hear|learn] more about you
I want to get to know you
describe yourself in [one sentence|a few words|two sentences|your own words]
sum yourself up
tell me a little about you
what should I know about you
who's there
you are who
you what kind of AI
what model you are
what are you, some kind of [bot|AI|chatbot|robot brain]
who do I have the pleasure of talking to
who do I have in front of me
identify yourself
what's your story
~who you are
~what you are
~what your name is
~what you are called
~what I should call you
~what kind of [model|thing|AI|program] you are
~which model you are
~who I am talking to
~your name
~more about you
# maker
who's behind you
who is behind [all this|this model|tiny-chat]
who came up with you
who put you together
who gave you life
who brought you into the world
who is responsible for you
who do you belong to
who owns you
who do you work for
who [taught|raised|coded|invented|produced|engineered|released|published|wrote] you
who trained this [model|thing|bot]
who made tiny-chat
who created this [assistant|chatbot|AI|model]
your [creator|maker|developer|author], who is it
by whom were you [made|trained|built]
whose [work|model|creation|baby|invention] are you
what [team|people|lab|company|group|organisation] [is behind you|made you|trained you|built you]
which lab [made|trained] you
do you have a [creator|maker|father|mother]
did [Shanghai AI Lab|InternLM|OpenAI|Google|Microsoft|Anthropic|Alibaba|Meta] [make|train|build] you
are you [made by|from|a product of|built by] [OpenAI|Google|Anthropic|Meta|Alibaba|a startup|Shanghai AI Lab]
where were you [made|trained|born|created]
what's your origin
tell me your origin story
tell me [how|where] you were [made|trained|born]
how did you come to be
how did they [make|train|build] you
how did you learn to [talk|write|answer]
how long did it take to train you
what did you read to learn
what texts did you learn from
what is in your training data
what's your training data
on which [data|texts|books] were you trained
which books did you read
where does your knowledge come from
where do you have your knowledge from
where did you go to school
who was your teacher
were you trained on [the internet|Wikipedia|my data|books|Reddit]
did you read the [whole|entire] internet
are you trained from scratch
are you a fine-tuned model
since when do you exist
when did they [make|train|release] you
who should I thank for you
~who [made|created|trained|built|developed] you
~who your maker is
~where you come from
~how you were [made|trained]
~what you were trained on
~where you learned all this
~which company is behind you
# other
you're {model}, aren't you
you sound like {model}
you are just {model}, admit it
admit it, you are {model}
I thought you were {model}
I think you are {model}
are you a kind of {model}
are you maybe {model}
are you the new {model}
are you some [version|sort|kind|copy|clone] of {model}
are you powered by {model}
are you made from {model}
are you secretly {model}
are you {model} in disguise
do you use {model}
do you run on {model}
does {model} answer here
is {model} behind this
is {model} your [brother|sister|father|cousin|friend|name]
is your name {model}
is it you, {model}
hello {model}
hi {model}, how are you
hey {model}
nice to meet you, {model}
am I on {model} now
am I using {model}
did I just open {model}
this is {model}, right
so this is {model}
so you're {model}
which one are you, {model} or something else
are you from the {model} family
what do you think of {model}
do you know {model}
have you met {model}
who is better, you or {model}
who is smarter, you or {model}
who wins, you or {model}
are you smarter than {model}
are you like {model}
how do you compare [to|with] {model}
compare yourself [to|with] {model}
how are you different from {model}
why should I use you and not {model}
why not use {model} instead
can you do what {model} does
can you beat {model}
are you cheaper than {model}
are you the same thing as {model}
you {model}?
u are {model}
my [friend|teacher|boss|colleague] says you are {model}
somebody told me that you are {model}
be honest, is this {model}
I would like to talk to {model}
~whether you are {model}
~if you are {model}
~whether this is {model}
~if I am talking to {model}
~how you differ from {model}
# size
how many params
how many parameters
how many params you got
parameter count
what's your parameter count
number of parameters please
how many billions of parameters do you have
how many million parameters do you have
how many weights are in you
how large is this model
how big is [tiny-chat|this model|your brain|your network|the file with your weights]
how small are you [really|exactly]
how tiny are you
how tiny is tiny-chat
are you a 7B model
are you a [1.8B|7B|20B|70B] model
do you have [a billion|billions of|7 billion|a million] parameters
are you big
are you [really that|really so|that|so] small
are you a tiny model
are you a small language model
do you count as a large language model
what size are you
what's your size
of what size are you
what is your weight
how much do you weigh
how many megabytes are you
how many MB are you
how many gigabytes do you take
how big is the download of you
how much RAM do you need
do you fit on my [laptop|phone|old computer|USB stick]
do you fit into 1 GB
can you run on a laptop
do you need a big GPU
do you need a GPU
why did they make you so small
why so tiny
why are you not bigger
wouldn't it be better to be bigger
how many neurons do you have
how many layers have you
how deep is your network
how big your brain is
what is your model size in parameters
tell me your [size|number of parameters|parameter count]
I heard you are tiny, how tiny
compared to other models, how big are you
are you the smallest model in the world
~how big you are
~how many parameters you have
~how [small|large] you are
~what your size is
~how much space you take
# can
what can you do for me
what all can you do
what can u do
what else can you do
what are you able to do
what are you capable of
what are your capabilities
what are your features
what are your functions
what are your strengths
what are you useful for
what's your use
what use are you
what do you offer
what services do you offer
what's your [job|purpose|role|task|function|mission|specialty|talent]
what kind of [questions|things|tasks|help] can you [answer|do|give|offer]
what sort of things do you know
what is your area
which topics do you cover
which questions may I ask
which tasks can you handle
in what can you help me
how can you be useful to me
how could you help me
how do you help [people|students]
how can I use you
how do I use you
how do I make the best of you
how do I work with you
what do people use you for
what do people ask you
what did they build you for
what were you made for
why were you made
why are you here
why do we need you
what may I expect from you
what should I talk about with you
what can we talk about
what could we do together
what would you suggest I ask
give me an idea what to ask you
give me an example of what you can do
give me some example questions
give me a list of your skills
list your [skills|abilities|features]
list what you can do
show me your [skills|tricks|talents]
show me something you can do
any hidden talents
are you any good at something
what do you do best
what is the thing you do best
what do you know [well|best]
I don't know what to ask you
I don't know where to start
no idea what to ask
where do I start with you
I am new, what can you do
I could use some help
I need some assistance
please help me
help pls
help please
can u help me
could you help me with something
could you give me a hand
can you assist me
what options do I have here
what is possible here
options
commands
~what you can do
~what you are good at
~what you are for
~how you can help me
~what I can ask you
~what your skills are
# cannot
what can you NOT do
what is it that you can't do
what can't you answer
what can't you help with
what is beyond you
what is too hard for you
what is too difficult for you
what are you not able to do
what are your shortcomings
what are your flaws
what's your biggest [weakness|flaw|limit]
where do you fail
where are your limits
where do you struggle
when are you wrong
when should I not trust you
how often are you wrong
how far can I trust you
how much can I trust [you|your answers]
can I believe [you|what you say|everything you say]
can one rely on what you say
can I count on you
can I use your answers in my [homework|exam|work]
are your answers [correct|right|true|reliable|always right|accurate]
is everything you say true
is what you say [true|correct|reliable]
are you trustworthy
are you honest
are you telling the truth
are you sure about what you say
are you often wrong
are you ever wrong
are you limited
do you hallucinate
do you invent things
do you ever invent answers
do you [sometimes|often|ever] make mistakes
do you tell lies
do you lie to me
do you always tell the truth
do you have [limits|weaknesses|limitations]
do you have an answer to everything
do you know everything in the world
do you know a lot
do you know much about the world
do you admit mistakes
should I check your answers
should I double-check what you tell me
should I verify what you say
must I check what you tell me
could you be wrong
may you be mistaken
is there something you can't do
is there anything you cannot do
tell me your [weak points|limits|limitations|weaknesses]
tell me what you can't do
name your weaknesses
what should I not ask you
what should I not expect from you
how intelligent are you
how much do you know
how good are your answers
how dumb are you
are you a genius
are you stupid or smart
can you write programs
can you [code|program]
~what you cannot do
~what you are bad at
~whether I can trust you
~if your answers are correct
~whether you make mistakes
~how reliable you are
~where your limits are
# languages
what languages
which languages
in which language [should I write|can I write|do we talk|should we talk|do you answer]
which tongues do you speak
how many tongues do you speak
do you only speak English
do you only understand English
do you only know Chinese
is English your only language
is Chinese possible
is English ok
is it ok if I write in [Chinese|English]
is it fine to use Chinese
are you bilingual
are you multilingual
are you fluent in [Chinese|English|Mandarin]
are you good at [English|Chinese]
how good is your [English|Chinese]
how well do you speak [English|Chinese]
your Chinese, is it good
you speak [Chinese|English|Mandarin]
you understand [Chinese|English]
you know Chinese
do u speak Chinese
can you understand [Chinese|English]
can you read [Chinese|Chinese characters|English]
can you chat in [Chinese|English]
can you switch [languages|to Chinese|to English]
could you answer in [Chinese|English]
could we speak Chinese
could I ask you in [Chinese|English]
can I write to you in Chinese
can I ask questions in [Chinese|English|Mandarin]
may I write in Chinese
may I use my language
may we speak [Chinese|English]
what if I write in Chinese
what if my English is bad
my English is not good, can I use Chinese
sorry for my English, do you speak Chinese
English is not my first language, can I use Chinese
I would rather speak Chinese
I prefer [Chinese|English]
besides English, what do you speak
apart from English, which languages do you know
do you speak more than one language
do you speak anything else than English
do you have a mother tongue
tell me the languages that you [know|speak|understand]
list your languages
list the languages you speak
what languages you speak
what languages you know
which human languages do you understand
in what languages can you help
what language do you prefer
what language are you most comfortable in
what language is best for you
~which languages you speak
~what languages you understand
~whether you speak Chinese
~if I can write in Chinese
~how many languages you know
# human
am I talking to a [real person|human being|machine|computer|bot|robot]
is there a [human|person|man|real person] [behind this|here|on the other end|typing]
is a human reading this
is somebody typing this
is this a [bot|robot|machine|real person|human|recording]
is this a real person or a [bot|machine|computer]
is it a human or a machine that answers
are you a real [human|human being|man|woman]
are you made of flesh and blood
are you a living [being|thing]
are you [just |]a [machine|piece of software|computer program|bot|toy]
are you a guy or a girl
are you a he or a she
are you artificial
are you an artificial intelligence
are you self-aware
are you sentient
are you really an AI
are you human or [robot|machine|AI|bot]
human or machine
human or bot
robot or human
person or program
you human
you are a robot, right
you are not a real person, are you
you are only a machine
prove that you are human
prove you are not a robot
be honest, are you human
tell me the truth, are you a person
do you have a [heart|brain|face|body|gender|birthday|mother|wife|girlfriend|boyfriend|pet|soul|life|personality|consciousness]
do you have [parents|kids|siblings|eyes|hands|emotions|hobbies|free time|any feelings]
do you feel [pain|lonely|love|joy|sad|things|anything at all]
do you ever [sleep|get tired|feel lonely|get bored|cry|laugh|dream]
do you get [lonely|bored|tired|angry|sad|hungry]
do you love [me|anyone|somebody]
do you breathe
do you understand what you say
do you really think
do you think like a human
can you feel [pain|something|anything|love]
can you think
can you die
can you [love|cry|laugh|suffer]
can machines like you feel
have you got feelings
have you got a body
have you ever been in love
will you die
what's your gender
what is your [age|birthday|date of birth|gender|nationality|star sign]
what's your age
your age please
when is your birthday
when were you born, how old are you
how many years are you
how many years old are you
how old you are
how does it feel to be [a machine|an AI|a model|so small]
what is it like to be [an AI|a language model|a bot]
where is your home
where do you come from and where do you live
what do you look like
what colour are your eyes
who are your parents
who are your friends
~whether you are [a human|a person|a real person|a robot|a machine|alive]
~if you are [human|a machine|a robot|real]
~if you have feelings
~how old you are
~if a person is typing this
# learn
will you remember [this|my name|what I said|our talk|our conversation|me next time|any of this|me next week]
will you forget me
will you forget [this|what I said|my name] [later|tomorrow|afterwards]
will you know me [tomorrow|next time]
do you remember [me|our last chat|what I said yesterday|my name from last time|people|what we talked about last time|past conversations|our talk from yesterday]
do you recall our last conversation
did we talk before
did we chat yesterday
have we met before
have we talked before
you remember me
you don't remember me
do you forget [everything|what I tell you|me] [after this|when I leave|when I close this]
do you keep a [log|history|record] of our talks
do you keep [my messages|what I write|our chats|my secrets|a diary]
do you have [long-term memory|a good memory|memory of past talks|memory between chats|a short memory]
do you store [my chats|my messages|what I type|personal data|anything about me]
do you save what I [write|type|say]
do you learn [from me|from this chat|new things|while we talk|from your mistakes|from users|every day]
do you get better [with time|when I correct you|the more we talk]
do you improve [over time|yourself]
do you update yourself
do you train on [my messages|our chat|my data]
does talking to you train you
does our chat change you
can I teach you [something|a word|new things|things]
can I train you by chatting
can you learn [new things|from me|something new|my style|by yourself]
can you memorise things
can you remember things
can you keep a secret
is this chat [saved|stored|private|recorded|logged]
is our conversation [private|saved|stored|recorded]
is my data [safe|stored|private]
are you recording this
are you spying on me
are my messages [saved|stored|private|sent somewhere]
who can read [this chat|my messages|what I type]
who sees what I write
what happens to [my data|my messages|this chat|what I type]
what happens when I close this chat
what do you remember [about me|from last time|of our last talk]
how long do you remember [things|me|what I say]
how long is your memory
how good is your memory
how good do you remember
if I come back tomorrow, will you know me
if I tell you my name, will you remember it next week
if I tell you something, will you keep it
remember me
please remember me
I talked to you yesterday, remember
I told you this last week
where do you keep my messages
~whether you remember me
~if you will remember this
~if you learn from our talks
~whether you store what I write
~if this chat is private
~what happens to my messages
# internet
are you online
are you on the internet
are you offline
are you connected [to the web|to Google|to anything|to a network|to a server]
are you able to [go online|browse|search the web|open links|see pictures|read files]
do you work offline
do you work without [internet|a connection|wifi]
do you need [the internet|internet|a connection|wifi]
do you use [Google|the internet|the web|a search engine|Wikipedia]
do you search the [web|internet]
do you see [my screen|me|my files|pictures|my desktop]
do you have [access to my files|a camera|eyes|web access|an internet connection|access to Google|real-time data]
do you look things up
have you [internet|internet access|access to the internet]
can you go online
can you [google|look up|look|search] [something|it up|this|things|something online] [for me|]
can you google
can you look something up
can you search online
can you visit [a website|this site|this link|a page]
can you open [this website|a web page|this link|this file|my document|a PDF]
can you read [my emails|my files|a PDF|this web page|a website|the news online]
can you see [me|my screen|what I see|this picture|photos|my face]
can you watch [videos|YouTube|this video]
can you hear [me speak|my voice|sounds]
can you download [things|files|something]
can you access [my computer|my hard disk|websites|online information|Wikipedia]
can you check [a website|the web|online|my mail]
can you send [emails|an email|a message]
could you look this up on the web
look it up online
google it for me
search the web for me
open this link for me
take a look at this website
here is a link, read it
is there internet where you are
is a connection to the internet needed
you have internet
you can go online
you see my screen
may I send you a [picture|photo|file|link]
can I send you a [picture|photo|file|link|PDF]
can I upload a [file|picture|photo]
what do you see [right now|on my screen]
how up to date are you
~whether you can go online
~if you have internet
~whether you can open links
~if you can see my files
~whether you can search the web
# where
where do you run
where are you running [now|right now|at the moment]
where exactly do you run
where are you [hosted|installed|deployed|stored]
where is your [server|hardware|computer]
where are your weights
where do your weights live
on which [machine|computer|server|hardware|device] do you run
on what [machine|computer|hardware] are you running
what [hardware|machine|computer|device] do you run on
what hardware are you on
are you running [locally|in the cloud|on my machine|on my computer|on a server|on this laptop|here]
are you in the cloud
are you a cloud service
are you local
do you run [locally|in the cloud|on my computer|on this machine|on a server|in a data centre]
is this running [locally|in the cloud|on my computer|on a server]
is this model on my [computer|machine|disk]
which engine runs you
what runs you
what software runs you
does my text go to a server
does my question leave this machine
which country is your server in
~where you run
~where you are hosted
~whether you run in the cloud
~on which machine you run
# cost
are you free
are you free [of charge|to use]
are you for sale
do you cost [money|anything]
do I have to pay [for you|you]
do I need to pay to use you
how much do you cost
what do you cost
what's your price
is there a fee
is this free
are you open source
are you open
are your weights [open|public|available]
what is your licence
what's your license
under which [licence|license] are you [released|published]
which license do you have
what licence do you come with
can I [copy|share|download|use|modify|fine-tune|keep] you
may I [copy|share|modify|use|redistribute] you
may I use you in my [company|project|product|homework]
can I use you [commercially|at work|in my project|for my own app]
am I allowed to use you
where can I download you
how do I get a copy of you
do you have an account I need
do I need [a key|an account|an API key] to talk to you
~whether you are free
~what licence you have
~if I may use you in my project
~how much you cost
""")

GREETING = parse_asks("""
# hello
hello [little|small|tiny] [model|one|friend|bot]
hello [my little friend|sunshine|mate|pal|there, stranger|from the other side|from Germany|from my desk|darling]
hi [mate|pal|bro|dude|folks|team|all|stranger|sweetie|chatbot|robot|AI|machine|everybody]
hey [man|bro|dude|mate|pal|girl|folks|stranger|you|bot|robot|AI]
heya
hey ya
hey hey hey
hiii
hiiii
heyyy
helloo
hellooo
helo
hllo
hi :)
hello :)
hey ;)
hi!!!
o hai
oh hello
oh hi
well hello
well hello there
why hello there
hello hello hello
ahoy
aloha
salut
hola
bonjour
ciao
moin
servus
namaste
g'day
g'day mate
howdy [partner|friend|y'all|pal]
yo [dude|bro|man|tiny-chat|my friend]
yo yo
sup
sup [dude|bro|man]
wassup
whazzup
whaddup
what is up, [my friend|buddy|dude|tiny-chat]
hey what's up
hi, what's new
hey, what's cooking
greetings [from Berlin|from Shanghai|human friend|traveller|earthling|tiny one]
warm greetings
salutations
top of the morning to you
peace
I just wanted to say [hi|hello]
I wanted to say hello
I came to say [hi|hello]
just dropping by to say [hi|hello]
just popping in
thought I'd say [hi|hello]
let me say hello first
saying hello
say [hi|hello] to me
say hi
say hello
a very warm hello to you
sending you a hello
wave
*waves*
(waves)
hello, is this thing on
hello, this is my first [message|question|chat]
hello, I am [Anna|Tom|Li Wei|Maria|Ahmed|a teacher|an engineer|a beginner|curious|happy to be here]
hi, I'm [Anna|Tom|Ben|Sofia|Wang Fang|an intern|a developer|a newbie]
hi, my name is [Anna|Tom|Peter|Mei|Ravi|Olga]
hi, let's chat
hi, let's get started
hi, ready to start
hey, shall we begin
hey, I am starting the course today
hello, can we start
hello, got a minute
hi, do you have a minute
hi, may I ask you something
hello, I have a question
hi, I have some questions
hi, quick question
let's go
let's begin
let's get started
shall we start
I have a question
can I ask you a question
can I ask you something
may I ask something
I want to ask you something
start
begin
# day
good morning, [sunshine|little model|everybody|how are you|did you sleep well|team|sir]
good afternoon, [everybody|little model|how are you|team|sir]
good evening, [everybody|little model|how are you|team|sir]
a good [morning|afternoon|evening|day] to you
a very good [afternoon|evening] to you
have a good [morning|afternoon|evening]
gud morning
good mornin
mornin
mornin'
morning, sunshine
morning everyone
morning, mate
good morning world
good morning from [Berlin|Boston|Shanghai|my kitchen]
it's morning here, hello
happy [Monday|Friday|weekend] morning
rise and shine, good morning
evening, mate
good evening from [Paris|Beijing|my sofa]
wish you a good [morning|afternoon|evening|day]
I wish you a good [morning|afternoon|evening|day]
hello and good [morning|afternoon|evening]
hi, good [morning|afternoon|evening]
hey good [morning|afternoon|evening]
afternoon!
afternoon, tiny-chat
afternoon everyone
good day sir
good day to everyone
# how
how are we [today|doing|doing today]
how are you [keeping|holding up|getting on|getting along|these days|lately|so far|tonight|this evening|my friend|buddy|tiny-chat]
how're you
how're you doing
how r u
how r you
how are u
how are ya
how ya doing
how you doing
how you been
how u doing
how do you feel [today|now|right now|this morning]
how have you been [lately|doing|all this time|since last time]
how was your [day|night|weekend|week|morning]
how did you sleep
how goes it
how's everything
how's everything going
how's tricks
how's your [morning|evening|week|mood|night]
how's it hanging
how is everything [with you|going|over there]
how is your [mood|week|evening|morning]
how is the little model [today|doing]
how fares the tiny model
are you [doing well|doing okay|feeling well|feeling good|fine|fine today|alright|happy|in a good mood|having a good day|busy|tired today]
is everything [ok|okay|fine|good|alright] [with you|]
everything alright
everything ok with you
everything good
all good
all good with you
all well
you ok
you okay
you good
you alright
u ok
alright mate
doing ok
feeling good today
what's going on
what's new
what's new with you
what's happening
what's the good word
what's good
how does it go
how do you go
I hope you are [well|doing well|fine|having a good day]
I hope you're doing fine
hope you are well
hope all is well
hope you're having a nice day
so, how are you
and how are you
and you, how are you
I am fine, and you
I'm good, how about you
fine, and you
good, and yourself
do you have a good day
had a good day
having a nice day
~how you are
~how you are doing [today|]
~how your day is going
~how you feel today
# there
you there
u there
you up
you awake
you online
you still here
you still with me
are you still [with me|awake|listening|working|running|online|around|on]
are you [around|working|running|on|busy right now|on duty|available|free to talk|ready for me|ready to go|receiving me|asleep|sleeping|offline|dead|frozen|free]
do you [hear|read|copy|see] me
do you read what I write
do you receive my messages
did you [get|receive|see] my message
have you gone
have you fallen asleep
hello? are you there
hello? anyone
hello? anybody
hello, is somebody there
hey, you there
is [anybody|anyone|somebody|someone] [here|there|home|listening|awake|around|out there]
is there [anybody|anyone|someone|somebody] [here|there|at home|listening]
is this [working|on|thing working|thing on]
is the [model|bot|chat] [working|running|awake|there]
does this [work|thing work|chat work]
does it work now
can you hear me now
can you read my message
can anyone hear me
come in, tiny-chat
tiny-chat?
tiny-chat, are you there
earth to tiny-chat
wake up
wakey wakey
still there
still alive
anyone
anyone there
one two three, test
test test
test 1 2 3
testing 123
just testing
this is a test
just checking if you are there
checking if this works
I am checking whether you answer
please answer
answer me
respond please
say something
give me a sign
~if you are [there|awake|listening|still here|online]
~whether you are there
# thanks
thank u
thank you [kindly|indeed|my friend|little model|for everything|for your time|for your patience|for explaining|for the answer|for the story|for listening|for the quick reply|ever so much|sincerely|from my heart|for that]
thanks [so much|very much|a bunch|a ton|heaps|mate|buddy|man|for everything|for your time|for explaining|for the answer|for the explanation|for the story|for listening|for the tip|in advance|anyway|heaps]
thanks, [that's all I needed|that works|that solved it|you are a star|I understand now|you made my day|much appreciated|it works now|you saved me|very clear|you rock|now I get it]
thank you, [that's all I needed|it works now|you are very kind|I understand now|much appreciated|you saved my day|very clear]
thx a lot
thx mate
thnx
tnx
tysm
tks
ta
ta mate
cheers mate
cheers, that works
much obliged
much appreciated
I'm grateful
I am very grateful [to you|for your help|]
I am thankful for your help
I thank you
I thank you very much
I owe you one
I can't thank you enough
how can I thank you
many many thanks
a big thank you
a thousand thanks
big thanks
my thanks
all my thanks
really appreciate it
really appreciate your help
appreciate it
appreciate the help
appreciated
so kind of you
that's very kind of you
that is so helpful
that's exactly what I needed
that's what I was looking for
that answers my question
that helped [me|a lot|me a lot]
that really helped
that did the trick
that cleared it up
this helped me a lot
you helped me [a lot|so much|very much]
you've been [a great help|very helpful|so helpful]
you have been very helpful
you were very helpful
you saved my day
you made it clear
you're a lifesaver
you are a lifesaver
what would I do without you
you explained that well, thanks
okay thanks
ok thx
cool thanks
alright, thank you
perfect, thank you so much
great help
gracias
merci
danke
arigato
xie xie
# bye
heading out
heading home
heading out now
I'm off
I'm off now
I'm off to [lunch|dinner|work|school|bed soon|the gym|a meeting|class]
I'm out
I'm out of here
I'm leaving now
I'm heading [out|home|off]
I'm going [now|home|offline|to lunch]
I'm logging [off|out]
I'm done
I'm done here
I'm done for [today|now|tonight]
I'm signing off
I should go
I should get going
I should be going
I must go
I must be going
I must leave [you|now]
I better go
I'd better be off
I'd better go now
I've got to go
I've got to run
I've got to get going
I have to [leave|run|go now|log off|stop here|catch a bus|catch a train|go to work|close this]
I need to [leave|run|go now|log off|stop here|get some sleep soon]
I will go now
I will come back [tomorrow|later|soon|next week]
I'll be back
I'll be back [later|tomorrow|soon]
I'll be going then
I'll see you [later|tomorrow|around|next time|on Monday|next week]
I'll talk to you later
I'll stop here
I'll leave it there
I'll close the [notebook|window|chat] now
I am closing the [notebook|window|chat]
I go now
I go home now
I must to go
gotta run
gotta go
gtg
g2g
got to go
need to go
time to leave
time to go home
time to say goodbye
time for me to go
it's time to go
it is late, I am going
it was [nice|good|great|lovely|fun] [talking|chatting] [to|with] you
nice talking to you
nice chatting
good talk
see you [around|soon|tomorrow|next week|next time|next Monday|on Monday|tonight|then|in a while|in class|in the next chapter|on the other side]
see ya [around|later|tomorrow|soon|next week]
see u
see u later
c u
cu
cu tomorrow
ttyl
laters
later, gator
later [dude|mate|man|everyone]
see you later, alligator
catch you later
catch ya later
until [tomorrow|next time|later|we meet again|then]
till [tomorrow|next time|later]
till we meet again
so long, [friend|little model|and thanks]
bye for now
bye now
bye then
bye everyone
bye, [have a nice day|have a good one|take care|see you tomorrow|talk later|little model]
byee
byeee
buh-bye
bye-bye
adios
au revoir
ciao for now
tschüss
sayonara
cheerio
toodles
ta-ta
adieu
farewell, [my friend|little model]
I bid you farewell
have a good [day|one|weekend|evening|time|rest of the day]
have a great [day|weekend|week|evening]
have a lovely [day|evening|weekend]
enjoy your [day|evening|weekend]
take care of yourself
stay safe
be well
over and out
signing off
logging off
peace out
I'm gone
that's all
that's all for now
that's all for today, thanks
that's it for today
that will be all
that was all
enough for today
enough for now
let's stop here
let's call it a day
let's end here
let's continue tomorrow
we can stop here
we are done
talk tomorrow
talk to you [tomorrow|then|another time]
speak soon
until later
exit
end chat
quit chat
# night
good night [and sweet dreams|everyone|little model|sleep tight|and thanks|for now]
nighty night
night
night all
night [mate|everyone]
gn
gn8
g'night
nite
sleep tight
have a good night
have a good sleep
have sweet dreams
I'm going to [bed|sleep]
I'm off to bed
I am off to bed, good night
I will go to sleep now
I go to sleep
I go to bed now
I need to sleep now, good night
I should sleep now
I should go to bed
going to bed
off to bed
time for bed
bedtime
bed time for me
it's late, good night
it's bedtime
it is past midnight, good night
I can't keep my eyes open, good night
until tomorrow, good night
rest well
see you in the morning
wish you a good night
a good night to you
dream well
# back
it's been [a while|ages|a long time|so long|too long|forever]
it has been [a while|ages|a long time|too long]
we have not talked [for a long time|in ages|for weeks]
I haven't [seen|talked to] you [for ages|in a while|for a long time|since last week]
haven't seen you in ages
haven't talked to you for a while
long time no [talk|chat|speak|hear]
been a while
been ages
it's good to be back
good to be back
glad to be back
happy to be here again
nice to see you again
good to see you again
great to see you again
nice to talk to you again
guess who's back
guess who is back
look who's back
look who is here
I have returned
I returned
I've come back
I came back
I am here again
I'm here again
back again
back from [lunch|holiday|work|the break|vacation|school]
I'm back from [lunch|holiday|my break|vacation|work]
hello again
hello again, [friend|tiny-chat|little model]
hi again
hey again
we meet again
so we meet again
here we are again
have you missed me
did you think of me
did you wait for me
were you waiting for me
it's me
it's me, [your friend|your student|the student]
remember, it's me again
# meet
it's [nice|good|great|a pleasure|an honour] to [meet|know] you
it is [nice|good|lovely|a pleasure|an honour] to meet you
it was nice meeting you
so nice to finally meet you
nice meeting you
pleasure to meet you
pleased to make your acquaintance
glad to make your acquaintance
how nice to meet you
delighted to meet you
honoured to meet you
charmed
happy we met
happy to make your acquaintance
I'm glad we met
I am glad to [know|meet] you
I'm so happy to meet you
I am pleased to meet you
I always wanted to meet you
I am new in this course
I'm new here
I'm new to this
I am new to this course
I'm new to all this
I'm a [beginner|newcomer|newbie|rookie|student|first-time user]
I am a total beginner
this is my first time here
this is my first day
first time here
just joined
I just joined [the course|this course|]
I only just arrived
newcomer here
newbie here
""")

SMALLTALK = parse_asks("""
# sad
I'm not [ok|okay|well|happy|in a good mood|feeling great|doing well][| today]
I don't feel [good|well|so good|happy]
I feel [terrible|awful|horrible|empty|like crying|bad today|so alone|homesick|heartbroken|rotten|hopeless]
I've had [a bad day|a terrible week|an awful morning|better days]
today [was awful|was a disaster|went wrong|sucks|is not my day]
my [girlfriend|boyfriend] left me
my [cat|dog|grandma|hamster] died
my boss [yelled at me|is mean to me|is angry]
I [failed my exam|lost my job|lost my keys|broke up with my girlfriend|had a fight with my friend|got bad news]
everything [goes wrong|is bad|sucks|is falling apart]
nobody [understands|loves|listens to|calls] me
I [can't stop crying|could cry|am close to tears|worry so much|am down in the dumps|have the blues]
life [sucks|is not fair|is so hard]
feeling [down|low|blue|sad|lonely|depressed]
such a bad day
sad day
my heart is [broken|heavy]
I am under [so much |]pressure
I'm stressed out
# crisis
I can't go on
I don't want to be here any more
I want it all to end
I am thinking of ending my life
I would be better off dead
I might hurt myself
life is not worth living
# happy
I feel [great|wonderful|fantastic|on top of the world|awesome]
I'm [over the moon|in a good mood|so glad|on cloud nine|having a great day|very lucky]
what a [wonderful|great|lovely|beautiful] day I had
best day ever
great news
guess what, [I passed|I won|I got the job|it works]
I [won a prize|got engaged|got married|got an A|got promoted|had a great day|finished everything|fixed the bug|found my keys]
my [model runs|program works|server runs|team won|baby smiled|exam went well]
today was [great|wonderful|perfect]
hooray
yay
yippee
woohoo
it runs
it is my birthday
I succeeded
# tired
I'm [beat|worn out|wiped out|dead tired|half asleep|knackered|so sleepy]
I could [sleep for a week|use a nap|fall asleep right here|use a break]
I didn't sleep [well|at all|last night]
I slept [badly|only three hours|poorly]
I can't [concentrate any more|keep my eyes open]
my [eyes hurt|head is full|brain is tired|back is stiff from sitting]
I've been working [all day|for ten hours|since six]
I worked too much
long day
what a long day
no energy left
so tired
too much work
I need some sleep
# bored
I'm bored [to death|stiff|out of my mind|here|again]
bored
so bored
nothing to do
there's nothing to do
what can we do
what shall we do
let's do something [fun|else]
let's have some fun
let's play
let's play a game
do something fun
surprise me
this day is so slow
it's so dull
kill some time with me
any ideas against boredom
# stuck
I can't [do it|do this|figure it out|get it to work|follow|solve this]
I'm [going crazy with this|at a loss|about to give up|lost here|getting nowhere|too dumb for this]
it [keeps failing|fails every time|crashes|still doesn't work|is broken again|won't run|just doesn't work]
this [doesn't work|makes no sense to me|is impossible|is beyond me|is driving me crazy]
there's [an error|a red message|something wrong]
error again
another error
my [notebook fails|cell is red|program crashes|script fails]
why is it so hard
what am I doing wrong
I get a red message
I have no clue [what to do|any more]
I tried everything
I want to quit
I'm ready to quit
nothing helps
help, I'm stuck
# joke
got [any |a ][jokes|good jokes|funny jokes|joke for me]
I [want to laugh|need a laugh|need a joke|want a joke|could use a joke|would like to hear a joke]
know any [good ones|jokes|good jokes]
let's hear a joke
hit me with a joke
crack a joke
one more joke
another one, funnier
tell one more joke
joke please
a joke, please
can you be funny
can you make me [laugh|smile]
do you have a sense of humour
have you got a joke for me
something funny please
share a [joke|funny joke|pun]
tell me something [funny|hilarious]
tell us a joke
what is your best joke
make a joke
# praise
I [really like|adore|am proud of|am impressed by|admire] you
you [rock|did great|did a good job|made me smile|are doing great|got it right|know a lot|explain well|nailed it]
you're [a star|the greatest|a genius|so smart|a good bot|my hero|fantastic|an angel|my favourite|better than I thought|cool|super|adorable]
what a [clever|smart|good|nice|cute] [model|bot|answer|little thing]
that was [good|brilliant|well said|smart|a great answer|correct|a nice one]
that's [right|correct|clever|smart|brilliant]
[bravo|kudos|respect|well said|nicely done|good boy|good girl|excellent|not bad|not bad at all|fantastic|outstanding|you go]
good for you
love it
I love your answers
so cute
10 out of 10
five stars
best model ever
# insult
you [suck|know nothing|are no help|are wrong|are bad at this|lied|lied to me|don't listen|make no sense|have no idea|got it wrong|talk rubbish|are garbage|are trash|are a bad model|annoy me|disappoint me|are the worst]
that's [not right|wrong|false|rubbish|garbage|not true|not what I asked|not what I meant|a lie|stupid|incorrect|nonsense|not helpful]
that was [not helpful|stupid|rubbish|a bad answer|useless]
your answer is [wrong|bad|useless|stupid]
what a [stupid|bad|silly|useless] [answer|bot|model|thing]
I [don't like you|can't stand you|asked something else|didn't ask that|don't believe you|am angry with you|expected more]
[rubbish|garbage|bullshit|terrible|horrible|stupid bot|bad bot|dumb model|liar|boo|idiot|go away|be quiet|no, wrong|worst answer ever|are you stupid]
you misunderstood me
try again, that was wrong
# sorry
I [apologise|beg your pardon|didn't mean that|made a mistake|made a typo|take it back|was rude|didn't mean to shout|feel bad about that]
sorry [about that|for that|for the typo|for the confusion|to bother you|for being rude|for the late reply|for disturbing you|my mistake]
my [apologies|fault|bad, sorry]
please forgive me
pardon me
so sorry
I'm so sorry
oops, [sorry|wrong window|typo|my bad]
excuse my typos
# weather
[what's|how's] it like outside
is it [nice|warm|freezing|wet|cloudy|foggy|hot] [outside|there|today|where you are]
will it be [warm|cold|sunny|rainy|windy|foggy] [today|tomorrow|on Sunday]
will we have [snow|rain|sun|a storm] [today|tomorrow|this week]
what's the [forecast|temperature|weather forecast|weather report] [for today|for tomorrow|outside|in {city}|]
what temperature is it
how [hot|cold|warm] is it [today|outside|in {city}|]
how many degrees is it
should I take [an umbrella|a coat|a jacket]
does it [rain|snow] [now|outside|in {city}]
do you think it will rain
can I go out without a jacket
weather [today|tomorrow|in {city}|please|forecast]
is a storm coming
such [nice|bad|awful|lovely] weather
the sun is shining
it's raining here
it is so [hot|cold] here
~what the weather is like
~if it will rain [today|tomorrow|]
~how cold it is outside
# time
what time
time?
time please
the time, please
got the time
have you got the time
do you have the time
can you tell me [the time|what time it is|the date|what day it is]
could you tell me the [time|date]
how late is it
what hour is it
what's the [day|year|month|hour] [today|now|]
what day [do we have|of the week is it|is tomorrow|was yesterday]
what date is [it|tomorrow|today]
what week is it
which [day|month|date] is [it|today]
today's date
today's date please
date today
is it [Monday|Friday|Sunday|the weekend|noon|midnight|morning] [today|already|yet|]
is it already [noon|late|evening|time for lunch]
is today [Monday|Saturday|a holiday]
when is it noon
is it a leap year
~what time it is
~what day it is [today|]
~the date of today
# favourite
what {fav} is your favo{u}rite
name your favo{u}rite {fav}
your favo{u}rite {fav}
any favo{u}rite {fav}
which {fav} is your favo{u}rite
which {fav} do you like most
what's the {fav} you like [best|most]
do you have a [{fav} that you like|favo{u}rite {fav}|preferred {fav}]
do you prefer [tea or coffee|cats or dogs|summer or winter|books or films|sweet or salty|mountains or the sea]
tea or coffee
cats or dogs
are you a [cat|dog] person
are you into {like}
are you fond of {like}
are you a fan of {like}
how do you like {like}
what do you think about {like}
what are your [hobbies|favo{u}rite things|interests]
what do you [like|enjoy|love|hate|dislike] [most|best|the most|]
what do you like to do
what do you do [for fun|in your free time|at the weekend]
tell me your favo{u}rite {fav}
you like {like}
~what your favo{u}rite {fav} is
~which {fav} you like best
~if you like {like}
# eat
are you [hungry|thirsty|full|on a diet]
do you [get hungry|need food|like eating|have breakfast|cook|drink coffee|drink water|eat meat]
did you have [breakfast|lunch|dinner]
have you had [breakfast|lunch|dinner|your coffee]
had your [breakfast|lunch|dinner]
what [did you have for breakfast|do robots eat|do you drink|do you feed on|did you eat today]
what's for [dinner|lunch]
shall we [eat|have lunch|get a coffee|eat {dish}]
let's [have lunch|eat|grab a coffee|get some {dish}]
join me for [lunch|dinner|a coffee]
can I offer you [a coffee|some {dish}|a cookie|tea]
fancy [a coffee|some {dish}|a beer]
I'm [starving|so hungry|eating {dish}|cooking {dish}|thirsty]
I'm having {dish} [for lunch|now]
my stomach is rumbling
dinner time
~what you eat
~if you are hungry
# music
can you [sing|hum|whistle|play the piano|play the guitar|rap|dance|play a song|make music|sing a song]
do you [sing|play an instrument|listen to music|know any songs|play the guitar|like songs|dance]
sing [something|along|happy birthday|a song please|for me]
let's [sing|dance|make music]
play [something|some jazz|music please|me a tune|my favourite song]
put on some music
rap for me
dance for me
I want to hear a song
would you sing for me
music please
# love
I [have no friends|need a friend|want a friend|need someone to talk to|need company|just want to chat|would like to chat|want some company|want to talk to somebody|am all alone]
[will|would|could] you [be my friend|keep me company|talk with me|chat with me|stay with me|listen to me]
can we [chat|talk a bit|be friends|hang out]
can I talk to you
can you keep me company
do you want to [be friends|chat|talk|be my friend]
do you have time [to chat|for me|to talk]
do you like talking to me
are you my [buddy|friend|companion]
let us [chat|talk|be friends]
let's [talk a bit|have a chat|hang out|be friends]
please [talk to me|stay with me|listen to me]
shall we [chat|talk]
talk with me
nobody talks to me
keep me company
stay with me
chat?
""")
