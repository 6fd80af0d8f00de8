"""People of the site and their API tokens; the audit log is in `helmdesk.web.apps.people.audit`."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from helmdesk.web.access import EVERYONE, LEADS, STAFF, Role
from helmdesk.web.apps.people.audit import AuditEvent, AuditHead

__all__ = ["ApiToken", "AuditEvent", "AuditHead", "Person", "SetupCode"]
INVITED_FOR = timedelta(days=7)
SCOPES = {
    "numbers": "read metrics, scorecards, accounts and open work",
    "rows": "read the tickets and records behind numbers",
    "annotate": "add annotations to charts",
    "alerts": "write, try and change alerts",
    "dismiss": "dismiss verdicts until they change, and undo that",
    "operate": "read the site's own measurements (/metrics)",
}


def scopes_of(role: str) -> dict[str, str]:
    """Return the scopes that a role may give to a token, and that its tokens have while it
    lasts.
    """
    others = {"operate": frozenset({Role.ADMINISTRATOR}), "annotate": STAFF, "dismiss": LEADS}
    others["alerts"] = LEADS
    return {name: text for name, text in SCOPES.items() if role in others.get(name, EVERYONE)}


def digest_of(secret: str) -> str:
    """Return what is kept of a random secret: enough to know it again, not to tell it."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Person(AbstractUser):
    """Somebody who may sign in.

    Attributes:
        role: decides pages and policy.
        agent: own name in the data, for agents and for leads who take tickets too.
        teams: team names a team lead sees.
        account: account name that an account's viewer sees.
        home: address of the page that opens first; empty is the scorecard.
        invitation: digest of the one-time link by which the person sets a first password.
        epoch: sessions of an earlier one are over, whether or not they are listed anywhere.
    """

    PERSONAL = ("home",)
    IMPERSONAL = (
        "password",
        "username",
        "first_name",
        "last_name",
        "email",
        "role",
        "agent",
        "teams",
        "account",
        "theme",
        "invitation",
    )

    role = models.CharField(
        max_length=20,
        choices=[(role.value, role.value.replace("_", " ")) for role in Role],
        default=Role.AGENT,
    )
    agent = models.CharField("own name in the data", max_length=200, blank=True)
    teams = models.JSONField(default=list, blank=True)
    account = models.CharField(max_length=200, blank=True)
    home = models.CharField(max_length=300, blank=True)
    theme = models.CharField(
        max_length=5,
        blank=True,
        choices=[("", "as the system"), ("light", "light"), ("dark", "dark")],
    )
    invitation = models.CharField(max_length=64, blank=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0, editable=False)

    @classmethod
    def named(cls, login: str) -> Person | None:
        """Return whom a user name or an address belongs to."""
        login = login.strip()
        return (
            cls.objects.filter(Q(username__iexact=login) | Q(email__iexact=login))
            .order_by("pk")
            .first()
            if login
            else None
        )

    def invite(self) -> str:
        """Return the secret of a new one-time link; earlier ones, and whatever is open elsewhere,
        stop working.
        """
        secret = secrets.token_urlsafe(24)
        self.invitation, self.invited_at = digest_of(secret), timezone.now()
        self.save(update_fields=["invitation", "invited_at"])
        self.shut_out()
        return secret

    @classmethod
    def invited_by(cls, secret: str) -> Person | None:
        """Return whom a one-time link belongs to, or None when it was used, replaced or is
        too old.
        """
        person = (
            cls.objects.filter(invitation=digest_of(secret), is_active=True)
            .exclude(invitation="")
            .first()
        )
        is_fresh = (
            person is not None
            and person.invited_at is not None
            and person.invited_at > timezone.now() - INVITED_FOR
        )
        return person if is_fresh else None

    def shut_out(self) -> None:
        """End all sessions and tokens: what an old password or role allowed must not outlive it."""
        from allauth.usersessions.models import UserSession

        Person.objects.filter(pk=self.pk).update(epoch=models.F("epoch") + 1)
        self.refresh_from_db(fields=["epoch"])
        for session in UserSession.objects.filter(user=self):
            session.end()
        self.revoke_tokens()

    def revoke_tokens(self) -> None:
        """Make all tokens stop working at once."""
        ApiToken.objects.filter(person=self, revoked_at=None).update(revoked_at=timezone.now())

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sign sessions with the epoch beside the password; those made before there were epochs go
        on.
        """
        signed: str = super()._get_session_auth_hash(secret=secret)
        return (
            salted_hmac(
                "helmdesk.epoch", f"{signed} {self.epoch}", secret=secret, algorithm="sha256"
            ).hexdigest()
            if self.epoch
            else signed
        )

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class ApiToken(models.Model):
    """A key to the HTTP API with the policy of its person; only its digest is kept."""

    PERSONAL = ("name",)
    IMPERSONAL = ("digest", "scopes")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    @classmethod
    def issue(
        cls, person: Person, name: str, scopes: list[str], expires_at: datetime
    ) -> tuple[ApiToken, str]:
        """Return a new token and its secret, which is shown this once."""
        secret = "hd_" + secrets.token_urlsafe(32)
        return (
            cls.objects.create(
                person=person,
                name=name,
                digest=digest_of(secret),
                scopes=scopes,
                expires_at=expires_at,
            ),
            secret,
        )

    def allows(self, scope: str) -> bool:
        """Whether the token has the scope, and its person's present role still gives it."""
        return scope in self.scopes and scope in scopes_of(self.person.role)

    @classmethod
    def find(cls, secret: str) -> ApiToken | None:
        """Return the living token with this secret."""
        token = (
            cls.objects.select_related("person")
            .filter(digest=digest_of(secret), revoked_at=None, expires_at__gt=timezone.now())
            .first()
        )
        return token if token and token.person.is_active else None


class SetupCode(models.Model):
    """The one-time code by which the first administrator is made; printed to the terminal, kept as
    a digest.
    """

    PERSONAL = ()
    IMPERSONAL = ("digest",)

    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveIntegerField(default=0)

    MOST_TRIES = 10

    @classmethod
    def renew(cls) -> str:
        """Return a new code; earlier ones stop working."""
        cls.objects.all().delete()
        code = "-".join(secrets.token_hex(2) for _ in range(4))
        cls.objects.create(digest=digest_of(code))
        return code

    @classmethod
    def accepts(cls, code: str) -> bool:
        """Whether this is the code; ten wrong ones spoil it."""
        kept = cls.objects.first()
        if kept is None or kept.tries >= cls.MOST_TRIES:
            return False
        cls.objects.filter(pk=kept.pk).update(tries=models.F("tries") + 1)
        return hmac.compare_digest(kept.digest, digest_of(code.strip().lower()))
