#!/usr/bin/env bash
# Starts the stack. Fails if an image is not in the repository yet; systemd then retries.
set -euo pipefail
cd "${0%/*}"

# Amazon Linux has no Compose package, so Compose is copied from Docker's image.
if ! docker compose version >/dev/null 2>&1; then
    docker run --rm --entrypoint cp --volume /usr/local/lib/docker/cli-plugins:/to "$DOCKER_IMAGE" \
        /usr/local/libexec/docker/cli-plugins/docker-compose /to/
fi

docker compose pull --quiet
docker compose up --no-build --detach --remove-orphans
