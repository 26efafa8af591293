"""Items of a made-up newsroom that several tests publish."""

from datetime import time

from pipeline.demo.samples import SampleItem

SIGNED = SampleItem(
    id="sign-1",
    title="Japan and Kazakhstan sign memorandum on rare earths",
    summary="The ministers signed it in Astana on Monday. Exploration is to begin next year.",
    outlet="Daily",
    feed="daily",
    language="en",
    day=0,
    time=time(8),
    event="jp-kz",
    relevant=True,
)
