"""Words that tell little about which story an item is, and cues of comment.

Function words count for nothing. The words that nearly every item of this desk shares (agreement,
minerals, signed …) and the names that are in the news every day count for little: two stories
that have only these in common are not one. Stems are as `pipeline.cluster.profile.stem` cuts them.
"""

import re

_FUNCTION_WORDS = """
    a an the of to in on for and or but by with from at as is are was were be been has have had it
    its this that these those he she they his her their i we you our your not no nor than then so
    if into over under after before up out off about against between during more most other some
    such only own same too very can will would could should may might must do does did what which
    who whom how when where why all any both each few there here also just while amid via per
    и в во не на с со по из за что как это для от к о об у его ее её их а но или до при же бы был
    была были было быть так уже еще ещё мы вы он она они который которые чтобы если
    і й та у з із зі до від як про або не був була були бути його її вже ще ми ви він вона вони
    який яка які щоб якщо є
    le la les de du des un une et à au aux en dans pour par sur que qui est sont avec ce cette se
    der die das den dem des ein eine einen mit von zu im für auf ist und nicht auch
    el los las una y del al con por para es son se su lo como
    va bilan uchun bu ham bo‘yicha haqida мен және үшін бойынша туралы бір бұл da de ga ni ning
    """

_COMMON_WORDS = """
    mineral critical agreement deal pact accord memorandum mou treaty framework declaration sign
    signed signing signature seal ink raw material strategic partnership partner rare earth
    resource natural mining mine miner metal ore supply chain united state usa american america
    ukraine ukrainian kyiv kiev washington trump zelensky zelenskyy zelenskiy eu european europe
    union brussels commission minister ministry prime president government country nation project
    invest investment investor fund million billion year new news report say said cooperation
    joint first company parliament access production export russia russian china chinese beijing
    moscow kremlin world official talk sector industry trade article url comment point read more
    photo video live update week month day
    угода угоди угоду угодою меморандум договір сша україна україни україні україною копалини
    копалин надра надр корисних мінерал мінерали сировини сировина уряд міністр президент
    підписали підписав підписано рада зеленський трамп київ росія китай
    угоди проєкт проєкти млн млрд компанія компанії рік року
    соглашение соглашения соглашению договор сделка сделки сделку украина украины украине сша
    недра недр недрам минералы минералов сырье сырья сырьё металлы металлов редкоземельные
    редкоземельных подписали подписал подписан министр правительство президент зеленский трамп
    киев россия китай россии китая проект проекты компания компании год года
    accord minerai minéraux matières premières terres rares ministre président signe
    acuerdo minerales ministro presidente abkommen rohstoffe minister
    kelishuv memorandum mineral келісім меморандум минерал
    """

FUNCTION = frozenset(_FUNCTION_WORDS.replace("‘", "").split())
COMMON = frozenset(_COMMON_WORDS.split())

_COMMENT = re.compile(
    r"\?|\b(opinion|op-ed|editorial|analysis|explainer|explained|commentary|interview|view|reading"
    r"|q&a|questions and answers|what to know|how to|мнение|анализ|колонка|интервью|думка|аналіз"
    r"|інтерв'?ю|чому|почему|зачем|analyse|tribune|opinión|análisis|kommentar)\b",
    re.IGNORECASE,
)


def is_comment(title: str) -> bool:
    """Whether a headline asks or argues rather than reports: a piece of its own, as a rule."""
    return _COMMENT.search(title) is not None
