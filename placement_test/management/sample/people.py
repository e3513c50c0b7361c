"""The sample academy's people: invented, like everything here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_test.models import Academy, Campus, ConsentText, School, StaffUser

if TYPE_CHECKING:
    import random

Role = StaffUser.Role
Stage = School.Stage

# The demo listens on this machine only and prints these; load_sample refuses any other database.
PASSWORD = "placement-day"  # noqa: S105

STAFF = (
    (Role.DIRECTOR, "director", "윤서현", ("목동 캠퍼스", "분당 캠퍼스")),
    (Role.TEACHER, "teacher", "한지원", ("목동 캠퍼스",)),
    (Role.TEACHER, "teacher2", "오민석", ("분당 캠퍼스",)),
    (Role.INVIGILATOR, "invigilator", "임하늘", ("목동 캠퍼스",)),
    (Role.ADMINISTRATOR, "admin", "관리자", ()),
)
LOGINS = [
    (str(role.value), username, PASSWORD)
    for role, username, _name, _campuses in STAFF
    if username != "teacher2"
]

CAMPUSES = ("목동 캠퍼스", "분당 캠퍼스")
SCHOOLS = (
    ("한빛초등학교", Stage.PRIMARY),
    ("새솔초등학교", Stage.PRIMARY),
    ("다온초등학교", Stage.PRIMARY),
    ("푸른나래중학교", Stage.MIDDLE),
    ("가람중학교", Stage.MIDDLE),
    ("누리고등학교", Stage.HIGH),
    ("해든고등학교", Stage.HIGH),
)

FAMILY_NAMES = tuple("김이박최정강조윤장임한오서신권황안송류홍")
FIRST_SYLLABLES = tuple("민서지하도예시은수주현준유채윤건태다소우")
SECOND_SYLLABLES = tuple("준아우은현윤서진원호민빈율린영재희연혁담")

CONSENT_KOREAN = (
    "레벨 테스트를 위해 학생의 이름, 학년, 학교, 생년월일과 보호자 연락처, 시험 답안을 수집합니다. "
    "수집한 정보는 반 배정과 상담에만 사용하며, 학원이 정한 보관 기간이 지나면 삭제합니다. "
    "동의하지 않을 수 있으며, 이 경우 시험을 볼 수 없습니다. "
    "(예시 문구입니다. 실제 문구는 학원이 법률 검토를 거쳐 정해야 합니다.)"
)
CONSENT_ENGLISH = (
    "For the placement test we collect the student's name, grade, school and date of birth, a "
    "guardian's phone number, and the answers given. They are used for class placement and "
    "counselling only, and are deleted once the academy's retention period is over. You may "
    "decline; the test cannot be taken then. (Sample wording: the academy has to settle the real "
    "text with legal advice.)"
)


def make_academy() -> None:
    """Make the academy, its campuses, schools and consent text."""
    Academy.objects.create(
        id=1,
        name="한빛어학원",
        ask_birth_date=Academy.Asked.OPTIONAL,
        ask_phone=Academy.Asked.OPTIONAL,
        ask_school=Academy.Asked.OPTIONAL,
        shown_result=Academy.Shown.SCORE,
    )
    campuses = Campus.objects.bulk_create(Campus(name=name) for name in CAMPUSES)
    School.objects.bulk_create(
        School(campus=campus, name=name, stage=stage)
        for campus in campuses
        for name, stage in SCHOOLS
    )


def make_staff() -> dict[str, StaffUser]:
    """Make one member of staff of each role; return them by user name."""
    made: dict[str, StaffUser] = {}
    for role, username, name, campuses in STAFF:
        is_administrator = role == Role.ADMINISTRATOR
        made[username] = StaffUser.objects.create_user(
            username=username,
            password=PASSWORD,
            role=role,
            display_name=name,
            is_staff=is_administrator,
            is_superuser=is_administrator,
        )
        made[username].campuses.set(Campus.objects.filter(name__in=campuses))
    return made


def make_consent(director: StaffUser) -> ConsentText:
    """Make the first revision of the consent text."""
    return ConsentText.objects.create(
        number=1,
        korean=CONSENT_KOREAN,
        english=CONSENT_ENGLISH,
        made_at=director.date_joined,
        made_by=director,
    )


def name(dice: random.Random) -> str:
    """Return an invented Korean name."""
    return dice.choice(FAMILY_NAMES) + dice.choice(FIRST_SYLLABLES) + dice.choice(SECOND_SYLLABLES)


def stage_of(grade: int) -> str:
    """Return the kind of school that a grade belongs to."""
    if grade <= 6:  # noqa: PLR2004 - primary school has six grades
        return Stage.PRIMARY
    return Stage.MIDDLE if grade <= 9 else Stage.HIGH  # noqa: PLR2004
