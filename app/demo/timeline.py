"""What happened in the demo organisation over the last working days: day 0 is the last one, times are Shanghai's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Begin:
    """Somebody begins a case for a customer."""

    day: int  #: working days before the last one
    time: str
    case: str
    by: str
    process: str
    customer: str
    segment: str = "retail"


@dataclass(frozen=True, slots=True)
class Work:
    """Somebody claims a task and works on it; with no answer it stays on their desk."""

    day: int
    time: str
    case: str
    by: str
    element: str
    answer: Mapping[str, Any] | None = field(default_factory=dict)
    minutes: int = 12


@dataclass(frozen=True, slots=True)
class Arrive:
    """A message from outside, correlated by a key."""

    day: int
    time: str
    name: str
    key: str
    payload: Mapping[str, Any] = field(default_factory=dict)


Happens = Begin | Work | Arrive
#: stands for the day on which it happened
THAT_DAY = "that day"


def _person(name: str, id_number: str, mobile: str, address: str) -> dict[str, Any]:
    return {"customerName": name, "idType": "id_card", "idNumber": id_number, "mobile": mobile, "address": address}


_ZHANG = _person("张伟", "110101198807152311", "13911020311", "北京市朝阳区建国路88号")
_CHEN = _person("陈静", "310104199205204526", "13671880452", "上海市徐汇区漕溪北路18号")
_LIU = _person("刘洋", "440305197911028013", "13510279801", "深圳市南山区科苑路6号")
_HUANG = _person("黄丽", "330106199503316648", "13858106664", "杭州市西湖区文三路90号")
_SUN = _person("孙晓东", "320102198012241214", "13905160121", "南京市玄武区中山路55号")
_LIN = _person("林美玲", "350203198606069", "13606990606", "厦门市思明区湖滨南路12号")


def _captured(who: Mapping[str, Any], limit: int, **more: Any) -> dict[str, Any]:
    return {
        **who,
        "customerType": "person",
        "residence": "CN",
        "accountHolders": who["customerName"],
        "politicallyExposed": False,
        "dailyLimit": limit,
        **more,
    }


def _keyed(who: Mapping[str, Any], number: str) -> dict[str, Any]:
    return {**who, "coreCustomerNumber": number, "accountType": "settlement"}


def _applied(who: Mapping[str, Any], number: str, amount: int, months: int, purpose: str) -> dict[str, Any]:
    return {
        **who,
        "applicationNumber": number,
        "product": "consumer_loan",
        "amount": amount,
        "termMonths": months,
        "purpose": purpose,
    }


def _complained(who: Mapping[str, Any], number: str, category: str, details: str, demand: str) -> dict[str, Any]:
    return {
        "complaintNumber": number,
        "channel": "phone",
        "customerName": who["customerName"],
        "mobile": who["mobile"],
        "category": category,
        "disputedAmount": 500,
        "publicAttention": False,
        "details": details,
        "demand": demand,
    }


TIMELINE: Sequence[Happens] = (
    # An account opened without a hitch; the survey afterwards brings a low score.
    Begin(6, "09:05", "chen", "lin", "onboarding", "陈静"),
    Work(6, "09:10", "chen", "lin", "capture", _captured(_CHEN, 20000)),
    Work(6, "10:40", "chen", "wang", "key-in", _keyed(_CHEN, "10020031")),
    Work(5, "09:20", "chen", "zhou", "examine", {"reviewOpinion": "资料完整。"}),
    Work(5, "14:30", "chen", "zhao", "recheck", {"reviewResult": "proceed"}),
    Work(5, "16:05", "chen", "feng", "approve", {"decision": "approve"}),
    Arrive(3, "11:12", "survey.answered", "13671880452", {"score": 2, "comment": "等了两天才办好。"}),
    Work(3, "15:40", "feedback:陈静", "lin", "ask-why", {"cause": "各部门重复核对资料。", "themes": ["process"]}),
    Work(2, "10:15", "feedback:陈静", "wang", "improve-process", None),
    # A loan: complete, assessed, waiting for the decision.
    Begin(5, "10:20", "liu", "zhou", "review", "刘洋"),
    Work(5, "10:25", "liu", "zhou", "register", _applied(_LIU, "SQ-2026-0318", 300000, 36, "装修")),
    Work(4, "09:30", "liu", "wang", "complete", {"documentsComplete": "yes", "documentsSeen": ["identity", "income"]}),
    Work(3, "10:00", "liu", "wu", "assess", {"monthlyIncome": 32000, "debtRatio": 35, "assessment": "收入稳定。"}),
    # A complaint about a fee, answered; the customer has not replied yet.
    Begin(5, "11:00", "huang", "lin", "complaint", "黄丽"),
    Work(
        5, "11:02", "huang", "lin", "register", _complained(_HUANG, "TS-2026-0107", "fee", "年费重复收取。", "退还。")
    ),
    Work(
        4, "09:40", "huang", "zhou", "investigate", {"finding": "justified", "cause": "参数设置有误。", "breach": False}
    ),
    Work(4, "14:10", "huang", "lin", "draft", {"remedy": "correction", "answerText": "已更正并退还年费，谨致歉意。"}),
    Work(4, "16:20", "huang", "he", "check-answer", {"answerApproved": "yes"}),
    Work(3, "09:15", "huang", "wu", "recheck-answer", {}),
    Work(3, "10:30", "huang", "lin", "answer", {"answeredBy": "phone", "answeredOn": THAT_DAY}),
    # An account above the usual limits: business has approved, risk has to approve as well.
    Begin(4, "13:40", "sun", "lin", "onboarding", "孙晓东", "private"),
    Work(4, "13:45", "sun", "lin", "capture", _captured(_SUN, 600000)),
    Work(4, "15:30", "sun", "wang", "key-in", _keyed(_SUN, "10020044")),
    Work(3, "09:10", "sun", "zhou", "examine", {"reviewOpinion": "资料完整，限额较高。"}),
    Work(3, "14:00", "sun", "wang", "recheck", {"reviewResult": "proceed"}),
    Work(2, "09:30", "sun", "feng", "approve", {"decision": "approve"}),
    # A complaint that lies in operations and is late.
    Begin(4, "15:10", "liu-complaint", "lin", "complaint", "刘洋"),
    Work(
        4,
        "15:12",
        "liu-complaint",
        "lin",
        "register",
        _complained(_LIU, "TS-2026-0108", "account", "转账延迟一天到账。", "说明原因。"),
    ),
    # The registry was down: operations checks the document by hand.
    Begin(2, "09:50", "lin-onboarding", "lin", "onboarding", "林美玲"),
    Work(2, "09:55", "lin-onboarding", "lin", "capture", _captured(_LIN, 50000)),
    # Documents are missing; the applicant has been asked for them.
    Begin(2, "11:20", "zhang-loan", "zhou", "review", "张伟"),
    Work(2, "11:24", "zhang-loan", "zhou", "register", _applied(_ZHANG, "SQ-2026-0331", 120000, 24, "购车")),
    Work(1, "09:40", "zhang-loan", "wang", "complete", {"documentsComplete": "no", "missingDocuments": "收入证明"}),
    # Somebody on a watch list: risk looks into it.
    Begin(1, "10:10", "zhang", "lin", "onboarding", "张伟"),
    Work(1, "10:14", "zhang", "lin", "capture", _captured(_ZHANG, 30000, politicallyExposed=True)),
    Work(1, "14:20", "zhang", "wang", "key-in", _keyed(_ZHANG, "10020057")),
    # New this morning.
    Begin(0, "09:06", "huang-onboarding", "lin", "onboarding", "黄丽"),
    Begin(0, "09:24", "sun-loan", "zhou", "review", "孙晓东", "private"),
    Work(0, "09:25", "sun-loan", "zhou", "register", None),
)
