"""The English sentences of the stories.  A beat is a tuple of variants; a beat that starts with '?' may be left out."""

OPENING = (
    'Once upon a time, {at}, there lived {akind} named {n}.',
    '{At} lived {akind} named {n}.',
    'There was once {akind} named {n}, who lived {at}.',
    'Not so long ago, {akind} named {n} lived {at}.',
    'This is the story of {akind} named {n}, who lived {at}.',
    'Long ago, {at}, there was {akind} named {n}.',
)
TRAIT = (
    '?',
    '{n} was small, but {his} heart was big.',
    'Everyone liked {him} for {his} kind eyes.',
    '{He} liked quiet mornings and long questions.',
    '{He} asked questions about everything.',
    'Every morning {he} said hello to the wind.',
    '{He} was not the strongest, but {he} never gave up easily.',
    '{He} laughed easily and listened well.',
)
# Scenes by plot, so that no sun shines at night; '' for the others.
SCENES = {
    '': (
        'The air was very still.',
        'Somewhere far away a bird was singing.',
        'A soft wind went by.',
        'The light was soft and golden.',
        'White clouds drifted over the sky.',
    ),
    'guide': (
        'The night was very still.',
        'A cool wind went by.',
        'The moon shone on the path.',
        'Far away a cricket was singing.',
    ),
    'fear': (
        'It was very quiet.',
        'A cool wind went by.',
        'Time seemed to stand still.',
        'Far away a small lamp was burning.',
    ),
    'share': (
        'The north wind howled.',
        'Snow was falling without a sound.',
        'The fire crackled softly.',
        'Long icicles hung from the roof.',
    ),
    'sea': (
        'The water was calm and clear.',
        'A few silver fish swam by.',
        'The seaweed swayed as if it danced.',
        'Far away the waves were singing.',
    ),
}
CLOSE = (
    '?',
    'That night {n} slept very well.',
    'And if you pass {ref} one day, you may meet {him} there.',
    'And {n} smiled all the way home.',
    'They still tell this story there today.',
    'From then on, {n} was never lonely again.',
)

PLOTS = {
    'lost': (
        (
            'What {n} loved most was {aobj}, a present from {his} grandmother.',
            '{n} had {aobj} that {he} loved more than anything else.',
            'Wherever {n} went, {he} carried {aobj} with {him}.',
        ),
        (
            'One morning the {obj} was gone.',
            'But after a stormy night the {obj} had disappeared.',
            'One day, {n} looked around, and the {obj} was gone.',
        ),
        (
            '{n} looked all over {ref}, but {he} could not find it.',
            '{He} searched high and low, all day long, and found nothing.',
            '{He} looked under every stone and behind every plant, but it was not there.',
        ),
        (
            'Then {he} met {helper}, who was too tired to carry a heavy bag.',
            'On the way {he} met {helper}, who was stuck in the mud.',
            'At noon {he} heard a sigh. It was {helper}, who had lost the way.',
        ),
        (
            '{n} was in a hurry, but {he} stopped to help.',
            '"First I will help you," said {n}, "then I will go on looking."',
            '{n} forgot {his} own worry for a moment and helped {thehelper}.',
        ),
        (
            '"You are kind," said {thehelper}. "I saw {aobj} this morning. Come with me!"',
            '"Thank you," said {thehelper}. "Are you looking for {aobj}? I know where it is."',
        ),
        (
            'And there it was: the {obj} lay in the soft grass, safe and dry.',
            'Together they went around the corner, and there was the {obj}, shining in the sun.',
            'Behind an old wall they found the {obj}, not even scratched.',
        ),
        (
            '{n} jumped for joy, and from that day the two were friends.',
            '{n} hugged {thehelper}, and they shared the last piece of cake.',
            '"I found it, and I found you," said {n}.',
        ),
    ),
    'learn': (
        (
            'More than anything, {n} wanted to learn to {skill}.',
            '{n} had one great wish: to learn to {skill}.',
            'Every night {n} dreamed that {he} could {skill}.',
        ),
        (
            'But the first time {he} tried, {fail}.',
            'The first try went badly: {fail}.',
            '{He} tried at once, but {fail}.',
        ),
        (
            'Some laughed, and {n} wanted to give up.',
            '"I will never learn it," sighed {n}.',
            '{n} hid behind a wall and felt very small.',
        ),
        (
            'Then {helper} sat down beside {him}.',
            'That evening {helper} came by and saw {his} sad face.',
            'Just then {helper} stopped and listened.',
        ),
        (
            '"I needed a hundred tries," said {thehelper}. "You have had only one."',
            '"Try a little every day," said {thehelper}. "Not much, only a little."',
            '"Mistakes are steps," said {thehelper}. "Take the next one."',
        ),
        (
            'So {n} practised every morning, before the others woke up.',
            'So {n} tried again, ten minutes a day, in sun and in rain.',
            'From then on {n} practised a little every day and counted the days on the wall.',
        ),
        (
            '?',
            'One week passed, then another.',
            'Sometimes it went well, and sometimes it did not.',
            'Slowly, very slowly, it became easier.',
        ),
        (
            'Then, one bright day, {success}.',
            'And on the first day of spring, {success}.',
            'One evening, when all were together, {success}.',
        ),
        (
            'Everyone clapped, and {thehelper} clapped the loudest.',
            '"I knew it," said {thehelper}, and {n} laughed with joy.',
            'Now the little ones come to {n} to learn {skilling}, and {he} tells them about the hundred tries.',
        ),
    ),
    'guide': (
        (
            'One evening {n} found {little}.',
            'On a cold night {n} heard someone crying. It was {little}.',
            'One day, on the way home, {n} met {little}.',
        ),
        (
            '"I cannot find the way home," it whispered.',
            '"Please help me," it said. "I want to go home."',
            '"I am lost," it said in a very small voice.',
        ),
        (
            '{n} was tired, but {he} could not just walk away.',
            '"Do not worry," said {n}. "I will bring you to {belongs}."',
            '{n} thought for a moment and said, "Then we will look for the way together."',
        ),
        (
            'But the way was long, and soon it became dark.',
            'They went on and on, until {n} did not know the way any more.',
            'A thick fog came down, and they could see nothing.',
        ),
        (
            'Then {helper} came by. "Follow me," said {thehelper}, "I know the way."',
            'Luckily they met {helper}. "Listen," said {thehelper}, "and follow my voice."',
            'There sat {helper}. "Just look up," said {thehelper}, "the stars show you the way."',
        ),
        (
            'Step by step they went on, and nobody was afraid any more.',
            'They sang to keep each other company, and the way became shorter.',
            'All three went on together, close to each other.',
        ),
        (
            'At last they reached {belongs}, and {thelittle} shone with joy.',
            'Before morning {thelittle} was back at {belongs}.',
            'And so {thelittle} came back to {belongs}, safe and warm.',
        ),
        (
            '"I will never forget you, {n}," said {thelittle}.',
            '"Thank you, {n}," it said. "You are my friend for ever."',
            'From then on, {thelittle} said good night to {n} every evening.',
        ),
    ),
    'journey': (
        (
            '{n} had heard about {sight}, but {he} had never seen it.',
            'All {his} life {n} had wanted to see {sight}.',
            'One day a traveller told {n} about {sight}.',
        ),
        (
            '"One day I will go there," {he} said every evening.',
            '"I must see that with my own eyes," said {n}.',
            '"It is much too far for you," the others said.',
        ),
        (
            'So one morning {n} packed some bread and set off.',
            'One clear morning {he} said goodbye to {ref} and started.',
            'The next day {he} took a small bag and went.',
        ),
        (
            '{He} walked and walked, until {his} feet were sore.',
            'The way was steep, and it rained for three days.',
            'On the third day {he} lost the path.',
        ),
        (
            '{n} almost turned back. Then {he} met {helper}.',
            'When {he} sat there, tired and sad, {helper} came along.',
            'Under a tree {he} met {helper}.',
        ),
        (
            '"Do not look at the whole way," said {thehelper}. "Look at the next step."',
            '"I can show you a shorter path," said {thehelper}, "and company makes it lighter."',
            '"Rest tonight," said {thehelper}. "Tomorrow it will not be far."',
        ),
        (
            'And then, behind the last hill, there it was: {sight}.',
            'The next morning {n} opened {his} eyes and saw it: {sight}.',
            'At last {n} stood still, for there it was: {sight}.',
        ),
        (
            'It was more beautiful than all the tales about it.',
            '{n} was quiet for a long time, because it was so beautiful.',
            '"It was worth every step," whispered {n}.',
        ),
        (
            'When {he} came home, {he} told everyone about it, and their eyes grew wide.',
            'On the way home {n} already thought about the friends who should see it too.',
            'Back home, {n} drew a map for everyone who dreams of going.',
        ),
    ),
    'fear': (
        (
            '{n} was afraid of only one thing: {fear}.',
            'There was one secret: {n} was afraid of {fear}.',
            '{n} could do many things, but {he} was very much afraid of {fear}.',
        ),
        (
            'The others did not know, because {he} always found an excuse.',
            '{He} told nobody, and stayed at home instead.',
            'Whenever it came to that, {he} hid under a blanket.',
        ),
        (
            'One day the smallest child {at} was in trouble, and only {n} could help.',
            'Then one evening someone called for help, and {n} was the only one near.',
            'One day a friend did not come home, and someone had to go and look.',
        ),
        (
            '{n} trembled. "I cannot do it," {he} thought.',
            '{His} knees shook, and {his} heart beat like a drum.',
            '{He} took one step and stopped.',
        ),
        (
            '"I am afraid too sometimes," said {helper}, "so let us be afraid together."',
            'Then {helper} said quietly, "You need not be brave all the way. Only for one step."',
            '"Breathe slowly," said {helper}, "and count to five. Then go."',
        ),
        (
            '{n} took a deep breath and went, one step and then another.',
            '{n} counted to five, and then {he} went.',
            'So {n} started, slowly at first, and then faster.',
        ),
        (
            'And all went well: soon everyone was safe and warm at home.',
            '{He} helped, and only afterwards noticed that {he} had forgotten {his} fear.',
            'It was not as bad as {he} had thought, and soon everyone was safe.',
        ),
        (
            '"You are the bravest of us," said the others.',
            '"I was afraid," said {n}, "but I went anyway."',
            'Since then, {n} is still a little afraid of {fear}, but it does not stop {him} any more.',
        ),
    ),
    'gift': (
        (
            'Soon it was the birthday of {his} best friend, {helper}.',
            '{n} had a very good friend, {helper}, and tomorrow was the birthday of {thehelper}.',
        ),
        (
            '{n} wanted to give a present, but {he} had no money at all.',
            '"I must find the best present in the world," said {n}.',
            '{He} thought all day long about a present.',
        ),
        (
            'So {he} made {aobj} with {his} own hands, and worked all night.',
            'For three days {he} worked with {his} own hands, until {aobj} stood on the table.',
            'In the end {he} made {aobj} out of wood, paper and a little paint.',
        ),
        (
            'But on the way {n} stumbled, and the {obj} broke.',
            'But in the rain the {obj} fell into a puddle and broke.',
            'Just before the door, the {obj} slipped and broke in two.',
        ),
        (
            '{n} cried. Now {his} hands were empty.',
            '"Now it is all for nothing," {he} sighed.',
            '{n} stood there and did not dare to knock.',
        ),
        (
            'Then {thehelper} opened the door and saw it all.',
            'But {thehelper} had already seen {him} through the window.',
        ),
        (
            '"You made this for me?" said {thehelper}. "Then we will mend it together."',
            '"Come in," said {thehelper}. "We have glue, and we have time."',
        ),
        (
            'They mended the {obj}, laughing and telling stories, and it became prettier than before.',
            'All evening they mended the {obj}, and a fine golden line stayed where it had broken.',
        ),
        (
            '"The line is the best part," said {thehelper}, "because we made it together."',
            '"It is the best birthday I ever had," said {thehelper}.',
        ),
    ),
    'share': (
        (
            'It was the coldest winter for many years, and food was scarce.',
            'One winter the snow lay so high that nobody could find food.',
            'The winter came early, and soon every shelf was empty.',
        ),
        (
            '{n} had only one pot of soup left.',
            '{n} had only a small loaf of bread left.',
            '{n} had a warm blanket and the last three apples.',
        ),
        (
            '"If I am careful, it will be enough for me," {he} thought.',
            '{He} closed the door and wanted to eat.',
            '{He} sat down by the fire, alone.',
        ),
        (
            'Then there was a knock. Outside stood {helper}, cold and hungry.',
            'Just then {he} saw {helper} out in the snow, shivering.',
            'At that moment {helper} looked in at the window.',
        ),
        (
            '{n} looked at the little {he} had, and opened the door. "Come in," {he} said.',
            '{n} thought for a moment. Then {he} laughed: "There is enough for two!"',
            '"It is not much," said {n}, "but half of it is yours."',
        ),
        (
            'Soon more neighbours came, and each of them brought a little: a carrot, some salt, a song.',
            'And {thehelper} brought something too: a handful of nuts, saved since autumn.',
            'The smell went out through the door, and the neighbours came, each with something small.',
        ),
        (
            'They put everything together, and there was enough for all.',
            'They ate and sang by the fire, and nobody was hungry that night.',
            'It became the warmest evening of the whole winter.',
        ),
        (
            '"I thought I would have less," said {n}, "but I have more."',
            'Since that day {n} always keeps a place free at the table.',
            'When spring came, they were no longer neighbours but friends.',
        ),
    ),
    'seed': (
        ('One day {n} found a tiny seed on the ground.', 'One morning the wind brought {n} a tiny seed.'),
        (
            '"What will you be?" {he} asked, but the seed said nothing.',
            '{n} put it into the earth and gave it water.',
            '{He} dug a small hole, put it in, and covered it with soft earth.',
        ),
        (
            'Every day {he} looked, and every day there was nothing to see.',
            'One week passed, then two, and nothing happened.',
            'The others laughed: "That is only a stone!"',
        ),
        ('{n} was sad and wanted to dig it out.', '"Perhaps it has forgotten me," said {n}.', '{n} almost gave up.'),
        (
            '"Wait," said {helper}. "It is growing where you cannot see it."',
            '"First come the roots," said {helper}, "and roots grow quietly."',
        ),
        (
            'So {n} went on. {He} watered it, sang to it, and kept it warm in cold nights.',
            'So {n} waited and watered, watered and waited.',
            'So {n} came every day, in sun and in rain, and told it a story.',
        ),
        ('Then, one morning, there was a green tip.', 'And one morning {he} saw two small green leaves.'),
        ('It grew and grew, and it became {aplant}.', 'By summer it had become {aplant}, and everyone came to see it.'),
        (
            '"How did you do that?" they asked. "I waited," said {n}.',
            '{n} sat down beside it and was happy.',
            'In autumn {n} gave a new seed to everyone who had laughed.',
        ),
    ),
}

# About 300 characters: five short sentences.
BRIEF = (
    (
        (
            '{At} lived {akind} named {n}.',
            'There was once {akind} named {n} who lived {at}.',
            'Once, {akind} named {n} lived {at}.',
        ),
        (
            'One day {he} lost {his} {obj} and looked for it everywhere.',
            'One stormy night {his} {obj} disappeared.',
            'One morning {his} favourite {obj} was gone.',
        ),
        (
            'On the way {he} met {helper} who needed help, and {n} stopped.',
            'While searching, {he} saw {helper} in trouble and helped at once.',
            'Then {he} met {helper}, cold and tired, and shared {his} bread.',
        ),
        (
            '"You are kind," said {thehelper}. "I know where your {obj} is!"',
            '"Thank you," said {thehelper}. "Come, I saw your {obj} today."',
        ),
        (
            'Together they found it. Since then they have been friends.',
            'Soon they held it in their hands and laughed. Kindness finds its way back.',
            'They found it and danced for joy. Nobody who helps must search alone.',
        ),
    ),
    (
        (
            '{At} lived {akind} named {n}.',
            'There was once {akind} named {n} who lived {at}.',
            'Once, {akind} named {n} lived {at}.',
        ),
        (
            '{He} wanted to learn to {skill}, but the first try went badly.',
            '{He} dreamed of {skilling}, but at first nothing worked.',
        ),
        (
            '"I will never learn it," {he} sighed.',
            'The others laughed, and {n} almost gave up.',
            '{n} hid and felt very small.',
        ),
        (
            '"I needed a hundred tries," said {helper}. "You have had only one."',
            '"Try a little every day," said {helper}.',
            '"Mistakes are steps," said {helper}. "Take the next one."',
        ),
        (
            'So {n} practised every day, and in spring {success}.',
            'So {n} tried again and again, until one day {success}.',
        ),
        ('Small steps go a long way.', 'Every master was once a beginner.', 'Everyone clapped, and {n} smiled.'),
    ),
    (
        (
            '{At} lived {akind} named {n}.',
            'There was once {akind} named {n} who lived {at}.',
            'Once, {akind} named {n} lived {at}.',
        ),
        ('{He} was afraid of {fear}, but {he} told nobody.', '{n} feared only one thing: {fear}.'),
        (
            'One night a friend was in trouble, and only {n} could help.',
            'One evening someone called for help, and only {n} was near.',
        ),
        (
            '"Just take one step," said {helper}. "Then the next."',
            '"Breathe, and count to five," said {helper}.',
            '"Let us be afraid together," said {helper}.',
        ),
        (
            '{n} took a deep breath and went, and soon everyone was safe.',
            '{n} went, step by step, and brought everyone home.',
        ),
        (
            'Being brave means going on although we are afraid.',
            'Courage is often just one small step.',
            'Since then {he} has slept well in every night.',
        ),
    ),
)
