"""Everything there is from the beginning, and the house company."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KINDS: dict[str, Any] = {
    "": sa.String(),
    "big": sa.BigInteger(),
    "bool": sa.Boolean(),
    "int": sa.Integer(),
    "octets": sa.LargeBinary(),
    "serial": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
}
_HOUSE = {
    "number": 0,
    "id": "ten_house",
    "slug": "postmaster",
    "name": "Postmaster",
    "created_at": 0,
    "updated_at": 0,
    "locale": "en",
    "timezone": "UTC",
    "brand": "{}",
    "attach_pdf": "smtp-only",
    "email": "{}",
    "managed_by_file": False,
    "version": 1,
}


def upgrade() -> None:
    _create_directory()
    _create_mail()
    _create_queue()
    _create_billing()
    columns: list[Any] = [sa.column(name) for name in _HOUSE]
    op.execute(sa.table("tenant", *columns).insert().values(_HOUSE))


def _create(table: str, columns: str, *constraints: Any) -> None:
    """Create a table. columns: `name:kind`, text without kind; `?` may be NULL, `+` counts."""
    op.create_table(table, *[_column(word) for word in columns.split()], *constraints)


def _column(word: str) -> "sa.Column[Any]":
    name, _, kind = word.rstrip("?+").partition(":")
    counts = word.endswith("+")
    nullable = word.endswith("?")
    return sa.Column(name, _KINDS[kind], nullable=nullable, autoincrement=counts)


def _where(text: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(text), "postgresql_where": sa.text(text)}


def _create_directory() -> None:
    _create(
        "tenant",
        "number:serial id slug? name created_at:big updated_at:big locale timezone brand "
        "attach_pdf notify_address? email managed_by_file:bool version:int removed_at:big?",
        sa.PrimaryKeyConstraint("number", name="pk_tenant"),
        sa.UniqueConstraint("id", name="uq_tenant_id"),
        sa.UniqueConstraint("slug", name="uq_tenant_slug"),
    )
    _create(
        "api_key",
        "id tenant_id? scopes hash created_at:big last_used_at:big? revoked_at:big? "
        "managed_by_file:bool",
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_api_key_tenant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("hash", name="uq_api_key_hash"),
    )
    op.create_index("ix_api_key_tenant_id", "api_key", ["tenant_id"])
    _create(
        "login",
        "username tenant_id hash created_at:big revoked_at:big? managed_by_file:bool",
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_login_tenant_id"),
        sa.PrimaryKeyConstraint("username", name="pk_login"),
    )
    op.create_index("ix_login_tenant_id", "login", ["tenant_id"])
    _create(
        "web_session",
        "hash kind tenant_id data until:big",
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_web_session_tenant_id"),
        sa.PrimaryKeyConstraint("hash", name="pk_web_session"),
    )
    op.create_index("ix_web_session_tenant_id", "web_session", ["tenant_id"])
    op.create_index("ix_web_session_until", "web_session", ["until"])
    _create(
        "repeat",
        "key:octets tenant_id request_hash status:int body headers until:big",
        sa.PrimaryKeyConstraint("key", name="pk_repeat"),
    )
    op.create_index("ix_repeat_until", "repeat", ["until"])
    _create(
        "fact",
        "name value",
        sa.PrimaryKeyConstraint("name", name="pk_fact"),
    )
    _create(
        "counter",
        "tenant_id name value:big",
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_counter"),
    )


def _create_mail() -> None:
    _create(
        "content",
        "position:serial+ key:octets tenant_id sha256 size:big data:octets?",
        sa.PrimaryKeyConstraint("position", name="pk_content"),
        sa.UniqueConstraint("key", name="uq_content_key"),
    )
    _create(
        "inbound",
        "position:serial+ id tenant_id envelope peer received_at:big raw_sha256 raw_size:big "
        "dedupe crashes:int fence:big key:octets? due_at:big? lease_owner? verify_at:big?",
        sa.PrimaryKeyConstraint("position", name="pk_inbound"),
        sa.UniqueConstraint("id", name="uq_inbound_id"),
        sa.UniqueConstraint("key", name="uq_inbound_key"),
    )
    op.create_index("ix_inbound_due_at", "inbound", ["due_at"], **_where("due_at IS NOT NULL"))
    op.create_index(
        "ix_inbound_verify_at", "inbound", ["verify_at"], **_where("verify_at IS NOT NULL")
    )
    _create(
        "conversation",
        "position:serial+ id tenant_id subject customer_name customer_address created_at:big "
        "updated_at:big status unread:int failed:bool last_message last_message_at:big? tags "
        "assignee? merged_into? locale? version:int invoice_ids customer_key",
        sa.PrimaryKeyConstraint("position", name="pk_conversation"),
        sa.UniqueConstraint("id", name="uq_conversation_id"),
    )
    # First: where two indexes serve alike, SQLite takes the one that was made later.
    op.create_index(
        "ix_conversation_updated", "conversation", ["tenant_id", "updated_at", "position"]
    )
    op.create_index(
        "ix_conversation_failed",
        "conversation",
        ["tenant_id", "updated_at", "position"],
        **_where("failed"),
    )
    op.create_index(
        "ix_conversation_status", "conversation", ["tenant_id", "status", "updated_at", "position"]
    )
    op.create_index(
        "ix_conversation_unread",
        "conversation",
        ["tenant_id", "updated_at", "position"],
        **_where("unread > 0"),
    )
    _create(
        "participant",
        "tenant_id ref:big conversation_id name address role created_at:big approved:bool "
        "link_issue:int link_expires_at:big? revoked:bool",
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_participant_conversation_id"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "ref", name="pk_participant"),
    )
    op.create_index("ix_participant_conversation_id", "participant", ["conversation_id"])
    op.create_index(
        "ix_participant_revoked", "participant", ["tenant_id", "ref"], **_where("revoked")
    )
    _create(
        "message",
        "position:serial+ id tenant_id conversation_id direction channel from_name "
        "from_address subject received_at:big recipients date:big? message_id? "
        "submitted_message_id? refs text quoted_text signature full_text html? details "
        "sender_expected:bool automatic? rule evidence readable:bool visible:bool kind "
        "author_ref:big? invoice_id? raw_sha256? raw_size:big attachments:int raw_key:octets?",
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_message_conversation_id"
        ),
        sa.ForeignKeyConstraint(["raw_key"], ["content.key"], name="fk_message_raw_key"),
        sa.PrimaryKeyConstraint("position", name="pk_message"),
        sa.UniqueConstraint("id", name="uq_message_id"),
    )
    op.create_index("ix_message_conversation", "message", ["conversation_id", "position"])
    op.create_index("ix_message_tenant", "message", ["tenant_id", "position"])
    _create(
        "message_name",
        "key:octets message_id",
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_name_message_id"),
        sa.PrimaryKeyConstraint("key", "message_id", name="pk_message_name"),
    )
    op.create_index("ix_message_name_message_id", "message_name", ["message_id"])
    _create(
        "attachment",
        "position:serial+ id tenant_id message_id filename content_type size:big sha256 "
        "inline:bool content_id? document? key:octets",
        sa.ForeignKeyConstraint(["key"], ["content.key"], name="fk_attachment_key"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_attachment_message_id"),
        sa.PrimaryKeyConstraint("position", name="pk_attachment"),
        sa.UniqueConstraint("id", name="uq_attachment_id"),
    )
    op.create_index("ix_attachment_message_id", "attachment", ["message_id"])


def _create_queue() -> None:
    _create(
        "delivery",
        "position:serial+ id tenant_id message_id conversation_id recipient_name "
        "recipient_address state sender route raw_sha256 raw_size:big queued_at:big "
        "next_attempt_at:big? participant_ref:big? signature:octets? reason dsn tries:int "
        "sending:bool complained:bool smtputf8:bool fence:big attempts updated_at:big? "
        "raw_key:octets recipient_key reason_key? due_at:big? lease_owner?",
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_delivery_message_id"),
        sa.ForeignKeyConstraint(["raw_key"], ["content.key"], name="fk_delivery_raw_key"),
        sa.PrimaryKeyConstraint("position", name="pk_delivery"),
        sa.UniqueConstraint("id", name="uq_delivery_id"),
    )
    op.create_index(
        "ix_delivery_bounced",
        "delivery",
        ["tenant_id", "recipient_key", "updated_at"],
        **_where("state = 'bounced' OR state = 'expired'"),
    )
    op.create_index("ix_delivery_due_at", "delivery", ["due_at"], **_where("due_at IS NOT NULL"))
    op.create_index(
        "ix_delivery_lane",
        "delivery",
        ["tenant_id", "route", "due_at"],
        **_where("due_at IS NOT NULL"),
    )
    op.create_index("ix_delivery_message_id", "delivery", ["message_id"])
    op.create_index("ix_delivery_state", "delivery", ["tenant_id", "state", "position"])
    op.create_index("ix_delivery_tenant", "delivery", ["tenant_id", "position"])
    _create(
        "suppression",
        "position:serial+ key:octets tenant_id address kind reason created_at:big",
        sa.PrimaryKeyConstraint("position", name="pk_suppression"),
        sa.UniqueConstraint("key", name="uq_suppression_key"),
    )
    op.create_index("ix_suppression_tenant", "suppression", ["tenant_id", "position"])
    _create(
        "event",
        "position:serial+ id tenant_id sequence:big type timestamp:big data",
        sa.PrimaryKeyConstraint("position", name="pk_event"),
    )
    op.create_index("ix_event_id", "event", ["id"])
    op.create_index("uq_event_sequence", "event", ["tenant_id", "sequence"], unique=True)


def _create_billing() -> None:
    _create(
        "invoice",
        "position:serial+ id tenant_id conversation_id number amount currency customer "
        "created_at:big updated_at:big kind issued_on? due_on? status message_id? lines "
        "payment message locale? replaces? replaced_by? pdf_attachment_id? version:int "
        "number_key:octets",
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_invoice_conversation_id"
        ),
        sa.PrimaryKeyConstraint("position", name="pk_invoice"),
        sa.UniqueConstraint("id", name="uq_invoice_id"),
    )
    op.create_index("ix_invoice_conversation_id", "invoice", ["conversation_id"])
    op.create_index("ix_invoice_number", "invoice", ["number_key", "position"])
    op.create_index("ix_invoice_tenant", "invoice", ["tenant_id", "position"])
    op.create_index(
        "uq_invoice_number", "invoice", ["number_key"], unique=True, **_where("replaced_by IS NULL")
    )
    _create(
        "payment",
        "position:serial+ id tenant_id invoice_id amount method on by confirmed:bool note "
        "created_at:big withdrawn:bool",
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name="fk_payment_invoice_id"),
        sa.PrimaryKeyConstraint("position", name="pk_payment"),
        sa.UniqueConstraint("id", name="uq_payment_id"),
    )
    op.create_index("ix_payment_invoice_id", "payment", ["invoice_id"])
    op.create_index("ix_payment_tenant", "payment", ["tenant_id", "position"])
    _create(
        "receipt",
        "position:serial+ id tenant_id invoice_id payment_id? number:big? state created_at:big",
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name="fk_receipt_invoice_id"),
        sa.PrimaryKeyConstraint("position", name="pk_receipt"),
        sa.UniqueConstraint("id", name="uq_receipt_id"),
    )
    op.create_index("ix_receipt_invoice_id", "receipt", ["invoice_id"])
    op.create_index("uq_receipt_number", "receipt", ["tenant_id", "number"], unique=True)
