"""What the page of a case says, in the languages it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from helmdesk.act.rooms import Kept, Stage, Word

# Weekday, day and month in full, hours as the language writes them.
WHEN: Mapping[str, str] = {
    "en": "EEEE d MMMM, HH:mm",
    "de": "EEEE, d. MMMM, HH:mm",
    "fr": "EEEE d MMMM, HH:mm",
    "es": "EEEE d 'de' MMMM, HH:mm",
}
LOCALES: Mapping[str, str] = {"en": "en_GB", "de": "de", "fr": "fr", "es": "es"}


@dataclass(frozen=True)
class RoomPhrases:
    """The page's sentences.

    Attributes:
        case: with ``{number}``.
        stages: heading and explanation by stage. promised: by word and what became of it, with
        ``{by}`` and ``{at}``, instants in words. left: with ``{left}``. next_word: with ``{by}``.
        as_of: with ``{at}``. here: with ``{zone}``; there: with ``{time}`` and ``{zone}``.
        units: one and several days, hours, minutes.
    """

    case: str
    stages: Mapping[Stage, tuple[str, str]]
    promised: Mapping[tuple[Word, Kept], str]
    promises: str
    left: str
    next_word: str
    as_of: str
    here: str
    there: str
    choose_zone: str
    zone: str
    use_zone: str
    zone_unknown: str
    write: str
    write_more: str
    write_label: str
    send: str
    sent: str
    empty: str
    too_long: str
    too_many: str
    call: str
    call_more: str
    call_booked: str
    call_change: str
    survey: str
    survey_more: str
    over: str
    over_more: str
    unknown: str
    unknown_more: str
    busy: str
    busy_more: str
    until: str
    units: tuple[tuple[str, str], ...]


ROOM_PHRASES: Mapping[str, RoomPhrases] = {
    "en": RoomPhrases(
        case="Your request {number}",
        stages={
            Stage.RECEIVED: ("We have your request", "Nobody has answered yet. It is our turn."),
            Stage.WORKING: ("We are working on it", "It is our turn: you need to do nothing."),
            Stage.YOURS: ("We wait for your answer", "We asked you something and need your reply."),
            Stage.OTHERS: (
                "We wait for somebody else",
                "We asked outside our house and follow up.",
            ),
            Stage.SETTLED: ("We believe this is settled", "If it is not, write to us below."),
            Stage.CLOSED: ("This request is closed", "If something is left, write to us below."),
            Stage.JOINED: ("We handle this with another message of yours", "You lose nothing."),
            Stage.UNKNOWN: ("We have your request", "How far it is cannot be shown just now."),
        },
        promised={
            (Word.ANSWER, Kept.AHEAD): "You have a first answer by {by}.",
            (Word.ANSWER, Kept.PAUSED): "A first answer: the time stands still at present.",
            (Word.ANSWER, Kept.LATE): "A first answer was due by {by}. We are late, and sorry.",
            (Word.ANSWER, Kept.PASSED): "A first answer was due by {by}.",
            (Word.ANSWER, Kept.MET): "You had a first answer in time, on {at}.",
            (Word.ANSWER, Kept.MISSED): "Your first answer came later than promised, on {at}.",
            (Word.NEXT_ANSWER, Kept.AHEAD): "You have our next answer by {by}.",
            (Word.NEXT_ANSWER, Kept.PAUSED): "Our next answer: the time stands still at present.",
            (Word.NEXT_ANSWER, Kept.LATE): "Our answer was due by {by}. We are late, and sorry.",
            (Word.NEXT_ANSWER, Kept.PASSED): "Our next answer was due by {by}.",
            (Word.NEXT_ANSWER, Kept.MET): "Our last answer came in time, on {at}.",
            (Word.NEXT_ANSWER, Kept.MISSED): "Our last answer came later than promised, on {at}.",
            (Word.UPDATE, Kept.AHEAD): "We tell you where things stand by {by}.",
            (Word.UPDATE, Kept.PAUSED): "Our next word: the time stands still at present.",
            (Word.UPDATE, Kept.LATE): "We meant to write by {by}. We are late, and sorry.",
            (Word.UPDATE, Kept.PASSED): "We meant to tell you where things stand by {by}.",
            (Word.UPDATE, Kept.MET): "We told you where things stand in time, on {at}.",
            (Word.UPDATE, Kept.MISSED): "Our last word came later than promised, on {at}.",
            (Word.SETTLED, Kept.AHEAD): "It is settled by {by}.",
            (Word.SETTLED, Kept.PAUSED): "The time to settle it stands still until you answer, or"
            " somebody else does.",
            (Word.SETTLED, Kept.LATE): "It was to be settled by {by}. We are late, and sorry.",
            (Word.SETTLED, Kept.PASSED): "It was to be settled by {by}.",
            (Word.SETTLED, Kept.MET): "It was settled in time, on {at}.",
            (Word.SETTLED, Kept.MISSED): "It was settled later than promised, on {at}.",
        },
        promises="What we promised",
        left="{left} left",
        next_word="You hear from us by {by}.",
        as_of="As things stood on {at}.",
        here="Times are those of {zone}.",
        there="{time} in {zone}",
        choose_zone="Show times where I am",
        zone="Where are you?",
        use_zone="Use this time",
        zone_unknown="Choose a place from the list.",
        write="Write to us",
        write_more="It reaches the team that has your request.",
        write_label="Your message",
        send="Send",
        sent="Sent. The team has your message of {at}.",
        empty="Write something first.",
        too_long="That is longer than 4,000 characters. Shorten it a little; nothing was sent yet.",
        too_many="You have sent many messages today. We read all of them; write again tomorrow.",
        call="Book a call",
        call_more="Choose a time at which we call you.",
        call_booked="We speak on {at}.",
        call_change="Move or cancel the call",
        survey="How did we do?",
        survey_more="One question about this request.",
        over="This page is no longer open",
        over_more="If something is still open, answer the last message you had from us, or write to"
        " us as usual.",
        unknown="This address opens nothing",
        unknown_more="Perhaps a part of it is missing. Open it once more from the message we sent"
        " you, or write to us as usual.",
        busy="One moment, please",
        busy_more="That was often within a short time. Try again in a minute.",
        until="This page is for you alone and open until {at}.",
        units=(("day", "days"), ("hour", "hours"), ("minute", "minutes")),
    ),
    "de": RoomPhrases(
        case="Ihr Anliegen {number}",
        stages={
            Stage.RECEIVED: ("Ihr Anliegen ist da", "Noch hat niemand geantwortet. Wir sind dran."),
            Stage.WORKING: ("Wir arbeiten daran", "Wir sind dran: Sie müssen nichts tun."),
            Stage.YOURS: ("Wir warten auf Ihre Antwort", "Wir haben Sie etwas gefragt."),
            Stage.OTHERS: (
                "Wir warten auf jemand anderen",
                "Wir haben nachgefragt und bleiben dran.",
            ),
            Stage.SETTLED: (
                "Wir glauben, das ist erledigt",
                "Wenn nicht, schreiben Sie uns unten.",
            ),
            Stage.CLOSED: (
                "Dieses Anliegen ist abgeschlossen",
                "Fehlt noch etwas? Schreiben Sie uns.",
            ),
            Stage.JOINED: (
                "Wir bearbeiten das mit einer anderen Nachricht von Ihnen",
                "Es geht nichts verloren.",
            ),
            Stage.UNKNOWN: (
                "Ihr Anliegen ist da",
                "Wie weit es ist, lässt sich gerade nicht zeigen.",
            ),
        },
        promised={
            (Word.ANSWER, Kept.AHEAD): "Eine erste Antwort haben Sie bis {by}.",
            (Word.ANSWER, Kept.PAUSED): "Eine erste Antwort: Die Zeit steht gerade still.",
            (Word.ANSWER, Kept.LATE): "Eine erste Antwort war bis {by} zugesagt. Wir sind zu spät."
            " Das tut uns leid.",
            (Word.ANSWER, Kept.PASSED): "Eine erste Antwort war bis {by} zugesagt.",
            (Word.ANSWER, Kept.MET): "Die erste Antwort kam rechtzeitig: {at}.",
            (Word.ANSWER, Kept.MISSED): "Die erste Antwort kam später als zugesagt: {at}.",
            (Word.NEXT_ANSWER, Kept.AHEAD): "Unsere nächste Antwort haben Sie bis {by}.",
            (Word.NEXT_ANSWER, Kept.PAUSED): "Unsere nächste Antwort: Die Zeit steht gerade still.",
            (Word.NEXT_ANSWER, Kept.LATE): "Unsere Antwort war bis {by} zugesagt. Wir sind zu spät."
            " Das tut uns leid.",
            (Word.NEXT_ANSWER, Kept.PASSED): "Unsere nächste Antwort war bis {by} zugesagt.",
            (Word.NEXT_ANSWER, Kept.MET): "Unsere letzte Antwort kam rechtzeitig: {at}.",
            (Word.NEXT_ANSWER, Kept.MISSED): "Unsere letzte Antwort kam später als zugesagt: {at}.",
            (Word.UPDATE, Kept.AHEAD): "Wie es steht, sagen wir Ihnen bis {by}.",
            (Word.UPDATE, Kept.PAUSED): "Unsere nächste Meldung: Die Zeit steht gerade still.",
            (Word.UPDATE, Kept.LATE): "Wir wollten uns bis {by} melden. Wir sind zu spät. Das tut"
            " uns leid.",
            (Word.UPDATE, Kept.PASSED): "Wir wollten uns bis {by} melden.",
            (Word.UPDATE, Kept.MET): "Wir haben uns rechtzeitig gemeldet: {at}.",
            (Word.UPDATE, Kept.MISSED): "Wir haben uns später gemeldet als zugesagt: {at}.",
            (Word.SETTLED, Kept.AHEAD): "Es ist erledigt bis {by}.",
            (Word.SETTLED, Kept.PAUSED): "Die Zeit bis zur Erledigung steht still, bis Sie oder"
            " jemand anderes antwortet.",
            (Word.SETTLED, Kept.LATE): "Es sollte bis {by} erledigt sein. Wir sind zu spät. Das tut"
            " uns leid.",
            (Word.SETTLED, Kept.PASSED): "Es sollte bis {by} erledigt sein.",
            (Word.SETTLED, Kept.MET): "Es war rechtzeitig erledigt: {at}.",
            (Word.SETTLED, Kept.MISSED): "Es war später erledigt als zugesagt: {at}.",
        },
        promises="Was wir zugesagt haben",
        left="noch {left}",
        next_word="Sie hören von uns bis {by}.",
        as_of="Stand: {at}.",
        here="Alle Zeiten gelten für {zone}.",
        there="{time} in {zone}",
        choose_zone="Zeiten dort zeigen, wo ich bin",
        zone="Wo sind Sie?",
        use_zone="Diese Zeit verwenden",
        zone_unknown="Wählen Sie einen Ort aus der Liste.",
        write="Schreiben Sie uns",
        write_more="Es erreicht das Team, bei dem Ihr Anliegen liegt.",
        write_label="Ihre Nachricht",
        send="Senden",
        sent="Gesendet. Das Team hat Ihre Nachricht: {at}.",
        empty="Schreiben Sie zuerst etwas.",
        too_long="Das ist länger als 4.000 Zeichen. Kürzen Sie es ein wenig; noch wurde nichts"
        " gesendet.",
        too_many="Sie haben heute viele Nachrichten gesendet. Wir lesen alle; schreiben Sie morgen"
        " wieder.",
        call="Anruf vereinbaren",
        call_more="Wählen Sie eine Zeit, zu der wir Sie anrufen.",
        call_booked="Wir sprechen uns: {at}.",
        call_change="Anruf verlegen oder absagen",
        survey="Wie haben wir das gemacht?",
        survey_more="Eine Frage zu diesem Anliegen.",
        over="Diese Seite ist nicht mehr offen",
        over_more="Wenn noch etwas offen ist, antworten Sie auf unsere letzte Nachricht, oder"
        " schreiben Sie uns wie gewohnt.",
        unknown="Diese Adresse öffnet nichts",
        unknown_more="Vielleicht fehlt ein Teil. Öffnen Sie sie noch einmal aus unserer Nachricht,"
        " oder schreiben Sie uns wie gewohnt.",
        busy="Einen Moment bitte",
        busy_more="Das war oft in kurzer Zeit. Versuchen Sie es in einer Minute wieder.",
        until="Diese Seite ist nur für Sie und bis {at} offen.",
        units=(("Tag", "Tage"), ("Stunde", "Stunden"), ("Minute", "Minuten")),
    ),
    "fr": RoomPhrases(
        case="Votre demande {number}",
        stages={
            Stage.RECEIVED: (
                "Nous avons votre demande",
                "Personne n’a encore répondu. C’est à nous.",
            ),
            Stage.WORKING: ("Nous y travaillons", "C’est à nous : vous n’avez rien à faire."),
            Stage.YOURS: ("Nous attendons votre réponse", "Nous vous avons posé une question."),
            Stage.OTHERS: ("Nous attendons quelqu’un d’autre", "Nous suivons ce point pour vous."),
            Stage.SETTLED: ("Nous pensons que c’est réglé", "Sinon, écrivez-nous ci-dessous."),
            Stage.CLOSED: (
                "Cette demande est close",
                "S’il reste un point, écrivez-nous ci-dessous.",
            ),
            Stage.JOINED: ("Nous traitons ceci avec un autre message de vous", "Rien n’est perdu."),
            Stage.UNKNOWN: ("Nous avons votre demande", "Son avancement ne peut être affiché."),
        },
        promised={
            (Word.ANSWER, Kept.AHEAD): "Vous avez une première réponse avant le {by}.",
            (Word.ANSWER, Kept.PAUSED): "Première réponse : le délai est suspendu.",
            (Word.ANSWER, Kept.LATE): "Une première réponse était promise pour le {by}. Nous sommes"
            " en retard, et désolés.",
            (Word.ANSWER, Kept.PASSED): "Une première réponse était promise pour le {by}.",
            (Word.ANSWER, Kept.MET): "La première réponse est arrivée à temps, le {at}.",
            (Word.ANSWER, Kept.MISSED): "La première réponse est arrivée en retard, le {at}.",
            (Word.NEXT_ANSWER, Kept.AHEAD): "Vous avez notre prochaine réponse avant le {by}.",
            (Word.NEXT_ANSWER, Kept.PAUSED): "Prochaine réponse : le délai est suspendu.",
            (
                Word.NEXT_ANSWER,
                Kept.LATE,
            ): "Notre réponse était promise pour le {by}. Nous sommes en retard, et désolés.",
            (Word.NEXT_ANSWER, Kept.PASSED): "Notre réponse était promise pour le {by}.",
            (Word.NEXT_ANSWER, Kept.MET): "Notre dernière réponse est arrivée à temps, le {at}.",
            (
                Word.NEXT_ANSWER,
                Kept.MISSED,
            ): "Notre dernière réponse est arrivée en retard, le {at}.",
            (Word.UPDATE, Kept.AHEAD): "Nous vous donnons des nouvelles avant le {by}.",
            (Word.UPDATE, Kept.PAUSED): "Prochaines nouvelles : le délai est suspendu.",
            (Word.UPDATE, Kept.LATE): "Des nouvelles étaient promises pour le {by}. Nous sommes en"
            " retard, et désolés.",
            (Word.UPDATE, Kept.PASSED): "Des nouvelles étaient promises pour le {by}.",
            (Word.UPDATE, Kept.MET): "Nous avons donné des nouvelles à temps, le {at}.",
            (Word.UPDATE, Kept.MISSED): "Nous avons donné des nouvelles en retard, le {at}.",
            (Word.SETTLED, Kept.AHEAD): "C’est réglé avant le {by}.",
            (Word.SETTLED, Kept.PAUSED): "Le délai est suspendu jusqu’à votre réponse ou celle de"
            " quelqu’un d’autre.",
            (
                Word.SETTLED,
                Kept.LATE,
            ): "Cela devait être réglé avant le {by}. Nous sommes en retard, et désolés.",
            (Word.SETTLED, Kept.PASSED): "Cela devait être réglé avant le {by}.",
            (Word.SETTLED, Kept.MET): "C’était réglé à temps, le {at}.",
            (Word.SETTLED, Kept.MISSED): "C’était réglé en retard, le {at}.",
        },
        promises="Ce que nous avons promis",
        left="encore {left}",
        next_word="Vous avez de nos nouvelles avant le {by}.",
        as_of="Situation au {at}.",
        here="Les heures sont celles de {zone}.",
        there="{time} à {zone}",
        choose_zone="Afficher l’heure de chez moi",
        zone="Où êtes-vous ?",
        use_zone="Utiliser cette heure",
        zone_unknown="Choisissez un lieu dans la liste.",
        write="Écrivez-nous",
        write_more="Votre message arrive à l’équipe qui a votre demande.",
        write_label="Votre message",
        send="Envoyer",
        sent="Envoyé. L’équipe a votre message du {at}.",
        empty="Écrivez d’abord quelque chose.",
        too_long="C’est plus long que 4 000 caractères. Raccourcissez un peu ; rien n’est encore"
        " envoyé.",
        too_many="Vous avez envoyé beaucoup de messages aujourd’hui. Nous les lisons tous ; écrivez"
        " de nouveau demain.",
        call="Réserver un appel",
        call_more="Choisissez une heure à laquelle nous vous appelons.",
        call_booked="Nous nous parlons le {at}.",
        call_change="Déplacer ou annuler l’appel",
        survey="Comment avons-nous fait ?",
        survey_more="Une question sur cette demande.",
        over="Cette page n’est plus ouverte",
        over_more="S’il reste un point, répondez à notre dernier message ou écrivez-nous comme"
        " d’habitude.",
        unknown="Cette adresse n’ouvre rien",
        unknown_more="Il en manque peut-être une partie. Ouvrez-la encore depuis notre message, ou"
        " écrivez-nous comme d’habitude.",
        busy="Un instant, s’il vous plaît",
        busy_more="C’était beaucoup en peu de temps. Réessayez dans une minute.",
        until="Cette page est pour vous seul et ouverte jusqu’au {at}.",
        units=(("jour", "jours"), ("heure", "heures"), ("minute", "minutes")),
    ),
    "es": RoomPhrases(
        case="Su consulta {number}",
        stages={
            Stage.RECEIVED: (
                "Tenemos su consulta",
                "Nadie ha respondido aún. Nos toca a nosotros.",
            ),
            Stage.WORKING: ("Estamos en ello", "Nos toca a nosotros: no tiene que hacer nada."),
            Stage.YOURS: ("Esperamos su respuesta", "Le hemos preguntado algo."),
            Stage.OTHERS: ("Esperamos a otra persona", "Hemos preguntado fuera y lo seguimos."),
            Stage.SETTLED: ("Creemos que está resuelto", "Si no lo está, escríbanos abajo."),
            Stage.CLOSED: ("Esta consulta está cerrada", "Si queda algo, escríbanos abajo."),
            Stage.JOINED: ("La tratamos junto con otro mensaje suyo", "No se pierde nada."),
            Stage.UNKNOWN: ("Tenemos su consulta", "Ahora no se puede mostrar cómo va."),
        },
        promised={
            (Word.ANSWER, Kept.AHEAD): "Tendrá una primera respuesta antes del {by}.",
            (Word.ANSWER, Kept.PAUSED): "Primera respuesta: el plazo está parado.",
            (Word.ANSWER, Kept.LATE): "Prometimos una primera respuesta antes del {by}. Llegamos"
            " tarde y lo sentimos.",
            (Word.ANSWER, Kept.PASSED): "Prometimos una primera respuesta antes del {by}.",
            (Word.ANSWER, Kept.MET): "La primera respuesta llegó a tiempo, el {at}.",
            (Word.ANSWER, Kept.MISSED): "La primera respuesta llegó tarde, el {at}.",
            (Word.NEXT_ANSWER, Kept.AHEAD): "Tendrá nuestra próxima respuesta antes del {by}.",
            (Word.NEXT_ANSWER, Kept.PAUSED): "Próxima respuesta: el plazo está parado.",
            (
                Word.NEXT_ANSWER,
                Kept.LATE,
            ): "Prometimos responder antes del {by}. Llegamos tarde y lo sentimos.",
            (Word.NEXT_ANSWER, Kept.PASSED): "Prometimos responder antes del {by}.",
            (Word.NEXT_ANSWER, Kept.MET): "Nuestra última respuesta llegó a tiempo, el {at}.",
            (Word.NEXT_ANSWER, Kept.MISSED): "Nuestra última respuesta llegó tarde, el {at}.",
            (Word.UPDATE, Kept.AHEAD): "Le decimos cómo va antes del {by}.",
            (Word.UPDATE, Kept.PAUSED): "Próximas noticias: el plazo está parado.",
            (Word.UPDATE, Kept.LATE): "Prometimos noticias antes del {by}. Llegamos tarde y lo"
            " sentimos.",
            (Word.UPDATE, Kept.PASSED): "Prometimos noticias antes del {by}.",
            (Word.UPDATE, Kept.MET): "Le dimos noticias a tiempo, el {at}.",
            (Word.UPDATE, Kept.MISSED): "Le dimos noticias tarde, el {at}.",
            (Word.SETTLED, Kept.AHEAD): "Estará resuelto antes del {by}.",
            (Word.SETTLED, Kept.PAUSED): "El plazo está parado hasta que responda usted u otra"
            " persona.",
            (Word.SETTLED, Kept.LATE): "Debía estar resuelto antes del {by}. Llegamos tarde y lo"
            " sentimos.",
            (Word.SETTLED, Kept.PASSED): "Debía estar resuelto antes del {by}.",
            (Word.SETTLED, Kept.MET): "Se resolvió a tiempo, el {at}.",
            (Word.SETTLED, Kept.MISSED): "Se resolvió tarde, el {at}.",
        },
        promises="Lo que prometimos",
        left="quedan {left}",
        next_word="Tendrá noticias nuestras antes del {by}.",
        as_of="Situación del {at}.",
        here="Las horas son las de {zone}.",
        there="{time} en {zone}",
        choose_zone="Mostrar la hora de donde estoy",
        zone="¿Dónde está?",
        use_zone="Usar esta hora",
        zone_unknown="Elija un lugar de la lista.",
        write="Escríbanos",
        write_more="Llega al equipo que tiene su consulta.",
        write_label="Su mensaje",
        send="Enviar",
        sent="Enviado. El equipo tiene su mensaje del {at}.",
        empty="Escriba algo primero.",
        too_long="Es más largo de 4.000 caracteres. Acórtelo un poco; aún no se ha enviado nada.",
        too_many="Hoy ha enviado muchos mensajes. Los leemos todos; escriba de nuevo mañana.",
        call="Reservar una llamada",
        call_more="Elija una hora a la que le llamamos.",
        call_booked="Hablamos el {at}.",
        call_change="Cambiar o cancelar la llamada",
        survey="¿Qué tal lo hicimos?",
        survey_more="Una pregunta sobre esta consulta.",
        over="Esta página ya no está abierta",
        over_more="Si queda algo, responda a nuestro último mensaje o escríbanos como siempre.",
        unknown="Esta dirección no abre nada",
        unknown_more="Quizá le falta una parte. Ábrala de nuevo desde nuestro mensaje, o escríbanos"
        " como siempre.",
        busy="Un momento, por favor",
        busy_more="Han sido muchas veces en poco tiempo. Inténtelo dentro de un minuto.",
        until="Esta página es solo para usted y está abierta hasta el {at}.",
        units=(("día", "días"), ("hora", "horas"), ("minuto", "minutos")),
    ),
}


def instant_words(instant: datetime, zone: str, language: str) -> str:
    """Return an aware instant as people in a zone say it."""
    local = instant.astimezone(ZoneInfo(zone))
    return format_datetime(local, WHEN[language], locale=LOCALES[language])


def zone_words(zone: str) -> str:
    """Return what people call a zone: its city."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def left_words(left: timedelta, phrases: RoomPhrases) -> str:
    """Return a time that is left, as coarsely as anybody plans by it."""
    minutes = max(int(left.total_seconds() // 60), 0)
    days, hours = minutes // 1440, minutes // 60
    number, unit = (days, 0) if days > 1 else (hours, 1) if hours > 1 else (minutes, 2)
    return f"{number} {phrases.units[unit][number != 1]}"
