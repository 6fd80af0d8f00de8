"""How many contacts will come, queue by queue: models compete on the queue's own past."""

from helmdesk.plan.forecast.competition import Competition, Score, compete, load_models
from helmdesk.plan.forecast.days import DayFactor, Event, factors_of
from helmdesk.plan.forecast.forecast import Forecast, make_forecast
from helmdesk.plan.forecast.intraday import update
from helmdesk.plan.forecast.known import Holidays, Known, NamedDay

__all__ = [
    "Competition",
    "DayFactor",
    "Event",
    "Forecast",
    "Holidays",
    "Known",
    "NamedDay",
    "Score",
    "compete",
    "factors_of",
    "load_models",
    "make_forecast",
    "update",
]
