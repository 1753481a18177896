"""The states of a receipt: a draft waits for the company, an issued one has its number."""

RECEIPT_DRAFT = "draft"
RECEIPT_ISSUED = "issued"
