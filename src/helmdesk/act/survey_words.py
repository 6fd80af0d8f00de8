"""What surveys say, in the languages they come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helmdesk.act.surveys import SCALES, Kind

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
}

# {desk} is the name of the desk.
QUESTIONS: Mapping[str, Mapping[Kind, str]] = {
    "en": {
        Kind.CSAT: "How satisfied are you with the help you got?",
        Kind.CES: "“{desk} made it easy for me to get this handled.” Do you agree?",
        Kind.NPS: "How likely are you to recommend {desk} to a colleague?",
        Kind.FCR: "Is your question settled?",
        Kind.ESAT: "How satisfied are you with your work here?",
        Kind.ENPS: "How likely are you to recommend working here to a friend?",
    },
    "de": {
        Kind.CSAT: "Wie zufrieden sind Sie mit der Hilfe, die Sie bekommen haben?",
        Kind.CES: "„{desk} hat es mir leicht gemacht, mein Anliegen zu klären.“ Stimmen Sie zu?",
        Kind.NPS: "Wie wahrscheinlich ist es, dass Sie {desk} weiterempfehlen?",
        Kind.FCR: "Ist Ihr Anliegen erledigt?",
        Kind.ESAT: "Wie zufrieden sind Sie mit Ihrer Arbeit hier?",
        Kind.ENPS: "Wie wahrscheinlich ist es, dass Sie die Arbeit hier weiterempfehlen?",
    },
    "fr": {
        Kind.CSAT: "Êtes-vous satisfait de l’aide que vous avez reçue ?",
        Kind.CES: "« {desk} m’a permis de régler ma demande facilement. » Êtes-vous d’accord ?",
        Kind.NPS: "Recommanderiez-vous {desk} à un collègue ?",
        Kind.FCR: "Votre demande est-elle réglée ?",
        Kind.ESAT: "Êtes-vous satisfait de votre travail ici ?",
        Kind.ENPS: "Recommanderiez-vous à un ami de travailler ici ?",
    },
    "es": {
        Kind.CSAT: "¿Qué tan satisfecho está con la ayuda que recibió?",
        Kind.CES: "«{desk} me facilitó resolver mi asunto». ¿Está de acuerdo?",
        Kind.NPS: "¿Recomendaría {desk} a un colega?",
        Kind.FCR: "¿Está resuelta su consulta?",
        Kind.ESAT: "¿Qué tan satisfecho está con su trabajo aquí?",
        Kind.ENPS: "¿Recomendaría a un amigo trabajar aquí?",
    },
}

# In the order of the scale; where there are two, those of its two ends.
_FIVE = {
    "en": ("Very satisfied", "Satisfied", "Neither", "Dissatisfied", "Very dissatisfied"),
    "de": ("Sehr zufrieden", "Zufrieden", "Teils, teils", "Unzufrieden", "Sehr unzufrieden"),
    "fr": ("Très satisfait", "Satisfait", "Ni l’un ni l’autre", "Insatisfait", "Très insatisfait"),
    "es": ("Muy satisfecho", "Satisfecho", "Ni lo uno ni lo otro", "Insatisfecho",
           "Muy insatisfecho"),
}  # fmt: skip
_SEVEN = {
    "en": ("Strongly agree", "Agree", "Rather agree", "Neither", "Rather disagree", "Disagree",
           "Strongly disagree"),
    "de": ("Stimme voll zu", "Stimme zu", "Stimme eher zu", "Teils, teils", "Stimme eher nicht zu",
           "Stimme nicht zu", "Stimme gar nicht zu"),
    "fr": ("Tout à fait d’accord", "D’accord", "Plutôt d’accord", "Ni l’un ni l’autre",
           "Plutôt pas d’accord", "Pas d’accord", "Pas du tout d’accord"),
    "es": ("Muy de acuerdo", "De acuerdo", "Más bien de acuerdo", "Ni lo uno ni lo otro",
           "Más bien en desacuerdo", "En desacuerdo", "Muy en desacuerdo"),
}  # fmt: skip
_ENDS = {
    "en": ("Not at all likely", "Very likely"),
    "de": ("Sehr unwahrscheinlich", "Sehr wahrscheinlich"),
    "fr": ("Certainement pas", "Certainement"),
    "es": ("Nada probable", "Muy probable"),
}
_SETTLED = {
    "en": ("Yes", "No"),
    "de": ("Ja", "Nein"),
    "fr": ("Oui", "Non"),
    "es": ("Sí", "No"),
}
LABELS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.CSAT: _FIVE,
    Kind.CES: _SEVEN,
    Kind.NPS: _ENDS,
    Kind.FCR: _SETTLED,
    Kind.ESAT: _FIVE,
    Kind.ENPS: _ENDS,
}


@dataclass(frozen=True)
class Phrases:
    """What stands around the question.

    Attributes:
        about, subject, reminder: with ``{subject}`` of the ticket, or ``{desk}``.
        kept: with ``{desk}``.
    """

    about: str
    subject: str
    reminder: str
    your_answer: str
    better: str
    may_be_empty: str
    send: str
    one_click: str
    choose: str
    too_long: str
    not_kept: str
    thanks: str
    thanks_more: str
    already: str
    over: str
    over_more: str
    never: str
    never_more: str
    never_button: str
    never_done: str
    kept: str
    greeting: str
    trial: str
    unknown: str


PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        about="About your request “{subject}”",
        subject="{desk}: how did we do?",
        reminder="{desk}: one question, if you have a moment",
        your_answer="Your answer",
        better="What could we do better?",
        may_be_empty="You may leave this empty.",
        send="Send",
        one_click="Choose an answer. You can look at it once more before it is sent.",
        choose="Choose one of the answers first.",
        too_long="Your comment is longer than 2,000 characters. Shorten it a little; nothing was"
        " sent yet.",
        not_kept="Your answer could not be kept just now. What you wrote is still here: send it"
        " again in a few minutes.",
        thanks="Thank you. Your answer has arrived.",
        thanks_more="You can close this page.",
        already="We have your answer already. Thank you.",
        over="This question can no longer be answered.",
        over_more="If something is still open, write to us as usual.",
        never="Never ask me again",
        never_more="We will not send you any more questions like this. Mail about your requests"
        " still reaches you.",
        never_button="Do not ask me again",
        never_done="We will not ask you again.",
        kept="{desk} reads every answer. It is kept with your request and never sold.",
        greeting="Your request is settled, as far as we know. We have one question.",
        trial="This is a preview: nothing you send here is kept.",
        unknown="This link is not complete. Open it once more from the mail we sent you.",
    ),
    "de": Phrases(
        about="Zu Ihrer Anfrage „{subject}“",
        subject="{desk}: Wie war unsere Hilfe?",
        reminder="{desk}: eine Frage, wenn Sie einen Moment haben",
        your_answer="Ihre Antwort",
        better="Was können wir besser machen?",
        may_be_empty="Das Feld darf leer bleiben.",
        send="Senden",
        one_click="Wählen Sie eine Antwort. Vor dem Senden sehen Sie sie noch einmal.",
        choose="Wählen Sie zuerst eine der Antworten.",
        too_long="Ihr Kommentar ist länger als 2.000 Zeichen. Kürzen Sie ihn etwas; gesendet wurde"
        " noch nichts.",
        not_kept="Ihre Antwort konnte gerade nicht gespeichert werden. Was Sie geschrieben haben,"
        " steht noch hier: senden Sie es in ein paar Minuten noch einmal.",
        thanks="Danke. Ihre Antwort ist angekommen.",
        thanks_more="Sie können diese Seite schließen.",
        already="Ihre Antwort ist schon da. Danke.",
        over="Diese Frage kann nicht mehr beantwortet werden.",
        over_more="Wenn noch etwas offen ist, schreiben Sie uns wie gewohnt.",
        never="Fragen Sie mich nie wieder",
        never_more="Wir schicken Ihnen keine solchen Fragen mehr. Post zu Ihren Anfragen erreicht"
        " Sie weiterhin.",
        never_button="Nicht mehr fragen",
        never_done="Wir fragen Sie nicht mehr.",
        kept="{desk} liest jede Antwort. Sie bleibt bei Ihrer Anfrage und wird nie verkauft.",
        greeting="Soweit wir wissen, ist Ihre Anfrage erledigt. Wir haben eine Frage.",
        trial="Das ist eine Vorschau: Was Sie hier senden, wird nicht gespeichert.",
        unknown="Dieser Link ist unvollständig. Öffnen Sie ihn noch einmal aus unserer Mail.",
    ),
    "fr": Phrases(
        about="À propos de votre demande « {subject} »",
        subject="{desk} : qu’avez-vous pensé de notre aide ?",
        reminder="{desk} : une question, si vous avez un instant",
        your_answer="Votre réponse",
        better="Que pourrions-nous améliorer ?",
        may_be_empty="Vous pouvez laisser ce champ vide.",
        send="Envoyer",
        one_click="Choisissez une réponse. Vous la reverrez avant l’envoi.",
        choose="Choisissez d’abord une des réponses.",
        too_long="Votre commentaire dépasse 2 000 caractères. Raccourcissez-le un peu ; rien n’a"
        " encore été envoyé.",
        not_kept="Votre réponse n’a pas pu être enregistrée. Ce que vous avez écrit est toujours"
        " là : envoyez-le à nouveau dans quelques minutes.",
        thanks="Merci. Votre réponse est arrivée.",
        thanks_more="Vous pouvez fermer cette page.",
        already="Nous avons déjà votre réponse. Merci.",
        over="Il n’est plus possible de répondre à cette question.",
        over_more="Si quelque chose reste ouvert, écrivez-nous comme d’habitude.",
        never="Ne plus jamais me demander",
        never_more="Nous ne vous enverrons plus de telles questions. Le courrier sur vos demandes"
        " vous parvient toujours.",
        never_button="Ne plus me demander",
        never_done="Nous ne vous demanderons plus rien.",
        kept="{desk} lit chaque réponse. Elle reste avec votre demande et n’est jamais vendue.",
        greeting="Votre demande est réglée, à notre connaissance. Nous avons une question.",
        trial="Ceci est un aperçu : rien de ce que vous envoyez ici n’est conservé.",
        unknown="Ce lien est incomplet. Ouvrez-le à nouveau depuis notre message.",
    ),
    "es": Phrases(
        about="Sobre su solicitud «{subject}»",
        subject="{desk}: ¿qué le pareció nuestra ayuda?",
        reminder="{desk}: una pregunta, si tiene un momento",
        your_answer="Su respuesta",
        better="¿Qué podríamos mejorar?",
        may_be_empty="Puede dejarlo vacío.",
        send="Enviar",
        one_click="Elija una respuesta. Podrá verla otra vez antes de enviarla.",
        choose="Elija primero una de las respuestas.",
        too_long="Su comentario tiene más de 2.000 caracteres. Acórtelo un poco; todavía no se"
        " envió nada.",
        not_kept="Su respuesta no se ha podido guardar ahora. Lo que ha escrito sigue aquí:"
        " envíelo de nuevo en unos minutos.",
        thanks="Gracias. Su respuesta ha llegado.",
        thanks_more="Puede cerrar esta página.",
        already="Ya tenemos su respuesta. Gracias.",
        over="Esta pregunta ya no se puede responder.",
        over_more="Si algo sigue pendiente, escríbanos como siempre.",
        never="No volver a preguntarme",
        never_more="No le enviaremos más preguntas como esta. El correo sobre sus solicitudes le"
        " seguirá llegando.",
        never_button="No preguntarme más",
        never_done="No volveremos a preguntarle.",
        kept="{desk} lee cada respuesta. Se guarda con su solicitud y nunca se vende.",
        greeting="Su solicitud está resuelta, hasta donde sabemos. Tenemos una pregunta.",
        trial="Esto es una vista previa: nada de lo que envíe aquí se guarda.",
        unknown="Este enlace está incompleto. Ábralo otra vez desde nuestro mensaje.",
    ),
}


@dataclass(frozen=True)
class Choice:
    """One answer as it is offered.

    Attributes:
        label: in words; for a scale that has words at its ends alone, the number.
    """

    value: str
    label: str


def known_language(*wanted: str) -> str:
    """Return the first of several languages that there are texts in, such as of ``de-AT``; English
    where there is none.
    """
    for each in wanted:
        short = each.strip().lower().replace("_", "-").partition("-")[0]
        if short in LANGUAGES:
            return short
    return "en"


def choices(kind: Kind, language: str) -> tuple[Choice, ...]:
    """Return the answers of a kind in a language, in the order in which they are offered."""
    answers, labels = SCALES[kind].answers, LABELS[kind][language]
    if len(labels) != len(answers):
        return tuple(Choice(answer, answer) for answer in answers)
    return tuple(Choice(answer, label) for answer, label in zip(answers, labels, strict=True))


def ends(kind: Kind, language: str) -> tuple[str, ...]:
    """Return what the two ends of a scale of numbers mean; nothing where every answer has words."""
    labels = LABELS[kind][language]
    return labels if len(labels) != len(SCALES[kind].answers) else ()
