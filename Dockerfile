# One image for every part: Airflow's processes, and `mineralwatch` by hand. Needs BuildKit.
#
#   docker build -t mineralwatch .
#   docker run --rm mineralwatch mineralwatch config check

FROM python:3.12-slim-bookworm AS build

# Some packages have no wheel for every machine: a compiler stays behind in this stage. Debian's
# postgresql-common has the key of PostgreSQL's own packages, for the next stage.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential postgresql-common \
    && rm -rf /var/lib/apt/lists/*

ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/app/.venv

RUN pip install --no-cache-dir --disable-pip-version-check 'uv>=0.9,<1'

WORKDIR /src

# What others wrote changes seldom, and is a layer of its own.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups --extra celery --no-install-project

COPY README.md LICENSE ./
COPY schemas schemas
COPY pipeline pipeline
COPY dags dags
RUN uv sync --locked --no-default-groups --extra celery --no-editable


FROM python:3.12-slim-bookworm

# For `mineralwatch db backup` and `restore`. pg_dump refuses a server that is newer than itself, and
# Debian's own is: this one is of the server's major version in docker-compose.yml, from the place
# where the image postgres has it from. Of a major version, the place keeps the newest packages alone.
ARG POSTGRES_MAJOR=18
COPY --from=build /usr/share/postgresql-common/pgdg/apt.postgresql.org.asc /usr/share/keyrings/
# hadolint ignore=DL3008
RUN echo "deb [signed-by=/usr/share/keyrings/apt.postgresql.org.asc] https://apt.postgresql.org/pub/repos/apt bookworm-pgdg main" \
      > /etc/apt/sources.list.d/pgdg.list \
    && apt-get update \
    && apt-get install --yes --no-install-recommends "postgresql-client-${POSTGRES_MAJOR}" \
    && rm -rf /var/lib/apt/lists/*

# Numbers, so that Kubernetes can see that it is not root (runAsNonRoot).
RUN groupadd --gid 10001 mineralwatch \
    && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home mineralwatch \
    && mkdir -p /app/var /app/airflow \
    && chown -R 10001:10001 /app

COPY --from=build /app/.venv /app/.venv
COPY dags /app/dags

# The client by its own folder: in /usr/bin there is a wrapper that looks for servers of this machine.
ENV PATH=/app/.venv/bin:/usr/lib/postgresql/${POSTGRES_MAJOR}/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/app/var/matplotlib \
    AIRFLOW_HOME=/app/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/app/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/app/dags/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    MINERALWATCH_VAR_DIR=/app/var

WORKDIR /app
USER 10001:10001
VOLUME ["/app/var", "/app/airflow"]

CMD ["mineralwatch", "--help"]
