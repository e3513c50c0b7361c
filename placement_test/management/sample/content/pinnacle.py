"""PINNACLE, grades 10-12: twenty questions in two columns."""

from placement_test.management.sample.items import (
    Exam,
    Group,
    Question,
    Section,
    choice,
    levels,
)


def _five(number: int, prompt: str, *options: str) -> Question:
    return choice(number, prompt, *options, points="5")


LANGUAGE = Section(
    "Grammar and Vocabulary",
    "vocabulary",
    (
        Group(
            "빈칸에 들어갈 말로 가장 알맞은 것을 고르시오.",
            questions=(
                _five(
                    1,
                    "Hardly __________ down when the fire alarm went off.",
                    "we had sat",
                    "we sat",
                    "have we sat",
                    "did we sat",
                    "*had we sat",
                ),
                _five(
                    2,
                    "The committee demanded that the report __________ published at once.",
                    "is",
                    "was",
                    "*be",
                    "has been",
                    "being",
                ),
                _five(
                    3,
                    "Her argument was so __________ that even her opponents were persuaded.",
                    "redundant",
                    "*compelling",
                    "obscure",
                    "reluctant",
                    "trivial",
                ),
                _five(
                    4,
                    "Far from solving the housing shortage, the new tax only __________ it.",
                    "*aggravated",
                    "alleviated",
                    "anticipated",
                    "abandoned",
                    "acknowledged",
                ),
            ),
        ),
        Group(
            "밑줄 친 부분 중, 어법상 <u>틀린</u> 것을 고르시오.",
            box="""
What distinguishes great listeners (a) <u>is</u> not that they stay silent. They ask questions
that invite the speaker (b) <u>to go</u> further, and they notice (c) <u>what</u> is left unsaid.
Having been (d) <u>hearing</u> with such attention, we come to understand our own thoughts better,
as if someone (e) <u>had switched</u> on a light.
""",
            questions=(_five(5, "어법상 틀린 것은?", "(a)", "(b)", "(c)", "*(d)", "(e)"),),
        ),
        Group(
            "밑줄 친 부분 중, 문맥상 낱말의 쓰임이 적절하지 <u>않은</u> 것을 고르시오.",
            box="""
Before a map can be useful, it has to (a) <u>omit</u> almost everything. A map that showed every
stone would be as large as the land itself and therefore (b) <u>worthless</u>. The mapmaker's art
lies in deciding what the traveler does not need. A subway map (c) <u>preserves</u> real distances
so that passengers can see the order of the stations at a glance. In this sense, a certain amount
of (d) <u>distortion</u> is not a failure but a (e) <u>service</u>.
""",
            questions=(_five(6, "적절하지 않은 것은?", "(a)", "(b)", "*(c)", "(d)", "(e)"),),
        ),
    ),
)

READING = Section(
    "Reading",
    "reading",
    (
        Group(
            "다음 글의 요지로 가장 적절한 것을 고르시오.",
            box="""
We tend to praise people for changing the world and overlook those who keep it running. Yet most
of what we depend on was invented long ago and now merely has to be looked after: water pipes,
bridges, databases, friendships. A city that spends its whole budget on new towers while its
sewers decay is not progressive but careless. Maintenance rarely makes headlines, because its
triumph is that nothing happens. We ought to honor it all the same, for every innovation that
succeeds becomes, the day after, something to maintain.
""",
            questions=(
                _five(
                    7,
                    "글의 요지는?",
                    "Cities should build fewer towers.",
                    "*Keeping things working deserves more respect.",
                    "Innovation is usually a waste of money.",
                    "News media should report more good news.",
                    "Old inventions are better than new ones.",
                ),
            ),
        ),
        Group(
            "다음 빈칸에 들어갈 말로 가장 적절한 것을 고르시오.",
            questions=(
                _five(
                    8,
                    "A chess master can glance at a board in mid-game and rebuild it from "
                    "memory. Place the same pieces at random, however, and the master remembers "
                    "hardly more than a beginner. What the expert has acquired, then, is not a "
                    "better memory but __________________.",
                    "a stronger wish to win",
                    "the habit of playing at random",
                    "longer hours of rest between games",
                    "an ability to see each piece by itself",
                    "*a store of meaningful patterns",
                ),
                _five(
                    9,
                    "Proverbs seem wise partly because they come in pairs. When we hesitate, we "
                    "are told to look before we leap; when we are late, that he who hesitates "
                    "is lost. Whatever happens, one of the two will fit. A statement that no "
                    "outcome can ever contradict, however, __________________.",
                    "*tells us nothing about what to do",
                    "is the safest guide in a crisis",
                    "must be older than its opposite",
                    "should be taught to every child",
                    "will be proved wrong in the end",
                ),
            ),
        ),
        Group(
            "글의 흐름으로 보아, 주어진 문장이 들어가기에 가장 적절한 곳을 고르시오.",
            lead_title="주어진 문장",
            lead="Paradoxically, it was the flood of perfect copies that made the original matter.",
            box="""
Before photography, few people ever saw a famous painting. [1] They knew it, if at all, from a
crude engraving or a traveler's description. [2] When cheap prints appeared, critics feared that
nobody would bother to visit museums any more. [3] The opposite occurred. [4] Visitors who had
lived with a postcard on the wall crossed oceans to stand before the thing itself. [5] What they
came for was not information, which they already had, but presence.
""",
            questions=(_five(10, "가장 적절한 곳은?", "[1]", "[2]", "[3]", "*[4]", "[5]"),),
        ),
        Group(
            "주어진 글 다음에 이어질 글의 순서로 가장 적절한 것을 고르시오.",
            lead_title="주어진 글",
            lead="Two centuries ago, every town in Britain kept its own time, set by the sun.",
            box="""
(a) Within a few years, most public clocks had adopted it, although some towns protested by
showing two minute hands.

(b) This caused no trouble as long as the fastest traveler rode a horse. The railway changed that.

(c) A timetable is impossible if noon in Bristol comes ten minutes later than in London. The
railway companies therefore imposed London time on all their stations.
""",
            questions=(
                _five(
                    11,
                    "글의 순서는?",
                    "(a)-(c)-(b)",
                    "(b)-(a)-(c)",
                    "*(b)-(c)-(a)",
                    "(c)-(a)-(b)",
                    "(c)-(b)-(a)",
                ),
            ),
        ),
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
In many hospitals, doctors' handwriting used to cause thousands of errors a year, and so
prescribing was moved to computers. The new systems warn the doctor whenever two drugs might
interact. The designers, understandably, wished to miss nothing. As a result a busy physician may
see a hundred warnings in a single shift, of which perhaps two matter. Studies find that more than
nine in ten are clicked away within seconds.

Engineers call this alarm fatigue. A signal that is usually (A) __________ trains people to ignore
it, including the one time when it is right. The remedy is uncomfortable, for it requires someone
to decide which real but minor risks will not be mentioned. Hospitals that have dared to do so,
cutting their alerts by half, report that the remaining ones are read. Safety, it seems, is not a
matter of saying everything but of <u>being believed</u>.
""",
            questions=(
                _five(
                    12,
                    "글의 제목으로 가장 적절한 것은?",
                    "*Fewer Warnings, Safer Patients",
                    "Why Doctors Should Write by Hand",
                    "How Drugs Interact in the Body",
                    "The Rising Cost of Hospital Computers",
                    "Engineers: The New Physicians",
                ),
                _five(
                    13,
                    "빈칸 (A)에 들어갈 말로 가장 적절한 것은?",
                    "accurate",
                    "silent",
                    "visible",
                    "urgent",
                    "*false",
                ),
                _five(
                    14,
                    "밑줄 친 <u>being believed</u>가 의미하는 바로 가장 적절한 것은?",
                    "being honest with patients",
                    "*giving alerts that people take seriously",
                    "trusting computers more than doctors",
                    "proving every warning by a study",
                    "having a good reputation abroad",
                ),
            ),
        ),
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
When the orchestra's oboist fell ill an hour before the concert, the manager telephoned everyone
she could think of. The only player free was Mr. Oh, who was seventy-four and had retired from a
provincial band. He arrived by bus, in a coat too large for him, and apologized to the other winds
for the trouble he was about to cause them. They smiled politely and expected the worst.

In the slow movement the oboe has a long solo. Mr. Oh put up his instrument, closed his eyes, and
played it as though he were remembering something. There was no display in it. Several of the
violinists, who had accompanied that melody for twenty years, found that they were hearing it for
the first time. At the end there was a silence before the applause.

Afterwards the conductor hurried backstage to thank him, but Mr. Oh had already left. The last
bus, he had explained to the doorman, went at ten.
""",
            questions=(
                _five(
                    15,
                    "Mr. Oh에 관한 내용으로 적절하지 <u>않은</u> 것은?",
                    "He was no longer working as a musician.",
                    "He came to the concert by bus.",
                    "*He was asked because he was well known.",
                    "He played with his eyes closed.",
                    "He left before the conductor could thank him.",
                ),
                _five(
                    16,
                    "다른 단원들의 심경 변화로 가장 적절한 것은?",
                    "relieved → anxious",
                    "*doubtful → moved",
                    "envious → proud",
                    "hopeful → disappointed",
                    "grateful → indifferent",
                ),
                _five(
                    17,
                    "What does the last paragraph suggest about Mr. Oh?",
                    "He was offended by the conductor.",
                    "He had played badly and was ashamed.",
                    "He disliked the doorman.",
                    "*He did not care for fame.",
                    "He had forgotten his coat.",
                ),
            ),
        ),
        Group(
            "다음 글을 읽고 물음에 답하시오.",
            box="""
It is often said that a language dies when its last speaker dies. Linguists would put the date
earlier: a language dies when its second-to-last speaker does, for then there is nobody left to
talk to. What remains is memory, and perhaps a shelf of recordings.

Recordings, however, have proved to be more than a (A) __________. In the 1990s Jessie Little Doe
Baird dreamed of ancestors speaking words she could not understand. Her people, the Wampanoag of
Massachusetts, had not spoken their language for more than a century. But they had once written
it: letters, deeds, even a whole Bible. From these papers, and by comparison with related
languages, Baird rebuilt the grammar and thousands of words. Her daughter became the first native
speaker in seven generations.

Skeptics object that a revived language is never quite the old one. That is true, but it is
equally true of languages that never slept. English, too, would puzzle its speakers of four
centuries ago. A language is less like a vase, which is either whole or broken, than like a (B)
__________, which may be lit again from an ember.
""",
            questions=(
                _five(
                    18,
                    "빈칸 (A)에 들어갈 말로 가장 적절한 것은?",
                    "tool",
                    "promise",
                    "*tombstone",
                    "dictionary",
                    "bargain",
                ),
                _five(
                    19,
                    "빈칸 (B)에 들어갈 말로 가장 적절한 것은?",
                    "river",
                    "book",
                    "bridge",
                    "*fire",
                    "mirror",
                ),
                _five(
                    20,
                    "필자의 주장으로 가장 적절한 것은?",
                    "*A language that nobody speaks can be brought back.",
                    "Languages should be protected from change.",
                    "Recordings are more reliable than letters.",
                    "Revived languages are poor imitations.",
                    "English will be forgotten in four centuries.",
                ),
            ),
        ),
    ),
)

EXAM = Exam(
    slug="pinnacle",
    title="PINNACLE Placement Test",
    subtitle="고등 1-3학년 배치고사",
    label_style="circled",
    option_count=5,
    minutes=45,
    columns=2,
    levels=levels("PINNACLE", "Vision Endeavor Success Pro", 2),
    cuts=((0, -2), (25, -1), (45, 0), (80, 1), (95, 2)),
    sections=(LANGUAGE, READING),
    notes=("20문항, 45분, 각 5점입니다. 알맞은 답을 하나만 고르시오.",),
)
