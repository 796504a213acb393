"""The part of the demo's schema that tickets, tasks, messages and activities live in; see `schema.py`."""

from __future__ import annotations

from odoo_client.demo.orm.fields import Declarations

_TASK_STATES = (
    "01_in_progress:In+Progress|02_changes_requested:Changes+Requested|03_approved:Approved|1_done:Done|"
    "1_canceled:Cancelled|04_waiting_normal:Waiting"
)
_OCA_PRIORITIES = "0:Low|1:Medium|2:High|3:Very+High"
_PRIORITIES = "0:Low+priority|1:Medium+priority|2:High+priority|3:Urgent"
_KANBAN_STATES = "normal:Default|done:Ready+for+next+stage|blocked:Blocked"

DESK: Declarations = {
    "helpdesk.ticket.stage/oca": {"char": "name!", "integer": "sequence", "boolean": "closed unattended fold active"},
    "helpdesk.ticket.team/oca": {
        "char": "name!",
        "boolean": "active",
        "many2many": "user_ids>res.users",
        "many2one": "company_id>res.company",
    },
    "helpdesk.ticket/oca": {
        "char": "number name! partner_name partner_email",
        "html": "description!",
        "datetime": "last_stage_update assigned_date closed_date",
        "boolean": "closed~stage_id.closed unattended active",
        "integer": "sequence",
        "selection": f"priority={_OCA_PRIORITIES} kanban_state={_KANBAN_STATES}",
        "many2one": "user_id>res.users stage_id>helpdesk.ticket.stage partner_id>res.partner company_id!>res.company"
        " team_id>helpdesk.ticket.team commercial_partner_id>res.partner@16-",
    },
    "helpdesk.stage/enterprise": {"char": "name!", "integer": "sequence", "boolean": "fold active is_close@-15"},
    "helpdesk.team/enterprise": {
        "char": "name!",
        "boolean": "active",
        "many2many": "member_ids>res.users",
        "many2one": "company_id!>res.company",
    },
    "helpdesk.ticket/enterprise": {
        "char": "name! partner_name partner_email partner_phone ticket_ref",
        "html": "description",
        "datetime": "close_date assign_date date_last_stage_update sla_deadline",
        "boolean": "active",
        "selection": f"priority={_PRIORITIES} kanban_state={_KANBAN_STATES}",
        "many2one": "user_id>res.users stage_id>helpdesk.stage partner_id>res.partner"
        " commercial_partner_id>res.partner company_id~team_id.company_id>res.company team_id>helpdesk.team",
    },
    "mail.message.subtype": {"char": "name!", "boolean": "internal default", "integer": "sequence"},
    "mail.message": {
        "char": "model subject email_from",
        "html": "body",
        "datetime": "date",
        "many2one_reference": "res_id",
        "boolean": "is_internal",
        "selection": "message_type!=email|comment|notification|user_notification@-15"
        " message_type!=email|comment|notification|auto_comment|user_notification@16-",
        "many2one": "author_id>res.partner subtype_id>mail.message.subtype mail_activity_type_id>mail.activity.type",
        "many2many": "attachment_ids>ir.attachment partner_ids>res.partner",
    },
    "mail.activity.type": {
        "char": "name! icon summary",
        "integer": "sequence delay_count",
        "boolean": "active keep_done@17-18",
        "selection": "delay_unit!=days|weeks|months category=default:None|upload_file:Upload+Document@-15"
        " category=default:None|upload_file:Upload+Document|phonecall:Phonecall@16-",
    },
    "mail.activity": {
        "char": "res_model res_name summary",
        "many2one_reference": "res_id!@-15 res_id@16-",
        "html": "note",
        "text": "feedback@19-",
        "date": "date_deadline! date_done@17-",
        "boolean": "automated active@17-",
        "selection": "state~=overdue|today|planned@-16 state~=overdue|today|planned|done@17-",
        "many2one": "activity_type_id>mail.activity.type user_id!>res.users@-18 user_id>res.users@19-",
    },
    "project.project": {
        "char": "name!",
        "boolean": "active is_template@19-",
        "selection": "privacy_visibility!=followers|employees|portal@-18"
        " privacy_visibility!=followers|invited_users|employees|portal@19-",
        "many2one": "company_id>res.company partner_id>res.partner user_id>res.users",
        "many2many": "message_partner_ids~>res.partner allowed_internal_user_ids>res.users@-14",
    },
    "project.task.type": {
        "char": "name!",
        "integer": "sequence",
        "boolean": "fold active is_closed@-15",
        "many2many": "project_ids>project.project",
    },
    "project.task": {
        "char": "name! partner_email@-17 email_from",
        "html": "description",
        "datetime": "date_end date_last_stage_update date_assign date_deadline@17-",
        "date": "date_deadline@-16",
        "boolean": "active is_closed~stage_id.is_closed@-15 is_closed@16 is_closed~@17- is_template@19-"
        " has_template_ancestor@19-",
        "float": "planned_hours@-16 allocated_hours@17-",
        "selection": "priority=0:Normal|1:Important@-16 priority=0:Low|1:High@17-18"
        f" priority={_PRIORITIES}@19- kanban_state!=normal:In+Progress|done:Ready|blocked:Blocked@-16"
        f" state!={_TASK_STATES}@17-",
        "many2one": "project_id>project.project partner_id>res.partner stage_id>project.task.type"
        " company_id>res.company user_id>res.users@-14"
        " commercial_partner_id~partner_id.commercial_partner_id>res.partner@-16",
        "many2many": "user_ids>res.users@15-",
    },
}
