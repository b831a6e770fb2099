#!/usr/bin/env bash
# Starts the stack. Fails while an image is not yet in the repository; systemd then tries again.
set -euo pipefail
cd /opt/txn-kedro

# Amazon Linux has no package of Compose: it is taken from Docker's own image.
plugin=/usr/local/lib/docker/cli-plugins/docker-compose
if [[ ! -x $plugin ]]; then
    docker pull --quiet "$DOCKER_IMAGE"
    container=$(docker create "$DOCKER_IMAGE")
    mkdir -p "${plugin%/*}"
    docker cp "$container:/usr/local/libexec/docker/cli-plugins/docker-compose" "$plugin"
    docker rm "$container"
fi

docker compose pull --quiet
docker compose up --no-build --detach --remove-orphans
