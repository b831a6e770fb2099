# The image for Airflow and `kedro run`, and, as target `sandbox`, one more for the sandbox:
# docs/docker.md.
ARG BASE_IMAGE=python:3.12-slim-bookworm

FROM ${BASE_IMAGE} AS dependencies
WORKDIR /build
COPY requirements-uv.lock .
RUN python3 -m venv --without-pip /opt/venv \
    && python3 -m pip install --no-cache-dir --require-hashes --requirement requirements-uv.lock
COPY requirements-docker.lock .
# The lock is complete. Without --no-deps, Kedro would install kedro-telemetry, which the lock omits.
# Bytecode is compiled now, because the user that runs it cannot write there. The libraries' own tests
# (80 MB) are removed.
RUN uv pip install --python /opt/venv --no-cache --no-deps --require-hashes --compile-bytecode \
        --build-constraint requirements-docker.lock --requirement requirements-docker.lock \
    && find /opt/venv -type d -regex '.*/site-packages/\(numpy\|pandas\|pyarrow\)/\(.*/\)?tests' -prune \
        -exec rm -r {} +

FROM dependencies AS sandbox-dependencies
COPY requirements-sandbox.lock .
RUN uv pip install --python /opt/venv --no-cache --no-deps --require-hashes --compile-bytecode \
        --build-constraint requirements-sandbox.lock --requirement requirements-sandbox.lock

FROM ${BASE_IMAGE} AS project
ENV PATH="/opt/venv/bin:$PATH" \
    PYTHONPATH=/opt/txn-kedro/src \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/txn-kedro/dags
# A named volume gets its owner from the folder that it is mounted on.
RUN useradd --create-home --uid 1000 txn \
    && install --directory --owner txn --group txn \
        /opt/airflow /opt/airflow/logs /opt/txn-kedro/data \
    && install --directory --owner txn --group txn --mode 700 /opt/airflow/secrets /home/txn/.aws
COPY --from=dependencies /opt/venv /opt/venv
WORKDIR /opt/txn-kedro
COPY .telemetry LICENSE pyproject.toml ./
COPY conf conf
COPY dags dags
COPY docker docker
COPY src/txn_kedro src/txn_kedro
RUN python -m compileall -q src
# A number, so that a runtime can verify that the user is not root (Kubernetes: runAsNonRoot).
USER 1000
CMD ["kedro", "run"]

FROM project AS sandbox
COPY --from=sandbox-dependencies /opt/venv /opt/venv
COPY src/redshift_sandbox src/redshift_sandbox
CMD ["python", "-m", "redshift_sandbox"]

FROM project
