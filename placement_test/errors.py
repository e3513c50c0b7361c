"""All anticipated errors, each with a stable public code, an HTTP status and words for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class PlacementError(Exception):
    """An anticipated failure.  ``code`` and ``status`` are public; ``message`` says what to do.

    Keyword arguments are facts for the message and for the reply (never personal data).
    """

    code: str = "refused"
    status: int = 409
    message: str | _StrPromise = _("This is not possible right now.")
    # The session's resume code helps: pages lead to where it is entered.
    needs_code: bool = False

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts

    def words(self) -> str:
        """Return the message in the active language, with the facts filled in."""
        return str(self.message) % self.facts if self.facts else str(self.message)


class BadRequest(PlacementError):
    """The body cannot be read as what the call expects."""

    code = "bad_request"
    status = 400
    message = _("The request could not be read. Reload the page and try again.")


class BodyTooLarge(PlacementError):
    """The body is larger than the call takes."""

    code = "too_large"
    status = 413
    message = _("The request is too large.")


class Unavailable(PlacementError):
    """The database is away, full or busy; whether the call took effect is unknown."""

    code = "unavailable"
    status = 503
    message = _("The server cannot save right now. Nothing is lost; it is tried again in a moment.")


class TooMany(PlacementError):
    """More than is taken for now; the reply says after how many ``seconds`` to try again."""

    code = "try_later"
    status = 429
    message = _("This was too much at once. Try again in a moment.")

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class TooManyReports(TooMany):
    """A browser, or all of them, reported more errors than are taken."""

    code = "too_many"
    message = _("Too many reports. Try again later.")


# Sessions


class SessionUnknown(PlacementError):
    """No such session, or not one this browser may touch: both answer alike."""

    code = "session_unknown"
    needs_code = True
    status = 404
    message = _("This test is not open in this browser. Ask a member of staff for help.")


class TokenMissing(PlacementError):
    """The session exists, but this browser holds no right to it any more."""

    code = "token_missing"
    needs_code = True
    status = 401
    message = _("This browser does not hold this test any more. Enter the resume code.")


class CodeNeeded(PlacementError):
    """The session went on to another browser; this one needs the resume code to take it back."""

    code = "code_needed"
    needs_code = True
    status = 401
    message = _("This test goes on in another browser. To continue here, enter the resume code.")


class TooManySaves(TooMany):
    """One session sends more than any student can enter."""

    code = "too_many_saves"
    message = _("The test is saved very often. It goes on by itself in a moment.")


class TicketUnreadable(PlacementError):
    """The ticket was not made by this installation, or it is of another session or too old."""

    code = "ticket_unreadable"
    status = 400
    message = _("The test cannot be restored from this browser. What was entered is kept here.")


class CannotRestore(PlacementError):
    """The exam version or the event of a lost session does not exist here."""

    code = "cannot_restore"
    status = 409
    message = _(
        "The server does not know this test any more. What was entered is kept on this device."
        " Please tell a member of staff."
    )


class CodeWrong(PlacementError):
    """No session has this resume code; the reply does not say which half is wrong."""

    code = "code_wrong"
    status = 401
    message = _("This code fits no test. Compare it letter by letter and try again.")


class TooManyTries(TooMany):
    """Too many wrong resume codes, here or anywhere."""

    code = "too_many_tries"
    message = _("Too many tries. Wait a moment, or ask a member of staff for help.")


class SessionNotStarted(PlacementError):
    """The clock does not run yet."""

    code = "not_started"
    status = 409
    message = _("The test has not been started yet.")


class SessionEnded(PlacementError):
    """The session was submitted or its time is over."""

    code = "ended"
    status = 409
    message = _("This test has ended. What was entered is kept.")


class SessionNotRunning(PlacementError):
    """Staff decide about the time of a session that does not run."""

    code = "not_running"
    status = 409
    message = _("No test is running here that this could be done for.")


class RescueUnreadable(PlacementError):
    """The emergency file was damaged, cut off, is none, or was made for another session."""

    code = "rescue_unreadable"
    status = 422
    message = _(
        "This emergency file cannot be read. Take it from the student's device once more,"
        " unchanged."
    )


class RescueTooLarge(RescueUnreadable):
    """The emergency file is larger than any test makes one."""

    code = "rescue_too_large"
    status = 413
    message = _("This file is too large to be an emergency file of a test.")


class RescueKeyUnknown(RescueUnreadable):
    """The emergency file was made for another server, or for a key that was taken away."""

    code = "rescue_key_unknown"
    message = _("This emergency file was made for another server, or its key is not here any more.")


class RescueSessionUnknown(PlacementError):
    """The session of the emergency file is not here, or of another campus: both answer alike."""

    code = "rescue_session_unknown"
    status = 404
    message = _("There is no test here that this emergency file belongs to.")


class AnswersMissing(PlacementError):
    """Submit named entries that have not arrived; ``missing`` lists [from, to] ranges."""

    code = "missing"
    status = 409
    message = _("Some answers have not arrived yet. They are being sent again.")


class DigestDiffers(PlacementError):
    """The browser's answers are not the server's; the reply carries the server's."""

    code = "digest"
    status = 409
    message = _("Some answers differ from what the server holds. Please look at them once more.")


# Academy


class LastManager(PlacementError):
    """The change would leave nobody who may run the academy or administer the installation."""

    code = "last_manager"
    status = 409
    message = _("Somebody has to keep this role. Give it to another person first.")


class ChangedMeanwhile(PlacementError):
    """What was saved builds on a revision that is not the current one any more."""

    code = "changed_meanwhile"
    status = 409
    message = _("Somebody else saved a newer revision in the meantime.")


# Curriculum


class NothingChanged(PlacementError):
    """The new revision would equal the current one."""

    code = "nothing_changed"
    status = 409
    message = _("Nothing differs from the current revision, so nothing was saved.")


class LevelInUse(PlacementError):
    """The level is where placement rules start; ``rules`` counts them."""

    code = "level_in_use"
    status = 409
    message = _("Placement rules start at this level (%(rules)s). Change the rules first.")


# Students


class NotOneStudent(PlacementError):
    """Two records cannot be merged, or sessions not moved: same record or another campus."""

    code = "not_one_student"
    status = 409
    message = _("These two records cannot be joined.")


# Registration


class EventUnknown(PlacementError):
    """No test event has this access code."""

    code = "event_unknown"
    status = 404
    message = _("There is no test with this access code. Please check it and try again.")


class EventClosed(PlacementError):
    """The test event does not take registrations now."""

    code = "event_closed"
    status = 409
    message = _("This test day is not open for registration now.")


class NoRuleForStudent(PlacementError):
    """No placement rule covers the grade and class rank."""

    code = "no_rule"
    status = 409
    message = _("No placement rule fits this grade and class rank. Please tell a member of staff.")


class NoExamForLevel(PlacementError):
    """No published exam serves the level; staff must map one."""

    code = "no_exam_for_level"
    status = 409
    message = _("There is no test for this level yet. Please tell a member of staff.")


class NoFurtherLevelChange(PlacementError):
    """The policy allows no further easier or harder test."""

    code = "no_level_change"
    status = 409
    message = _("An easier or harder test is not possible any more.")


# Exams


class VersionFixed(PlacementError):
    """The exam version is published or archived: only a draft changes."""

    code = "version_fixed"
    message = _(
        "This version is published and does not change any more. Press Edit on the exam's page to"
        " make the next version."
    )


class VersionIncomplete(PlacementError):
    """The draft lacks something that a published version needs."""

    code = "version_incomplete"
    message = _("This version cannot be published yet. Look at what is missing.")


class ExamArchived(PlacementError):
    """The exam is in the archive."""

    code = "exam_archived"
    message = _("This exam is in the archive. Take it out of the archive first.")


class ExamInUse(PlacementError):
    """The version was published or has sessions: it is archived, never deleted."""

    code = "exam_in_use"
    message = _("This version cannot be deleted, because it was published or has been sat.")


class KeyUnchanged(PlacementError):
    """The corrected key says what the key already says."""

    code = "key_unchanged"
    message = _("Nothing was changed in the key.")


class KeyIncomplete(PlacementError):
    """The corrected key leaves parts without an answer."""

    code = "key_incomplete"
    message = _("A question has no right answer. A published key must be complete.")


# Results


class MarkedMeanwhile(PlacementError):
    """Somebody else marked the same answer since the page was opened."""

    code = "marked_meanwhile"
    message = _("Somebody else has marked this answer in the meantime. Your points were not saved.")


class NotMarkedYet(PlacementError):
    """The session has no result: it still runs or was never begun."""

    code = "not_marked_yet"
    message = _("This test has not ended yet.")


class PointsOutOfRange(PlacementError):
    """Points below nothing or above what the part is worth; ``most`` is that."""

    code = "points_out_of_range"
    status = 422
    message = _("Give between 0 and %(most)s points.")


class EntriesDecided(PlacementError):
    """Entries that staff decided before, or that need no decision."""

    code = "entries_decided"
    message = _("These entries have been decided in the meantime. Look at them once more.")


class NotOverruled(PlacementError):
    """The level stands as the rules gave it: there is nothing to withdraw."""

    code = "not_overruled"
    message = _("The level of this session was not decided by staff.")


class ReasonMissing(PlacementError):
    """A decision needs a reason."""

    code = "reason_missing"
    status = 422
    message = _("Give a reason.")


class KeyReplaced(PlacementError):
    """A newer key revision exists: sessions are re-marked under that one."""

    code = "key_replaced"
    message = _("There is a newer revision of this key. Mark the sessions again under that one.")


# Papers and tracks


class UnknownFile(PlacementError):
    """No stored file has this name."""

    code = "unknown_file"
    status = 404
    message = _("This file does not exist any more.")


class PaperRejected(PlacementError):
    """The uploaded paper cannot be used; the subclass says why."""

    code = "paper_rejected"
    status = 422
    message = _("This paper cannot be used.")


class PaperNotPdf(PaperRejected):
    """The content is not a PDF, whatever the file is called."""

    code = "not_a_pdf"
    message = _("This file is not a PDF. Choose the exam paper as a PDF file.")


class PaperEncrypted(PaperRejected):
    """The PDF opens only with a password."""

    code = "encrypted"
    message = _("This PDF asks for a password. Save it without one and upload it again.")


class PaperDamaged(PaperRejected):
    """The PDF is cut off or broken."""

    code = "damaged"
    message = _("This PDF is damaged or incomplete. Save or scan it again and upload the new file.")


class PaperWithoutPages(PaperRejected):
    """The PDF has no page."""

    code = "no_pages"
    message = _("This PDF has no pages. Choose another file.")


class PaperTooManyPages(PaperRejected):
    """The PDF has more pages than allowed; ``most`` is the limit."""

    code = "too_many_pages"
    message = _("This PDF has more than %(most)s pages. Upload only the pages of the exam.")


class PaperTooLarge(PaperRejected):
    """The file is larger than allowed; ``most_mb`` is the limit."""

    code = "paper_too_large"
    status = 413
    message = _("This PDF is larger than %(most_mb)s MB. Scan it with fewer dots per inch.")


class PaperPageTooLarge(PaperRejected):
    """A page or a picture is too large to be shown; ``page`` counts from 1, 0 when unknown."""

    code = "page_too_large"
    message = _(
        "A page or picture in this PDF is too large to be shown. Scan it with at most 300 dots"
        " per inch or print it to a new PDF."
    )


class TrackRejected(PlacementError):
    """The uploaded recording cannot be used; the subclass says why."""

    code = "track_rejected"
    status = 422
    message = _("This recording cannot be used.")


class TrackNotAudio(TrackRejected):
    """The content is none of the accepted audio formats, whatever the file is called."""

    code = "not_audio"
    message = _("This file is not a recording. Choose an MP3, M4A, WAV or OGG file.")


class TrackUnplayable(TrackRejected):
    """The file holds video, several streams, or a coding that some browsers cannot play."""

    code = "unplayable"
    message = _("Not every browser can play this recording. Save it as MP3 and upload it again.")


class TrackDamaged(TrackRejected):
    """The recording is cut off or broken."""

    code = "track_damaged"
    message = _("This recording is damaged or incomplete. Save it again and upload the new file.")


class TrackTooLong(TrackRejected):
    """The recording plays longer than allowed; ``most_minutes`` is the limit."""

    code = "track_too_long"
    message = _("This recording is longer than %(most_minutes)s minutes. Upload a shorter one.")


class TrackTooLarge(TrackRejected):
    """The file is larger than allowed; ``most_mb`` is the limit."""

    code = "track_too_large"
    status = 413
    message = _("This recording is larger than %(most_mb)s MB. Save it as MP3 and upload it again.")
