# The project's image: the environment of uv.lock, nothing else, and no root.
#   docker build -t cityreports .
FROM python:3.12-slim-bookworm AS build

ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
# The environment first: it changes less often than the code.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --extra cluster --extra s3 --no-install-project
COPY extraction extraction
COPY scrapers scrapers
COPY expectations expectations
COPY warehouse warehouse
COPY dbt_project dbt_project
COPY samples samples
COPY dags dags
COPY corrections.yml corrections.yml
COPY deploy deploy
RUN uv sync --frozen --no-dev --extra cluster --extra s3

FROM python:3.12-slim-bookworm

# antiword and catdoc read the .doc files of before 2007.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends antiword catdoc tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50000 --create-home cityreports \
    # A new volume takes its owner from the folder that it covers.
    && install --directory --owner cityreports /data /data/archive /data/staging /data/published /data/exports \
        /opt/airflow /opt/airflow/logs
COPY --from=build --chown=root:root /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CITYREPORTS_HOME=/data
USER cityreports
WORKDIR /data
VOLUME /data
ENTRYPOINT ["tini", "--"]
CMD ["cityreports", "status"]
