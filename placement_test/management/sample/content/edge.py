"""EDGE, grades 7-9: thirty questions in one column, numbered from 16."""

from placement_test.management.sample.items import (
    Bars,
    Exam,
    Group,
    Question,
    Section,
    choice,
    levels,
)


def _three(number: int, prompt: str, *options: str) -> Question:
    return choice(number, prompt, *options, points="3")


def _four(number: int, prompt: str, *options: str) -> Question:
    return choice(number, prompt, *options, points="4")


GRAMMAR = Section(
    "Grammar and Vocabulary",
    "grammar",
    (
        Group(
            "빈칸에 들어갈 말로 어법상 가장 알맞은 것을 고르시오.",
            questions=(
                _three(
                    16,
                    "My aunt has lived in Jeju __________ 2015.",
                    "for",
                    "at",
                    "*since",
                    "during",
                    "until",
                ),
                _three(
                    17,
                    "The boy __________ is talking to our coach won the race.",
                    "*who",
                    "which",
                    "whose",
                    "whom",
                    "what",
                ),
                _three(
                    18,
                    "This bridge __________ more than a hundred years ago.",
                    "builds",
                    "built",
                    "is building",
                    "*was built",
                    "has built",
                ),
                _three(
                    19,
                    "I would join the club if I __________ more free time.",
                    "have",
                    "*had",
                    "will have",
                    "having",
                    "have had",
                ),
                _three(
                    20,
                    "Our teacher made us __________ the experiment again.",
                    "to do",
                    "doing",
                    "did",
                    "done",
                    "*do",
                ),
            ),
        ),
        Group(
            "밑줄 친 부분이 어법상 바르지 <u>않은</u> 것을 고르시오.",
            questions=(
                _three(
                    21,
                    "다음 중 바르지 <u>않은</u> 것은?",
                    "I look forward to <u>meeting</u> your family.",
                    "She asked me where <u>I lived</u>.",
                    "*The news <u>were</u> a great surprise to everyone.",
                    "He is the tallest player <u>in</u> the team.",
                    "It was too dark <u>to see</u> anything.",
                ),
                _three(
                    22,
                    "다음 중 바르지 <u>않은</u> 것은?",
                    "*Neither of my parents <u>speak not</u> French.",
                    "The older he gets, <u>the wiser</u> he becomes.",
                    "I heard someone <u>calling</u> my name.",
                    "You had better <u>take</u> a coat.",
                    "She stopped <u>to tie</u> her shoelaces.",
                ),
            ),
        ),
        Group(
            "밑줄 친 낱말과 뜻이 가장 가까운 것을 고르시오.",
            questions=(
                _three(
                    23,
                    "The explorers faced <u>enormous</u> difficulties in the desert.",
                    "secret",
                    "strange",
                    "recent",
                    "common",
                    "*huge",
                ),
                _three(
                    24,
                    "We had to <u>postpone</u> the picnic because of the storm.",
                    "prepare",
                    "*put off",
                    "call for",
                    "give away",
                    "enjoy",
                ),
            ),
        ),
        Group(
            "다음 낱말의 쓰임이 알맞지 <u>않은</u> 것을 고르시오.",
            questions=(
                _three(
                    25,
                    "밑줄 친 낱말의 쓰임이 어색한 것은?",
                    "The medicine had no <u>effect</u> on him.",
                    "Please <u>remind</u> me to call the dentist.",
                    "She is <u>confident</u> that our team will win.",
                    "*The shop was so <u>generous</u> that nobody could find it.",
                    "He gave a brief <u>description</u> of the thief.",
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
To: students@riverside.example

From: garden.club@riverside.example

Dear students,

The school roof has been empty for ten years. This spring, the Garden Club is going to turn it
into a vegetable garden, and we need your help. On Saturday, March 14, we will carry soil up to
the roof and build wooden boxes. No experience is necessary, but please wear strong shoes and
bring a water bottle. Gloves and lunch will be provided.

Vegetables from the garden will be used in the school kitchen, and one third of them will be given
to the community center on Maple Street. If you would like to take part, write your name on the
list outside the science room by March 10.
""",
            questions=(
                _three(
                    26,
                    "이 글을 쓴 목적으로 가장 알맞은 것은?",
                    "to thank students for their hard work",
                    "to explain why the roof is closed",
                    "to announce a new lunch menu",
                    "to ask for money for the garden",
                    "*to invite students to help build a garden",
                ),
                _three(
                    27,
                    "참가자가 직접 가져와야 하는 것은?",
                    "gloves",
                    "*a water bottle",
                    "soil",
                    "lunch",
                    "wooden boxes",
                ),
                _three(
                    28,
                    "이 글의 내용과 일치하는 것은?",
                    "*Some of the vegetables will be given away.",
                    "Only members with experience may join.",
                    "The garden has existed for ten years.",
                    "Students must sign up by March 14.",
                    "The list is inside the school kitchen.",
                ),
            ),
        ),
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
When Louis Braille was three years old, he lost his sight in an accident in his father's workshop.
At ten he entered a school for blind children in Paris. The school had only a few books, and they
were (A) __________. Each letter was pressed into the paper in its usual shape, so that a reader
had to feel one large letter after another. A single sentence could take a minute.

One day a soldier visited the school. He had invented a code of raised dots so that messages could
be read at night without light. The code was far too difficult for most soldiers, but Louis saw at
once what could be done with <u>it</u>. For three years he worked to make it simpler. By the age
of fifteen he had a system of six dots that a finger could read in a single touch. (B) __________,
the teachers did not accept his system at first. Only after his death did it spread around the
world.
""",
            questions=(
                _three(
                    29,
                    "빈칸 (A)에 들어갈 말로 가장 알맞은 것은?",
                    "cheap and popular",
                    "full of pictures",
                    "written by soldiers",
                    "*heavy and slow to read",
                    "too short to be useful",
                ),
                _three(
                    30,
                    "밑줄 친 <u>it</u>이 가리키는 것은?",
                    "the school",
                    "the light",
                    "*the code",
                    "the accident",
                    "the message",
                ),
                _three(
                    31,
                    "빈칸 (B)에 들어갈 말로 가장 알맞은 것은?",
                    "*However",
                    "Therefore",
                    "For example",
                    "In other words",
                    "In addition",
                ),
                _three(
                    32,
                    "Louis Braille에 관한 내용과 일치하지 <u>않는</u> 것은?",
                    "He became blind at an early age.",
                    "He went to school in Paris.",
                    "He was a teenager when he completed his system.",
                    "His system uses six dots.",
                    "*His teachers welcomed his system at once.",
                ),
            ),
        ),
        Group(
            "다음 도표를 보고 물음에 답하시오.",
            figure=Bars(
                "What 200 middle school students did most on weekends",
                "students",
                (("games", 62), ("sports", 48), ("study", 40), ("movies", 34), ("reading", 16)),
            ),
            questions=(
                _three(
                    33,
                    "도표의 내용과 일치하지 <u>않는</u> 것은?",
                    "Games were the most popular activity.",
                    "Forty students mostly studied.",
                    "*Movies were more popular than sports.",
                    "Reading was the least popular activity.",
                    "Three times as many students chose sports as reading.",
                ),
            ),
        ),
        Group(
            "글의 흐름으로 보아, 주어진 문장이 들어가기에 가장 알맞은 곳을 고르시오.",
            lead_title="주어진 문장",
            lead="But the cheapest tool of all is a bowl of salt water.",
            box="""
[1] A house that smells of fried fish is not pleasant. [2] Some people open every window, even in
winter. [3] Others buy machines that clean the air, which can cost a lot of money. [4] Leave it in
the kitchen overnight, and in the morning most of the smell will be gone. [5]
""",
            questions=(
                _three(
                    34,
                    "알맞은 위치는?",
                    "[1]",
                    "[2]",
                    "[3]",
                    "*[4]",
                    "[5]",
                ),
            ),
        ),
        Group(
            "다음 글에서 전체 흐름과 관계 <u>없는</u> 문장을 고르시오.",
            box="""
Walking is one of the best ways to get ideas. (a) Writers and scientists of the past took long
walks when they were stuck on a problem. (b) In one study, people who walked thought of many more
new uses for common objects than people who sat. (c) Good walking shoes should be bought in the
afternoon, when your feet are a little larger. (d) Moving the legs brings more blood to the brain,
and the mind begins to wander freely. (e) So when you cannot finish your homework, a short walk is
not a waste of time.
""",
            questions=(
                _three(
                    35,
                    "관계 없는 문장은?",
                    "(a)",
                    "(b)",
                    "*(c)",
                    "(d)",
                    "(e)",
                ),
            ),
        ),
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
Every autumn my grandmother's village holds a market without money. Nobody may bring a wallet.
Instead, people bring what they have made or grown: jars of honey, woolen socks, baskets,
pumpkins. If you want something, you have to offer something, and you have to talk.

The first time I went, I was embarrassed. I was twelve, I lived in the city, and I had nothing.
"You can draw," said Grandmother. So I sat down on a box with my pencils and a sheet of paper that
said PORTRAITS. For half an hour nobody came. Then an old farmer stopped and asked me to draw not
him but his dog. When I had finished, he looked at the picture for a long time. "That is exactly
how she listens," he said, and he gave me a whole cheese.

By evening I had a cheese, a pair of red socks, and eleven eggs. But what I remember best is the
talking. In a shop I hand over money and say two words. At the market I learned the names of nine
people, three dogs, and <u>a very proud goose</u>.
""",
            questions=(
                _four(
                    36,
                    "이 글의 제목으로 가장 알맞은 것은?",
                    "How to Draw Animals Well",
                    "*A Market Where Talk Replaces Money",
                    "The High Price of Cheese",
                    "Why I Moved to the Village",
                    "My Grandmother's Favorite Shop",
                ),
                _four(
                    37,
                    "글쓴이의 심경 변화로 가장 알맞은 것은?",
                    "*embarrassed → pleased",
                    "excited → bored",
                    "proud → ashamed",
                    "calm → frightened",
                    "curious → disappointed",
                ),
                _four(
                    38,
                    "Why was the farmer pleased with the picture?",
                    "Because it was free",
                    "Because it showed his farm",
                    "Because he wanted to sell it",
                    "*Because it showed what his dog was like",
                    "Because he looked younger in it",
                ),
                _four(
                    39,
                    "글쓴이가 밑줄 친 <u>a very proud goose</u>를 언급한 까닭은?",
                    "to complain about the noise at the market",
                    "to show that animals were sold there",
                    "*to suggest how lively the meetings were",
                    "to explain where the eggs came from",
                    "to warn visitors about dangerous birds",
                ),
            ),
        ),
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
Some years ago a supermarket in a small Dutch town had a problem: older customers liked to chat
with the cashiers, while people behind them in the line grew impatient. Many shops would have
asked the cashiers to work faster. This one did the opposite. It opened a "slow lane," where
nobody is in a hurry and a conversation is part of the service.

The idea sounds like a bad way to do business. Yet the lane was soon so popular that other shops
copied it. For some customers, the two minutes at the checkout may be the only conversation of the
day. Doctors warn that loneliness can harm our health as much as smoking does. A slow lane cannot
(A) __________ loneliness, but it can give people a reason to leave the house. And the other lanes
move faster, too, because those who want to talk have a place of their own.
""",
            questions=(
                _four(
                    40,
                    "이 글의 요지로 가장 알맞은 것은?",
                    "Shops should employ older cashiers.",
                    "Smoking should be banned in shops.",
                    "Customers dislike talking to strangers.",
                    "Waiting in line teaches us patience.",
                    "*Making room for conversation can serve everyone.",
                ),
                _four(
                    41,
                    "빈칸 (A)에 들어갈 말로 가장 알맞은 것은?",
                    "cause",
                    "*cure",
                    "measure",
                    "invite",
                    "forgive",
                ),
                _four(
                    42,
                    "What did the supermarket do about its problem?",
                    "It asked customers to be quiet.",
                    "It paid cashiers for working faster.",
                    "*It opened a lane for people who like to chat.",
                    "It closed one of its lanes.",
                    "It delivered food to older people.",
                ),
            ),
        ),
        Group(
            "주어진 글 다음에 이어질 글의 순서로 가장 알맞은 것을 고르시오.",
            lead_title="주어진 글",
            lead="A crow in our park has learned to drop walnuts in front of the bus.",
            box="""
(a) The heavy wheels crack the shell. But the road is still a dangerous place for a bird.

(b) It waits on a lamp post until the bus comes around the corner, and then it lets the nut fall.

(c) So the crow has chosen a crossing. When the light turns red, it walks out calmly and eats.
""",
            questions=(
                _four(
                    43,
                    "알맞은 순서는?",
                    "(a)-(b)-(c)",
                    "(a)-(c)-(b)",
                    "(b)-(c)-(a)",
                    "*(b)-(a)-(c)",
                    "(c)-(a)-(b)",
                ),
            ),
        ),
        Group(
            "다음 글의 내용을 한 문장으로 요약하고자 한다. 물음에 답하시오.",
            box="""
Researchers asked two groups of students to read the same story. The first group was told that
there would be a test. The second group was told that they would have to teach the story to a
younger child. In the end, both groups took a test. Those who had prepared to teach remembered
more, and they remembered the main points better. They had asked themselves what mattered and how
to explain it.

<b>Summary:</b> Students who read in order to (A) __________ remembered more, because they had to
think about what was (B) __________.
""",
            questions=(
                _four(
                    44,
                    "빈칸 (A)에 알맞은 말은?",
                    "*teach others",
                    "pass a test",
                    "enjoy a story",
                    "read faster",
                    "help researchers",
                ),
                _four(
                    45,
                    "빈칸 (B)에 알맞은 말은?",
                    "easy",
                    "funny",
                    "missing",
                    "new",
                    "*important",
                ),
            ),
        ),
    ),
)

EXAM = Exam(
    slug="edge-16",
    title="EDGE Placement Test",
    subtitle="중등 1-3학년 배치고사 (독해·문법)",
    label_style="circled",
    option_count=5,
    minutes=50,
    columns=1,
    levels=levels("EDGE", "Spark Rise Pursuit Pro", 3),
    cuts=((0, -2), (25, -1), (45, 0), (80, 1), (95, 2)),
    sections=(GRAMMAR, READING),
    notes=(
        "1~15번은 듣기 평가로, 이 시험지는 16번부터 시작합니다.",
        "16~35번은 각 3점, 36~45번은 각 4점입니다. 알맞은 답을 하나만 고르시오.",
    ),
)
