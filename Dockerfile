# One image for Airflow, `kedro run` and the sandbox: docs/docker.md.
ARG BASE_IMAGE=python:3.12-slim-bookworm

FROM ${BASE_IMAGE} AS dependencies
WORKDIR /build
COPY requirements-uv.lock .
RUN python3 -m venv --without-pip /opt/venv \
    && python3 -m pip install --no-cache-dir --require-hashes --requirement requirements-uv.lock
COPY requirements-docker.lock .
# The lock is complete: without --no-deps, Kedro would ask for its telemetry, which is left out.
# Compiled now, since the user that runs them may not write there; less 80 MB of their own tests.
RUN uv pip install --python /opt/venv --no-cache --no-deps --require-hashes --compile-bytecode \
        --build-constraint requirements-docker.lock --requirement requirements-docker.lock \
    && find /opt/venv -type d -regex '.*/site-packages/\(numpy\|pandas\|pyarrow\)/\(.*/\)?tests' -prune \
        -exec rm -r {} +

FROM ${BASE_IMAGE}
ENV PATH="/opt/venv/bin:$PATH" \
    PYTHONPATH=/opt/txn-kedro/src \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/txn-kedro/dags
# A named volume takes its owner from the folder that it is mounted on.
RUN useradd --create-home --uid 1000 txn \
    && install --directory --owner txn --group txn \
        /opt/airflow /opt/airflow/logs /opt/txn-kedro/data \
    && install --directory --owner txn --group txn --mode 700 /opt/airflow/secrets
COPY --from=dependencies /opt/venv /opt/venv
WORKDIR /opt/txn-kedro
COPY .telemetry LICENSE pyproject.toml ./
COPY conf conf
COPY dags dags
COPY docker docker
COPY src src
RUN python -m compileall -q src
# By number, for whoever runs it and asks that it be no root.
USER 1000
CMD ["kedro", "run"]
