"""Documents and container files agree with the product and with each other."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from pipeline.cli import app
from pipeline.notify.reactions import ReactionReader
from pipeline.notify.slack import SlackSender
from pipeline.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS = {f"MINERALWATCH_{name.upper()}" for name in Settings.model_fields}
MAX_PICTURE = 200_000
FENCE = re.DOTALL | re.MULTILINE


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# ---- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=FENCE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_a_page_names_exist(page: Path) -> None:
    named = set(re.findall(r"MINERALWATCH_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
    assert named <= SETTINGS


def test_pictures_are_small_and_shown() -> None:
    shown = set(re.findall(r"\]\(docs/images/([^)]+)\)", read("README.md")))
    for page in (ROOT / "docs").glob("*.md"):
        shown |= set(re.findall(r"!\[[^]]+\]\(images/([^)]+)\)", page.read_text("utf-8")))
    pictures = {path.name: path.stat().st_size for path in (ROOT / "docs" / "images").iterdir()}
    assert shown == set(pictures)
    assert not {name: size for name, size in pictures.items() if size > MAX_PICTURE}


def test_the_readme_lists_every_command() -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    section = read("README.md").split("## The command line")[1].split("Every command has")[0]
    assert set(re.findall(r"`([a-z][a-z-]*)`", section)) == known


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"## [{version}]" in read("CHANGELOG.md")


# ---- .env.example ------------------------------------------------------------------------------

ENV_LINE = re.compile(r"^(#?)([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)


def env_example() -> list[tuple[bool, str, str]]:
    """(commented out, name, value) of each line."""
    return [(bool(off), name, value) for off, name, value in ENV_LINE.findall(read(".env.example"))]


def test_env_example_has_every_setting_once() -> None:
    names = [name for _, name, _ in env_example()]
    assert len(names) == len(set(names))
    assert {name for name in names if name.startswith("MINERALWATCH_")} == SETTINGS


def test_env_example_explains_every_setting() -> None:
    lines = read(".env.example").splitlines()
    for number, line in enumerate(lines):
        if ENV_LINE.match(line):
            above = lines[number - 1]
            told = above.startswith("# ") and not above.startswith("# ----")
            assert told or above.startswith("#AIRFLOW_PORT"), f"nothing is said of {line}"


def test_env_example_sets_nothing() -> None:
    assert not [name for off, name, value in env_example() if not off and value]


def test_env_example_shows_the_defaults() -> None:
    """What a line shows is the default, unless it is an example for a setting that has none."""
    plain = Settings.model_construct()
    examples = {"digest_from", "user_agent", "digest_to", "webhook_secrets"}
    for _, name, value in env_example():
        field = name.removeprefix("MINERALWATCH_").lower()
        if field in Settings.model_fields and field not in examples:
            default = getattr(plain, field)
            if default is not None:
                assert getattr(load_settings(**{field: value}), field) == default, name


# ---- docker-compose.yml and Dockerfile ---------------------------------------------------------

AIRFLOW = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
SERVERS = AIRFLOW | {"postgres", "valkey", "catcher"}


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(read("docker-compose.yml"))
    return loaded


def test_compose_asks_for_what_env_example_offers() -> None:
    variables = dict(re.findall(r"\$\{([A-Z_]+):([-?])", read("docker-compose.yml")))
    offered = {name for _, name, _ in env_example()}
    own = {"MINERALWATCH_DATABASE_URL", "MINERALWATCH_VAR_DIR"}
    assert set(variables) == offered - own
    needed = {name for off, name, _ in env_example() if not off}
    assert {name for name, operator in variables.items() if operator == "?"} == needed


def test_compose_passes_every_setting(compose: dict[str, Any]) -> None:
    passed = set(compose["x-app"]["environment"]) | {"MINERALWATCH_VAR_DIR"}
    assert {name for name in passed if name.startswith("MINERALWATCH_")} == SETTINGS
    assert "MINERALWATCH_VAR_DIR=" in read("Dockerfile")


def test_compose_has_no_default_secret(compose: dict[str, Any]) -> None:
    environment = {
        **compose["x-app"]["environment"],
        **compose["services"]["postgres"]["environment"],
        **compose["services"]["init"]["environment"],
    }
    for name, value in environment.items():
        if "TOKEN" in name or name == "MINERALWATCH_WEBHOOK_SECRETS":
            assert value.endswith(":-}"), name
        elif re.search(
            r"PASSWORD$|SECRET|FERNET|SQL_ALCHEMY_CONN|DATABASE_URL|BROKER_URL|RESULT_BACKEND", name
        ):
            assert re.search(r"\$\{[A-Z_]+:\?is missing in \.env - [^}]+\}", value), name


def test_compose_watches_the_health_of_every_server(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == SERVERS | {"init", "executor-check"}
    assert all("healthcheck" in services[name] for name in SERVERS)
    assert all(services[name]["command"] for name in AIRFLOW)
    waits = compose["x-app"]["depends_on"]
    assert waits["init"]["condition"] == "service_completed_successfully"
    assert waits["postgres"]["condition"] == "service_healthy"


def test_compose_keeps_data_in_named_volumes_and_ports_on_this_machine(
    compose: dict[str, Any],
) -> None:
    mounts = [
        *compose["x-app"]["volumes"],
        *compose["services"]["postgres"]["volumes"],
        *compose["services"]["valkey"]["volumes"],
    ]
    named = {mount.split(":")[0] for mount in mounts if isinstance(mount, str)}
    assert named == set(compose["volumes"])
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert ports


def test_images_are_named_with_a_version(compose: dict[str, Any]) -> None:
    images = re.findall(r"^FROM (\S+)", read("Dockerfile"), re.MULTILINE)
    images += [s["image"] for s in compose["services"].values() if "image" in s]
    assert all(re.search(r":[\w.]*\d", image) for image in images)
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert compose["x-app"]["image"] == f"mineralwatch:{version}"


def test_the_images_client_is_of_the_servers_major_version(compose: dict[str, Any]) -> None:
    """pg_dump refuses a server that is newer than itself."""
    server = re.match(r"postgres:(\d+)\.\d+-(\w+)", compose["services"]["postgres"]["image"])
    assert server
    last_stage = read("Dockerfile").split("\nFROM ")[-1]
    assert f"ARG POSTGRES_MAJOR={server[1]}\n" in last_stage
    assert '"postgresql-client-${POSTGRES_MAJOR}"' in last_stage
    path = re.search(r"^ENV PATH=(\S+)", last_stage, re.MULTILINE)
    assert path
    assert "/usr/lib/postgresql/${POSTGRES_MAJOR}/bin" in path[1].split(":")
    assert f" {server[2]}-pgdg " in last_stage, "for the Debian that both images are made of"
    bases = re.findall(r"^FROM python:\S+-(\w+)", read("Dockerfile"), re.MULTILINE)
    assert bases == [server[2]] * 2


def test_the_image_is_made_from_the_lock_file_and_runs_without_rights() -> None:
    text = read("Dockerfile")
    assert all("--locked --no-default-groups" in line for line in re.findall(r"uv sync.*", text))
    last_stage = text.split("\nFROM ")[-1]
    user = re.search(r"^USER (\d+):(\d+)$", last_stage, re.MULTILINE)
    assert user
    assert int(user[1]) > 0


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    allowed = set(re.findall(r"^!(\S+)$", read(".dockerignore"), re.MULTILINE))
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", read("Dockerfile"), re.MULTILINE)
        for source in line.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


# ---- continuous integration ---------------------------------------------------------------------


def commands(makefile: str, target: str) -> str:
    """The recipe of a target, with the variables that it names put in."""
    values = dict(re.findall(r"^([A-Z]+) [:?]?= (.+)$", makefile, re.MULTILINE))
    recipe = re.search(rf"^{target}:.*\n((?:\t.+\n)+)", makefile, re.MULTILINE)
    assert recipe, target
    text = recipe[1]
    while (found := re.sub(r"\$\((\w+)\)", lambda m: values.get(m[1], m[1]), text)) != text:
        text = found
    return text


def test_continuous_integration_runs_the_rehearsal_which_plain_pytest_leaves_out() -> None:
    assert read(".ci/run").splitlines()[-1] == "make test"
    makefile = read("Makefile")
    rehearsal = commands(makefile, "rehearsal").strip()
    assert rehearsal.endswith("pytest -m rehearsal tests/e2e/test_compose_rehearsal.py")
    *_, whole, last = commands(makefile, "test").splitlines()
    assert "pytest" in whole
    assert "-m" not in whole.split("pytest")[1].split(), "all but what addopts leave out"
    assert last.strip() == f"$(if ARGS,,{rehearsal})"
    options = tomllib.loads(read("pyproject.toml"))["tool"]["pytest"]["ini_options"]["addopts"]
    assert options[options.index("-m") + 1] == "not rehearsal"


# ---- the Slack app -----------------------------------------------------------------------------


def test_the_slack_app_asks_for_the_scopes_that_sender_and_reader_use() -> None:
    manifest = yaml.safe_load(read("docs/slack-app-manifest.yaml"))
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    words = f"{SlackSender.__doc__} {ReactionReader.__doc__}"
    used = set(re.findall(r"``([a-z.]+:[a-z.]+)``", words))
    assert sorted(scopes) == sorted(used)
    assert not manifest["settings"]["socket_mode_enabled"]


def test_the_slack_app_keeps_slacks_limits() -> None:
    """Lengths of https://docs.slack.dev/reference/app-manifest."""
    manifest = yaml.safe_load(read("docs/slack-app-manifest.yaml"))
    shown = manifest["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    assert len(manifest["features"]["bot_user"]["display_name"]) <= 80
