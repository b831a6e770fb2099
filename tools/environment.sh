#!/bin/sh
# Install a stage into .venv: core; sandbox, viz or dev on top of core; or checkov, in an environment
# of its own inside .venv. The Makefile calls this script for each target. It does nothing if the stage
# is complete and still works in this folder.
#
# The last step of a stage writes a stamp with the checksum of its lock. The stamp of core also
# contains the folder and the Python release, because the scripts in .venv depend on both.
set -eu
cd "$(dirname "$0")/.."

stage=$1
here=$(pwd -P)
python=${PYTHON:-python3}
again="make ${GOALS:-run}"
busy=.venv.installing

# Measured on Linux x86_64 with Python 3.11. sandbox, viz and dev are added to the size of core.
size() {
    case $1 in
        core) echo "76 packages, 160 MB to download, 510 MB on disk" ;;
        sandbox) echo "8 packages, 64 MB to download, 210 MB on disk" ;;
        viz) echo "35 packages, 28 MB to download, 130 MB on disk" ;;
        dev) echo "190 packages, 218 MB to download, 940 MB on disk" ;;
        checkov) echo "96 packages, 54 MB to download, 190 MB on disk" ;;
    esac
}

lock() {
    case $1 in
        dev) echo requirements.lock ;;
        *) echo "requirements-$1.lock" ;;
    esac
}

stamp() {
    case $1 in
        core) echo .venv/ready ;;
        checkov) echo .venv/checkov/ready ;;
        *) echo ".venv/ready-$1" ;;
    esac
}

release() { "$1" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# The id of the process that is installing, or of the last one if it was killed.
installer() { readlink $busy; }

was_killed() { [ -L $busy ] && ! kill -0 "$(installer)" 2>/dev/null; }

# Print why the core in .venv cannot be used, or nothing if it can.
fault() {
    if ! [ -s .venv/ready ] || was_killed; then
        echo "its installation was not completed"
        return
    fi
    { IFS= read -r folder && read -r made_with && read -r locks; } <.venv/ready || locks=
    if [ "$folder" != "$here" ]; then
        echo "it was created in $folder"
    elif ! now=$(release .venv/bin/python); then
        echo "the Python it was created with is missing or broken"
    elif [ "$now" != "$made_with" ]; then
        echo "it was created with Python $made_with, and its Python is now $now"
    elif [ "$locks" != "$(cat requirements-uv.lock requirements-core.lock | cksum)" ]; then
        echo "requirements-core.lock has changed"
    fi
}

stamped() { [ "$(cat "$(stamp "$1")" 2>/dev/null)" = "$(cksum <"$(lock "$1")")" ]; }

is_complete() {
    [ -z "$(fault)" ] || return 1
    case $stage in
        core) ;;
        sandbox | viz) stamped "$stage" || stamped dev ;;
        *) stamped "$stage" ;;
    esac
}

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null
}

# Find the Python to create .venv with, or fail. For an activated .venv, take its base Python.
find_python() {
    if suitable "$python"; then
        python=$("$python" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
        return
    fi
    if version=$("$python" -c 'import platform; print(platform.python_version())' 2>/dev/null); then
        wrong="$python is Python $version."
    elif command -v "$python" >/dev/null; then
        wrong="$python does not start: $("$python" -c pass 2>&1 | head -n 1)"
    else
        wrong="$python was not found."
    fi
    found=
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        ! suitable "$candidate" || found="${found:+$found, }$candidate"
    done
    needs="The project needs Python 3.11, 3.12 or 3.13"
    [ "$found" ] || stop "$wrong" "$needs, and none is on the PATH." \
        "Install one, for example 3.13, then run: $again PYTHON=python3.13"
    stop "$wrong" "$needs. Found on the PATH:" "  $found" \
        "Choose one, for example: $again PYTHON=${found%%,*}"
}

# Only one process installs at a time. If the last one was killed, .venv is created again.
wait_for_others() {
    until ln -s $$ $busy 2>/dev/null; do
        if was_killed; then
            rm -f .venv/ready* $busy
        elif other=$(installer); then
            [ "${waits:-}" ] || echo "Waiting for process $other, which is installing into .venv (see $busy)"
            waits=yes
            sleep 1
        else
            ln -s $$ $busy && break
            [ -L $busy ] || exit 1
        fi
    done
    before=$(packages)
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

packages() { ls .venv/lib/python*/site-packages 2>/dev/null || true; }

# If an installation stops after packages have changed, .venv must be created again. If it stops before
# that, .venv is unchanged.
finish() {
    [ "${installed:-}" ] || [ "$(packages)" = "$before" ] || rm -f .venv/ready*
    rm -f $busy
}

# The lock is complete. Without --no-deps, Kedro would install kedro-telemetry, which the lock omits.
# Compiling pays off only for the tests, which start hundreds of processes.
install() {
    compile=
    [ "$1" != dev ] || compile=--compile-bytecode
    .venv/bin/uv pip install --python "$2" --no-deps --require-hashes $compile \
        --build-constraint requirements-core.lock --requirement "$(lock "$1")" || failed "$1"
}

announce() { echo "Installing $1 (once): $(size "$1")"; }

failed() {
    stop "" "The packages of \"$1\" were not installed; the reason is above." \
        "If the package index could not be reached, check the network, or set HTTPS_PROXY." \
        "If a package could not be built, see \"Platforms\" in README.md." \
        "Then run $again again."
}

make_core() {
    find_python
    [ ! -e .venv ] || echo "Recreating .venv: $(fault)"
    rm -rf .venv
    announce core
    "$python" -m venv .venv || stop "" "$python could not create .venv; the reason is above." \
        "If venv or ensurepip is missing, install it. On Debian and Ubuntu:" \
        "  sudo apt install python$(release "$python")-venv"
    .venv/bin/python -m pip install --disable-pip-version-check --require-hashes \
        --requirement requirements-uv.lock || failed core
    install core .venv/bin/python
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation \
        --editable . || failed core
    {
        echo "$here"
        release .venv/bin/python
        cat requirements-uv.lock requirements-core.lock | cksum
    } >.venv/ready
}

add() {
    announce "$1"
    to=.venv/bin/python
    if [ "$1" = checkov ]; then
        to=.venv/checkov/bin/python
        .venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv/checkov || failed checkov
    fi
    install "$1" $to
    # Of this repository, so it is in no lock.
    case $1 in sandbox | dev)
        .venv/bin/uv pip install --quiet --python $to --no-deps --no-build-isolation \
            --editable src/redshift_sandbox || failed "$1" ;;
    esac
    cksum <"$(lock "$1")" >"$(stamp "$1")"
}

! is_complete || exit 0
wait_for_others
[ -z "$(fault)" ] || make_core
is_complete || add "$stage"
installed=yes
