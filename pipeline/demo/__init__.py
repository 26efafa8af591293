"""`mineralwatch demo`: a newsroom, a Slack endpoint and a mail catcher on loopback."""
