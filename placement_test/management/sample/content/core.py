"""CORE, grades 1-4: a scanned booklet of twenty questions, eleven of them with tracks."""

from placement_test.management.sample.items import (
    Clock,
    Exam,
    Grid,
    Group,
    Question,
    Section,
    Track,
    choice,
    levels,
)


def _five(number: int, prompt: str, *options: str) -> Question:
    return choice(number, prompt, *options, points="5")


LISTENING = Section(
    "Listening",
    "listening",
    (
        Group(
            "Track 1. 잘 듣고, 들은 낱말을 고르세요.",
            questions=(
                _five(1, "Which word do you hear?", "sheep", "*ship", "chip", "shop"),
                _five(2, "Which word do you hear?", "cook", "lake", "kick", "*cake"),
            ),
        ),
        Group(
            "Track 1. 첫소리가 같은 낱말을 고르세요.",
            questions=(
                _five(3, "Which word begins with the same sound?", "*fish", "pen", "van", "hand"),
            ),
        ),
        Group(
            "Track 2. 대화를 듣고 물음에 답하세요.",
            questions=(
                _five(
                    4,
                    "What does Tom have in his bag?",
                    "two lunch boxes",
                    "an umbrella and a book",
                    "*two books and a lunch box",
                    "a ball and two books",
                ),
                _five(
                    5,
                    "Where is his umbrella?",
                    "at home",
                    "in his bag",
                    "on the bus",
                    "*in the classroom",
                ),
            ),
        ),
        Group(
            "Track 3. 대화를 듣고 물음에 답하세요.",
            questions=(_five(6, "When does the movie start?", "*4:30", "4:00", "5:30", "14:00"),),
        ),
        Group(
            "Track 4. 대화를 듣고 물음에 답하세요.",
            questions=(_five(7, "How much does the girl pay?", "$2", "$5", "*$3", "$8"),),
        ),
        Group(
            "Track 5. 이야기를 듣고 물음에 답하세요.",
            questions=(
                _five(
                    8,
                    "Where did Lucy go last Sunday?",
                    "to the zoo",
                    "*to her uncle's farm",
                    "to the sea",
                    "to her school",
                ),
                _five(
                    9,
                    "Which duck did Lucy like best?",
                    "the white one",
                    "the small one",
                    "the old one",
                    "*the black one",
                ),
                _five(
                    10,
                    "What did she do in the afternoon?",
                    "*She rode a pony.",
                    "She fed the ducks.",
                    "She picked corn.",
                    "She took a nap.",
                ),
                _five(11, "How did she go home?", "by car", "by bus", "*by train", "on foot"),
            ),
        ),
    ),
)

READING = Section(
    "Reading",
    "reading",
    (
        Group(
            "빈칸에 들어갈 알맞은 말을 고르세요.",
            questions=(
                _five(
                    12, "This is my sister. __________ name is Yuna.", "His", "*Her", "My", "Its"
                ),
                _five(
                    13,
                    "The cat is __________ the table. It is sleeping on the floor.",
                    "on",
                    "into",
                    "up",
                    "*under",
                ),
            ),
        ),
        Group(
            "그림을 보고 알맞은 답을 고르세요.",
            figure=Clock(7, 15),
            questions=(
                _five(
                    14,
                    "What time is it?",
                    "It's a quarter to seven.",
                    "It's half past seven.",
                    "*It's a quarter past seven.",
                    "It's seven o'clock.",
                ),
            ),
        ),
        Group(
            "표를 보고 물음에 답하세요.",
            figure=Grid(
                (
                    ("Class", "Mon", "Wed", "Fri"),
                    ("3:00", "art", "music", "art"),
                    ("4:00", "soccer", "English", "chess"),
                )
            ),
            questions=(
                _five(
                    15,
                    "Dana has a music class and then __________ on the same day.",
                    "*English",
                    "soccer",
                    "chess",
                    "art",
                ),
            ),
        ),
        Group(
            "쪽지를 읽고 물음에 답하세요.",
            box="""
Dear Ben,

I am at the market. I will be home at six. There are sandwiches in the kitchen. Please give the
dog some water, and don't forget your math homework!

Love, Mom
""",
            questions=(
                _five(
                    16,
                    "Where is Ben's mom?",
                    "in the kitchen",
                    "at school",
                    "at home",
                    "*at the market",
                ),
                _five(
                    17,
                    "What does the dog need?",
                    "a walk",
                    "*water",
                    "a sandwich",
                    "a bath",
                ),
            ),
        ),
        Group(
            "이야기를 읽고 물음에 답하세요.",
            box="""
Pip was a little penguin. All his friends could swim, but Pip was afraid of the water. "It is too
cold and too dark," he said. One morning he saw a red ball in the sea. It was his favorite ball!
Pip looked at the ball. He looked at the water. Then he closed his eyes and jumped. Splash! When
he opened his eyes, he was swimming. "It is not cold at all!" he laughed. Pip played in the sea
until the sun went down.
""",
            questions=(
                _five(
                    18,
                    "Why didn't Pip swim at first?",
                    "*He was afraid.",
                    "He was too small.",
                    "He was tired.",
                    "He was hungry.",
                ),
                _five(
                    19,
                    "What was in the sea?",
                    "a red fish",
                    "Pip's friend",
                    "*Pip's ball",
                    "a small boat",
                ),
                _five(
                    20,
                    "How did Pip feel at the end?",
                    "cold",
                    "*happy",
                    "angry",
                    "sad",
                ),
            ),
        ),
    ),
)

TRACKS = (
    Track(
        "core-1.mp3",
        "Track 1",
        3,
        (1, 2, 3),
        (
            ("woman", "Track one. Listen to questions one to three."),
            ("man", "Number one. Ship. We can see a big ship on the sea. Ship."),
            ("man", "Number two. Cake. My mother made a birthday cake. Cake."),
            ("man", "Number three. Phone. Which word begins with the same sound as phone?"),
        ),
    ),
    Track(
        "core-2.mp3",
        "Track 2",
        2,
        (4, 5),
        (
            ("woman", "Track two. Listen to questions four and five."),
            ("girl", "What do you have in your bag, Tom?"),
            ("boy", "I have two books and a lunch box."),
            ("girl", "Do you have an umbrella? It is raining now."),
            ("boy", "Oh no! My umbrella is in the classroom. Please wait for me here."),
        ),
    ),
    Track(
        "core-3.mp3",
        "Track 3",
        2,
        (6,),
        (
            ("woman", "Track three. Listen to question six."),
            ("girl", "Dad, does the movie start at four o'clock?"),
            ("man", "No, it starts at half past four. We have time for some ice cream."),
            ("girl", "Great! I want chocolate, please."),
        ),
    ),
    Track(
        "core-4.mp3",
        "Track 4",
        2,
        (7,),
        (
            ("woman", "Track four. Listen to question seven."),
            ("girl", "Excuse me. How much is this big kite?"),
            ("man", "It's five dollars. And the small kite is three dollars."),
            ("girl", "I like the small one. Here is the money."),
            ("man", "Thank you. Have fun!"),
        ),
    ),
    Track(
        "core-5.mp3",
        "Track 5",
        2,
        (8, 9, 10, 11),
        (
            ("man", "Track five. Listen to questions eight to eleven."),
            (
                "woman",
                """Last Sunday, Lucy went to her uncle's farm. It was a sunny day. In the morning,
                she fed the ducks. There were eight ducks, and one of them was black. Lucy liked the
                black duck best.""",
            ),
            (
                "woman",
                """For lunch, she ate corn from the farm. In the afternoon, Lucy rode a pony. At
                first she was afraid, but soon she was smiling.""",
            ),
            ("woman", "In the evening, she went home by train. What a wonderful day!"),
        ),
    ),
)

EXAM = Exam(
    slug="core",
    title="CORE Placement Test",
    subtitle="초등 1-4학년 배치고사",
    label_style="bracketed",
    option_count=4,
    minutes=40,
    columns=1,
    levels=levels("CORE", "Phonics Sigma Elite Pro", 3),
    cuts=((0, -2), (30, -1), (50, 0), (85, 1), (95, 2)),
    sections=(LISTENING, READING),
    notes=("20문항 · 40분 · 각 5점", "듣기 1-11번, 읽기 12-20번"),
    tracks=TRACKS,
    scanner="two-up",
)
