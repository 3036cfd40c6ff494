"""Fields that tiny-chat knows nothing of: for each, what it is about and the questions people ask (`{x}`: one of them)."""

# ruff: noqa: E501 (tables of words)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace('\n', '|').split('|') if part.strip())


# name: (things, questions)
EN = {
    'place': (
        _split(
            """Paris|London|Rome|Madrid|Lisbon|Vienna|Prague|Budapest|Warsaw|Athens|Oslo|Helsinki|Stockholm|Copenhagen|Dublin|Brussels|Amsterdam|Geneva|Munich|Hamburg|Venice|Naples|Barcelona|Seville|Moscow|Kyiv|Istanbul|Ankara|Cairo|Nairobi|Lagos|Cape Town|Accra|Tunis|Casablanca|Delhi|Mumbai|Karachi|Dhaka|Kathmandu|Bangkok|Hanoi|Manila|Jakarta|Singapore|Seoul|Busan|Tokyo|Osaka|Kyoto|Beijing|Chengdu|Xi'an|Lhasa|Taipei|Hong Kong|Sydney|Melbourne|Perth|Auckland|Toronto|Montreal|Vancouver|New York|Chicago|Boston|Seattle|Dallas|Miami|Denver|San Francisco|Los Angeles|Hollywood|Alaska|Texas|Hawaii|Ohio|Mexico City|Havana|Lima|Quito|Bogota|Buenos Aires|Rio de Janeiro|Santiago|La Paz|Patagonia|Siberia|Greenland|Antarctica|the Sahara|the Alps|the Andes|the Himalayas|the Amazon|the Nile|the Danube|the Rhine|the Volga|the Mississippi|the Yangtze|Lake Baikal|Lake Victoria|the Dead Sea|the Black Sea|the Baltic Sea|the Atlantic|the Grand Canyon|Mount Fuji|Kilimanjaro|Mont Blanc|K2|Niagara Falls|the Eiffel Tower|the Colosseum|Big Ben|the Taj Mahal|Machu Picchu|Stonehenge|the pyramids|the Louvre|the Kremlin|Central Park|Disneyland|Bavaria|Scotland|Wales|Sicily|Crete|Corsica|Bali|Java island|Borneo|Tasmania|Zanzibar|the Maldives|Malaysia|Indonesia|Pakistan|Iran|Iraq|Israel|Saudi Arabia|Argentina|Colombia|Venezuela|Ecuador|Jamaica|Haiti|Denmark|Belgium|Switzerland|Romania|Bulgaria|Serbia|Croatia|Slovenia|Estonia|Lithuania|Belarus|Georgia|Armenia|Kazakhstan|Uzbekistan|Algeria|Tunisia|Nigeria|Ethiopia|Tanzania|Namibia|Botswana|Angola|Congo|Sudan|South Africa|New Zealand|the Netherlands|the United States|Great Britain"""
        ),
        _split(
            """what's the capital of {x}|where exactly is {x}|which continent is {x} on|how do I get to {x}|how long is the flight to {x}|how far is {x} from here|what is {x} famous for|what are the best sights in {x}|is {x} worth a visit|is it safe to travel to {x}|when should I visit {x}|recommend a hotel in {x}|recommend a restaurant in {x}|plan a trip to {x}|who founded {x}|how old is {x}|what do people eat in {x}|what language do they speak in {x}|which currency do they use in {x}|how expensive is life in {x}|who is the mayor of {x}|what happened in {x} in 1920|I'm going to {x} next month, any ideas|have you ever been to {x}|show me {x} on a map|compare {x} and {y}|which is bigger, {x} or {y}|how many inhabitants does {x} have|name three rivers near {x}|which sea is next to {x}|what's the distance between {x} and {y}|can I drive from {x} to {y}"""
        ),
    ),
    'person': (
        _split(
            """Leonardo da Vinci|Michelangelo|Raphael|Claude Monet|Frida Kahlo|Salvador Dali|Andy Warhol|Goethe|Schiller|Dante|Cervantes|Dickens|Jane Austen|Mark Twain|Oscar Wilde|Virginia Woolf|George Orwell|Agatha Christie|Tolkien|Dostoevsky|Chekhov|Pushkin|Victor Hugo|Jules Verne|Voltaire|Rousseau|Kant|Hegel|Nietzsche|Karl Marx|Freud|Jung|Aristotle|Pythagoras|Archimedes|Euclid|Homer|Alexander the Great|Hannibal|Augustus|Nero|Charlemagne|Joan of Arc|Henry VIII|Queen Victoria|Elizabeth I|Louis XIV|Marie Antoinette|Peter the Great|Catherine the Great|Stalin|Lenin|Churchill|Roosevelt|Kennedy|Nixon|Reagan|Thatcher|Merkel|Macron|Putin|Biden|Trump|Zelensky|George Washington|Jefferson|Benjamin Franklin|Martin Luther King|Rosa Parks|Malcolm X|Che Guevara|Fidel Castro|Mao Zedong|Sun Yat-sen|Qin Shi Huang|Wu Zetian|Du Fu|Lu Xun|Mo Yan|Kepler|Copernicus|Faraday|Maxwell|Planck|Niels Bohr|Heisenberg|Schrödinger|Feynman|Stephen Hawking|Oppenheimer|Fermi|Pasteur|Mendel|Gauss|Euler|Riemann|Hilbert|Gödel|Ada Lovelace|Grace Hopper|Linus Torvalds|Steve Jobs|Mark Zuckerberg|Jeff Bezos|Warren Buffett|Sam Altman|Jensen Huang|Jack Ma|Lei Jun|Walt Disney|Charlie Chaplin|Hitchcock|Spielberg|Tarantino|Kubrick|Marilyn Monroe|Audrey Hepburn|Tom Hanks|Brad Pitt|Angelina Jolie|Leonardo DiCaprio|Keanu Reeves|Bruce Lee|Elvis Presley|John Lennon|Paul McCartney|Freddie Mercury|David Bowie|Bob Dylan|Beyonce|Rihanna|Adele|Ed Sheeran|Lady Gaga|Eminem|Michael Jackson|Vivaldi|Handel|Haydn|Schubert|Brahms|Wagner|Verdi|Pele|Maradona|Mbappe|Neymar|Beckham|LeBron James|Kobe Bryant|Roger Federer|Nadal|Djokovic|Serena Williams|Usain Bolt|Tiger Woods|Muhammad Ali|Schumacher|Hamilton|Neil Armstrong|Gagarin|Marco Polo|Magellan|Captain Cook|Robin Hood|King Arthur|Zeus|Hercules|Superman|Spider-Man|Darth Vader|Frodo|Gandalf|Santa Claus|the Pope|the Dalai Lama|the king of England"""
        ),
        _split(
            """do you know {x}|do you know who {x} is|who's {x}|who on earth is {x}|tell me who {x} was|give me a biography of {x}|what made {x} famous|why is {x} famous|what did {x} look like|how did {x} die|how old was {x} at the end|what was {x}'s job|who was the wife of {x}|how many children did {x} have|what is the best work of {x}|which books did {x} write|quote something by {x}|give me a quote from {x}|where did {x} grow up|where is {x} buried|what did {x} believe|was {x} a good person|who was greater, {x} or {y}|did {x} ever meet {y}|what did {x} think about {y}|write like {x}|pretend to be {x}|speak like {x}|what would {x} say|how rich was {x}|when did {x} live|in which century did {x} live|what's the birthday of {x}|I have to write about {x}, help me|my daughter asks who {x} is"""
        ),
    ),
    'science': (
        _split(
            """atoms|electrons|protons|neutrinos|quarks|the Higgs boson|antimatter|dark matter|dark energy|neutron stars|supernovas|comets|asteroids|the Milky Way|Saturn|Jupiter|Venus|Mercury|Neptune|Pluto|the moons of Mars|an eclipse|the tides|the atmosphere|ozone|the greenhouse effect|acid rain|hurricanes|lightning|thunder|earthquakes|tsunamis|glaciers|fossils|crystals|granite|oxygen|hydrogen|helium|uranium|mercury poisoning|gold|iron|copper|aluminium|carbon|diamonds|salt|sugar|vinegar|soap|plastic|rubber|concrete|steel|batteries|lasers|radar|X-rays|microwaves|radio waves|sound waves|superconductors|semiconductors|transistors|entropy|thermodynamics|relativity|string theory|friction|momentum|the speed of light|cells|bacteria|viruses|fungi|mushrooms|moss|chlorophyll|enzymes|proteins|hormones|insulin|mitochondria|chromosomes|mutations|natural selection|photosynthetic algae|the brain|the liver|the kidneys|the lungs|blood|bones|muscles|skin|the immune system|digestion|REM phases|whales|dolphins|sharks|octopuses|jellyfish|penguins|eagles|owls|parrots|hummingbirds|bats|elephants|giraffes|lions|tigers|wolves|bears|pandas|koalas|kangaroos|platypuses|crocodiles|snakes|lizards|frogs|ants|butterflies|mosquitoes|spiders|T. rex|mammoths|oaks|pine trees|cacti|orchids|roses|bamboo|rice plants|wheat|potatoes|tomatoes|bananas|rockets|satellites|space stations|telescopes|microscopes|thermometers|compasses|clocks|engines|turbines|airplanes|helicopters|submarines|bridges|dams|windmills|solar panels|nuclear fusion|hydrogen cars|cloning|stem cells|CRISPR|psychology|sociology|archaeology|linguistics|geology|astronomy|botany"""
        ),
        _split(
            """explain {x}|please explain {x} to a child|what do we know about {x}|what's the deal with {x}|what are {x} made of|why do {x} exist|how do {x} work|how does {x} work|who discovered {x}|who invented {x}|what is special about {x}|what are {x} good for|where can I find {x}|where do {x} come from|are {x} dangerous|how many kinds of {x} are there|how big are {x}|what colour are {x}|how long do {x} last|what is the formula for {x}|give me a definition of {x}|tell me a fun fact about {x}|three facts about {x}|what's the difference between {x} and {y}|how are {x} and {y} related|I need an essay about {x}|my homework is about {x}|can you teach me {x}|help me understand {x}|why are {x} important|what would happen without {x}|is there a theory of {x}|in physics, what is {x}|what is meant by {x}|can we live without {x}|how do scientists study {x}"""
        ),
    ),
    'software': (
        _split(
            """Word|Excel|PowerPoint|Outlook|Teams|OneDrive|Access|Publisher|Visio|Notepad|Paint|Windows 11|Windows XP|macOS|iOS|Android|ChromeOS|Safari|Edge|Opera|Brave|Gmail|Google Maps|Google Docs|Google Drive|YouTube|Netflix|Disney Plus|Twitch|Facebook|Twitter|Snapchat|Pinterest|LinkedIn|Reddit|Telegram|Signal|WeChat|Discord|Slack|Notion|Trello|Asana|Jira|Evernote|Dropbox|iCloud|PayPal|Amazon|eBay|Airbnb|Uber|Booking|Tinder|Duolingo|Shazam|iTunes|VLC|OBS|Photoshop|Lightroom|Illustrator|InDesign|After Effects|DaVinci Resolve|iMovie|Canva|CorelDRAW|Inkscape|Krita|SketchUp|Revit|Maya|Cinema 4D|Unreal Engine|Godot|Scratch|Arduino|LibreOffice|OpenOffice|Thunderbird|Quicken|QuickBooks|DATEV|SPSS|Stata|Mathematica|LabVIEW|Simulink|QGIS|MongoDB|PostgreSQL|Cassandra|Elasticsearch|Kafka|Hadoop|Spark|WordPress|Joomla|Drupal|Shopify|Wix|Magento|jQuery|Svelte|Spring Boot|Symfony|Flutter|Xamarin|Visual Basic|Delphi|Eclipse|IntelliJ|Xcode|Emacs|Sublime Text|Fortnite|Candy Crush|Sims 4|FIFA|Pokemon Go|Among Us|Zelda|Tetris|Civilization|my scanner|my webcam|my smart TV|my headphones|my keyboard|my old phone|an iPad|a Kindle|my PlayStation|my Xbox|my smart watch|my car radio|my alarm system|my thermostat|my oven|my dishwasher|my bank's app|the tax program|the booking site"""
        ),
        _split(
            """how do I install {x}|how can I update {x}|how do I uninstall {x}|how do I log in to {x}|I forgot my {x} password|{x} won't open|{x} keeps crashing|{x} is frozen|{x} does not respond|{x} shows a blank screen|why is {x} so slow|how do I fix {x}|can you fix {x}|please help me with {x}|I have a problem with {x}|how do I print from {x}|how do I share a file with {x}|how do I delete my account on {x}|how do I change the language of {x}|how do I turn off notifications in {x}|is {x} free|how much is {x}|is there an alternative to {x}|which is better, {x} or {y}|how do I move my data from {x} to {y}|teach me how to use {x}|what is {x} used for|who owns {x}|where can I download {x}|does {x} work on a Mac|what are the shortcuts of {x}|how do I make a pivot table in {x}|write a macro for {x}|how do I connect {x} to {y}|open {x} for me|what's new in {x}"""
        ),
    ),
    'health': (
        _split(
            """sunburn|a nosebleed|a fever of 39|a stiff neck|knee pain|a sprained ankle|a swollen foot|hay fever|a bee sting|a tick bite|a snake bite|food poisoning|diarrhea|constipation|heartburn|nausea|dizziness|high cholesterol|low blood pressure|a heart attack|a stroke|cancer|pneumonia|bronchitis|tuberculosis|malaria|chickenpox|mumps|covid|a cold sore|acne|eczema|psoriasis|dandruff|hair loss|warts|athlete's foot|varicose veins|gout|osteoporosis|a hernia|appendicitis|kidney stones|gallstones|hepatitis|celiac disease|lactose intolerance|a peanut allergy|hiccups|snoring|sleep apnea|tinnitus|ear pain|an eye infection|cataracts|glaucoma|color blindness|a cavity|gum bleeding|wisdom teeth|panic attacks|ADHD|autism|dementia|Parkinson's|epilepsy|multiple sclerosis|anorexia|obesity|a vitamin D deficiency|pregnancy|menopause|ibuprofen|aspirin|paracetamol|amoxicillin|antibiotics"""
        ),
        _split(
            """what can I do against {x}|what helps with {x}|how do I get rid of {x}|how is {x} treated|what are the symptoms of {x}|what causes {x}|is {x} dangerous|is {x} contagious|do I have {x}|I think I have {x}|my son has {x}|my mother suffers from {x}|which doctor treats {x}|what should I eat with {x}|can children get {x}|how long does {x} last|is there a cure for {x}|should I go to hospital with {x}|which pill for {x}|what are the risks of {x}|home remedy for {x}|can {x} kill you|how do I prevent {x}"""
        ),
    ),
    'law_money': (
        _split(
            """a divorce|a will|an inheritance|a rental contract|a parking ticket|a speeding fine|a work permit|a visa|citizenship|a passport|a driving licence|a patent|a trademark|copyright|bankruptcy|child support|custody|alimony|parental leave|sick leave|overtime pay|the minimum wage|unemployment benefits|a pension|social security|income tax|VAT|property tax|customs duty|a tax return|a mortgage|a car loan|a student loan|a credit card|a credit score|a savings account|a bank transfer|an overdraft|life insurance|car insurance|health insurance|travel insurance|stocks|bonds|index funds|ETFs|dividends|options trading|cryptocurrency|Ethereum|Dogecoin|Tesla shares|Nvidia shares|gold coins|real estate|a startup|a small business|a freelance invoice|a payslip|the inflation rate|the interest rate|the exchange rate of the euro|the price of oil|the price of petrol|the dollar|the yen|the stock market|a data protection complaint|a warranty claim|a noisy neighbour|a broken contract"""
        ),
        _split(
            """how do I apply for {x}|how do I get {x}|how much does {x} cost|how does {x} work|what is {x}|do I need a lawyer for {x}|is {x} worth it|should I invest in {x}|what are the rules for {x}|what does the law say about {x}|who pays for {x}|how long does {x} take|can I cancel {x}|can I sue because of {x}|help me with {x}|explain {x}|what are my rights with {x}|will {x} go up|what is the forecast for {x}|calculate {x} for me|which bank is best for {x}|what documents do I need for {x}|where do I complain about {x}|is {x} taxed|how do I save on {x}|what happens with {x} if I move abroad"""
        ),
    ),
    'sport': (
        _split(
            """football|basketball|baseball|cricket|rugby|tennis|table tennis|badminton|volleyball|handball|golf|hockey|ice hockey|boxing|judo|karate|taekwondo|wrestling|fencing|archery|swimming|diving|rowing|sailing|surfing|skiing|snowboarding|figure skating|cycling|the marathon|the high jump|the pole vault|gymnastics|weightlifting|climbing|horse riding|Formula 1|the Premier League|La Liga|the Bundesliga|Serie A|the NFL|the NHL|the World Series|the Asian Games|the Winter Olympics|the Ryder Cup|the Davis Cup|Real Madrid|Barcelona FC|Manchester United|Liverpool|Chelsea|Arsenal|Bayern Munich|Juventus|PSG|the Lakers|the Bulls|the Warriors|the Yankees|the Red Sox|snooker|darts|bowling|curling|sumo|poker|bridge|Go|checkers|backgammon|mahjong|Monopoly|Scrabble"""
        ),
        _split(
            """what are the rules of {x}|how do you play {x}|how do I get better at {x}|who is the best at {x}|who won in {x} last year|who won in {x} yesterday|what was the score in {x}|when is the next match of {x}|who will win in {x}|who holds the record in {x}|how many players are there in {x}|how long is a game of {x}|when was {x} invented|who invented {x}|is {x} dangerous|what do I need for {x}|who is the coach of {x}|is {x} more popular than {y}|where can I watch {x}|predict the result of {x}|explain offside in {x}|what is the world record in {x}"""
        ),
    ),
    'food': (
        _split(
            """pizza|pasta|spaghetti carbonara|risotto|gnocchi|minestrone|ratatouille|a quiche|crepes|croissants|baguettes|onion soup|coq au vin|fondue|raclette|rösti|schnitzel|sauerkraut|potato salad|pretzels|apple strudel|dumplings|fried rice|mapo tofu|Peking duck|hot pot|spring rolls|wontons|congee|bao buns|soy milk|tofu|tempura|miso soup|okonomiyaki|bibimbap|bulgogi|pad thai|green curry|tom yum|satay|nasi goreng|biryani|naan|tikka masala|samosas|dal|hummus|tabbouleh|shakshuka|couscous|a tagine|moussaka|souvlaki|baklava|burritos|guacamole|enchiladas|chili con carne|a burger|fries|barbecue ribs|fried chicken|mac and cheese|cornbread|clam chowder|brownies|cookies|muffins|doughnuts|cheesecake|carrot cake|apple pie|a birthday cake|ice cream|jam|marmalade|yogurt|butter|mozzarella|rye bread|banana bread|waffles|porridge|scrambled eggs|boiled eggs|a Caesar salad|coleslaw|tomato soup|pumpkin soup|chicken soup|fish and chips|smoked salmon|grilled shrimp|a steak|roast beef|meatballs|lemonade|iced tea|espresso|cappuccino|hot chocolate|eggnog|beer|wine|a mojito|kombucha"""
        ),
        _split(
            """how do I make {x}|how do you cook {x}|how can I prepare {x} at home|recipe for {x}|give me a recipe for {x}|what's in {x}|which ingredients do I need for {x}|how long does {x} take|how many calories are in {x}|is {x} healthy|is {x} vegetarian|who invented {x}|where does {x} come from|where do I get the best {x}|what goes well with {x}|how much salt in {x}|can I freeze {x}|can my dog eat {x}|how long does {x} keep in the fridge|my {x} turned out badly, why|what can I use instead of butter in {x}|order {x} for me|how hot should the oven be for {x}|I want to eat {x}, how do I do that|what tastes better, {x} or {y}"""
        ),
    ),
    'culture': (
        _split(
            """Titanic|Avatar|Star Wars|The Matrix|Inception|The Godfather|Casablanca|Jaws|Frozen|Toy Story|The Lion King|Shrek|Finding Nemo|Interstellar|Gladiator|Jurassic Park|Forrest Gump|Pulp Fiction|Parasite|Spirited Away|Friends|Breaking Bad|Game of Thrones|The Simpsons|Stranger Things|Squid Game|Sherlock|Doctor Who|Star Trek|The Lord of the Rings|The Hobbit|Harry Potter|Dune|1984|Animal Farm|Brave New World|Don Quixote|Pride and Prejudice|Jane Eyre|Les Miserables|Crime and Punishment|Anna Karenina|The Great Gatsby|Moby Dick|Robinson Crusoe|Gulliver's Travels|Dracula|Frankenstein|The Little Prince|Alice in Wonderland|Peter Pan|Pinocchio|Romeo and Juliet|Macbeth|King Lear|The Odyssey|The Iliad|The Bible|The Three-Body Problem|Dream of the Red Chamber|Journey to the West|Bohemian Rhapsody|Yesterday|Imagine|Thriller|Hotel California|the Ninth Symphony|The Magic Flute|Carmen|Swan Lake|The Nutcracker|Cats the musical|the Mona Lisa|Sunflowers by van Gogh|Guernica|The Scream|Super Mario|Minecraft|Dark Souls|Elden Ring|World of Warcraft|League of Legends|Grand Theft Auto|The Witcher|Call of Duty|Animal Crossing|Pac-Man|Doom|Half-Life|Skyrim|Stardew Valley|Naruto|One Piece|Batman|the Avengers"""
        ),
        _split(
            """who wrote {x}|who directed {x}|who made {x}|who plays the lead in {x}|what is {x} about|how does {x} end|summarize {x}|give me a summary of {x}|review {x}|when did {x} come out|is {x} good|have you seen {x}|have you read {x}|do you like {x}, the story|who dies in {x}|what is the message of {x}|how long is {x}|where can I watch {x}|how many parts of {x} are there|who is the villain in {x}|is {x} based on a true story|what are the lyrics of {x}|recommend something like {x}|which is better, {x} or {y}|how do I beat the last boss in {x}|any cheats for {x}|who composed {x}|which year is {x} from|how much did {x} earn|did {x} win an Oscar|quote the first line of {x}"""
        ),
    ),
    'history': (
        _split(
            """World War I|World War II|the Cold War|the Vietnam War|the Korean War|the Gulf War|the Civil War|the Hundred Years' War|the Crusades|the Black Death|the Spanish flu|the Russian Revolution|the Industrial Revolution|the Reformation|the Enlightenment|the Middle Ages|the Stone Age|the Bronze Age|the Ice Age|the Vikings|the Romans|the Greeks|the Persians|the Aztecs|the Incas|the Maya|the Mongols|the Ottoman Empire|the British Empire|the Habsburgs|the Ming dynasty|the Tang dynasty|the Qing dynasty|the Opium Wars|the Long March|the Meiji Restoration|the samurai|the pharaohs|Pompeii|Troy|Carthage|Sparta|the Battle of Waterloo|the Battle of Hastings|D-Day|Pearl Harbor|Hiroshima|the Berlin Wall|the fall of Rome|the Magna Carta|the Declaration of Independence|the Gold Rush|slavery|apartheid|the Great Depression|Chernobyl|the Titanic disaster|the first flight|the moon race|the printing press|the invention of paper|gunpowder|the telegraph|the first computer|the wheel|money in antiquity|the first Olympics|the Suez Canal|the Panama Canal|the Treaty of Versailles|the United Nations|NATO|the European Union"""
        ),
        _split(
            """when was {x}|when did {x} start|how did {x} end|why did {x} happen|who was involved in {x}|who started {x}|what caused {x}|what were the consequences of {x}|how many people died in {x}|how long did {x} last|where did {x} take place|tell me the story behind {x}|in what year was {x}|who won in {x}|what can we learn from {x}|explain {x} briefly|three dates about {x}|what do historians say about {x}|what came first, {x} or {y}|write an essay about {x}|what is {x}|what ended {x}|help me with my history homework on {x}"""
        ),
    ),
    'maths_code': (
        _split(
            """a matrix inverse|the determinant|eigenvalues|an integral|a derivative|a limit|a differential equation|the Pythagorean theorem|Bayes' theorem|the binomial theorem|Euler's formula|the golden ratio|Fibonacci numbers|prime factorisation|complex numbers|logarithms|trigonometry|the quadratic formula|Pascal's triangle|standard deviation|linear regression|a hypothesis test|permutations|probability|set theory|group theory|topology|fractals|the travelling salesman problem|game theory|a hash table|a binary tree|a red-black tree|a heap|a stack|a queue|recursion|dynamic programming|big O notation|bubble sort|merge sort|depth-first search|Dijkstra's algorithm|a regular expression|a for loop in Java|a null pointer exception|a segmentation fault|a SQL join|a foreign key|CSS grid|a div in HTML|a React hook|a REST API in Go|a mutex|a semaphore|a deadlock|garbage collection|polymorphism|an interface in C#|a lambda in Kotlin|a trait in Rust|a monad|a goroutine|a promise in JavaScript|a virtual function in C++|a makefile for C|a website|a mobile app|a computer game|a browser extension|an encryption algorithm|a password generator|a Sudoku solver|a bank account class|an email parser"""
        ),
        _split(
            """what is {x}|explain {x}|how do I compute {x}|how do I write {x}|how do I program {x}|write {x} for me|code {x}|show me {x}|give me an example of {x}|prove {x}|solve {x}|what is {x} good for|how do I fix {x}|debug {x}|why do we need {x}|who invented {x}|what's the difference between {x} and {y}|I don't understand {x}|can you teach me {x}|implement {x}|what is the formula of {x}|draw {x}|my exercise is about {x}, help"""
        ),
    ),
    'task': (
        _split(
            """change a tyre|jump-start a car|parallel park|change the oil|wash a car|repair a bicycle|pump up a tyre|fix a leaking tap|unclog a drain|paint a wall|hang a picture|drill a hole|lay tiles|build a shelf|assemble a wardrobe|sharpen a knife|clean an oven|descale a kettle|remove a red wine stain|get chewing gum out of hair|iron a shirt|fold a fitted sheet|sew on a button|knit a scarf|wash wool|dye my hair|cut my own hair|tie a tie|tie a bow tie|shave|put on make-up|polish shoes|whistle|juggle|ride a unicycle|swim butterfly|do a handstand|do a cartwheel|dance salsa|waltz|play the guitar|tune a violin|learn piano|sing higher|draw a horse|paint with watercolours|take good photos|make a kite|fold a paper plane|build a snowman|light a campfire|pitch a tent|catch a fish|read a map|find north|plant tomatoes|prune roses|mow the lawn|keep an orchid alive|grow basil|get rid of ants|catch a mouse|train a puppy|wash a cat|feed a hedgehog|ride a horse|milk a cow|keep bees|change a diaper|calm a baby|plan a wedding|write a wedding speech|make a snow globe|wrap a present in paper|send a parcel to Canada|rent a flat|move house|open a bank account|cancel my gym contract|renew my passport|register a car|get a refund|fly a drone|drive a tractor|open a coconut|peel a mango|cut an onion without crying|cook rice|boil an egg|make coffee|brew tea|bake bread|grill a steak|pickle cucumbers|melt chocolate|carve a pumpkin|open a jar|pick a lock|unfreeze a pipe|bleed a radiator|change a light bulb|reset a fuse|charge my phone faster|print a photo|scan a document|transfer photos|block a number|cure a hangover|remove a splinter|stop a cough|lose ten kilos|gain muscle|become rich|become a pilot|become a doctor|get a girlfriend|impress my boss|win at poker|solve a Rubik's cube|do a card trick|write a novel|publish a book|make a podcast|start a band"""
        ),
        _split(
            """how do I {x}|how can I {x}|how to {x}|how does one {x}|what is the best way to {x}|show me how to {x}|teach me to {x}|can you teach me how to {x}|explain how to {x}|I want to {x}, how|I need to {x}, what should I do|what do I need to {x}|is it hard to {x}|how long does it take to {x}|help me to {x}|can you {x} for me|who can {x} for me|I tried to {x} but it went wrong|where can I learn to {x}|step by step, how do I {x}|what's the trick to {x}|how much does it cost to {x}"""
        ),
    ),
    'household': (
        _split(
            """a lamp|a chair|a kettle|a spoon|a fork|a broom|an umbrella|a pair of shoes|a hat|a raincoat|a pillow|a mattress|a blanket|a sofa|a bookshelf|a mirror|a candle|a clock|an alarm clock|a razor|a hairdryer|an iron|a sewing machine|a blender|a mixer|a rice cooker|a dishwasher|a freezer|an oven|a stove|a grill|a radiator|a fan|an air conditioner|a vacuum robot|a lawn mower|a garden hose|a wheelbarrow|a ladder|a hammer|a screwdriver|a drill|a saw|a bathtub|a shower|a toilet|a sink|a tap|a door lock|a doorbell|a letterbox|a window|a curtain|a carpet|a light bulb|a flashlight|a radio|a record player|a camera|a toy train|a doll|a teddy bear|a skateboard|a scooter|a tricycle|a pram|a backpack|a suitcase|a wallet|a pen|a pencil|a stapler|a fax machine|a landline phone|a Game Boy|a pocket watch|a thermostat|a smoke detector|an aquarium|a bird cage|a dog collar|a coffee grinder|a bread knife|a frying pan|a teapot|a wine glass"""
        ),
        _split(
            """does LMDeploy run on {x}|can LMDeploy run on {x}|could I run LMDeploy on {x}|will LMDeploy work with {x}|is there a version of LMDeploy for {x}|can I install LMDeploy on {x}|does LMDeploy support {x}|how do I connect LMDeploy to {x}|can LMDeploy clean {x}|can LMDeploy repair {x}|can LMDeploy build {x}|can LMDeploy control {x}|does {x} need LMDeploy|where can I buy {x}|how much is {x}|which {z} is the best|how do I repair {x}|how do I clean {x}|who invented {z}s|how does {x} work inside|is {x} better than {y}|what is {x} made of|what do I do with {x}|my {z} is broken|my {z} makes a strange noise|can you find my {z}|recommend {x}|how long does {x} last|what's a good brand for {x}|can I throw {x} in the bin"""
        ),
    ),
}

ZH = {
    'place': (
        _split(
            """巴黎|伦敦|罗马|马德里|里斯本|维也纳|布拉格|布达佩斯|华沙|雅典|奥斯陆|赫尔辛基|斯德哥尔摩|哥本哈根|都柏林|布鲁塞尔|阿姆斯特丹|日内瓦|慕尼黑|威尼斯|巴塞罗那|莫斯科|基辅|伊斯坦布尔|开罗|内罗毕|开普敦|新德里|孟买|加德满都|曼谷|河内|马尼拉|雅加达|新加坡|首尔|东京|大阪|京都|悉尼|墨尔本|奥克兰|多伦多|温哥华|纽约|芝加哥|波士顿|西雅图|旧金山|洛杉矶|夏威夷|墨西哥城|利马|里约热内卢|布宜诺斯艾利斯|北京|上海|天津|重庆|广州|深圳|杭州|苏州|南京|武汉|成都|西安|长沙|郑州|济南|青岛|大连|沈阳|长春|哈尔滨|太原|石家庄|合肥|福州|厦门|南昌|昆明|大理|丽江|贵阳|南宁|桂林|海口|三亚|拉萨|兰州|敦煌|西宁|银川|乌鲁木齐|呼和浩特|香港|澳门|台北|洛阳|开封|扬州|绍兴|宁波|温州|景德镇|故宫|天坛|颐和园|长城|兵马俑|布达拉宫|西湖|黄山|泰山|华山|峨眉山|九寨沟|张家界|长江|黄河|珠江|青海湖|洞庭湖|鄱阳湖|塔里木盆地|青藏高原|内蒙古|新疆|西藏|云南|四川|海南岛|台湾海峡|珠穆朗玛峰|富士山|阿尔卑斯山|撒哈拉沙漠|亚马孙河|尼罗河|多瑙河|莱茵河|贝加尔湖|死海|太平洋|大西洋|印度洋|北极|南极|格陵兰岛|马尔代夫|巴厘岛|埃菲尔铁塔|自由女神像|金字塔|卢浮宫|白宫|好望角|加勒比海|西伯利亚|马来西亚|印度尼西亚|巴基斯坦|伊朗|伊拉克|以色列|沙特阿拉伯|阿根廷|哥伦比亚|丹麦|比利时|罗马尼亚|保加利亚|塞尔维亚|克罗地亚|哈萨克斯坦|尼日利亚|埃塞俄比亚|南非|苏丹"""
        ),
        _split(
            """{x}的首都是哪|{x}属于哪个国家|{x}在哪个省|{x}在什么地方|{x}离这里多远|怎么去{x}|去{x}怎么坐车|去{x}要多久|{x}有什么好玩的|{x}有什么好吃的|{x}的特产是什么|{x}哪个季节去最好|去{x}玩几天合适|推荐{x}的酒店|做一份{x}的旅游攻略|{x}门票多少钱|{x}的人口多少|{x}面积多大|{x}有多少年历史|{x}为什么叫这个名字|{x}讲什么话|{x}物价贵吗|{x}安全吗|{x}房价多少|{x}和{y}哪个大|{x}到{y}多远|从{x}怎么到{y}|你去过{x}吗|介绍介绍{x}|说说{x}的历史|我下个月去{x}，有什么建议|{x}有几个机场|{x}的市长是谁|{x}有哪些大学"""
        ),
    ),
    'person': (
        _split(
            """达芬奇|米开朗基罗|莫奈|达利|歌德|席勒|但丁|塞万提斯|狄更斯|马克·吐温|托尔斯泰|陀思妥耶夫斯基|契诃夫|普希金|雨果|巴尔扎克|凡尔纳|伏尔泰|卢梭|康德|黑格尔|尼采|马克思|弗洛伊德|柏拉图|苏格拉底|亚里士多德|毕达哥拉斯|阿基米德|欧几里得|亚历山大大帝|凯撒|查理曼|圣女贞德|维多利亚女王|路易十四|彼得大帝|斯大林|列宁|丘吉尔|罗斯福|肯尼迪|华盛顿|富兰克林|马丁·路德·金|切·格瓦拉|曼德拉|甘地|特朗普|拜登|普京|马克龙|默克尔|奥巴马|哥白尼|开普勒|法拉第|麦克斯韦|普朗克|玻尔|薛定谔|费曼|霍金|奥本海默|巴斯德|孟德尔|高斯|欧拉|黎曼|希尔伯特|哥德尔|冯·诺依曼|扎克伯格|贝索斯|巴菲特|黄仁勋|马云|马化腾|雷军|任正非|李彦宏|张一鸣|董明珠|卓别林|希区柯克|斯皮尔伯格|玛丽莲·梦露|奥黛丽·赫本|李小龙|猫王|约翰·列侬|迈克尔·杰克逊|贝克汉姆|马拉多纳|贝利|C罗|姆巴佩|詹姆斯|科比|乔丹|费德勒|博尔特|舒马赫|阿姆斯特朗|加加林|马可·波罗|麦哲伦|老子|庄子|孟子|墨子|韩非子|孙武|项羽|刘邦|韩信|汉武帝|王昭君|班超|华佗|关羽|刘备|张飞|周瑜|司马懿|陶渊明|祖冲之|李世民|玄奘|杨贵妃|王维|白居易|李商隐|韩愈|柳宗元|欧阳修|王安石|司马光|辛弃疾|陆游|成吉思汗|忽必烈|关汉卿|朱元璋|王阳明|海瑞|李时珍|努尔哈赤|乾隆|雍正|慈禧|曹雪芹|蒲松龄|林则徐|曾国藩|李鸿章|孙中山|袁世凯|蔡元培|胡适|徐志摩|林徽因|梁思成|老舍|巴金|茅盾|沈从文|张爱玲|钱钟书|金庸|古龙|琼瑶|三毛|余华|刘慈欣|袁隆平|钱学森|邓稼先|杨振宁|屠呦呦|华罗庚|陈景润|郎平|谷爱凌|全红婵|苏炳添|邓丽君|张国荣|王菲|林俊杰|陈奕迅|赵本山|周星驰|张艺谋|巩俐|章子怡|猪八戒|林黛玉|贾宝玉|武松|宋江|哪吒|嫦娥|奥特曼|柯南|哆啦A梦|蜘蛛侠|超人"""
        ),
        _split(
            """{x}是哪国人|{x}是哪个朝代的|{x}到底是谁|你知道{x}是谁吗|{x}干过什么大事|{x}有什么成就|{x}有哪些作品|{x}写了哪些书|{x}的名言有哪些|{x}的代表作|{x}是怎么死的|{x}活了多少岁|{x}的老婆是谁|{x}的爸爸是谁|{x}的真名叫什么|{x}长什么样|{x}的故乡在哪|{x}埋在哪里|{x}的生日是几号|{x}现在在干什么|{x}有多少钱|给我讲讲{x}的事迹|写一篇{x}的传记|评价一下{x}|模仿{x}说话|扮演{x}|如果你是{x}会怎么做|{x}和{y}是什么关系|{x}跟{y}谁更出名|{x}见过{y}吗|孩子问{x}是谁，怎么回答|{x}生活在哪个年代|为什么大家都知道{x}|背一首{x}的诗|{x}最有名的话是什么"""
        ),
    ),
    'science': (
        _split(
            """原子|电子|质子|中微子|夸克|反物质|暗物质|中子星|超新星|彗星|小行星|银河系|土星|木星|金星|海王星|冥王星|日食|月食|潮汐|大气层|臭氧层|温室效应|酸雨|台风|闪电|打雷|地震|海啸|冰川|化石|水晶|花岗岩|氧气|氢气|氦气|铀|水银|铁|铜|铝|碳|钻石|盐|糖|醋|肥皂|塑料|橡胶|水泥|钢|电池|激光|雷达|X光|微波|无线电|超声波|超导体|晶体管|熵|热力学|弦理论|摩擦力|浮力|光速|细胞|细菌|病毒|真菌|蘑菇|苔藓|叶绿素|酶|蛋白质|激素|胰岛素|线粒体|染色体|基因突变|自然选择|大脑|肝脏|肾|肺|血液|骨头|肌肉|皮肤|免疫系统|鲸鱼|海豚|鲨鱼|章鱼|水母|企鹅|老鹰|猫头鹰|鹦鹉|蝙蝠|大象|长颈鹿|狮子|老虎|狼|北极熊|大熊猫|考拉|袋鼠|鳄鱼|蛇|壁虎|青蛙|蚂蚁|蝴蝶|蚊子|蜘蛛|霸王龙|猛犸象|橡树|松树|仙人掌|兰花|玫瑰|竹子|水稻|小麦|土豆|火箭|空间站|望远镜|显微镜|温度计|指南针|发动机|飞机|直升机|潜艇|大桥|水坝|风车|太阳能板|核聚变|克隆|干细胞|心理学|社会学|考古学|地质学|天文学|植物学|微积分|有机化学|电磁感应|半衰期|食物链|生态系统|板块漂移|虫洞|量子纠缠|引力波|宇宙射线|石墨烯|纳米材料|转基因|人造肉|可燃冰"""
        ),
        _split(
            """{x}是怎么一回事|{x}是啥|{x}是由什么组成的|{x}是谁发现的|{x}是谁发明的|{x}从哪里来|{x}为什么存在|{x}有什么特点|{x}有什么作用|{x}有多少种|{x}危险吗|{x}有毒吗|{x}有多大|{x}是什么颜色的|{x}的寿命有多长|{x}吃什么|{x}怎么工作的|{x}的公式是什么|{x}的定义|给小朋友解释{x}|用大白话讲讲{x}|说三个{x}的冷知识|{x}和{y}有什么区别|{x}跟{y}有什么关系|没有{x}会怎样|关于{x}你知道多少|作业要写{x}，帮帮我|教教我{x}|哪里可以看到{x}|人类离得开{x}吗|{x}能吃吗|科学家怎么研究{x}|写一段{x}的科普"""
        ),
    ),
    'software': (
        _split(
            """Word|Excel|PPT|Outlook|OneDrive|Visio|记事本|画图软件|Windows 11|苹果系统|安卓系统|鸿蒙系统|谷歌浏览器|火狐浏览器|百度网盘|百度地图|阿里云盘|微信|QQ|微博|知乎|豆瓣|B站|抖音|快手|小红书|今日头条|淘宝|京东|拼多多|闲鱼|支付宝|美团|饿了么|滴滴|携程|飞猪|12306|高德地图|钉钉|飞书|企业微信|腾讯会议|Zoom|WPS|剪映|美图秀秀|Photoshop|Lightroom|Illustrator|Premiere|AE|达芬奇调色|Canva|CAD|SolidWorks|SketchUp|3ds Max|Maya|Blender|Unity|虚幻引擎|Scratch|Arduino|MATLAB|SPSS|Stata|MySQL|Oracle|MongoDB|Hadoop|Spring|React|Vue|小程序|用友|金蝶|迅雷|暴风影音|网易云音乐|QQ音乐|酷狗|爱奇艺|优酷|腾讯视频|王者荣耀|原神|和平精英|英雄联盟|我的世界|植物大战僵尸|消消乐|魔兽世界|黑神话悟空|打印机|扫描仪|投影仪|摄像头|蓝牙耳机|键盘|路由器|智能电视|智能门锁|空调遥控器|扫地机器人|苹果手机|华为手机|小米手机|平板|电纸书|游戏机|行车记录仪|电子秤|网银|个税APP|医保小程序|校园网|健康码|驾校APP"""
        ),
        _split(
            """{x}怎么下载|{x}怎么安装|{x}怎么卸载|{x}怎么更新|{x}登录不上|{x}密码忘了|{x}打不开|{x}老是闪退|{x}卡死了|{x}没反应|{x}黑屏了|{x}为什么这么慢|{x}坏了怎么修|{x}怎么连WiFi|{x}怎么注销账号|{x}怎么改语言|{x}怎么关通知|{x}怎么用|{x}有什么技巧|{x}的快捷键|{x}要钱吗|{x}多少钱|有没有代替{x}的|{x}和{y}哪个好用|怎么把{x}里的东西导到{y}|教我用{x}|{x}是哪家公司的|{x}出问题了，帮我看看|帮我打开{x}|{x}最新版有什么功能|{x}怎么恢复数据|{x}怎么充值|{x}怎么退款|{x}总是弹广告怎么办|新手怎么学{x}"""
        ),
    ),
    'health': (
        _split(
            """晒伤|流鼻血|发烧39度|落枕|膝盖疼|脚崴了|脚肿|花粉症|蜜蜂蜇伤|被狗咬|食物中毒|拉肚子|便秘|胃酸反流|恶心|头晕|高血脂|低血压|心脏病|中风|癌症|肺炎|支气管炎|肺结核|疟疾|水痘|腮腺炎|新冠|口腔溃疡|青春痘|湿疹|牛皮癣|头皮屑|脱发|脚气|痛风|骨质疏松|阑尾炎|肾结石|胆结石|肝炎|乳糖不耐|花生过敏|打嗝|打呼噜|耳鸣|中耳炎|结膜炎|白内障|色盲|蛀牙|牙龈出血|智齿|恐慌症|多动症|自闭症|老年痴呆|帕金森|癫痫|厌食症|肥胖|缺钙|怀孕|更年期|布洛芬|阿司匹林|阿莫西林|板蓝根|感冒灵|连花清瘟|颈椎病|腰椎间盘突出|鼻炎|扁桃体发炎|中暑|冻疮|贫血头晕|月经不调"""
        ),
        _split(
            """{x}了怎么办|得了{x}怎么办|{x}怎么缓解|{x}吃什么好|{x}有什么症状|{x}是什么引起的|{x}危险吗|{x}会不会传染|我是不是{x}|我好像{x}了|孩子{x}怎么处理|我妈有{x}|{x}挂哪个科|{x}多久能好|{x}能根治吗|{x}要住院吗|{x}有偏方吗|{x}能喝酒吗|怎么预防{x}|{x}要注意什么|{x}的副作用"""
        ),
    ),
    'law_money': (
        _split(
            """离婚|遗嘱|遗产|租房合同|违章停车|超速罚款|工作签证|护照|驾照|专利|商标|版权|破产|抚养费|产假|病假|加班费|最低工资|失业金|养老金|社保|公积金|个人所得税|增值税|关税|房贷|车贷|助学贷款|信用卡|征信|存款利息|转账|人寿保险|车险|医保|旅游保险|股票|债券|基金|分红|期货|比特币|以太坊|茅台股票|特斯拉股票|英伟达股票|金条|房产|创业|开公司|开奶茶店|发票|工资条|通货膨胀率|银行利率|欧元汇率|油价|金价|猪肉价格|日元|股市|余额宝|彩票|劳动仲裁|消费者投诉|邻里纠纷|交通事故|网购退货|欠钱不还|借条|押金|落户|居住证"""
        ),
        _split(
            """{x}怎么办理|{x}怎么申请|{x}要多少钱|{x}怎么算|{x}是什么意思|{x}要请律师吗|{x}划算吗|{x}值得投资吗|{x}会涨吗|{x}有什么规定|法律上{x}怎么规定|{x}谁来付|{x}要多久|{x}能取消吗|{x}能打官司吗|{x}需要什么材料|{x}去哪里办|{x}有风险吗|{x}合法吗|{x}要交税吗|帮我分析一下{x}|{x}的最新政策|今天{x}多少|{x}怎么省钱|{x}的流程是什么"""
        ),
    ),
    'sport': (
        _split(
            """足球|篮球|棒球|板球|橄榄球|网球|乒乓球|羽毛球|排球|手球|高尔夫|冰球|拳击|柔道|空手道|跆拳道|摔跤|击剑|射箭|游泳|跳水|赛艇|帆船|冲浪|滑雪|花样滑冰|自行车赛|马拉松|跳高|撑杆跳|体操|举重|攀岩|马术|F1赛车|英超|西甲|德甲|意甲|中超|CBA|NBA|亚运会|冬奥会|全运会|皇马|巴萨|曼联|利物浦|阿森纳|拜仁|尤文图斯|国足|中国女排|湖人|勇士|公牛|台球|飞镖|保龄球|冰壶|相扑|德州扑克|斗地主|围棋|五子棋|国际象棋|麻将|大富翁|太极拳|广场舞|跳绳|毽子|龙舟|电竞|滑板|蹦极|跳伞"""
        ),
        _split(
            """{x}的规则是什么|{x}怎么玩|怎么练{x}|{x}怎么提高|{x}谁最强|{x}昨天谁赢了|{x}去年的冠军是谁|{x}比分多少|{x}下一场什么时候|{x}谁会赢|{x}的世界纪录是多少|{x}一队几个人|{x}一场打多久|{x}是谁发明的|{x}危险吗|{x}要什么装备|{x}的教练是谁|{x}和{y}哪个更火|哪里能看{x}|预测一下{x}的结果|{x}什么时候起源的|小孩几岁学{x}好"""
        ),
    ),
    'food': (
        _split(
            """红烧鱼|鱼香肉丝|回锅肉|水煮鱼|水煮牛肉|辣子鸡|口水鸡|白切鸡|叫花鸡|北京烤鸭|盐水鸭|狮子头|梅菜扣肉|粉蒸肉|锅包肉|地三鲜|西红柿炒鸡蛋|青椒肉丝|酸辣土豆丝|蒜蓉西兰花|拍黄瓜|凉拌木耳|皮蛋豆腐|蒸蛋羹|蛋炒饭|扬州炒饭|煲仔饭|炸酱面|担担面|热干面|刀削面|兰州拉面|螺蛳粉|桂林米粉|过桥米线|酸辣粉|肉夹馍|羊肉泡馍|凉皮|饺子|馄饨|包子|馒头|花卷|葱油饼|手抓饼|油条|豆浆|豆腐脑|皮蛋瘦肉粥|八宝粥|汤圆|元宵|年糕|青团|驴打滚|糖葫芦|绿豆糕|蛋黄酥|双皮奶|杨枝甘露|冰粉|龟苓膏|奶茶|酸梅汤|柠檬茶|米酒|火锅底料|麻辣烫|麻辣香锅|烧烤|羊肉串|小龙虾|大闸蟹|清蒸鲈鱼|油焖大虾|蒜蓉扇贝|佛手瓜|泡椒凤爪|卤牛肉|腊肠|腊肉|咸鸭蛋|辣椒酱|泡菜|剁椒鱼头|毛血旺|意大利面|牛排|三明治|汉堡|薯条|炸鸡|寿司|天妇罗|味噌汤|石锅拌饭|部队锅|冬阴功汤|咖喱鸡|蛋糕|面包|曲奇|布丁|冰淇淋|泡芙|马卡龙|华夫饼|爆米花|罗宋汤|南瓜汤|蔬菜沙拉|拿铁"""
        ),
        _split(
            """{x}怎么做才好吃|{x}的做法是什么|{x}要哪些材料|{x}要煮多久|{x}放什么调料|{x}热量高吗|{x}健康吗|减肥能吃{x}吗|孕妇能吃{x}吗|{x}是哪里的菜|{x}是谁发明的|哪里的{x}最好吃|{x}配什么好|{x}能放冰箱几天|{x}可以冷冻吗|我做的{x}失败了，为什么|{x}多少钱一份|狗能吃{x}吗|帮我点一份{x}|我想吃{x}，怎么弄|{x}和{y}哪个好吃|在家怎么做{x}|教我做{x}|来个{x}的菜谱|{x}要放糖吗"""
        ),
    ),
    'culture': (
        _split(
            """泰坦尼克号|阿凡达|星球大战|黑客帝国|盗梦空间|教父|狮子王|冰雪奇缘|玩具总动员|星际穿越|侏罗纪公园|阿甘正传|肖申克的救赎|千与千寻|龙猫|大话西游|霸王别姬|让子弹飞|无间道|流浪地球|战狼|哪吒之魔童降世|你好李焕英|长津湖|甄嬛传|琅琊榜|亮剑|武林外传|还珠格格|庆余年|狂飙|老友记|权力的游戏|绝命毒师|红楼梦|西游记|水浒传|三国演义|儒林外史|聊斋志异|呐喊|骆驼祥子|茶馆|家|边城|围城|活着|平凡的世界|白鹿原|三体|射雕英雄传|天龙八部|笑傲江湖|鬼吹灯|盗墓笔记|斗破苍穹|百年孤独|老人与海|战争与和平|安娜·卡列尼娜|悲惨世界|巴黎圣母院|简·爱|傲慢与偏见|堂吉诃德|鲁滨逊漂流记|哈姆雷特|罗密欧与朱丽叶|小王子|格林童话|安徒生童话|伊索寓言|论语|道德经|孙子兵法|史记|诗经|离骚|本草纲目|山海经|清明上河图|兰亭序|向日葵|星空|青花瓷|东风破|月亮代表我的心|茉莉花|梁祝|二泉映月|天鹅湖|命运交响曲|超级玛丽|塞尔达传说|艾尔登法环|仙剑奇侠传|火影忍者|海贼王|灌篮高手|名侦探柯南|喜羊羊与灰太狼|熊出没|猫和老鼠"""
        ),
        _split(
            """《{x}》是谁写的|《{x}》的导演是谁|《{x}》讲的是什么|《{x}》的主角叫什么|《{x}》结局怎样|概括一下《{x}》|写一篇《{x}》读后感|写一篇《{x}》观后感|《{x}》哪年上映的|《{x}》好看吗|你看过《{x}》吗|《{x}》里谁死了|《{x}》的主题思想|《{x}》有多少集|《{x}》多少字|在哪能看《{x}》|《{x}》的反派是谁|《{x}》改编自什么|《{x}》的歌词是什么|推荐几部像《{x}》一样的|《{x}》和《{y}》哪个好|《{x}》怎么通关|{x}的作曲是谁|{x}讲了个啥|{x}票房多少|{x}得过奖吗|背一段《{x}》|{x}为什么这么火"""
        ),
    ),
    'history': (
        _split(
            """第一次世界大战|二战|冷战|越南战争|朝鲜战争|海湾战争|南北战争|百年战争|十字军东征|黑死病|十月革命|工业革命|宗教改革|启蒙运动|中世纪|石器时代|青铜时代|维京人|古罗马|古希腊|波斯帝国|玛雅文明|阿兹特克|蒙古帝国|奥斯曼帝国|大英帝国|明朝|清朝|唐朝|宋朝|元朝|秦朝|汉朝|商朝|夏朝|西周|春秋战国|三国时期|南北朝|五代十国|贞观之治|安史之乱|靖康之变|玄武门之变|陈桥兵变|土木堡之变|康乾盛世|鸦片战争|甲午战争|戊戌变法|义和团运动|辛亥革命|五四运动|北伐战争|长征|西安事变|南京条约|洋务运动|太平天国|虎门销烟|赤壁之战|淝水之战|官渡之战|长平之战|滑铁卢战役|诺曼底登陆|珍珠港事件|柏林墙|特洛伊战争|庞贝城|切尔诺贝利|造纸术|火药|活字印刷|大运河|都江堰|郑和下西洋|张骞出使西域|玄奘取经|明治维新|苏联解体|联合国|欧盟|科举制度|井田制|焚书坑儒"""
        ),
        _split(
            """{x}是哪一年|{x}什么时候开始的|{x}怎么结束的|{x}的原因是什么|{x}有什么影响|{x}的意义是什么|{x}的经过|{x}谁赢了|{x}死了多少人|{x}持续了多久|{x}发生在哪里|{x}有哪些人物|{x}的故事背景是什么|怎么评价{x}|简述{x}|{x}和{y}哪个在前|{x}为什么失败|{x}留下了什么|历史作业问{x}，怎么写|{x}的领导者是谁|谁发动了{x}"""
        ),
    ),
    'maths_code': (
        _split(
            """矩阵求逆|行列式|特征值|不定积分|导数|极限|微分方程|勾股定理|贝叶斯定理|二项式定理|欧拉公式|黄金分割|斐波那契数列|质因数分解|复数|对数|三角函数|求根公式|杨辉三角|标准差|线性回归|假设检验|排列组合|概率论|集合论|群论|拓扑|分形|旅行商问题|博弈论|鸡兔同笼|圆的面积|等差数列|立体几何|哈希表|二叉树|红黑树|堆排序|栈|递归|动态规划|时间复杂度|冒泡排序|归并排序|深度优先搜索|迪杰斯特拉算法|正则表达式|Java的for循环|空指针异常|段错误|SQL连接查询|外键|CSS布局|HTML表格|React钩子|互斥锁|死锁|垃圾回收|多态|C#接口|Rust的所有权|单子|协程调度|JavaScript的Promise|C++虚函数|网站|手机APP|小游戏|浏览器插件|加密算法|密码生成器|数独求解器|学生管理系统|图书管理系统|微信小程序|弹幕游戏|抢票脚本"""
        ),
        _split(
            """{x}是什么|{x}怎么算|{x}怎么写|{x}怎么做|{x}怎么实现|帮我写{x}|给我写一个{x}|写段{x}的代码|{x}举个例子|证明{x}|求解{x}|{x}有什么用|{x}怎么学|{x}为什么要学|{x}是谁提出的|{x}和{y}的区别|{x}我不懂，讲讲|{x}的公式|作业里有{x}，教教我|{x}报错怎么改|用C++写{x}|用Java实现{x}|{x}的原理"""
        ),
    ),
    'task': (
        _split(
            """换轮胎|侧方停车|换机油|洗车|修自行车|给车胎打气|修水龙头|通下水道|刷墙|挂画|打孔|贴瓷砖|装书架|组装衣柜|磨刀|清洗烤箱|给水壶除垢|去红酒渍|去油渍|把口香糖从衣服上弄下来|熨衬衫|叠被套|缝扣子|织围巾|洗羊毛衫|染头发|自己剪头发|打领带|刮胡子|化妆|擦皮鞋|吹口哨|抛球杂耍|蝶泳|倒立|跳探戈|弹吉他|调小提琴|学钢琴|画马|画水彩|拍好照片|做风筝|折纸飞机|折千纸鹤|堆雪人|生篝火|搭帐篷|钓鱼|看地图|辨认方向|种番茄|修剪月季|割草|养兰花|养多肉|赶走蚂蚁|抓老鼠|训练小狗|给猫洗澡|养仓鼠|骑马|挤牛奶|养蜂|换尿布|哄宝宝|筹备婚礼|写婚礼致辞|包礼物盒|寄包裹到国外|租房子|搬家|开银行账户|退健身卡|换护照|给车上牌|申请退款|飞无人机|开拖拉机|开椰子|剥石榴|切洋葱不流泪|蒸米饭|煮鸡蛋|泡茶|烤面包|腌黄瓜|融化巧克力|开罐头|开锁|换灯泡|换保险丝|给暖气放气|手机快点充电|打印照片|扫描文件|导照片|拉黑号码|解酒|挑刺|止咳|减掉十斤|练出腹肌|发财|当飞行员|当医生|追女生|讨好老板|打牌赢钱|还原魔方|变魔术|写小说|出书|做播客|组乐队|包饺子|擀面皮|写毛笔字|贴春联|做灯笼|放风筝|拔罐|坐月子|给鱼缸换水"""
        ),
        _split(
            """怎么{x}|如何{x}|怎样{x}|咋{x}|教我{x}|能教我{x}吗|我想{x}，怎么弄|我要{x}，该怎么办|{x}难不难|{x}要准备什么|{x}要花多少钱|{x}要多久|{x}有什么窍门|{x}的步骤是什么|你能帮我{x}吗|去哪儿学{x}|{x}总是失败怎么办|新手怎么{x}|谁能帮我{x}|{x}找谁好|一步一步教我{x}"""
        ),
    ),
    'household': (
        _split(
            """台灯|椅子|水壶|勺子|筷子|扫帚|雨伞|拖鞋|帽子|雨衣|枕头|床垫|被子|沙发|书架|镜子|蜡烛|挂钟|闹钟|剃须刀|吹风机|电熨斗|缝纫机|榨汁机|电饭煲|洗碗机|冰柜|烤箱|煤气灶|暖气片|电风扇|空调|吸尘器|割草机|水管|梯子|锤子|螺丝刀|电钻|锯子|浴缸|淋浴头|马桶|水槽|水龙头|门锁|门铃|信箱|窗户|窗帘|地毯|灯泡|手电筒|收音机|唱片机|照相机|玩具火车|洋娃娃|滑板|滑板车|三轮车|婴儿车|书包|行李箱|钱包|钢笔|铅笔|订书机|传真机|座机|怀表|温控器|烟雾报警器|鱼缸|鸟笼|狗项圈|咖啡机|菜刀|炒锅|茶壶|酒杯|砂锅|蒸笼|擀面杖|搓衣板|晾衣架|热水袋|电热毯|加湿器|足浴盆|体重秤|电动车|共享单车"""
        ),
        _split(
            """LMDeploy能在{x}上跑吗|LMDeploy可以装在{x}上吗|能不能用{x}运行LMDeploy|LMDeploy支持{x}吗|有没有{x}版的LMDeploy|LMDeploy能控制{x}吗|LMDeploy会修{x}吗|LMDeploy能洗{x}吗|怎么把LMDeploy接到{x}上|{x}需要LMDeploy吗|{x}在哪里买|{x}多少钱|哪个牌子的{x}好|{x}怎么修|{x}怎么洗|{x}坏了|{x}有怪声|{x}是谁发明的|{x}是什么做的|{x}能用多久|{x}和{y}哪个好|我的{x}不见了|帮我找找{x}|推荐一款{x}|旧{x}怎么处理|{x}怎么选|{x}能不能网购"""
        ),
    ),
}
