"""EDGE to PINNACLE: seventeen questions that mix all five kinds."""

from placement_test.management.sample.items import (
    Exam,
    Group,
    Section,
    blank,
    choice,
    choices,
    levels,
    mixed,
    picked,
    short,
    written,
)

READING = Section(
    "Reading",
    "reading",
    (
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
How often does your family use its electric drill? According to one estimate, a drill that is
bought for a home is used for about thirteen minutes in its whole life. The rest of the time it
lies in a cupboard. For a small neighborhood in Leeds, that was reason enough to open a library of
things.

The library has no novels. On its shelves are drills, tents, sewing machines, cake tins, and a
popcorn maker that is <u>booked</u> every weekend. Members pay ten pounds a year and can keep an
item for seven days. When something breaks, a group of retired engineers repairs it on Thursday
afternoons, and anyone may watch and learn.

"At first I came because I couldn't afford a tent," says Priya, a nurse. "Now I come because I
know everybody." The founders had hoped to save money and reduce waste. What surprised them was
the queue: people arrive early, on purpose, to chat. Objects, it turns out, are an excellent
excuse to meet a neighbor.
""",
            questions=(
                choice(
                    1,
                    "What is the main point of the passage?",
                    "Electric drills are too expensive for most families.",
                    "Retired people should work for longer.",
                    "*Sharing objects can also bring people together.",
                    "Libraries no longer need to lend novels.",
                    "Repairing things is better than buying new ones.",
                    points="5",
                ),
                choices(
                    2,
                    "이 글의 내용과 일치하는 것을 고르시오. (2개)",
                    "Members may keep an item as long as they like.",
                    "*Visitors can learn how things are repaired.",
                    "The popcorn maker is hardly ever lent.",
                    "Membership is free for nurses.",
                    "*People sometimes come early in order to talk.",
                    points="5",
                ),
                short(
                    3,
                    "다음 뜻을 가진 낱말 하나를 본문에서 찾아 쓰시오.<br/>"
                    '"a line of people who are waiting for something"',
                    "queue",
                    points="5",
                ),
                mixed(
                    4,
                    "밑줄 친 <u>booked</u>에 관하여 답하시오.",
                    picked(
                        "3.5",
                        "read",
                        "*reserved",
                        "written",
                        "punished",
                        label="(1)",
                        task="뜻이 가장 가까운 것을 고르시오.",
                    ),
                    blank("4", "every weekend|each weekend", "(2)", "언제인지 두 단어로 쓰시오."),
                ),
            ),
        ),
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
In the winter of 1925 the children of Nome, Alaska, began to fall ill with diphtheria. The only
medicine that could save them was in Anchorage, more than 1,500 kilometers away. The harbor was
frozen, the railroad ended halfway, and the few small planes in Alaska could not fly in such cold.

So the medicine traveled by dog sled. Twenty drivers and about 150 dogs carried it in turns,
through darkness, storms, and temperatures of fifty degrees below zero. One driver froze his
hands; another crossed the ice of the bay in the dark and trusted his lead dog, Togo, to find the
way. On February 2, after five and a half days, the last team reached Nome. Not a single glass
tube was broken.

The last driver's dog, Balto, became a star, and his statue stands in New York. Many people in
Alaska feel that it should be Togo's. He had run the longest and most dangerous part.
""",
            questions=(
                choice(
                    5,
                    "Why do many Alaskans think that Togo deserves a statue?",
                    "*Because he did the hardest part of the journey",
                    "Because he was born in Nome",
                    "Because he arrived before Balto",
                    "Because he carried the heaviest load",
                    "Because he died on the way",
                    points="5",
                ),
                short(
                    6,
                    "요약문의 빈칸에 알맞은 말을 본문에서 찾아 한 단어씩 쓰시오.<br/>"
                    "Because the sea was (1) ______ and planes could not (2) ______, twenty "
                    "drivers took the (3) ______ to Nome by dog sled.",
                    "frozen",
                    "fly",
                    "medicine",
                    points="2.5",
                ),
                choices(
                    7,
                    "본문에 언급된 것을 모두 고르시오. (3개)",
                    "hospital",
                    "*railroad",
                    "bridge",
                    "wolf",
                    "*statue",
                    "tent",
                    "telephone",
                    "*harbor",
                    "school",
                    "doctor",
                    points="5",
                ),
            ),
        ),
    ),
)

GRAMMAR = Section(
    "Grammar",
    "grammar",
    (
        Group(
            "빈칸에 들어갈 말로 어법상 가장 알맞은 것을 고르시오.",
            questions=(
                choice(
                    8,
                    "By the time we arrived, the concert __________.",
                    "already begins",
                    "has already begun",
                    "*had already begun",
                    "was already begun",
                    points="2.5",
                ),
                choice(
                    9,
                    "The museum, __________ was built in 1890, is being repaired.",
                    "that",
                    "what",
                    "where",
                    "*which",
                    points="2.5",
                ),
            ),
        ),
        Group(
            "물음에 답하시오.",
            questions=(
                choices(
                    10,
                    "어법상 바른 문장을 고르시오. (2개)",
                    "*Not until midnight did the rain stop.",
                    "He suggested me to take a taxi.",
                    "The number of visitors are growing.",
                    "*I'm used to getting up early.",
                    "Despite it was late, we kept talking.",
                    points="5",
                ),
                short(
                    11,
                    "주어진 철자로 시작하는 낱말을 쓰시오.<br/>"
                    '"What is your favorite c__________?" "Mine is dark green."',
                    "colour|color",
                    points="5",
                ),
                short(
                    12,
                    "괄호 안의 말을 알맞은 형태로 쓰시오.<br/>"
                    "I lent Minsu my notes a week ago, but he __________ (not, return) them yet.",
                    "hasn't returned|has not returned",
                    points="5",
                ),
                mixed(
                    13,
                    "The man (A) <u>sitting</u> by the window has been (B) <u>waited</u> for his "
                    "daughter, (C) <u>whose</u> train (D) <u>was delayed</u>.",
                    picked(
                        "2.5",
                        "(A)",
                        "*(B)",
                        "(C)",
                        "(D)",
                        label="(1)",
                        task="바르지 <u>않은</u> 것을 고르시오.",
                    ),
                    blank("5", "waiting", "(2)", "바르게 고쳐 쓰시오."),
                ),
            ),
        ),
    ),
)

WRITING = Section(
    "Writing",
    "writing",
    (
        Group(
            "물음에 답하시오.",
            questions=(
                choice(
                    14,
                    "다음 문단의 첫 문장으로 가장 알맞은 것은?<br/>"
                    '"__________ First, it is cheap: all you need is a pair of shoes. '
                    "Second, you can do it almost anywhere. Finally, it lets you see your town "
                    'at a human speed."',
                    "Shoes have become more expensive.",
                    "My town is small but pretty.",
                    "Some people prefer to swim.",
                    "*Running is the ideal sport for students.",
                    points="2.5",
                ),
                short(
                    15,
                    "주어진 단어를 모두 한 번씩 써서 문장을 완성하시오.<br/>"
                    "( interesting / you / was / the book / me / lent / very )",
                    "The book you lent me was very interesting"
                    "|The book you lent me was very interesting.",
                    points="5",
                ),
                written(
                    16,
                    "Your friend writes: "
                    "<b>I'm visiting your town for one day. What should we do?</b><br/>"
                    "Answer in 3-5 sentences. Suggest two things and give a reason for each.",
                    points="10",
                    lines=5,
                ),
                written(
                    17,
                    "<b>Should students be allowed to use smartphones at school?</b><br/>"
                    "Write 6-8 sentences. State your opinion, give two reasons with examples, and "
                    "answer one argument of the other side.",
                    points="15",
                    lines=9,
                ),
            ),
        ),
    ),
)

EXAM = Exam(
    slug="mixed",
    title="EDGE-PINNACLE Written Test",
    subtitle="서술형 포함 심화 배치고사",
    label_style="letters",
    option_count=5,
    minutes=60,
    columns=1,
    levels=(*levels("EDGE", "Pursuit Pro", 3), *levels("PINNACLE", "Vision Endeavor", 2)),
    cuts=((0, -2), (30, -1), (50, 0), (80, 1), (95, 2)),
    sections=(READING, GRAMMAR, WRITING),
    notes=(
        "문항 끝의 [ ] 안은 배점입니다. 영역은 Reading, Grammar, Writing입니다.",
        "(2개), (3개)로 표시된 문항은 그 수만큼 고르고, 서술형은 영어로 쓰시오.",
    ),
)
