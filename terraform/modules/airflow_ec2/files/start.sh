#!/usr/bin/env bash
# Starts the stack. Fails while an image is not yet in the repository; systemd then tries again.
set -euo pipefail
cd "${0%/*}"

# Amazon Linux has no package of Compose: it is taken from Docker's own image.
if ! docker compose version >/dev/null 2>&1; then
    docker run --rm --entrypoint cp --volume /usr/local/lib/docker/cli-plugins:/to "$DOCKER_IMAGE" \
        /usr/local/libexec/docker/cli-plugins/docker-compose /to/
fi

docker compose pull --quiet
docker compose up --no-build --detach --remove-orphans
