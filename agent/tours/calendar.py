"""A tour as an iCalendar file that calendars update and remove by themselves."""

from datetime import timedelta
from urllib.parse import quote

from agent.tenants.models import Community
from agent.tours.models import Tour

TYPE = "text/calendar"
_YEAR = timedelta(days=366)


def calendar(tour: Tour, community: Community, *, where: str, canceled: bool = False) -> bytes:
    """The .ics file of `tour` at the address `where`, in the community's own time zone.

    Its UID is the tour's for ever and its SEQUENCE grows with every change, so that a newer file
    replaces an older one; `canceled` takes the event out again.
    """
    from icalendar import Calendar, Event, vCalAddress

    event = Event()
    event.add("uid", f"{tour.tour_id}@latchkey")
    event.add("sequence", tour.version)
    event.add("dtstamp", tour.updated_at)
    event.add("dtstart", tour.starts_at.astimezone(community.tz))
    event.add("dtend", tour.ends_at.astimezone(community.tz))
    event.add("summary", f"Tour at {community.name}")
    event.add("location", where)
    event.add("status", "CANCELLED" if canceled else "CONFIRMED")
    organizer = vCalAddress(f"urn:latchkey:{quote(community.community_id, safe='')}")
    organizer.params["CN"] = community.name
    event.add("organizer", organizer)
    if community.phone:
        event.add("description", f"Questions? Call {community.name} at {community.phone}.")
    file = Calendar()
    file.add("prodid", "-//Latchkey//Tours//EN")
    file.add("version", "2.0")
    file.add("method", "CANCEL" if canceled else "REQUEST")
    file.add_component(event)
    file.add_missing_timezones((tour.starts_at - _YEAR).date(), (tour.starts_at + _YEAR).date())
    return bytes(file.to_ical())
