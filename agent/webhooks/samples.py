"""What subscribers may expect, by event: made-up people, the real shapes."""

from typing import Any

_AT = "2026-03-02T18:00:00Z"
_CONTACT = {"name": "Sam Lee", "email": "sam@example.com", "phone": "+12025550123"}
_TOUR = {
    "tour_id": "tour_8k2m4q6s8u0w2y4a6c8e",
    "listing_id": "lst_1b3d5f7h9k1m3p5r7t9v",
    "starts_at": "2026-03-05T22:30:00Z",
}
_TOURING = {
    **_TOUR,
    "ends_at": "2026-03-05T23:00:00Z",
    "zone": "America/Denver",
    "label": "Thursday, March 5 at 3:30 PM",
    "community": "Alder Row",
    "address": "12 Alder Row, Denver",
    "calendar": {
        "filename": "tour.ics",
        "content_type": "text/calendar; charset=utf-8",
        "text": "BEGIN:VCALENDAR\r\n…\r\nEND:VCALENDAR\r\n",
    },
}
_THREAD = {"thread_id": "thr_2c4e6g8j0m2p4r6t8v0x"}
_TICKET = {"ticket_id": "CS-20260302"}
_ACTION = {**_THREAD, "action_id": "act_3d5f7h9k1m3p5r7t9v1x"}


def _carried(event: str, action: str, **more: Any) -> dict[str, Any]:
    """An action that the subscriber itself carries out: with the contact."""
    return {
        "id": f"default:{_ACTION['action_id']}",
        "type": event,
        "timestamp": _AT,
        "data": {**_ACTION, "action": action, "contact": _CONTACT, **more},
    }


def _heard(event: str, **data: Any) -> dict[str, Any]:
    """An event: references only."""
    return {
        "id": f"{_THREAD['thread_id']}:7",
        "type": event,
        "timestamp": _AT,
        "data": data,
    }


def _apart(event: str, **data: Any) -> dict[str, Any]:
    """An event that belongs to no thread."""
    return {"id": "evt_5g7j9m1p3r5t7v9x1z3b:0", "type": event, "timestamp": _AT, "data": data}


SAMPLES: dict[str, list[dict[str, Any]]] = {
    "tour.proposed": [_heard("tour.proposed", **_ACTION, **_TOUR)],
    "tour.booked": [
        _carried("tour.booked", "schedule_tour", **_TOURING),
        _heard("tour.booked", **_ACTION, **_TOUR),
    ],
    "tour.rescheduled": [
        _carried("tour.rescheduled", "reschedule_tour", **_TOURING),
        _heard("tour.rescheduled", **_ACTION, **_TOUR),
    ],
    "tour.canceled": [
        _carried("tour.canceled", "cancel_tour", **_TOURING),
        _heard("tour.canceled", **_ACTION, tour_id=_TOUR["tour_id"]),
    ],
    "documents.requested": [
        _carried("documents.requested", "request_docs", documents=["Photo ID", "Pay stubs"]),
        _heard("documents.requested", **_ACTION),
    ],
    "application.started": [
        _carried(
            "application.started",
            "apply_now",
            listing_id=_TOUR["listing_id"],
            application_id="app_4f6h8k0m2p4r6t8v0x2z",
            application_url="https://example.com/apply",
        ),
        _heard("application.started", **_ACTION, listing_id=_TOUR["listing_id"]),
    ],
    "message.sent": [
        _carried("message.sent", "send_message", channel="sms", text="See you on Thursday."),
        _heard("message.sent", **_ACTION, channel="sms"),
    ],
    "listing.favorited": [_heard("listing.favorited", **_THREAD, listing_id=_TOUR["listing_id"])],
    "handoff.requested": [_heard("handoff.requested", **_THREAD)],
    "lead.created": [_apart("lead.created", lead_id="lead_6h8k0m2p4r6t8v0x2z4b")],
    "thread.started": [_heard("thread.started", **_THREAD)],
    "thread.stage_changed": [_heard("thread.stage_changed", **_THREAD, stage="touring")],
    "optout.received": [_heard("optout.received", **_THREAD)],
    "ticket.created": [_apart("ticket.created", **_TICKET)],
    "ticket.approved": [
        _apart("ticket.approved", **_TICKET, knowledge_id="KB-NEW-0001", kb_id="KB-1042")
    ],
    "ticket.rejected": [_apart("ticket.rejected", **_TICKET)],
    "knowledge.published": [_apart("knowledge.published", knowledge_id="KB-NEW-0001", **_TICKET)],
}
"""Event -> the newest shapes, the fullest first."""
