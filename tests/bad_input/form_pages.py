"""Every form that the tables send something wrong to: who opens it, where, and a good sending."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from django.test import Client
from django.urls import reverse

from placement_test.curriculum.forms.matrix import boundaries_text, cell_name
from placement_test.exams.services import tracks
from placement_test.lib import clock
from placement_test.models import (
    Academy,
    AnswerEvent,
    CutSet,
    Exam,
    Level,
    PlacementRule,
    Program,
    StaffUser,
    SubProgram,
    TestEvent,
)
from tests import builders, recordings, sitting
from tests.builders import Role
from tests.exams import authoring

if TYPE_CHECKING:
    from collections.abc import Callable

    from placement_test.models import ExamVersion


class FormPage(NamedTuple):
    """A page with a form, the browser of whoever may fill it in, and what is taken there."""

    client: Client
    url: str
    fields: dict[str, Any]


def visitor() -> Client:
    """Return the browser of somebody without a login."""
    builders.academy()
    return Client()


def staff(role: str) -> Client:
    """Return the browser of a member of staff."""
    builders.academy()
    client = Client()
    client.force_login(StaffUser.objects.filter(role=role).first() or builders.staff(role=role))
    return client


def welcome() -> FormPage:
    """Return the page that takes an access code; one event is over."""
    over = clock.now() - dt.timedelta(hours=1)
    builders.event()
    builders.event(access_code="WINTER", opens_at=over - dt.timedelta(hours=1), closes_at=over)
    return FormPage(visitor(), reverse("student-home"), {"code": "SPRING"})


def registration() -> FormPage:
    """Return the registration for an open event."""
    client = visitor()
    builders.rule_set()
    sitting.published().exam.levels.set(builders.curriculum())
    consent = builders.consent_text()
    fields = {
        "name": "Min-ji",
        "grade": "5",
        "rank": "10",
        "school": "Mokdong Primary School",
        "birth_date": "2015-05-01",
        "phone": "010-1234-5678",
        "consent_id": str(consent.pk),
        "agrees": "on",
        "consent_by": "guardian",
    }
    return FormPage(client, reverse("student-register", args=[builders.event().pk]), fields)


def strict_registration() -> FormPage:
    """Return a registration that requires all there is to ask."""
    page = registration()
    required = Academy.Asked.REQUIRED
    Academy.objects.update(ask_birth_date=required, ask_phone=required, ask_school=required)
    return page


def closed_registration() -> FormPage:
    """Return the registration for an event that is over."""
    page = registration()
    over = TestEvent.objects.get()
    TestEvent.objects.update(closes_at=over.opens_at + dt.timedelta(minutes=1))
    return page


def unknown_registration() -> FormPage:
    """Return the registration for an event that there is not."""
    return registration()._replace(url=reverse("student-register", args=[uuid.uuid4()]))


def registration_without_rule() -> FormPage:
    """Return a registration where no rule covers grade 5."""
    page = registration()
    PlacementRule.objects.filter(grade=5).delete()
    return page


def registration_without_exam() -> FormPage:
    """Return a registration where no exam serves the level."""
    page = registration()
    Exam.objects.get().levels.clear()
    return page


def login() -> FormPage:
    """Return the staff login."""
    builders.staff()
    return FormPage(
        visitor(),
        reverse("staff-login"),
        {"username": "teacher", "password": builders.PASSWORD, "next": ""},
    )


def locked_login() -> FormPage:
    """Return the staff login after eight wrong passwords."""
    page = login()
    for _guess in range(8):
        page.client.post(page.url, page.fields | {"password": "a guess"})
    return page


def password() -> FormPage:
    """Return the change of one's own password."""
    new = "a much longer password"
    fields = {"old_password": builders.PASSWORD, "new_password1": new, "new_password2": new}
    return FormPage(staff(Role.TEACHER), reverse("password_change"), fields)


def event() -> FormPage:
    """Return the form of a new test event; another has the code SPRING."""
    builders.event()
    fields = {
        "name": "May placement test",
        "campus": str(builders.campus().pk),
        "opens_at": "2027-05-01T09:00",
        "closes_at": "2027-05-01T18:00",
        "access_code": "MAYDAY",
        "expected_students": "40",
    }
    return FormPage(staff(Role.TEACHER), reverse("staff-event-new"), fields)


def school() -> FormPage:
    """Return the form of a new school; there is one of the name Sinjeong."""
    builders.school(name="Sinjeong Primary School")
    fields = {"name": "Yangcheon", "stage": "primary", "campus": str(builders.campus().pk)}
    return FormPage(staff(Role.TEACHER), reverse("staff-school-new"), fields)


def school_edit() -> FormPage:
    """Return the form of a school; there is another of the name Sinjeong."""
    page = school()
    own = builders.school(name="Yangcheon")
    return page._replace(url=reverse("staff-school", args=[own.pk]))


def schools() -> FormPage:
    """Return the form that takes a list of schools."""
    fields = {"campus": str(builders.campus().pk), "schools": "Sinjeong, primary"}
    return FormPage(staff(Role.TEACHER), reverse("staff-school-import"), fields)


def campus() -> FormPage:
    """Return the form of a new campus; there is one of the name Mokdong."""
    client = staff(Role.DIRECTOR)
    return FormPage(client, reverse("staff-policy-campus-new"), {"name": "Bundang"})


def person() -> FormPage:
    """Return the form of a new account; there is a "teacher"."""
    builders.staff()
    fields = {
        "display_name": "Mr Oh",
        "username": "oh",
        "role": "teacher",
        "campuses": [str(builders.campus().pk)],
        "is_active": "on",
    }
    return FormPage(staff(Role.DIRECTOR), reverse("staff-person-new"), fields)


def last_director() -> FormPage:
    """Return the form of the only director's own account."""
    client = staff(Role.DIRECTOR)
    director = StaffUser.objects.get(role=Role.DIRECTOR)
    fields = {"display_name": "Ms Yun", "username": "director", "role": "director"}
    return FormPage(
        client, reverse("staff-person", args=[director.pk]), fields | {"is_active": "on"}
    )


def policies() -> FormPage:
    """Return the policies."""
    fields = {
        "name": "Hanbit Academy",
        "time_zone": "Asia/Seoul",
        "locale": "ko",
        "ask_birth_date": "optional",
        "ask_phone": "optional",
        "ask_school": "optional",
        "shown_result": "level",
        "level_changes": "1",
        "level_change_minutes": "20",
    }
    return FormPage(staff(Role.DIRECTOR), reverse("staff-policies"), fields)


def consent() -> FormPage:
    """Return the consent text, of which there is revision 1."""
    builders.consent_text()
    fields = {"base": "1", "korean": "다시 동의합니다.", "english": "I agree again."}
    return FormPage(staff(Role.DIRECTOR), reverse("staff-policy-consent"), fields)


def program() -> FormPage:
    """Return the form of a new program."""
    builders.curriculum()
    fields = {"name": "SUMMIT", "first_grade": "10", "last_grade": "12"}
    return FormPage(staff(Role.DIRECTOR), reverse("staff-program-new"), fields)


def sub_program() -> FormPage:
    """Return the form of a new sub-program of CORE, which has a Sigma."""
    builders.curriculum()
    core = Program.objects.get(name="CORE")
    url = reverse("staff-program-sub-new", args=[core.pk])
    return FormPage(staff(Role.DIRECTOR), url, {"name": "Tau"})


def level() -> FormPage:
    """Return the form of a new level of a sub-program that has 1, 2 and 3."""
    builders.curriculum()
    first = SubProgram.objects.get(program__name="CORE", name="Sigma")
    url = reverse("staff-level-new", args=[first.pk])
    return FormPage(staff(Role.DIRECTOR), url, {"number": "4"})


def tier() -> FormPage:
    """Return the small form that moves a level."""
    url = reverse("staff-level-tier", args=[builders.curriculum()[0].pk])
    return FormPage(staff(Role.DIRECTOR), url, {"tier": "2"})


def level_use() -> FormPage:
    """Return the button that takes a level out of use at which rules start."""
    rules = builders.rule_set()
    started = PlacementRule.objects.filter(rule_set=rules).first()
    assert started is not None
    url = reverse("staff-level-use", args=[started.level_id])
    return FormPage(staff(Role.DIRECTOR), url, {"use": "yes"})


def matrix() -> FormPage:
    """Return the matrix of rules with one change, checked."""
    rules = builders.rule_set()
    fields = {
        cell_name(rule.grade, rule.band): str(rule.level_id)
        for rule in PlacementRule.objects.filter(rule_set=rules)
    }
    drawn = boundaries_text(rules.boundaries)
    client = staff(Role.DIRECTOR)
    fields |= {"drawn": drawn, "boundaries": drawn, "base": str(rules.number), "note": "Spring"}
    fields |= {cell_name(1, 0): "", "action": "save"}
    checked = client.post(reverse("staff-rules"), fields | {"action": "check"})
    fields["checked"] = checked.context["digest"]
    return FormPage(client, reverse("staff-rules"), fields)


def student() -> FormPage:
    """Return the record of a student."""
    found = builders.student()
    fields = {"name": "김민지", "birth_date": "2015-05-02", "phone": ""}
    return FormPage(staff(Role.TEACHER), reverse("staff-student-edit", args=[found.pk]), fields)


def split() -> FormPage:
    """Return the form that moves a student's session to another record."""
    session = _ended().session
    fields = {"sessions": [str(session.pk)], "target": "new", "name": "Seo-yun"}
    url = reverse("staff-student-split", args=[session.student_id])
    return FormPage(staff(Role.TEACHER), url, fields)


def merge() -> FormPage:
    """Return the form that joins two records."""
    one, other = builders.student(), builders.student(name="김민 지")
    url = reverse("staff-student-merge-two", args=[one.pk, other.pk])
    return FormPage(
        staff(Role.TEACHER), url, {"name": "this", "birth_date": "this", "phone": "this"}
    )


def new_exam() -> FormPage:
    """Return the form of a new exam, for a teacher of two campuses."""
    both = [builders.campus(), builders.campus(name="Bundang")]
    builders.staff(campuses=both)
    url = reverse("staff-exam-new")
    fields = authoring.new_exam_fields(campuses=[str(builders.campus().pk)])
    fields["levels"] = [str(pk) for pk in fields["levels"]]
    return FormPage(staff(Role.TEACHER), url, fields)


def exam_settings() -> FormPage:
    """Return the settings of a draft."""
    return new_exam()._replace(url=authoring.url("settings", builders.draft_exam()))


def paper() -> FormPage:
    """Return the page that takes another paper for a draft."""
    return FormPage(staff(Role.TEACHER), authoring.url("paper", builders.draft_exam()), {})


def sections() -> FormPage:
    """Return the sections of a draft, filled for two."""
    rows = ({"title": "Listening", "numbers": "1-5"}, {"title": "Reading", "numbers": "6-9"})
    url = authoring.url("questions", builders.draft_exam())
    return FormPage(staff(Role.TEACHER), url, authoring.section_fields(*rows))


def published_sections() -> FormPage:
    """Return the sections of a version that is published."""
    return sections()._replace(url=authoring.url("questions", builders.published_exam()))


def change() -> FormPage:
    """Return the form that changes some questions of a draft with the questions 1-3."""
    fields = {"action": "change", "change-numbers": "2-3", "change-points": "4"}
    return FormPage(staff(Role.TEACHER), authoring.url("questions", builders.draft_exam()), fields)


def question() -> FormPage:
    """Return one question of a draft with the questions 1-3."""
    version = builders.draft_exam()
    part = authoring.parts_of(version)[0]
    fields = {
        "number": "1",
        "page": "",
        "label_style": "",
        "text": "Choose.",
        "parts-TOTAL_FORMS": "1",
        "parts-INITIAL_FORMS": "1",
        "parts-0-id": str(part.pk),
        "parts-0-kind": "choice",
        "parts-0-label": "",
        "parts-0-option_count": "4",
        "parts-0-points": "2.5",
    }
    url = reverse("staff-exam-question", args=[version.exam_id, part.question_id])
    return FormPage(staff(Role.TEACHER), url, fields)


def upload() -> FormPage:
    """Return the page that takes new tracks for a draft."""
    url = authoring.url("tracks", builders.draft_exam())
    return FormPage(staff(Role.TEACHER), url, {"action": "upload", "upload-play_limit": ""})


def track() -> FormPage:
    """Return the settings of the only track of a draft with the questions 1-3."""
    version = builders.draft_exam()
    made = tracks.add_tracks(
        version, [tracks.check_track("one.mp3", recordings.mp3())], play_limit=None, actor=None
    )
    fields = {
        "action": "save",
        "tracks-TOTAL_FORMS": "1",
        "tracks-INITIAL_FORMS": "1",
        "tracks-0-id": str(made[0].pk),
        "tracks-0-title": "First",
        "tracks-0-numbers": "1-2",
        "tracks-0-play_limit": "2",
    }
    return FormPage(staff(Role.TEACHER), authoring.url("tracks", version), fields)


def key() -> FormPage:
    """Return the bubble sheet of a draft, filled; fields by the place of the part."""
    return _key_page(builders.draft_exam())


def short_key() -> FormPage:
    """Return the sheet of a draft whose questions are short ones."""
    return _key_page(builders.draft_exam(kind="short"), "blue")


def correction() -> FormPage:
    """Return the sheet of a published version with a corrected key."""
    page = _key_page(builders.published_exam())
    return page._replace(fields=page.fields | {"correction-reason": "Question 1 was wrong"})


def cuts() -> FormPage:
    """Return the cuts of a draft."""
    version = builders.draft_exam()
    CutSet.objects.filter(version=version).delete()
    fields = authoring.cut_fields(("0", "-1"), ("40", "0"), ("85", "1"))
    return FormPage(staff(Role.TEACHER), authoring.url("cuts", version), fields)


def publishing() -> FormPage:
    """Return the last step of a draft without a key."""
    version = builders.draft_exam(keyed=False, levels=builders.curriculum()[:1])
    return FormPage(staff(Role.TEACHER), authoring.url("publish", version), {})


def mark() -> FormPage:
    """Return the form that marks a written answer worth two points."""
    session = _ended().session
    part = sitting.parts_of(session.version)[-1]
    url = reverse("staff-session-mark", args=[session.pk, part.pk])
    return FormPage(staff(Role.TEACHER), url, {"points": "1.5", "note": "", "seen": "0"})


def anonymous_mark() -> FormPage:
    """Return the form that marks the next waiting answer."""
    session = _ended().session
    part = sitting.parts_of(session.version)[-1]
    fields = {"points": "1.5", "note": "", "seen": "0", "session": str(session.pk), "mark": "0"}
    return FormPage(staff(Role.TEACHER), reverse("staff-marking-part", args=[part.pk]), fields)


def overruling() -> FormPage:
    """Return the form that decides a level by hand."""
    session = _ended().session
    fields = {"level": str(Level.objects.all()[3].pk), "reason": "Talked with the family"}
    return FormPage(staff(Role.TEACHER), reverse("staff-session-level", args=[session.pk]), fields)


def withdrawal() -> FormPage:
    """Return the button that takes an overruled level back."""
    session = _ended().session
    fields = {"reason": "A mistake"}
    url = reverse("staff-session-withdraw", args=[session.pk])
    return FormPage(staff(Role.TEACHER), url, fields)


def entries() -> FormPage:
    """Return the form that decides on an entry which came late."""
    browser = _ended()
    part = sitting.parts_of(browser.session.version)[0].pk
    browser.save(browser.entry(part, 0))
    late = AnswerEvent.objects.get(session=browser.session, status="late")
    fields = {"decision": "accept", "entries": [str(late.pk)], "reason": "The network was down"}
    url = reverse("staff-session-entries", args=[browser.session.pk])
    return FormPage(staff(Role.TEACHER), url, fields)


def easier() -> FormPage:
    """Return the button for an easier test, where the policy allows none."""
    browser = sitting.sitting()
    Academy.objects.update(level_changes=0)
    url = reverse("sit-change-level", args=[browser.session.pk])
    return FormPage(browser.client, url, {"step": "easier"})


def _ended() -> sitting.Browser:
    builders.curriculum()
    browser = sitting.sitting(sitting.published(choices=1, longs=1))
    written = sitting.parts_of(browser.session.version)[-1]
    browser.answer(written.pk, "My holidays")
    assert browser.submit().status_code == 200
    return browser


def time_of_session() -> FormPage:
    """Return the page about the time of a test that runs."""
    browser = sitting.sitting()
    url = reverse("staff-session-time", args=[browser.session.id])
    fields = {"action": "give", "minutes": "5", "reason": "Fire drill", "key": str(uuid.uuid4())}
    return FormPage(staff(Role.INVIGILATOR), url, fields)


def code_of_session() -> FormPage:
    """Return the page about the resume code of a test that runs."""
    browser = sitting.sitting()
    url = reverse("staff-session-code", args=[browser.session.id])
    fields = {"action": "transfer", "reason": "The screen broke"}
    return FormPage(staff(Role.INVIGILATOR), url, fields)


def resuming() -> FormPage:
    """Return the page that takes a resume code."""
    browser = sitting.sitting()
    fields = {"code": browser.get("state").json()["resume_code"], "session": ""}
    return FormPage(visitor(), reverse("student-resume"), fields)


def time_of_ended() -> FormPage:
    """Return the page about the time of a test that was handed in."""
    browser = sitting.sitting()
    browser.submit()
    url = reverse("staff-session-time", args=[browser.session.id])
    fields = {"action": "reopen", "minutes": "5", "reason": "Power", "key": str(uuid.uuid4())}
    return FormPage(staff(Role.TEACHER), url, fields)


def time_of_event() -> FormPage:
    """Return the page about the time of everybody working in an event."""
    page = time_of_session()
    event = TestEvent.objects.get()
    return page._replace(url=reverse("staff-event-time", args=[event.pk]))


def _key_page(version: ExamVersion, typed: str = "1") -> FormPage:
    fields = {"action": "save"}
    for part in authoring.parts_of(version):
        fields |= {f"part-{part.pk}-there": "1", f"part-{part.pk}": typed}
    return FormPage(staff(Role.TEACHER), authoring.url("key", version), fields)


PAGES: dict[str, Callable[[], FormPage]] = {
    page.__name__: page
    for page in (
        welcome,
        registration,
        strict_registration,
        closed_registration,
        unknown_registration,
        registration_without_rule,
        registration_without_exam,
        login,
        locked_login,
        password,
        event,
        school,
        school_edit,
        schools,
        campus,
        person,
        last_director,
        policies,
        consent,
        program,
        sub_program,
        level,
        tier,
        level_use,
        matrix,
        student,
        split,
        merge,
        new_exam,
        exam_settings,
        paper,
        sections,
        published_sections,
        change,
        question,
        upload,
        track,
        key,
        short_key,
        correction,
        cuts,
        publishing,
        mark,
        anonymous_mark,
        overruling,
        withdrawal,
        entries,
        code_of_session,
        resuming,
        time_of_session,
        time_of_ended,
        time_of_event,
        easier,
    )
}
