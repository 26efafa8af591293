"""On which days an item says that things happened: "on Tuesday", "5 April", "today"."""

from datetime import date, timedelta

_WEEKDAYS = (
    "monday понедельник понеділок montag lundi lunes дүйсенбі dushanba",
    "tuesday вторник вівторок dienstag mardi martes сейсенбі seshanba",
    "wednesday среду середу mittwoch mercredi miércoles сәрсенбі chorshanba",
    "thursday четверг четвер donnerstag jeudi jueves бейсенбі payshanba",
    "friday пятницу пятница пятницю пятниця freitag vendredi viernes жұма juma",
    "saturday субботу суббота суботу субота samstag samedi sábado сенбі shanba",
    "sunday воскресенье неділю неділя sonntag dimanche domingo жексенбі yakshanba",
)
_MONTHS = (
    "january jan января січня januar janvier enero қаңтар yanvar",
    "february feb февраля лютого februar février febrero ақпан fevral",
    "march mar марта березня märz mars marzo наурыз mart",
    "april apr апреля квітня avril abril сәуір aprel",
    "may мая травня mai mayo мамыр",
    "june jun июня червня juni juin junio маусым iyun",
    "july jul июля липня juli juillet julio шілде iyul",
    "august aug августа серпня août agosto тамыз avgust",
    "september sept sep сентября вересня septembre septiembre қыркүйек sentabr",
    "october oct октября жовтня oktober octobre octubre қазан oktabr",
    "november nov ноября листопада novembre noviembre қараша noyabr",
    "december dec декабря грудня dezember décembre diciembre желтоқсан dekabr",
)
_TODAY_WORDS = "today сегодня сьогодні aujourdhui heute hoy бүгін bugun"
_YESTERDAY_WORDS = "yesterday вчера вчора учора gestern ayer кеше kecha"
_TODAY = frozenset(_TODAY_WORDS.split())
_YESTERDAY = frozenset(_YESTERDAY_WORDS.split())
_WEEKDAY_OF = {word: n for n, row in enumerate(_WEEKDAYS) for word in row.split()}
_MONTH_OF = {word: n for n, row in enumerate(_MONTHS, 1) for word in row.split()}
_WEEK = 7
_LAST_DAY = 31


def days_named(words: list[str], published: date) -> frozenset[date]:
    """The days that ``words`` (case-folded, in order) name, seen from the day of publication.

    A weekday is the last one not after ``published``; a day and month are taken in the year that
    brings them nearest to it. A month's name counts only beside a day's number.
    """
    found: set[date] = set()
    for place, word in enumerate(words):
        if word in _WEEKDAY_OF:
            back = (published.weekday() - _WEEKDAY_OF[word]) % _WEEK
            found.add(published - timedelta(days=back))
        elif word in _MONTH_OF:
            beside = words[max(0, place - 1) : place] + words[place + 1 : place + 2]
            found.update(_nearest(int(n), _MONTH_OF[word], published) for n in beside if _is_day(n))
        elif word in _TODAY:
            found.add(published)
        elif word in _YESTERDAY:
            found.add(published - timedelta(days=1))
    return frozenset(found)


def _is_day(word: str) -> bool:
    return word.isascii() and word.isdigit() and 1 <= int(word) <= _LAST_DAY


def _nearest(day: int, month: int, published: date) -> date:
    """That day in the year nearest to ``published``; a day that the month lacks is its last."""
    years = range(max(1, published.year - 1), min(9999, published.year + 1) + 1)
    return min((_clipped(year, month, day) for year in years), key=lambda d: abs(d - published))


def _clipped(year: int, month: int, day: int) -> date:
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1
