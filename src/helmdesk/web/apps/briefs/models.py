"""Who wants the week's brief by mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class BriefWanted(models.Model):
    """One person who wants the brief.

    Attributes:
        week: first day of the week that was told last: none is told twice, also where no new data
        come.
    """

    PERSONAL = ()
    IMPERSONAL = ()

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="brief_wanted"
    )
    week = models.DateField(null=True, blank=True)

    @classmethod
    def is_wanted_by(cls, person: object) -> bool:
        """Whether somebody gets it."""
        return cls.objects.filter(person=person).exists()
