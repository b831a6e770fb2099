#!/bin/sh
# Bring .venv to a stage: core; sandbox, viz or dev on top of the core; or checkov, which has an
# environment of its own inside .venv. The Makefile calls it for each target. It does nothing if the
# stage is complete and still works in this folder.
#
# The last step of a stage writes a stamp with the checksum of its lock. The stamp of the core also
# holds the folder and the Python release, because the scripts in .venv depend on both.
set -eu
cd "$(dirname "$0")/.."

stage=$1
here=$(pwd -P)
python=${PYTHON:-python3}
again="make ${GOALS:-run}"
busy=.venv.installing

# Measured on Linux x86_64 with Python 3.11. Those of sandbox, viz and dev come on top of the core.
size() {
    case $1 in
        core) echo "76 packages, 160 MB to download, 510 MB on disk" ;;
        sandbox) echo "5 packages, 59 MB to download, 190 MB on disk" ;;
        viz) echo "35 packages, 28 MB to download, 130 MB on disk" ;;
        dev) echo "188 packages, 217 MB to download, 940 MB on disk" ;;
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

# The process that installs, or the last one if it was killed.
installer() { readlink $busy; }

was_killed() { [ -L $busy ] && ! kill -0 "$(installer)" 2>/dev/null; }

# Why the core in .venv cannot be used; nothing if it can.
fault() {
    if ! [ -s .venv/ready ] || was_killed; then
        echo "its installation was not completed"
        return
    fi
    { IFS= read -r folder && read -r made_with && read -r locks; } <.venv/ready || locks=
    if [ "$folder" != "$here" ]; then
        echo "it was made in $folder"
    elif ! now=$(release .venv/bin/python); then
        echo "the Python that it was made from is gone or broken"
    elif [ "$now" != "$made_with" ]; then
        echo "it was made with Python $made_with, which is now $now"
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

# The Python to make .venv from, or an error. Of an activated .venv it is the one that it was made from.
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
        "Install one, for example 3.13, then: $again PYTHON=python3.13"
    stop "$wrong" "$needs. Found on the PATH:" "  $found" \
        "Name one, for example: $again PYTHON=${found%%,*}"
}

# Only one process installs at a time. If the last one was killed, .venv is made again.
wait_for_others() {
    until ln -s $$ $busy 2>/dev/null; do
        if was_killed; then
            rm -f .venv/ready* $busy
        elif other=$(installer); then
            [ "${waits:-}" ] || echo "Waiting for process $other to install into .venv ($busy names it)"
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

# If it stopped while packages were written, .venv is made again; before that, it is as it was.
finish() {
    [ "${installed:-}" ] || [ "$(packages)" = "$before" ] || rm -f .venv/ready*
    rm -f $busy
}

# The lock is complete: without --no-deps, Kedro would ask for its telemetry, which is left out.
# Compiling pays where hundreds of processes start, which is in the tests.
install() {
    compile=
    [ "$1" != dev ] || compile=--compile-bytecode
    .venv/bin/uv pip install --python "$2" --no-deps --require-hashes $compile \
        --build-constraint requirements-core.lock --requirement "$(lock "$1")" || failed "$1"
}

announce() { echo "Installing $1, once: $(size "$1")"; }

failed() {
    stop "" "The packages of \"$1\" were not installed; the reason is above." \
        "If the package index was not reached, check the network, or set HTTPS_PROXY." \
        "If a package could not be built, see \"Platforms\" in README.md." \
        "Then run $again again."
}

make_core() {
    find_python
    [ ! -e .venv ] || echo "Making .venv again: $(fault)"
    rm -rf .venv
    announce core
    "$python" -m venv .venv || stop "" "$python could not make .venv; the reason is above." \
        "If venv or ensurepip is missing, on Debian and Ubuntu this installs it:" \
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
    cksum <"$(lock "$1")" >"$(stamp "$1")"
}

! is_complete || exit 0
wait_for_others
[ -z "$(fault)" ] || make_core
is_complete || add "$stage"
installed=yes
