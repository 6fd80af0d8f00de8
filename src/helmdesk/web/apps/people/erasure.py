"""Erasing what names a customer from the site's own database: notes, saved views, reports of loads,
sessions, the audit log.

Every model says of each field that holds text whether it may speak of a customer: ``PERSONAL`` is
cleaned when one is erased, ``IMPERSONAL`` cannot name one. A test refuses a field that is in
neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction

from helmdesk.desk.erasure import eraser
from helmdesk.web.apps.people.audit import ERASURE, RESTORED, AuditEvent, audit

TEXTS = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.FileField,
    models.BinaryField,
    models.GenericIPAddressField,
)
"""Kinds of fields that can hold a name."""


@dataclass(frozen=True)
class Declared:
    """What a model says of its fields that hold text.

    Attributes:
        personal: may speak of a customer.
        impersonal: cannot name one.
    """

    personal: tuple[str, ...] = ()
    impersonal: tuple[str, ...] = ()


# What other packages keep. They know people of the site, never customers; sessions are cleaned by
# themselves.
OTHERS = {
    "auth.Permission": Declared((), ("name", "codename")),
    "auth.Group": Declared((), ("name",)),
    "contenttypes.ContentType": Declared((), ("app_label", "model")),
    "sessions.Session": Declared((), ("session_key", "session_data")),
    "account.EmailAddress": Declared((), ("email",)),
    "account.EmailConfirmation": Declared((), ("key",)),
    "mfa.Authenticator": Declared((), ("type", "data")),
    "socialaccount.SocialApp": Declared(
        (), ("provider", "provider_id", "name", "client_id", "secret", "key", "settings")
    ),
    "socialaccount.SocialAccount": Declared((), ("provider", "uid", "extra_data")),
    "socialaccount.SocialToken": Declared((), ("token", "token_secret")),
    "usersessions.UserSession": Declared((), ("ip", "session_key", "user_agent", "data")),
}


def declared(model: type[models.Model]) -> Declared:
    """Return what a model says of its fields."""
    known = OTHERS.get(model._meta.label)
    return known or Declared(
        tuple(getattr(model, "PERSONAL", ())), tuple(getattr(model, "IMPERSONAL", ()))
    )


def text_fields(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names of the fields that hold text."""
    return tuple(field.name for field in model._meta.concrete_fields if isinstance(field, TEXTS))


def undeclared() -> Iterator[str]:
    """Yield what is wrong with the declarations of all models, in words."""
    for model in apps.get_models():
        said, fields, label = declared(model), set(text_fields(model)), model._meta.label
        for name in sorted(fields - {*said.personal, *said.impersonal}):
            yield (
                f"{label}.{name} holds text: name it in {model.__name__}.PERSONAL (it may speak of"
                f" a customer, and is cleaned when one is erased) or in {model.__name__}.IMPERSONAL"
                " (it cannot name one)"
            )
        for name in sorted({*said.personal, *said.impersonal} - fields):
            yield f"{label} declares {name}, which is no field of it that holds text"
        for name in sorted({*said.personal} & {*said.impersonal}):
            yield f"{label} declares {name} as both"
        for name in sorted(
            name for name in said.personal if name in fields and model._meta.get_field(name).unique
        ):
            yield (
                f"{label}.{name} is unique and personal: two rows that are cleaned would be the"
                " same"
            )


def clean_database(words: Collection[str]) -> int:
    """Replace every occurrence of `words` in what people wrote and what the site noted; return how
    many texts were changed.

    The audit log keeps its events and their digests; the event of the erasure tells what the
    changed ones say from now on.
    """
    clean = eraser(words)
    changed = 0
    touched: dict[type[models.Model], set[Any]] = defaultdict(set)
    with transaction.atomic():
        for model in apps.get_models():
            for name in declared(model).personal:
                found = _clean(model, model._meta.get_field(name), clean)
                changed += len(found)
                touched[model] |= set(found)
        changed += _clean_sessions(clean)
        for cleaned, rows in touched.items():
            # What has not been done or sent yet.
            withdraw = getattr(cleaned, "withdraw_erased", None)
            if withdraw is not None:
                withdraw(rows, "it spoke of somebody who was erased")
        events = touched[AuditEvent]
        audit(
            ERASURE,
            texts=changed,
            events={
                str(event.pk): event.present_digest
                for event in AuditEvent.objects.filter(pk__in=events)
            },
        )
    for model in apps.get_models():
        # What lies beside the database in files.
        forget = getattr(model, "forget_erased", None)
        if forget is not None:
            changed += forget(words)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("vacuum")  # deleted text stays in free pages otherwise
            cursor.execute("pragma wal_checkpoint(truncate)")
    return changed


def _clean(model: type[models.Model], field: Any, clean: Callable[[str], str]) -> list[Any]:
    """Clean one field of every row; return the rows that held one of the words."""
    changed = []
    rows = model._default_manager.all()
    if model is AuditEvent:
        # They name nobody, and excuse what others say no more: they must stay as they were signed.
        rows = rows.exclude(action__in=(ERASURE, RESTORED))
    for pk, value in rows.values_list("pk", field.attname):
        cleaned = _without(value, clean)
        if cleaned != value:
            if isinstance(cleaned, str) and field.max_length:
                cleaned = cleaned[: field.max_length]
            model._default_manager.filter(pk=pk).update(**{field.name: cleaned})
            changed.append(pk)
    return changed


def _clean_sessions(clean: Callable[[str], str]) -> int:
    """Clean what is kept between two pages, such as messages that were not shown yet; return how
    many sessions held a word.
    """
    changed, store = 0, SessionStore()
    for session in Session.objects.all():
        held = store.decode(session.session_data)
        cleaned = _without(held, clean)
        if cleaned != held:
            Session.objects.filter(pk=session.pk).update(session_data=store.encode(cleaned))
            changed += 1
    return changed


def _without(value: Any, clean: Callable[[str], str]) -> Any:
    """Return text, or texts within lists and tables, without the words; numbers stay numbers."""
    if isinstance(value, str):
        return clean(_address_without(value, clean))
    if isinstance(value, list | tuple):
        return [_without(item, clean) for item in value]
    if isinstance(value, dict):
        return {_without(key, clean): _without(item, clean) for key, item in value.items()}
    return value


def _address_without(text: str, clean: Callable[[str], str]) -> str:
    """Return an address without the words: in it they are spelled otherwise, ``José Pérez`` as
    ``Jos%C3%A9+P%C3%A9rez``.
    """
    path, mark, query = text.partition("?") if text.startswith("/") else ("", "", text)
    # What is encoded has neither spaces nor quotes; a filter has both.
    if not path and ("=" not in query or any(sign in query for sign in " '\"")):
        return text
    place = quote(clean(unquote(path))) if clean(unquote(path)) != unquote(path) else path
    given = parse_qsl(query, keep_blank_values=True)
    cleaned = [(clean(name), clean(value)) for name, value in given]
    return f"{place}{mark}{urlencode(cleaned) if cleaned != given else query}"
