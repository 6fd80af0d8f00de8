"""Words for how a ticket ended: solved, or one of the ways in which nothing was solved.

A status, a resolution or a close code is compared as a whole, without words that say nothing of it
("Closed as duplicate", "Cancelled by user"): a word inside a sentence means nothing. Words nobody
lists are no outcome; the sources say which. "Unresolved" alone says that nobody set a resolution.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from helmdesk.records.schema import OUTCOMES
from helmdesk.records.staging import Staging, text
from helmdesk.sources.reading.words import Vocabulary, plain_word

# English, German, French, Spanish, Italian, Portuguese, Dutch, the Nordic languages, Polish, Czech,
# Turkish, Russian, Japanese, Chinese.
WORDS: Vocabulary = {
    "solved": (
        "done",
        "fixed",
        "resolved",
        "complete",
        "completed",
        "successful",
        "success",
        "answered",
        "fulfilled",
        "implemented",
        "delivered",
        "solved permanently",
        "solved work around",
        "solved workaround",
        "solved remotely work around",
        "solved remotely permanently",
        "workaround",
        "workaround provided",
        "work around",
        "resolved by caller",
        "resolved by request",
        "resolved by change",
        "resolved by problem",
        "solution provided",
        "information provided",
        "user error",
        "user training",
        "known error",
        "hardware failure",
        "software failure",
        "erledigt",
        "gelost",
        "fertig",
        "behoben",
        "resolu",
        "termine",
        "resuelto",
        "hecho",
        "risolto",
        "resolvido",
        "concluido",
        "opgelost",
        "gedaan",
        "ratkaistu",
        "rozwiazane",
        "vyreseno",
        "cozuldu",
        "решено",
        "выполнено",
        "解決",
        "解決済み",
        "完了",
        "已解决",
    ),
    "declined": (
        "wont do",
        "wont fix",
        "wontfix",
        "wont be fixed",
        "will not fix",
        "will not do",
        "not doing",
        "rejected",
        "reject",
        "refused",
        "denied",
        "not approved",
        "disapproved",
        "out of scope",
        "not in scope",
        "not supported",
        "unsupported",
        "not planned",
        "not solved too costly",
        "no action",
        "no action taken",
        "abgelehnt",
        "zuruckgewiesen",
        "wird nicht behoben",
        "wird nicht gemacht",
        "nicht umgesetzt",
        "refuse",
        "rejete",
        "decline",
        "ne sera pas corrige",
        "rechazado",
        "rechazada",
        "denegado",
        "no se hara",
        "rifiutato",
        "respinto",
        "rejeitado",
        "rejeitada",
        "recusado",
        "recusada",
        "indeferido",
        "afgewezen",
        "geweigerd",
        "avvist",
        "avvisad",
        "avslatt",
        "afvist",
        "hylatty",
        "odrzucone",
        "odrzucony",
        "zamitnuto",
        "odmitnuto",
        "reddedildi",
        "отклонено",
        "отклонен",
        "отказано",
        "却下",
        "対応しない",
        "已拒绝",
    ),
    "cancelled": (
        "canceled",
        "cancel",
        "cancellation",
        "withdrawn",
        "withdrawn by customer",
        "retracted",
        "no longer needed",
        "no longer required",
        "not needed",
        "not required",
        "obsolete",
        "abandoned",
        "aborted",
        "voided",
        "void",
        "skipped",
        "storniert",
        "abgebrochen",
        "zuruckgezogen",
        "annulliert",
        "hinfallig",
        "annule",
        "annulee",
        "abandonne",
        "retire",
        "cancelado",
        "cancelada",
        "anulado",
        "anulada",
        "annullato",
        "annullata",
        "ritirato",
        "desistencia",
        "geannuleerd",
        "ingetrokken",
        "avbruten",
        "avbrutt",
        "annulleret",
        "peruttu",
        "anulowane",
        "anulowany",
        "zruseno",
        "iptal",
        "iptal edildi",
        "отменено",
        "отменен",
        "キャンセル",
        "取り消し",
        "取消",
        "已取消",
    ),
    "duplicate": (
        "duplicated",
        "duplicates",
        "dup",
        "dupe",
        "already reported",
        "already exists",
        "duplikat",
        "dublette",
        "doppelt",
        "doublon",
        "en double",
        "duplicado",
        "duplicada",
        "duplicato",
        "duplicaat",
        "dubbel",
        "dubblett",
        "duplikatti",
        "zduplikowane",
        "duplicitni",
        "yinelenen",
        "дубликат",
        "дубль",
        "重複",
        "重复",
    ),
    "invalid": (
        "not a bug",
        "no bug",
        "not an issue",
        "not an incident",
        "non issue",
        "no issue",
        "works as designed",
        "working as designed",
        "works as intended",
        "by design",
        "as designed",
        "cannot reproduce",
        "can not reproduce",
        "cant reproduce",
        "could not reproduce",
        "unable to reproduce",
        "not reproducible",
        "not solved not reproducible",
        "irreproducible",
        "works for me",
        "worksforme",
        "no fault found",
        "no fault",
        "no trouble found",
        "no problem found",
        "false alarm",
        "false positive",
        "test ticket",
        "created in error",
        "opened in error",
        "created by mistake",
        "ungultig",
        "nicht reproduzierbar",
        "kein fehler",
        "fehlalarm",
        "invalide",
        "non reproductible",
        "impossible a reproduire",
        "invalido",
        "invalida",
        "no reproducible",
        "no se puede reproducir",
        "non valido",
        "non riproducibile",
        "nao reproduzivel",
        "ongeldig",
        "niet reproduceerbaar",
        "ogiltig",
        "ugyldig",
        "nieprawidlowe",
        "neplatne",
        "gecersiz",
        "не воспроизводится",
        "недействительно",
        "再現不可",
        "再現できない",
        "無効",
        "无效",
        "无法重现",
    ),
    "unsolved": (
        "closed unresolved",
        "not solved",
        "not resolved",
        "not fixed",
        "not done",
        "not completed",
        "incomplete",
        "failed",
        "failure",
        "unsuccessful",
        "no solution",
        "no resolution",
        "no resolution provided",
        "without solution",
        "without resolution",
        "cannot fix",
        "unable to fix",
        "unable to resolve",
        "ungelost",
        "nicht gelost",
        "nicht behoben",
        "ohne losung",
        "fehlgeschlagen",
        "gescheitert",
        "unvollstandig",
        "non resolu",
        "sans solution",
        "echec",
        "incomplet",
        "no resuelto",
        "sin solucion",
        "sin resolver",
        "fallido",
        "incompleto",
        "non risolto",
        "nao resolvido",
        "sem solucao",
        "niet opgelost",
        "olost",
        "ikke lost",
        "nierozwiazane",
        "nevyreseno",
        "cozulmedi",
        "не решено",
        "未解決",
        "未解决",
    ),
    "auto_closed": (
        "auto close",
        "autoclosed",
        "autoclose",
        "automatically closed",
        "closed automatically",
        "auto resolved",
        "auto solved",
        "autosolved",
        "automatically resolved",
        "closed by system",
        "system closed",
        "no response",
        "no customer response",
        "no response from customer",
        "no response from user",
        "no response from requester",
        "no response from caller",
        "no reply",
        "no reply from customer",
        "no answer",
        "customer not responding",
        "customer unresponsive",
        "user unresponsive",
        "unresponsive",
        "no feedback",
        "no user response",
        "inactive",
        "inactivity",
        "due to inactivity",
        "stale",
        "expired",
        "timed out",
        "time out",
        "timeout",
        "automatisch geschlossen",
        "keine antwort",
        "keine ruckmeldung",
        "ohne ruckmeldung",
        "abgelaufen",
        "ferme automatiquement",
        "sans reponse",
        "pas de reponse",
        "expire",
        "cerrado automaticamente",
        "sin respuesta",
        "expirado",
        "chiuso automaticamente",
        "nessuna risposta",
        "scaduto",
        "fechado automaticamente",
        "sem resposta",
        "sem retorno",
        "automatisch gesloten",
        "geen reactie",
        "inget svar",
        "ingen svar",
        "brak odpowiedzi",
        "bez odpovedi",
        "yanit yok",
        "нет ответа",
        "закрыто автоматически",
        "自動クローズ",
        "返信なし",
        "自动关闭",
    ),
    "spam": (
        "junk",
        "junk mail",
        "spam junk",
        "marked spam",
        "is spam",
        "spam ticket",
        "phishing",
        "courrier indesirable",
        "correo no deseado",
        "ongewenst",
        "skrappost",
        "спам",
        "スパム",
        "迷惑メール",
        "垃圾邮件",
    ),
    "merged": (
        "merge",
        "closed by merge",
        "merged into another ticket",
        "merged ticket",
        "zusammengefuhrt",
        "fusionne",
        "fusionado",
        "mesclado",
        "unito",
        "samengevoegd",
        "sammanslagen",
        "объединено",
        "統合",
        "已合并",
    ),
    "deleted": (
        "trash",
        "trashed",
        "in trash",
        "removed",
        "discarded",
        "geloscht",
        "supprime",
        "corbeille",
        "eliminado",
        "borrado",
        "excluido",
        "eliminato",
        "verwijderd",
        "borttagen",
        "slettet",
        "usuniete",
        "smazano",
        "silindi",
        "удалено",
        "削除",
        "已删除",
    ),
}
# Before and after an outcome these say nothing of it.
BEFORE = frozenset(
    [
        "closed",
        "close",
        "closing",
        "resolved",
        "resolve",
        "solved",
        "done",
        "completed",
        "complete",
        "finished",
        "ended",
        "end",
        "status",
        "resolution",
        "outcome",
        "ticket",
        "request",
        "issue",
        "case",
        "incident",
        "as",
        "is",
        "was",
        "been",
        "has",
        "marked",
        "set",
        "to",
        "the",
        "due",
        "because",
        "of",
        "reason",
        "geschlossen",
        "als",
        "wegen",
        "ferme",
        "comme",
        "cerrado",
        "como",
        "fechado",
        "chiuso",
        "gesloten",
    ]
)
AFTER = frozenset(
    [
        "by",
        "the",
        "a",
        "user",
        "customer",
        "requester",
        "reporter",
        "caller",
        "client",
        "agent",
        "staff",
        "ticket",
        "request",
        "issue",
        "case",
        "incident",
        "closed",
    ]
)
SHOWN = 8
LONGEST = 80

_KNOWN = {plain_word(word): ours for ours, words in WORDS.items() for word in (ours, *words)}
assert set(WORDS) == set(OUTCOMES)


def plain_outcome(word: str) -> str:
    """Return a word as outcomes are compared: "Won't do" is "wont do"."""
    return plain_word(re.sub(r"['’`]", "", word))


def outcome_of(word: str | None, own: Mapping[str, str] | None = None) -> str | None:
    """Return what a status, resolution or close code says of how a ticket ended; None: nothing that
    is known.

    Args:
        own: outcomes by words of the user's own (plain); they go first.
    """
    known = {**_KNOWN, **(own or {})}
    whole = _whole(word or "", known)
    if whole:
        return whole
    # "Cancelled - duplicate": of several the last says it most closely.
    said = [
        found for part in re.split(r"[-–—:/,;|()>]", word or "") if (found := _whole(part, known))
    ]
    return next(
        (found for found in reversed(said) if found != "solved"), said[-1] if said else None
    )


def _whole(word: str, known: Mapping[str, str]) -> str | None:
    """Return what a text means as a whole, without the words around it that say nothing."""
    parts = plain_outcome(word).split()
    for start in range(len(parts)):
        if start and parts[start - 1] not in BEFORE:
            return None
        for end in range(len(parts), start, -1):
            found = known.get(" ".join(parts[start:end]))
            if found:
                return found
            if parts[end - 1] not in AFTER:
                break
    return None


def own_outcomes(words: Vocabulary) -> dict[str, str]:
    """Return the words of a user's table [outcomes] with what they mean."""
    return {plain_outcome(word): ours for ours, listed in words.items() for word in listed}


def words_of(staging: Staging, rows: str, cell: str) -> dict[str, int]:
    """Return the different words of an SQL expression over `rows`, with how often each occurs; what
    is longer is a text, not a word.
    """
    found = staging.connection.execute(
        f"select {cell}, count(*) from {rows} where {cell} is not null and length({cell}) <="
        f" {LONGEST} group by 1 order by 2 desc, 1"
    )
    return {str(word): count for word, count in found.fetchall()}


def outcome(cell: str, words: Iterable[str], own: Mapping[str, str] | None = None) -> str:
    """Return SQL of what a text says of how a ticket ended; null where that is nothing known.

    Args:
        words: all words that the cell may hold.
    """
    cases = " ".join(
        f"when {text(word)} then {text(found)}"
        for word in words
        if (found := outcome_of(word, own))
    )
    return f"case {cell} {cases} end" if cases else "null::varchar"


def tell_unknown(
    staging: Staging,
    where: str,
    words: Mapping[str, int],
    mend: str,
    own: Mapping[str, str] | None = None,
) -> None:
    """Say which words of a column that tells how tickets ended are read as solved because nobody
    knows them.
    """
    unknown = [
        f"{word} ({count:,})" for word, count in words.items() if outcome_of(word, own) is None
    ]
    if unknown:
        more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        staging.note(
            f"{where}: words that nobody knows count as solved: {', '.join(unknown[:SHOWN])}{more};"
            f" {mend}"
        )


def tag_outcomes(
    staging: Staging, tags: Mapping[str, int], own: Mapping[str, str]
) -> dict[str, str]:
    """Return what tags say of how tickets ended, as far as the user says so: a tag may name a
    topic, too. Ask for the others.
    """
    meant = {tag: own[plain_outcome(tag)] for tag in tags if plain_outcome(tag) in own}
    asked = [
        f"{tag} ({count:,})"
        for tag, count in tags.items()
        if tag not in meant and outcome_of(tag) not in (None, "solved")
    ]
    if asked:
        staging.note(
            "tags that may mean that nobody solved a ticket were not read so:"
            f" {', '.join(asked[:SHOWN])}; if they do, say so in a file with [outcomes], and load"
            " with --mapping FILE"
        )
    return meant
