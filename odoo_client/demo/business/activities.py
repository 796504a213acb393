"""Activities on records: scheduling one, marking it done. What "done" leaves behind depends on the version."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business import messages
from odoo_client.demo.business.rights import document_refusal
from odoo_client.demo.business.writes import guarded
from odoo_client.demo.orm.computed import display_name
from odoo_client.demo.orm.faults import missing_error
from odoo_client.demo.orm.rows import Row

if TYPE_CHECKING:
    from odoo_client.demo.business.call import Env, Records

_TYPES = {
    "mail.mail_activity_data_email": cat.EMAIL,
    "mail.mail_activity_data_call": cat.CALL,
    "mail.mail_activity_data_meeting": cat.MEETING,
    "mail.mail_activity_data_todo": cat.TODO,
    "mail.mail_activity_data_upload_document": cat.DOCUMENT,
}


def activity_schedule(
    records: Records,
    act_type_xmlid: str = "",
    date_deadline: str | None = None,
    summary: str = "",
    note: str = "",
    **act_values: Any,
) -> list[int] | str:
    """Schedule an activity on each record.

    On 19 the ids; before, Odoo hands over its recordset as a text: `mail.activity(12,)`.
    """
    env, db = records.env, records.env.db
    known = _TYPES.get(act_type_xmlid) or act_values.pop("activity_type_id", None) or cat.TODO
    kind = db.tables["mail.activity.type"][known]
    values = {
        "activity_type_id": known, "summary": summary or kind.get("summary"), "note": note or None,
        "date_deadline": date_deadline or db.now()[:10], "automated": True, "res_model": records.model,
    } | act_values  # fmt: skip
    if not values.get("user_id") and db.profile.major <= 18:
        values["user_id"] = env.uid
    keys = []
    for key in records.ids:
        if key not in db.tables[records.model]:
            if db.profile.major >= 19:
                raise document_refusal(db, "mail.activity", "create", key, env.uid)
            raise missing_error(records.model, key, env.uid)
        messages.check_may_post(env, records.model, key, "mail.activity")
        shown = display_name(db, records.model, db.tables[records.model][key])
        checked = guarded(db, "mail.activity", values | {"res_id": key}, creating=True, uid=env.uid)
        keys.append(db.create("mail.activity", checked | {"res_name": shown}, uid=env.uid))
    if db.profile.major >= 19:
        return keys
    return f"mail.activity({', '.join(map(str, keys))}{',' * (len(keys) == 1)})"


def action_feedback(records: Records, feedback: Any = False, attachment_ids: Any = None) -> int | bool:
    """Mark activities done: a message on each record says so. Until 18 they are deleted, on 19 archived.

    The id of the first message, False without any activity.
    """
    env, db = records.env, records.env.db
    rows = env.visible("mail.activity", records.ids)
    posted = []
    for row in rows:
        model, key = row["res_model"], row["res_id"]
        if row.get("user_id") != env.uid and row.get("create_uid") != env.uid:
            messages.check_may_post(env, model, key, "mail.activity")
        if key in db.tables.get(model, {}):
            posted.append(
                messages.post(
                    env, model, key, _report(env, row, str(feedback or "")), message_type="notification",
                    subtype=cat.ACTIVITIES, mail_activity_type_id=row["activity_type_id"],
                    attachment_ids=list(attachment_ids or ()),
                )
            )  # fmt: skip
    keys = [row["id"] for row in rows]
    if db.profile.major >= 19:
        done = {"active": False, "date_done": db.now()[:10]} | ({"feedback": feedback} if feedback else {})
        db.write("mail.activity", keys, done, uid=env.uid)
    else:
        db.unlink("mail.activity", keys, uid=env.uid)
    return posted[0] if posted else False


def action_done(records: Records) -> int | bool:
    """Mark activities done without a word."""
    return action_feedback(records)


def _report(env: Env, activity: Row, feedback: str) -> str:
    """Return Odoo's message about a done activity: what it was, its note and the feedback, in the version's order."""
    db = env.db
    kind = db.tables["mail.activity.type"][activity["activity_type_id"]]
    title = f'<span class="fa {kind["icon"]} fa-fw"></span><span>{escape(str(kind["name"]))}</span> done'
    if activity.get("user_id") != env.uid:
        user = db.tables["res.users"].get(activity.get("user_id") or 0)
        name = display_name(db, "res.users", user) if user else ""
        title += f" (originally assigned to <span>{escape(name)}</span>)"
    if activity.get("summary"):
        title += f"<span>: </span><span>{escape(str(activity['summary']))}</span>"
    note = ""
    if activity.get("note"):
        note = f'<div class="o_mail_note_title">Original note:</div><div>{activity["note"]}</div>'
    words = "<br>".join(escape(line) for line in feedback.split("\n"))
    if db.profile.major >= 17:
        answer = f'<div><div class="fw-bold">Feedback:</div>{words}</div>' if feedback else ""
        return f"<div><p>{title}</p>{note}{answer}</div>"
    answer = f"<div>{words}</div>" if feedback else ""
    return f"<div><p>{title}</p>{answer}{note}</div>"
