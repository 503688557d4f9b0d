# The project's image: the environment of uv.lock, nothing else, and no root.
#   docker build -t cityreports .
# Its Python is Debian's, as on the machine that tests the project. By digest: --build-arg BASE=debian:bookworm-slim@sha256:…
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build

ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /uv && /uv/bin/pip install --no-cache-dir uv==0.13.9
WORKDIR /app
# The environment first: it changes less often than the code.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN /uv/bin/uv sync --frozen --no-cache --no-dev --extra cluster --extra s3 --no-install-project
COPY extraction extraction
COPY scrapers scrapers
COPY expectations expectations
COPY warehouse warehouse
COPY dbt_project dbt_project
COPY samples samples
COPY dags dags
COPY corrections.yml corrections.yml
COPY deploy deploy
# The code is read-only where it runs: what is not compiled now would be compiled at each start.
RUN /uv/bin/uv sync --frozen --no-cache --no-dev --extra cluster --extra s3 \
    && python3 -m compileall -q --invalidation-mode unchecked-hash dags deploy expectations extraction scrapers warehouse

FROM ${BASE}

# antiword and catdoc read the .doc files of before 2007.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends antiword ca-certificates catdoc python3 tini tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50000 --create-home cityreports \
    # A new volume takes its owner from the folder that it covers.
    && install --directory --owner cityreports /data /data/archive /data/staging /data/published /data/exports \
        /data/runs /opt/airflow /opt/airflow/logs
COPY --from=build --chown=root:root /app /app
ENV LANG=C.UTF-8 \
    PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CITYREPORTS_HOME=/data
USER cityreports
WORKDIR /data
VOLUME /data
ENTRYPOINT ["tini", "--"]
CMD ["cityreports", "status"]
