# One image for every part: Airflow's processes, and `mineralwatch` by hand. Needs BuildKit.
#
#   docker build -t mineralwatch .
#   docker run --rm mineralwatch mineralwatch config check

FROM python:3.12-slim-bookworm AS build

# Some packages have no wheel for every machine: a compiler stays behind in this stage.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
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

# Numbers, so that Kubernetes can see that it is not root (runAsNonRoot).
RUN groupadd --gid 10001 mineralwatch \
    && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home mineralwatch \
    && mkdir -p /app/var /app/airflow \
    && chown -R 10001:10001 /app

COPY --from=build /app/.venv /app/.venv
COPY dags /app/dags

ENV PATH=/app/.venv/bin:$PATH \
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
