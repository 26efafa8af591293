"""`mineralwatch doctor`: Slack, mail and the machine, each really out of order."""

import json
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from pipeline.assess.assessor import Assessor
from pipeline.assess.learned import load_model
from pipeline.assess.model_files import PACKAGE_MODEL
from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import SlackServer, SlackServerThread
from pipeline.notify.slack_probe import NEEDED
from pipeline.stages.doctor_channels import check_clock
from pipeline.stages.doctor_machine import check_disk, check_model, check_time_zones
from schemas.doctor import Verdict
from tests.doctoring import ALL_NEEDED, ROOT, ROUTES, Doctor, own_config, slack_env

# ---- Slack ---------------------------------------------------------------------------------------


def test_a_wrong_token(doctor: Doctor, slack: SlackServer) -> None:
    code, found = doctor(**slack_env(slack, MINERALWATCH_SLACK_TOKEN="xoxb-wrong-one"))
    assert code == 1
    assert (found["slack"]["verdict"], found["slack"]["seen"]) == ("fail", "invalid_auth")
    assert "xoxb-wrong" not in json.dumps(found)
    assert found["slack scopes"]["verdict"] == "skipped"


def test_slack_out_of_reach(doctor: Doctor, slack: SlackServer) -> None:
    slack.drop_next(method="auth.test")
    _, found = doctor(**slack_env(slack))
    assert found["slack"]["verdict"] == "fail"
    assert "could not be reached" in found["slack"]["seen"]
    slack.fail_next(method="auth.test")
    _, found = doctor(**slack_env(slack))
    assert found["slack"]["verdict"] == "fail"


@pytest.mark.parametrize(
    ("lost", "verdict", "code"), [("chat:write", "fail", 1), ("reactions:read", "warn", 0)]
)
def test_a_missing_scope_is_named_with_what_is_lost(
    doctor: Doctor, lost: str, verdict: str, code: int
) -> None:
    with SlackServerThread(channels=["minerals"], scopes=ALL_NEEDED - {lost}) as slack:
        ended, found = doctor(**slack_env(slack))
    assert (ended, found["slack scopes"]["verdict"]) == (code, verdict)
    assert NEEDED[lost] in found["slack scopes"]["seen"]
    assert f"add {lost} " in found["slack scopes"]["mend"]


def test_the_scopes_are_those_of_the_manifest() -> None:
    manifest = yaml.safe_load((ROOT / "docs" / "slack-app-manifest.yaml").read_text())
    assert set(NEEDED) == set(manifest["oauth_config"]["scopes"]["bot"])


@pytest.mark.parametrize("fault", ["gone", "archived", "left"])
def test_a_channel_that_the_bot_cannot_post_to(
    doctor: Doctor, slack: SlackServer, tmp_path: Path, fault: str
) -> None:
    operations = slack.workspace.channels[1]
    operations.archived, operations.member = fault == "archived", fault != "left"
    address = "nowhere" if fault == "gone" else "operations"
    operators = [{"channel": "slack", "address": address}]
    code, found = doctor(
        **slack_env(slack), **own_config(tmp_path, "routes.yaml", ROUTES | {"operators": operators})
    )
    assert (code, found["slack channels"]["verdict"]) == (1, "fail")
    assert f"#{address}" in found["slack channels"]["seen"]
    assert "minerals" not in found["slack channels"]["seen"]


def test_channels_that_cannot_be_listed_are_a_warning(doctor: Doctor) -> None:
    with SlackServerThread(channels=["minerals"], scopes=frozenset({"chat:write"})) as slack:
        _, found = doctor(**slack_env(slack))
    assert found["slack channels"]["verdict"] == "warn"
    assert "channels:read" in found["slack channels"]["mend"]


def test_a_clock_that_is_wrong(
    doctor: Doctor, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr("pipeline.commands.doctor.utc_now", lambda: late)
    code, found = doctor(**slack_env(slack))
    assert (code, found["clock"]["verdict"]) == (1, "fail")
    assert "ahead of Slack's" in found["clock"]["seen"]
    assert check_clock(late, late - timedelta(seconds=30)).verdict is Verdict.WARN
    assert check_clock(late, late + timedelta(seconds=1)).verdict is Verdict.OK
    assert check_clock(None, late).verdict is Verdict.SKIPPED


# ---- mail ----------------------------------------------------------------------------------------


def test_a_wrong_password_of_the_mail_server(doctor: Doctor, tmp_path: Path) -> None:
    with MailCatcher(tmp_path / "mail", user="watch", password="right-one") as mail:
        code, found = doctor(MINERALWATCH_SMTP_URL=f"smtp://watch:wrong-one@127.0.0.1:{mail.port}")
    assert (code, found["smtp"]["verdict"]) == (1, "fail")
    assert "535" in found["smtp"]["seen"]
    assert "wrong-one" not in json.dumps(found)


def test_tls_is_really_spoken_and_a_certificate_that_nobody_vouches_for_is_refused(
    doctor: Doctor,
    tmp_path: Path,
    certificate: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, context = certificate
    with MailCatcher(tmp_path / "mail", tls=context) as mail:
        url = f"smtp://127.0.0.1:{mail.port}?starttls=1"
        _, found = doctor(MINERALWATCH_SMTP_URL=url)
        assert found["smtp"]["verdict"] == "fail"
        assert "certificate" in found["smtp"]["seen"].lower()
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        _, found = doctor(MINERALWATCH_SMTP_URL=url)
        assert found["smtp"]["verdict"] == "ok"
        assert "starttls" in found["smtp"]["seen"]
        assert mail.messages == []


def test_a_mail_server_without_starttls_and_one_that_is_down(
    doctor: Doctor, tmp_path: Path
) -> None:
    with MailCatcher(tmp_path / "mail") as mail:
        port = mail.port
        _, found = doctor(MINERALWATCH_SMTP_URL=f"smtp://127.0.0.1:{port}?starttls=1")
        assert found["smtp"]["verdict"] == "fail"
        assert "STARTTLS" in found["smtp"]["seen"]
    _, found = doctor(MINERALWATCH_SMTP_URL=f"smtp://127.0.0.1:{port}")
    assert found["smtp"]["verdict"] == "fail"


# ---- this machine --------------------------------------------------------------------------------


def test_a_time_zone_without_data() -> None:
    found = check_time_zones(("Europe/Kyiv", "Mars/Olympus"))
    assert found.verdict is Verdict.FAIL
    assert "Mars/Olympus" in found.seen
    assert "tzdata" in found.mend


def test_weights_that_are_broken_or_missing(assessor: Assessor, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(PACKAGE_MODEL, folder)
    weights = folder / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:100_000])

    def broken() -> Assessor:
        load_model(folder)
        return assessor

    found = check_model(broken)
    assert found.verdict is Verdict.FAIL
    assert str(folder) in found.seen

    def missing() -> Assessor:
        Path("lexicon.yaml").read_bytes()
        return assessor

    assert check_model(missing).verdict is Verdict.FAIL
    without = check_model(lambda: assessor, tmp_path)
    assert without.verdict is Verdict.WARN
    assert "rules alone" in without.seen


def test_no_room(tmp_path: Path) -> None:
    huge = 10**18
    assert check_disk(tmp_path, fail_at=huge).verdict is Verdict.FAIL
    assert check_disk(tmp_path, warn_at=huge).verdict is Verdict.WARN
    assert check_disk(tmp_path / "not" / "yet", warn_at=1, fail_at=1).verdict is Verdict.OK


@pytest.mark.parametrize("name", [".env", "var/airflow/secrets.json", "var/airflow"])
def test_secrets_that_others_can_read(doctor: Doctor, tmp_path: Path, name: str) -> None:
    home = tmp_path / "var" / "airflow"
    home.mkdir(parents=True, mode=0o700)
    for one in (tmp_path / ".env", home / "secrets.json"):
        one.write_text("{}" if one.suffix else "")
        one.chmod(0o600)
    assert doctor("--offline")[1]["secrets"]["verdict"] == "ok"
    (tmp_path / name).chmod(0o755 if name.endswith("airflow") else 0o640)
    code, found = doctor("--offline")
    assert (code, found["secrets"]["verdict"]) == (1, "fail")
    assert Path(name).name in found["secrets"]["seen"]
