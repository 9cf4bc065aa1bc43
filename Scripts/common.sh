# Shared by the scripts: what they need from Debian, and the one build that demo and tests share.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What building and the demo need, beside a Swift toolchain. alsa-utils brings recorded speech (/usr/share/sounds/alsa).
build_packages=(git pkg-config binutils libc6-dev libstdc++-12-dev zlib1g-dev libsqlite3-dev libdbus-1-dev libogg-dev libopus-dev)
demo_packages=(dbus-daemon alsa-utils)

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Says which Debian packages are missing, then installs them.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    echo "Installing from Debian: ${missing[*]}"
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "These packages need root to install. Run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    local log
    log=$(mktemp)
    if ! {
        "${as_root[@]}" apt-get update -qq &&
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${missing[@]}"
    } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        die "apt-get could not install them; its last lines are above."
    fi
    rm -f "$log"
}

# Runs `swift build` with the given options: one progress line on a terminal, a line each tenth elsewhere, and on failure
# the compiler's own output.
build() {
    command -v swift >/dev/null || die "No swift on the PATH. Earshot needs Swift 6.3: https://www.swift.org/install/linux"
    mkdir -p .build
    local log=.build/build.log started=$SECONDS terminal=0
    [[ -t 1 ]] && terminal=1
    if ! swift build "$@" 2>&1 </dev/null | tee "$log" | show_progress "$terminal"; then
        grep -E 'error:|warning: unre' "$log" | sort -u | head -n 40 >&2
        die "The build failed; everything it said is in $log"
    fi
    echo "Built in $((SECONDS - started)) s."
}

show_progress() {
    awk -v terminal="$1" '
        match($0, /^\[[0-9]+\/[0-9]+\]/) {
            split(substr($0, 2, RLENGTH - 2), step, "/")
            percent = int(100 * step[1] / step[2])
            if (terminal) printf "\rBuilding %3d %%  (%d of %d)  %-50.50s", percent, step[1], step[2], substr($0, RLENGTH + 2)
            else if (step[2] > 20 && int(percent / 10) > tenth) { tenth = int(percent / 10); print "Building " percent " %" }
            fflush()
        }
        /^(Fetching|Fetched|Creating working copy)/ && terminal { printf "\r%-90.90s", $0; fflush() }
        END { if (terminal) printf "\r%-90s\r", "" }
    '
}
