"""Who of the staff is logged in: browser session and account come in one query.

``SESSION_ENGINE`` names this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from placement_test.models import BrowserSession

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

    from placement_test.models import StaffUser


class SessionStore(DatabaseStore):
    """Django's store in the database, that also knows the account of the row it loaded."""

    account: StaffUser | None = None

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        """Return the table."""
        return BrowserSession

    def load(self) -> dict[str, Any]:
        """Return what the session holds, and keep the account beside it: 1 query."""
        found: BrowserSession | None = self._get_session_from_db()  # type: ignore[attr-defined]
        if found is None:
            return {}
        self.account = found.account
        return self.decode(found.session_data)

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:
        """Return the row that holds ``data``."""
        row = super().create_model_instance(data)
        assert isinstance(row, BrowserSession)  # noqa: S101 - for the type
        row.account_id = data.get(SESSION_KEY)
        return row


class AccountMiddleware(AuthenticationMiddleware):
    """Sets ``request.user`` as Django does, without a query of its own."""

    def process_request(self, request: HttpRequest) -> None:
        """Leave the look-up to whoever asks first."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _account(request))  # type: ignore[assignment]


def _account(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    session = request.session
    account_id = session.get(SESSION_KEY)
    account: StaffUser | None = session.account  # type: ignore[attr-defined]  # SessionStore above
    if (
        account is not None
        and str(account.pk) == account_id
        and account.is_active
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(
            session.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash()
        )
    ):
        return account
    # Nobody is logged in, or something does not fit (another password, a rotated key): Django
    # knows what then.
    return get_user(request)
