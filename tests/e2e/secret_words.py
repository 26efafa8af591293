"""Secrets of an end-to-end run, looked for afterwards in all that it wrote."""

from pipeline.demo.slack_server import DEMO_TOKEN

SMTP_PASSWORD = "of-the-mail-server-4711"
WEBHOOK_SECRET = "of-the-webhook-0815-and-more"
SECRETS = (DEMO_TOKEN, SMTP_PASSWORD, WEBHOOK_SECRET)
