"""Whom surveys can reach: addresses, accounts that are left alone, mail that came back."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.desk.desk import Desk
from helmdesk.errors import UsageError
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.surveys.asking import quiet_key
from helmdesk.web.apps.surveys.boxes import take_addresses, take_returned
from helmdesk.web.apps.surveys.mailbox import state_of_box
from helmdesk.web.apps.surveys.models import (
    Address,
    QuietAccount,
    Refusal,
)
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest


def addresses(request: DeskRequest) -> HttpResponse:
    """Show how many customers can be written to, and who is left alone."""
    return show(
        request,
        "survey_addresses.html",
        "Whom surveys can reach",
        addresses=Address.objects.count(),
        unsubscribed=Refusal.objects.filter(is_wish=True).count(),
        bounced=Refusal.objects.filter(is_bounced=True).count(),
        quiet=QuietAccount.objects.all(),
        box=state_of_box(),
        accounts=request.desk.segments().get("account", []),
    )


@require_POST
def change_addresses(request: DeskRequest) -> HttpResponse:
    """Take a spreadsheet of addresses or returned mail, or leave an account alone for a while."""
    do = request.POST.get("do", "")
    acts = {"addresses": _take, "returned": _take, "quiet": _leave_alone, "ask": _ask_again}
    if do not in acts:
        raise UsageError("send a spreadsheet, mail that came back, or name an account")
    acts[do](request, do)
    return redirect("survey_addresses")


def _take(request: DeskRequest, do: str) -> None:
    file = request.FILES.get("file")
    if file is None or not file.name:
        raise UsageError("choose a file first")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(file.name).name
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        if do == "returned":
            back = take_returned(path)
            audit("gave returned mail of surveys", request=request, messages=back.ours)
            told = f"{back.ours:,} of our surveys came back; {back.others:,} other messages."
        else:
            taken = take_addresses(Desk(settings.DESK_FOLDER), path)
            audit("gave addresses for surveys", request=request, addresses=taken.stored)
            told = taken.describe()
            if taken.wrong:
                first = "; ".join(taken.wrong[:3])
                told += f" {len(taken.wrong):,} rows were not usable: {first}."
    messages.success(request, told)


def _leave_alone(request: DeskRequest, do: str) -> None:
    account = request.POST.get("account", "").strip()
    if not account:
        raise UsageError("name the account that is left alone")
    text = request.POST.get("until", "").strip()
    try:
        until = date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError("write the last day such as 2026-12-24, or leave it empty") from error
    with transaction.atomic():
        QuietAccount.objects.update_or_create(
            key=quiet_key(account),
            defaults={
                "account": account[:300],
                "until": until,
                "why": request.POST.get("why", "").strip()[:200],
            },
        )
        audit("left an account alone", account, request=request)
    messages.success(request, f"{account} is left alone.")


def _ask_again(request: DeskRequest, do: str) -> None:
    account = request.POST.get("account", "")
    with transaction.atomic():
        QuietAccount.objects.filter(key=quiet_key(account)).delete()
        audit("lets an account be asked again", account, request=request)
    messages.success(request, f"{account} can be asked again.")
