"""GLPI: the list of tickets exported as CSV, in English, French, Portuguese, Spanish or German."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="GLPI ticket list",
    tells=(
        "Requester - Requester", "Assigned to - Technician", "Assigned to - Technician group", "Opening date", "Time to resolve", "Time to resolve exceeded",
        "Demandeur - Demandeur", "Attribué à - Technicien", "Attribué à - Groupe de techniciens", "Date d'ouverture", "Requerente - Requerente", "Atribuído - Técnico",
        "Atribuído para - Técnico", "Atribuído - Grupo técnico", "Data de abertura", "Tempo para solução", "Solicitante - Solicitante", "Asignado a - Técnico",
        "Fecha de apertura", "Anforderer - Anforderer", "Zugewiesen an - Techniker", "Eröffnungsdatum",
    ),
    fields={
        "ticket_id": ("ID",),
        "created": ("Opening date", "Date d'ouverture", "Data de abertura", "Fecha de apertura", "Eröffnungsdatum", "Creation date"),
        "solved": ("Resolution date", "Date de résolution", "Data da solução", "Fecha de solución", "Lösungsdatum"),
        "closed": ("Closing date", "Date de clôture", "Data de fechamento", "Fecha de cierre", "Abschlussdatum"),
        "updated": ("Last update", "Dernière modification", "Última atualização", "Última modificación", "Letzte Änderung"),
        "status": ("Status", "Statut", "Estado"),
        "priority": ("Priority", "Priorité", "Prioridade", "Prioridad", "Priorität"),
        "issue_type": ("Category", "Catégorie", "Categoria", "Categoría", "Kategorie"),
        "agent_id": ("Assigned to - Technician", "Attribué à - Technicien", "Atribuído - Técnico", "Atribuído para - Técnico", "Asignado a - Técnico",
                     "Zugewiesen an - Techniker"),
        "team_id": ("Assigned to - Technician group", "Attribué à - Groupe de techniciens", "Atribuído - Grupo técnico", "Asignado a - Grupo técnico"),
        "customer_id": ("Requester - Requester", "Demandeur - Demandeur", "Requerente - Requerente", "Solicitante - Solicitante", "Anforderer - Anforderer"),
        "account_id": ("Entity", "Entité", "Entidade", "Entidad"),
        "channel": ("Request source", "Source de la demande", "Origem da requisição"),
    },
    statuses={
        "New": "new", "Nouveau": "new", "Novo": "new", "Nuevo": "new", "Neu": "new", "Processing (assigned)": "open", "Processing (planned)": "open",
        "En cours (Attribué)": "open", "En cours (Planifié)": "open", "Em atendimento (atribuído)": "open", "Em atendimento (planejado)": "open",
        "En curso (asignada)": "open", "Pending": "waiting_third_party", "En attente": "waiting_third_party", "Pendente": "waiting_third_party",
        "En espera": "waiting_third_party", "Solved": "solved", "Résolu": "solved", "Solucionado": "solved", "Resuelto": "solved", "Gelöst": "solved",
        "Closed": "closed", "Clos": "closed", "Fechado": "closed", "Cerrado": "closed", "Geschlossen": "closed",
    },
    checked="a Portuguese list export; other languages by the product's own translations",
)  # fmt: skip
