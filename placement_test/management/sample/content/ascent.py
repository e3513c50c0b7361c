"""ASCENT, grades 5-6: forty questions in two columns."""

from placement_test.management.sample.items import (
    Bars,
    Exam,
    Grid,
    Group,
    Section,
    choice,
    levels,
)

CONVERSATION = Section(
    "Conversation",
    "reading",
    (
        Group(
            "다음 대화를 읽고 물음에 답하시오.",
            box="""
Mina: Hi, Jake. What are you doing this Saturday?
Jake: I'm going to help at the animal shelter with my sister.
Mina: That sounds great! What do you do there?
Jake: We walk the dogs and clean their rooms. Last week a small brown dog <u>followed</u> me
everywhere.
Mina: How cute! Can I come with you?
Jake: Sure, but you need to wear old clothes. The dogs love to jump up on people.
Mina: No problem. What time does it start?
Jake: At ten o'clock. It takes twenty minutes by bus, so let's meet at the bus stop at nine
thirty.
Mina: OK. __________(A)__________ See you on Saturday!
""",
            questions=(
                choice(
                    1,
                    "What is Jake going to do this Saturday?",
                    "visit his grandmother",
                    "*help at an animal shelter",
                    "buy a small brown dog",
                    "clean his own room",
                    "go shopping for clothes",
                ),
                choice(
                    2,
                    "대화의 내용과 일치하지 <u>않는</u> 것은?",
                    "Jake goes there with his sister.",
                    "A brown dog followed Jake last week.",
                    "Mina wants to go with Jake.",
                    "*The work starts at nine thirty.",
                    "It takes twenty minutes by bus.",
                ),
                choice(
                    3,
                    "Why should Mina wear old clothes?",
                    "Because it is cold at the shelter",
                    "Because she has no new clothes",
                    "Because they will paint the rooms",
                    "Because the bus is often dirty",
                    "*Because the dogs jump up on people",
                ),
                choice(
                    4,
                    "빈칸 (A)에 들어갈 말로 가장 알맞은 것은?",
                    "*I won't be late.",
                    "I don't like dogs.",
                    "That's too bad.",
                    "You did a good job.",
                    "I was there last week.",
                ),
                choice(
                    5,
                    "밑줄 친 <u>followed</u>의 뜻으로 알맞은 것은?",
                    "looked for",
                    "ran away from",
                    "*went after",
                    "was afraid of",
                    "waited for",
                ),
            ),
        ),
        Group(
            "빈칸에 들어갈 말로 가장 알맞은 것을 고르시오.",
            questions=(
                choice(
                    6,
                    "A: How often do you practice the piano?<br/>B: ____________________",
                    "For my grandmother.",
                    "At the music room.",
                    "*Twice a week.",
                    "With my left hand.",
                ),
                choice(
                    7,
                    "A: I lost my new umbrella on the subway.<br/>B: ____________________",
                    "You're welcome.",
                    "*I'm sorry to hear that.",
                    "Here you are.",
                    "Yes, I'd love to.",
                ),
                choice(
                    8,
                    "A: May I take pictures in this museum?<br/>B: ____________________ "
                    "Look at the sign on the wall.",
                    "I took them yesterday.",
                    "They look wonderful.",
                    "Yes, you can use mine.",
                    "*I'm afraid you can't.",
                ),
                choice(
                    9,
                    "A: Which do you like better, summer or winter?<br/>B: ____________________ "
                    "I enjoy skiing.",
                    "*I like winter better.",
                    "Yes, I like them.",
                    "It is very cold today.",
                    "Summer is longer.",
                ),
            ),
        ),
        Group(
            "다음 문장을 대화 순서에 맞게 배열한 것을 고르시오.",
            box="""
(a) That's all right. I'll take it.

(b) Can I help you?

(c) Sorry, the blue ones are sold out. We only have red.

(d) Yes, I'm looking for a blue backpack.
""",
            questions=(
                choice(
                    10,
                    "알맞은 순서는?",
                    "(a)-(c)-(b)-(d)",
                    "(b)-(a)-(d)-(c)",
                    "(b)-(c)-(d)-(a)",
                    "*(b)-(d)-(c)-(a)",
                    "(d)-(b)-(a)-(c)",
                ),
            ),
        ),
    ),
)

VOCABULARY = Section(
    "Vocabulary",
    "vocabulary",
    (
        Group(
            "빈칸에 들어갈 낱말로 가장 알맞은 것을 고르시오.",
            questions=(
                choice(
                    11,
                    "We use an __________ to keep off the rain.",
                    "engine",
                    "envelope",
                    "elevator",
                    "island",
                    "*umbrella",
                ),
                choice(
                    12,
                    "The soup was so __________ that I burned my tongue.",
                    "sweet",
                    "*hot",
                    "fresh",
                    "empty",
                    "heavy",
                ),
                choice(
                    13,
                    "A person who flies an airplane is called a __________.",
                    "*pilot",
                    "dentist",
                    "farmer",
                    "baker",
                    "sailor",
                ),
                choice(
                    14,
                    "Please be __________. The baby is sleeping in the next room.",
                    "hungry",
                    "angry",
                    "*quiet",
                    "famous",
                    "late",
                ),
                choice(
                    15,
                    "You can __________ three books from the library for two weeks.",
                    "sell",
                    "forget",
                    "teach",
                    "*borrow",
                    "answer",
                ),
            ),
        ),
        Group(
            "짝지어진 두 낱말의 관계가 보기와 같은 것을 고르시오.",
            lead_title="보기",
            lead="heavy : light",
            questions=(
                choice(
                    16,
                    "같은 관계인 것은?",
                    "big : large",
                    "happy : glad",
                    "fast : quick",
                    "snow : snowy",
                    "*cheap : expensive",
                ),
            ),
        ),
        Group(
            "밑줄 친 부분과 뜻이 가장 가까운 것을 고르시오.",
            questions=(
                choice(
                    17,
                    "Suddenly the lights <u>went out</u>, and we could see nothing.",
                    "left home",
                    "*stopped shining",
                    "fell down",
                    "became bright",
                ),
                choice(
                    18,
                    "My brother and I <u>look after</u> two cats.",
                    "search for",
                    "run behind",
                    "draw",
                    "*take care of",
                ),
                choice(
                    19,
                    "She <u>gave up</u> sweets for a month.",
                    "*stopped eating",
                    "handed out",
                    "cooked",
                    "liked",
                ),
            ),
        ),
        Group(
            "두 빈칸에 공통으로 들어갈 낱말을 고르시오.",
            questions=(
                choice(
                    20,
                    "• He writes with his __________ hand.<br/>• She __________ home at seven this "
                    "morning.",
                    "keep",
                    "last",
                    "*left",
                    "back",
                    "light",
                ),
            ),
            lead_title="예",
            lead="I <b>can</b> open this <b>can</b>.",
        ),
    ),
)

GRAMMAR = Section(
    "Grammar",
    "grammar",
    (
        Group(
            "빈칸에 들어갈 말로 어법상 알맞은 것을 고르시오.",
            questions=(
                choice(
                    21,
                    "My father __________ coffee every morning.",
                    "drink",
                    "*drinks",
                    "drinking",
                    "to drink",
                    "are drinking",
                ),
                choice(
                    22,
                    "There __________ many stars in the sky last night.",
                    "is",
                    "are",
                    "was",
                    "be",
                    "*were",
                ),
                choice(
                    23,
                    "Mount Halla is __________ than Mount Jiri.",
                    "high",
                    "*higher",
                    "highest",
                    "more high",
                    "the highest",
                ),
                choice(
                    24,
                    "She enjoys __________ model planes with her uncle.",
                    "make",
                    "made",
                    "to make",
                    "*making",
                    "makes",
                ),
                choice(
                    25,
                    "I was reading in bed __________ the phone rang.",
                    "*when",
                    "because",
                    "so",
                    "or",
                    "but",
                ),
                choice(
                    26,
                    "We want __________ a letter to our old teacher.",
                    "write",
                    "writing",
                    "*to write",
                    "wrote",
                    "writes",
                ),
            ),
        ),
        Group(
            "밑줄 친 부분이 어법상 바르지 <u>않은</u> 것을 고르시오.",
            questions=(
                choice(
                    27,
                    "다음 중 바르지 <u>않은</u> 것은?",
                    "I <u>have</u> two sisters.",
                    "He <u>didn't come</u> yesterday.",
                    "<u>Are</u> they your friends?",
                    "*She can <u>plays</u> the violin.",
                    "Let's <u>go</u> to the park.",
                ),
                choice(
                    28,
                    "다음 중 바르지 <u>않은</u> 것은?",
                    "The <u>children</u> are outside.",
                    "I need some <u>water</u>.",
                    "*He bought three <u>tomatos</u>.",
                    "My <u>feet</u> are cold.",
                    "Two <u>knives</u> are on the table.",
                ),
            ),
        ),
        Group(
            "주어진 문장을 바르게 바꾸어 쓴 것을 고르시오.",
            questions=(
                choice(
                    29,
                    "You saw the parade. (의문문으로)",
                    "*Did you see the parade?",
                    "Did you saw the parade?",
                    "Do you saw the parade?",
                    "Were you see the parade?",
                ),
                choice(
                    30,
                    "I will finish my homework before dinner. (부정문으로)",
                    "I don't will finish my homework before dinner.",
                    "I will finish not my homework before dinner.",
                    "I'm not will finish my homework before dinner.",
                    "*I won't finish my homework before dinner.",
                ),
            ),
        ),
    ),
)

READING = Section(
    "Reading",
    "reading",
    (
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
My name is Sora, and I live on the fifteenth floor of a tall building in Busan. We have no garden,
but last spring my grandfather gave me six strawberry plants in a long box. I put the box on our
balcony, where the sun shines in the morning. Every day after school I gave the plants some water.

For weeks there were only green leaves. "Be patient," said Grandfather. Then, in May, small white
flowers opened. I waited for bees, but they never came up to the fifteenth floor! So Grandfather
showed me a trick. With a soft paintbrush I touched one flower after another, just like a bee. In
June I picked twenty-three red strawberries. I gave the biggest one to Grandfather.
""",
            questions=(
                choice(
                    31,
                    "이 글의 제목으로 가장 알맞은 것은?",
                    "How Bees Make Honey",
                    "A Tall Building in Busan",
                    "My Grandfather's Painting",
                    "*Strawberries on the Balcony",
                    "The Best Fruit for Breakfast",
                ),
                choice(
                    32,
                    "Where did Sora put the box?",
                    "in a garden",
                    "*on the balcony",
                    "at her school",
                    "in her grandfather's house",
                    "on the roof",
                ),
                choice(
                    33,
                    "Why did Sora use a paintbrush?",
                    "To draw the white flowers",
                    "To clean the green leaves",
                    "To paint the long box",
                    "To keep the bees away",
                    "*To do the work of a bee",
                ),
                choice(
                    34,
                    "이 글의 내용과 일치하는 것은?",
                    "The flowers opened in April.",
                    "Sora watered the plants once a week.",
                    "*The balcony gets morning sun.",
                    "Many bees visited the plants.",
                    "Sora ate the biggest strawberry.",
                ),
            ),
        ),
        Group(
            "다음 안내문을 보고 물음에 답하시오.",
            figure=Grid(
                (
                    ("Riverside Swimming Pool", "Opening hours", "Price"),
                    ("Monday - Friday", "6:00 - 21:00", "4,000 won"),
                    ("Saturday", "8:00 - 20:00", "5,000 won"),
                    ("Sunday", "9:00 - 17:00", "5,000 won"),
                    ("Under 13", "as above", "half price"),
                )
            ),
            questions=(
                choice(
                    35,
                    "How much does a ten-year-old pay on Tuesday?",
                    "1,000 won",
                    "*2,000 won",
                    "2,500 won",
                    "4,000 won",
                    "5,000 won",
                ),
                choice(
                    36,
                    "안내문의 내용과 일치하는 것은?",
                    "*The pool closes earliest on Sunday.",
                    "The pool is closed on Monday.",
                    "Saturday is cheaper than Friday.",
                    "The pool opens at nine on Saturday.",
                    "Children cannot swim on weekends.",
                ),
            ),
        ),
        Group(
            "다음 도표를 보고 물음에 답하시오.",
            figure=Bars(
                "How 60 students come to school",
                "students",
                (("on foot", 24), ("by bus", 15), ("by bike", 12), ("by car", 6), ("by subway", 3)),
            ),
            questions=(
                choice(
                    37,
                    "도표의 내용과 일치하지 <u>않는</u> 것은?",
                    "Walking is the most common way.",
                    "Fifteen students take the bus.",
                    "*More students come by car than by bike.",
                    "Only three students use the subway.",
                ),
            ),
        ),
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
Have you ever seen a sea otter sleep? Sea otters float on their backs when they rest. The water
moves all the time, so a sleeping otter could easily drift far away from its family. Otters have
two clever answers to this problem. First, they roll over and over in long seaweed. The seaweed
works like a (A) __________ that holds them in one place. Second, some otters hold each other's
paws. In this way they stay together while they sleep. A mother otter does even more. She keeps
her baby on her stomach, warm and dry, and does not let <u>it</u> touch the cold water.
""",
            questions=(
                choice(
                    38,
                    "이 글의 주제로 가장 알맞은 것은?",
                    "what sea otters like to eat",
                    "why sea water is so cold",
                    "how to take care of baby otters",
                    "where seaweed grows best",
                    "*how sea otters stay in place when they rest",
                ),
                choice(
                    39,
                    "빈칸 (A)에 들어갈 말로 가장 알맞은 것은?",
                    "spoon",
                    "window",
                    "mirror",
                    "*seat belt",
                    "bridge",
                ),
                choice(
                    40,
                    "밑줄 친 <u>it</u>이 가리키는 것은?",
                    "the seaweed",
                    "*the baby",
                    "her stomach",
                    "the family",
                    "a paw",
                ),
            ),
        ),
    ),
)

EXAM = Exam(
    slug="ascent",
    title="ASCENT Placement Test",
    subtitle="초등 5-6학년 배치고사",
    label_style="circled",
    option_count=5,
    minutes=50,
    columns=2,
    levels=levels("ASCENT", "Nova Drive Flex Pro", 3),
    cuts=((0, -2), (25, -1), (45, 0), (80, 1), (95, 2)),
    sections=(CONVERSATION, VOCABULARY, GRAMMAR, READING),
    notes=(
        "40문항, 50분, 각 2.5점입니다.",
        "문항에 따라 선택지가 4개 또는 5개입니다. 알맞은 답을 하나만 고르시오.",
    ),
)
