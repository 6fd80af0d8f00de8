"""Who wants the week's digest by mail, and which weeks they were told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models
from django.urls import reverse
from django.utils import timezone

from helmdesk.web.apps.outbox.models import Message
from helmdesk.web.apps.people.audience import Audience

SEAL = Signer(salt="helmdesk.digest.stop")


class DigestAudience(models.Model):
    """For whom else somebody lets the digest come, each as they may read it on that day.

    Attributes:
        roles, teams: everybody of these roles, and who leads these teams.
    """

    PERSONAL = ()
    IMPERSONAL = ("roles", "teams")

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digest_audience"
    )
    roles = models.JSONField(default=list)
    teams = models.JSONField(default=list)

    @property
    def audience(self) -> Audience:
        """The same, to be asked who it is today."""
        return Audience(tuple(self.roles), tuple(self.teams))


class BriefWanted(models.Model):
    """One person who wants the digest, or wanted it once.

    Attributes:
        zone: on whose Mondays it comes; empty is the desk's own.
        where: filter over dimensions, as text, of the part of the desk that it tells of; empty is
        all that the person may read.
        asked_at: since when.
        is_on: False where it was ended, here or by the link in a mail.
        given_by: through whose audience it came; None where the person asked for it.
    """

    PERSONAL = ("where",)
    IMPERSONAL = ("zone",)

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="brief_wanted"
    )
    zone = models.CharField(max_length=60, blank=True)
    where = models.CharField(max_length=1000, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    is_on = models.BooleanField(default=True)
    given_by = models.ForeignKey(
        DigestAudience, null=True, blank=True, on_delete=models.SET_NULL, related_name="given"
    )

    def zone_on(self, desk_zone: str) -> ZoneInfo:
        """Return the zone of its Mondays."""
        return ZoneInfo(self.zone or desk_zone)

    @property
    def stop_link(self) -> str:
        """The address that ends it by one click; empty where nobody said under which name the site
        is reached.
        """
        if not settings.PUBLIC_URL or self.pk is None:
            return ""
        return f"{settings.PUBLIC_URL}{reverse('stop_digest', args=[SEAL.sign(str(self.pk))])}"

    @classmethod
    def of_link(cls, token: str) -> BriefWanted | None:
        """Return whose digest a link ends; None for a link that was not made here."""
        try:
            return cls.objects.select_related("person").filter(pk=int(SEAL.unsign(token))).first()
        except (BadSignature, ValueError):
            return None

    @classmethod
    def of_person(cls, person: object) -> BriefWanted | None:
        """Return what somebody asked for; None where it is nothing."""
        return cls.objects.filter(person=person, is_on=True).first()


class Digest(models.Model):
    """One week told to one person, once: the database has no room for a second.

    Attributes:
        week: first day of the week.
        policy: what the person was allowed to read when it was written, as a digest.
        message: the mail; None where it was told before mails were kept track of, or forgotten.
    """

    PERSONAL = ()
    IMPERSONAL = ("policy",)

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests"
    )
    week = models.DateField()
    policy = models.CharField(max_length=64, blank=True)
    message = models.OneToOneField(Message, null=True, blank=True, on_delete=models.SET_NULL)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("person", "week"), name="one_digest_a_week"),
        )
