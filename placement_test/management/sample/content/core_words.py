"""CORE, grades 2-4: twenty questions scanned page by page, every other page lying sideways."""

from placement_test.management.sample.items import (
    Bars,
    Clock,
    Exam,
    Group,
    Question,
    Section,
    choice,
    levels,
)


def _five(number: int, prompt: str, *options: str) -> Question:
    return choice(number, prompt, *options, points="5")


WORDS = Section(
    "Words",
    "vocabulary",
    (
        Group(
            "빈칸에 들어갈 알맞은 낱말을 고르세요.",
            questions=(
                _five(1, "You wear a __________ on your head.", "shoe", "glove", "*hat", "belt"),
                _five(
                    2, "The day after Monday is __________.", "*Tuesday", "Sunday", "Friday", "May"
                ),
                _five(3, "A baby cat is called a __________.", "puppy", "*kitten", "chick", "lamb"),
                _five(4, "We see with our __________.", "ears", "hands", "nose", "*eyes"),
            ),
        ),
        Group(
            "나머지와 종류가 <u>다른</u> 낱말을 고르세요.",
            questions=(
                _five(5, "Which word is different?", "apple", "*chair", "grape", "banana"),
                _five(6, "Which word is different?", "doctor", "teacher", "*kitchen", "nurse"),
            ),
        ),
        Group(
            "반대말을 고르세요.",
            questions=(
                _five(7, "open", "big", "new", "*close", "fast"),
                _five(8, "early", "*late", "easy", "long", "dark"),
            ),
        ),
    ),
)

SENTENCES = Section(
    "Sentences",
    "grammar",
    (
        Group(
            "빈칸에 들어갈 알맞은 말을 고르세요.",
            questions=(
                _five(9, "I __________ seven years old.", "is", "are", "be", "*am"),
                _five(10, "She __________ like carrots.", "don't", "*doesn't", "isn't", "not"),
                _five(11, "Look! The birds __________ flying.", "*are", "is", "do", "can"),
                _five(
                    12, "There are three __________ in the box.", "egg", "an egg", "*eggs", "a eggs"
                ),
            ),
        ),
        Group(
            "질문에 알맞은 대답을 고르세요.",
            questions=(
                _five(
                    13,
                    "Whose bike is this?",
                    "It's red.",
                    "*It's Jun's.",
                    "Yes, it is.",
                    "It's outside.",
                ),
                _five(
                    14,
                    "How is the weather today?",
                    "It's Wednesday.",
                    "It's two o'clock.",
                    "I'm fine.",
                    "*It's windy.",
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
            "시계를 보고 알맞은 답을 고르세요.",
            figure=Clock(8, 30),
            questions=(
                _five(
                    15,
                    "Emma's school starts half an hour after this time. When does it start?",
                    "at eight",
                    "at half past eight",
                    "*at nine",
                    "at half past nine",
                ),
            ),
        ),
        Group(
            "그래프를 보고 물음에 답하세요.",
            figure=Bars(
                "Pets in our class",
                "pets",
                (("dogs", 7), ("cats", 5), ("fish", 8), ("birds", 2)),
            ),
            questions=(
                _five(16, "How many cats are there?", "2", "*5", "7", "8"),
                _five(
                    17,
                    "Which is right?",
                    "There are more cats than dogs.",
                    "There are eight birds.",
                    "There are no fish.",
                    "*There are more fish than dogs.",
                ),
            ),
        ),
        Group(
            "이야기를 읽고 물음에 답하세요.",
            box="""
Hana's grandfather has a small bakery. Every morning he gets up at four o'clock and makes bread. On
Saturdays Hana helps him. She puts the warm bread on the shelf and says hello to the people.

Last Saturday a boy came in with only one coin. It was not enough. He looked at the bread and then
at his shoes. Hana looked at Grandfather. Grandfather smiled. "Today," he said, "one coin is just
right."
""",
            questions=(
                _five(
                    18,
                    "When does Hana help her grandfather?",
                    "*on Saturdays",
                    "every morning",
                    "at four o'clock",
                    "after school",
                ),
                _five(
                    19,
                    "What was the boy's problem?",
                    "He lost his shoes.",
                    "The bread was cold.",
                    "*He had too little money.",
                    "The bakery was closed.",
                ),
                _five(
                    20,
                    "What did Grandfather do at the end?",
                    "He closed the shop.",
                    "He gave Hana a coin.",
                    "He was angry with the boy.",
                    "*He sold the bread for one coin.",
                ),
            ),
        ),
    ),
)

EXAM = Exam(
    slug="core-words",
    title="CORE Words and Reading",
    subtitle="초등 2-4학년 배치고사",
    label_style="digits",
    option_count=4,
    minutes=30,
    columns=1,
    levels=levels("CORE", "Sigma Elite Pro", 3),
    cuts=((0, -2), (30, -1), (50, 0), (85, 1), (95, 2)),
    sections=(WORDS, SENTENCES, READING),
    notes=("20문항 · 30분 · 각 5점", "알맞은 답을 하나만 고르세요."),
    scanner="single",
)
