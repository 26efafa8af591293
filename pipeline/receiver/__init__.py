"""The WebSub receiver: where hubs verify our intents and send what is new."""
