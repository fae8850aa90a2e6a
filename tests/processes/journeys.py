"""Every way through the shipped processes, told as what people, customers, services and clocks do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.processes.walk import Breaks, Do, Journey, Open, Ring, Step, Tell

#: What services answer on a good day.
SERVICES: Mapping[str, Mapping[str, Any]] = {
    "identity.verify": {"identityMatched": True},
    "watchlist.screen": {"screeningHits": 0},
    "credit.query": {"creditScore": 720},
    "account.open": {"accountNumber": "6217000010001234567"},
}

_PERSON = {
    "customerName": "李晓明",
    "idType": "id_card",
    "idNumber": "110101199003071234",
    "mobile": "13800138000",
    "address": "北京市西城区金融大街1号",
}

#: What people answer when a journey does not say anything else.
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "check-document": {"documentMatched": "yes", "documentExpiresOn": "2036-03-07"},
    "judge": {"identityResult": "passed", "identityReason": "曾用名，户口簿可证明。"},
    "capture": _PERSON
    | {"customerType": "person", "residence": "CN", "accountHolders": "李晓明"}
    | {"politicallyExposed": False, "dailyLimit": 20000},
    "key-in": _PERSON | {"coreCustomerNumber": "10020030", "accountType": "settlement"},
    "check-holder": {"sourceOfFunds": "工资收入", "cleared": "yes"},
    "conclude": {"diligenceResult": "acceptable", "diligenceNote": "资金来源清楚。"},
    "examine": {"reviewOpinion": "资料完整。"},
    "recheck": {"reviewResult": "proceed"},
    "approve": {"decision": "approve"},
    "approve-second": {"secondDecision": "approve"},
    "resolve": {"accountChoice": "reuse", "accountNumber": "6217000010007654321"},
    "register": {},
    "complete": {"documentsComplete": "yes", "documentsSeen": ["identity", "income"]},
    "credit-by-hand": {"creditScore": 710, "creditReportOn": "2026-11-20"},
    "assess": {"monthlyIncome": 20000, "debtRatio": 30, "assessment": "收入稳定。"},
    "explain": {"explanation": "客户近期出售房产，负债将下降。", "monthlyIncome": 20000},
    "reassess": {"reassessment": "维持意见。", "riskConfirmed": "yes"},
    "decide": {"decision": "approve"},
    "decide-second": {"secondDecision": "approve"},
    "contract": _PERSON
    | {
        "amount": 200000,
        "termMonths": 36,
        "contractNumber": "HT-2026-001",
        "interestRate": 4,
        "signedOn": "2026-11-25",
    },
    "advise": {"complianceRisk": "high", "advice": "主动联系客户。"},
    "investigate": {"finding": "justified", "cause": "参数设置有误。", "breach": False},
    "draft": {"remedy": "correction", "answerText": "已更正，谨致歉意。"},
    "check-answer": {"answerApproved": "yes"},
    "recheck-answer": {},
    "answer": {"answeredBy": "phone", "answeredOn": "2026-11-26"},
    "chase": {"delayCause": "等待系统日志。", "promisedOn": "2026-12-15"},
    "hold-accountable": {"measure": "training", "measureNote": "全员学习。"},
    "record-withdrawal": {"withdrawalReason": "误会已消除。", "ownWill": True},
    "call": {"score": 5},
    "ask-why": {"cause": "等待时间太长。"},
    "improve-process": {"processMeasure": "合并两次录入。", "processOwner": "赵敏", "processDueOn": "2026-12-31"},
    "improve-system": {"systemMeasure": "修复超时。", "systemOwner": "吕一凡", "systemDueOn": "2026-12-31"},
    "train": {"trainingMeasure": "服务礼仪培训。", "trainingOwner": "姜晨", "trainingDueOn": "2026-12-31"},
    "summarise": {"improvement": "我们已缩短办理时间。"},
    "confirm": {"satisfied": "yes"},
}

# -- onboarding --

_CHECKED: Sequence[Step] = ("examine", "recheck")
_DILIGENCE: Sequence[Step] = (Open(("check-holder",)), "check-holder", "conclude")


def _onboarding(name: str, *steps: Step, end: str = "opened", **more: Any) -> Journey:
    return Journey(name, "onboarding", steps, end, **more)


def _rated(name: str, risk: str, *after: Step, **captured: Any) -> Journey:
    way: Sequence[Step] = (*(_DILIGENCE if risk == "high" else ()), *_CHECKED, "approve", *after)
    return _onboarding(f"{name} is of {risk} risk", Do("capture", captured), "key-in", *way, data={"riskClass": risk})


ONBOARDING = (
    _onboarding(
        "complete data open an account at once",
        Open(("capture",)),
        "capture",
        Open(("key-in",)),
        "key-in",
        "examine",
        "recheck",
        "approve",
        data={"riskClass": "low", "identityResult": "passed", "accountNumber": "6217000010001234567"},
    ),
    _rated("a holder of public office", "high", politicallyExposed=True),
    _rated("somebody living abroad", "high", residence="OTHER"),
    _rated("a limit of two million", "high", "approve-second", dailyLimit=2000000),
    _rated("a company with 300,000", "medium", customerType="company", idType="business_licence", dailyLimit=300000),
    _rated("a company with 100,000", "low", customerType="company", idType="business_licence", dailyLimit=100000),
    _rated("a person with 60,000", "medium", dailyLimit=60000),
    _onboarding(
        "two account holders are looked into at the same time",
        Do("capture", {"politicallyExposed": True, "accountHolders": "李晓明;王小红"}),
        "key-in",
        Open(("check-holder", "check-holder")),
        "check-holder",
        Open(("check-holder",)),
        Do("check-holder", {"cleared": "no"}),
        "conclude",
        *_CHECKED,
        "approve",
        data={
            "holderFindings": [
                {"holder": "李晓明", "cleared": "yes", "sourceOfFunds": "工资收入"},
                {"holder": "王小红", "cleared": "no", "sourceOfFunds": "工资收入"},
            ]
        },
    ),
    _onboarding("an application left for ten days lapses", Ring("lapsed"), end="declined"),
    _onboarding(
        "a rejected identity ends the case and withdraws the other task",
        "capture",
        Open(("key-in", "judge")),
        Do("judge", {"identityResult": "rejected"}),
        services={"screen": {"screeningHits": 2}},
        end="declined",
    ),
    _onboarding(
        "data differ and it is the customer all the same",
        "capture",
        "judge",
        Open(("key-in",)),
        "key-in",
        *_CHECKED,
        "approve",
        services={"verify": {"identityMatched": False}},
        data={"identityResult": "passed"},
    ),
    _onboarding(
        "the identity is waited for when the core system was faster",
        "capture",
        Open(("key-in", "check-document")),
        "key-in",
        Open(("check-document",)),
        "check-document",
        *_CHECKED,
        "approve",
        services={"verify": Breaks("REGISTRY_UNAVAILABLE")},
    ),
    _onboarding(
        "returned data are corrected and checked again",
        "capture",
        "key-in",
        "examine",
        Do("recheck", {"reviewResult": "return", "returnReason": "地址不完整。"}),
        Open(("capture",)),
        Do("capture", {"address": "北京市西城区金融大街2号"}),
        Do("key-in", {"address": "北京市西城区金融大街2号"}),
        *_CHECKED,
        "approve",
        data={"address": "北京市西城区金融大街2号"},
    ),
    _onboarding(
        "the first approver declines",
        "capture",
        "key-in",
        *_CHECKED,
        Do("approve", {"decision": "decline", "decisionReason": "用途不明。"}),
        end="declined",
        data={"decisionReason": "用途不明。"},
    ),
    _onboarding(
        "a high limit needs a second approver",
        Do("capture", {"dailyLimit": 600000}),
        "key-in",
        *_CHECKED,
        "approve",
        Open(("approve-second",)),
        "approve-second",
        data={"riskClass": "medium"},
    ),
    _onboarding(
        "the second approver declines",
        Do("capture", {"dailyLimit": 600000}),
        "key-in",
        *_CHECKED,
        "approve",
        Do("approve-second", {"secondDecision": "decline", "decisionReason": "限额过高。"}),
        end="declined",
    ),
    _onboarding(
        "an account at hand is used",
        "capture",
        "key-in",
        *_CHECKED,
        "approve",
        Open(("resolve",)),
        "resolve",
        services={"open": Breaks("ACCOUNT_EXISTS")},
        data={"accountNumber": "6217000010007654321", "accountChoice": "reuse"},
    ),
)

# -- identity check, on its own --


def _identity(name: str, *steps: Step, end: str = "passed", **more: Any) -> Journey:
    return Journey(name, "identity-check", steps, end, begin=_PERSON, **more)


IDENTITY = (
    _identity("all is in order", data={"identityResult": "passed"}),
    _identity(
        "somebody finds the identity genuine",
        "judge",
        services={"screen": {"screeningHits": 1}},
        data={"identityResult": "passed"},
    ),
    _identity(
        "somebody rejects the identity",
        Do("judge", {"identityResult": "rejected"}),
        services={"verify": {"identityMatched": False}},
        end="rejected",
    ),
    _identity(
        "the registry is down and the document is checked by hand",
        Open(("check-document",)),
        "check-document",
        services={"verify": Breaks("REGISTRY_UNAVAILABLE")},
        data={"identityResult": "passed"},
    ),
    _identity(
        "where services answer nothing a person judges",
        "judge",
        services={"verify": {}, "screen": {}},
        data={"identityResult": "passed"},
    ),
)

# -- review --

_APPLICATION = _PERSON | {
    "applicationNumber": "SQ-2026-0001",
    "product": "consumer_loan",
    "amount": 200000,
    "termMonths": 36,
    "purpose": "装修",
}
_HIGH: Sequence[Step] = (Open(("explain",)), "explain", "reassess")


def _review(
    name: str, *steps: Step, end: str = "approved", asked: Mapping[str, Any] | None = None, **more: Any
) -> Journey:
    first = Do("register", _APPLICATION | dict(asked or {}))
    return Journey(name, "review", (first, *steps), end, **more)


REVIEW = (
    _review(
        "low risk is approved at once",
        Open(("complete",)),
        "complete",
        "assess",
        Open(("decide",)),
        "decide",
        "contract",
        data={"riskClass": "low", "contractNumber": "HT-2026-001"},
    ),
    _review(
        "medium risk is approved",
        "complete",
        Do("assess", {"debtRatio": 45}),
        "decide",
        "contract",
        data={"riskClass": "medium"},
    ),
    _review(
        "a low score is explained and assessed again",
        "complete",
        "assess",
        *_HIGH,
        "decide",
        "contract",
        services={"credit": {"creditScore": 550}},
        data={"riskClass": "high"},
    ),
    _review(
        "high debts are explained",
        "complete",
        Do("assess", {"debtRatio": 60}),
        *_HIGH,
        "decide",
        "contract",
        data={"riskClass": "high"},
    ),
    _review(
        "six million are of high risk and decided twice",
        "complete",
        "assess",
        *_HIGH,
        "decide",
        "decide-second",
        Do("contract", {"amount": 6000000}),
        asked={"amount": 6000000},
        data={"riskClass": "high"},
    ),
    _review(
        "missing documents arrive",
        Do("complete", {"documentsComplete": "no", "missingDocuments": "收入证明"}),
        Open(()),
        Tell("documents"),
        Open(("complete",)),
        "complete",
        "assess",
        "decide",
        "contract",
    ),
    _review(
        "missing documents never arrive",
        Do("complete", {"documentsComplete": "no", "missingDocuments": "收入证明"}),
        Ring("too-late"),
        end="withdrawn",
    ),
    _review(
        "the bureau is down and the score is entered by hand",
        "complete",
        Open(("credit-by-hand",)),
        "credit-by-hand",
        "assess",
        "decide",
        "contract",
        services={"credit": Breaks("BUREAU_UNAVAILABLE")},
        data={"creditScore": 710, "riskClass": "low"},
    ),
    _review(
        "a returned application is corrected",
        "complete",
        "assess",
        Do("decide", {"decision": "return", "decisionNote": "期限有误。"}),
        Open(("register",)),
        Do("register", _APPLICATION | {"termMonths": 24}),
        "complete",
        "assess",
        "decide",
        Do("contract", {"termMonths": 24}),
        data={"termMonths": 24},
    ),
    _review(
        "an application is declined",
        "complete",
        "assess",
        Do("decide", {"decision": "decline", "decisionReason": "收入不足。"}),
        end="declined",
    ),
    _review(
        "a late second decision has the head reminded",
        "complete",
        "assess",
        "decide",
        Open(("decide-second",)),
        Ring("slow"),
        Open(("decide-second",)),
        "decide-second",
        Do("contract", {"amount": 2000000}),
        asked={"amount": 2000000},
        data={"riskClass": "medium"},
    ),
    _review(
        "the second decision declines",
        "complete",
        "assess",
        "decide",
        Do("decide-second", {"secondDecision": "decline", "decisionReason": "金额过大。"}),
        asked={"amount": 2000000},
        end="declined",
    ),
)

# -- complaint --

_COMPLAINT = {
    "complaintNumber": "TS-2026-0001",
    "channel": "phone",
    "customerName": "李晓明",
    "mobile": "13800138000",
    "category": "account",
    "disputedAmount": 500,
    "publicAttention": False,
    "details": "账户被重复扣费。",
    "demand": "退还费用。",
}
_ANSWERED: Sequence[Step] = ("draft", "check-answer", "recheck-answer", "answer")


def _complaint(
    name: str, *steps: Step, end: str = "closed", said: Mapping[str, Any] | None = None, **more: Any
) -> Journey:
    first = Do("register", _COMPLAINT | dict(said or {}))
    return Journey(name, "complaint", (first, *steps), end, **more)


def _classified(level: str, within: str, *departments: str, **said: Any) -> Journey:
    """A complaint of this kind, as far as its level, its time limit and the departments that are asked."""
    each = ("investigate",) * len(departments)
    advice: Sequence[Step] = (Open(("advise",)), "advise") if level == "major" else ()
    way = (*advice, Open(each), *each, *_ANSWERED, Tell("confirmed"))
    data = {"classification": {"level": level, "answerWithin": within}, "departments": list(departments)}
    what = ", ".join(f"{name} {value}" for name, value in said.items())
    return _complaint(f"{what} is {level}, for {' and '.join(departments)}", *way, said=said, data=data)


COMPLAINT = (
    _classified("general", "P15D", "OP", category="account"),
    _classified("general", "P15D", "BU", category="fee"),
    _classified("general", "P15D", "BU", category="product"),
    _classified("general", "P15D", "IT", category="system"),
    _classified("serious", "P5D", "HR", category="staff"),
    _classified("serious", "P7D", "OP", disputedAmount=20000),
    _classified("serious", "P7D", "OP", "RC", disputedAmount=60000),
    _classified("major", "P3D", "OP", "RC", disputedAmount=200000),
    _classified("major", "P2D", "IT", "MK", category="system", publicAttention=True),
    _complaint(
        "sent online, and the customer stays silent",
        Open(("investigate",)),
        "investigate",
        *_ANSWERED,
        Ring("silent"),
        start="submitted",
        payload={"channel": "online", "customerName": "李晓明", "mobile": "13800138000"},
        said={"channel": "online"},
        data={"channel": "online"},
    ),
    _complaint(
        "a breach goes to compliance while the answer is written",
        Do("investigate", {"breach": True}),
        Open(("hold-accountable", "draft")),
        "hold-accountable",
        *_ANSWERED,
        Tell("confirmed"),
    ),
    _complaint(
        "past its time limit the head chases and the work goes on",
        Ring("overdue"),
        Open(("chase", "investigate")),
        "investigate",
        *_ANSWERED,
        Tell("confirmed"),
        "chase",
        end="chased",
    ),
    _complaint(
        "a returned answer is written again",
        "investigate",
        "draft",
        Do("check-answer", {"answerApproved": "no", "checkNote": "未说明原因。"}),
        Open(("draft",)),
        Do("draft", {"answerText": "因参数设置有误，已更正。"}),
        "check-answer",
        "recheck-answer",
        "answer",
        Tell("confirmed"),
        data={"answerText": "因参数设置有误，已更正。"},
    ),
    _complaint(
        "the customer withdraws",
        Tell("withdrawn"),
        Open(("record-withdrawal",)),
        "record-withdrawal",
        end="withdrawn-end",
    ),
    _complaint(
        "reopened twice, compliance is asked",
        "investigate",
        *_ANSWERED,
        Tell("reopened", {"reason": "未退款。"}),
        Open(("investigate",)),
        "investigate",
        *_ANSWERED,
        Tell("reopened", {"reason": "仍未退款。"}),
        Open(("advise",)),
        "advise",
        "investigate",
        Do("draft", {"remedy": "refund", "refundAmount": 500}),
        "check-answer",
        "recheck-answer",
        "answer",
        Tell("confirmed"),
        data={"reopenings": 2, "refundAmount": 500},
    ),
)

# -- feedback --

_DONE = {"customerName": "李晓明", "mobile": "13800138000", "service": "onboarding"}
_CALLED = {"customerName": "李晓明", "mobile": "13800138000"}
_RETURNED: Sequence[Step] = ("summarise", "confirm")


def _feedback(name: str, *steps: Step, **more: Any) -> Journey:
    return Journey(name, "feedback", steps, "closed", **more)


def _surveyed(name: str, *steps: Step, **more: Any) -> Journey:
    return _feedback(name, *steps, start="completed", payload=_DONE, **more)


def _improved(themes: Sequence[str], *tasks: str) -> Journey:
    way = (
        Do("ask-why", {"themes": list(themes)}),
        *((Open(tasks),) if tasks else ()),
        *tasks,
        Open(("summarise",)),
        *_RETURNED,
    )
    name = f"a low score improves {' and '.join(themes) or 'nothing'}"
    return _surveyed(name, Tell("answered", {"score": 2}), *way, data={"themes": list(themes), "satisfied": "yes"})


FEEDBACK = (
    _surveyed("a good survey is filed", Open(()), Tell("answered", {"score": 5, "comment": "很快"}), data={"score": 5}),
    _surveyed(
        "without an answer the customer is called",
        Ring("no-answer"),
        Open(("call",)),
        Do("call", {**_CALLED, "score": 4}),
        data={"score": 4},
    ),
    _feedback(
        "a low score by phone, and the head reminded after two days",
        Do("register", _DONE | {"channel": "phone", "score": 3}),
        Open(("ask-why",)),
        Ring("not-reached"),
        Open(("ask-why",)),
        "ask-why",
        *_RETURNED,
    ),
    _improved(()),
    _improved(("process",), "improve-process"),
    _improved(("system",), "improve-system"),
    _improved(("training",), "train"),
    _improved(("process", "system", "training"), "improve-process", "improve-system", "train"),
    _improved(("system", "training"), "train", "improve-system"),
)

JOURNEYS = (*ONBOARDING, *IDENTITY, *REVIEW, *COMPLAINT, *FEEDBACK)
