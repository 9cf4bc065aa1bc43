# Shared by the scripts: what they need from Debian, and the one build that demo and tests share.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What an unpacked Swift toolchain needs of Debian, what Earshot links, and what its demo runs.
# alsa-utils brings recorded speech (/usr/share/sounds/alsa).
toolchain_packages=(ca-certificates git pkg-config binutils libc6-dev libstdc++-12-dev libcurl4 libncurses6 libxml2)
build_packages=("${toolchain_packages[@]}" zlib1g-dev libsqlite3-dev libbluetooth-dev libdbus-1-dev libogg-dev libopus-dev libsystemd-dev)
demo_packages=(dbus-daemon alsa-utils)

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The toolchain is the one thing that a person brings.
swift_is_needed="Earshot needs Swift 6.3: https://www.swift.org/install/linux"
command -v swift >/dev/null || die "No swift on the PATH. $swift_is_needed"

# Says which Debian packages are missing, then installs them.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || die "This is no Debian. Install what these packages of Debian 12 hold, then: swift build. ${missing[*]}"
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "These Debian packages are missing, and only root can install them:
    apt-get update && apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    echo "Installing from Debian: ${missing[*]}"
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

# Runs `swift build` with the given options: one progress line on a terminal, a line each minute elsewhere, and on failure
# the compiler's own output.
build() {
    local version
    version=$(swift --version 2>&1 | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p')
    [[ -n $version ]] || die "swift does not run: $(swift --version 2>&1 | head -n 3)"
    [[ $(printf '%s\n' 6.3 "$version" | sort -V | head -n 1) == 6.3 ]] || die "This is Swift $version. $swift_is_needed"
    mkdir -p .build
    local log=.build/build.log started=$SECONDS
    if ! swift build "$@" 2>&1 </dev/null | tee "$log" | show_progress; then
        { grep 'error:' "$log" || tail -n 20 "$log"; } | awk '!said[$0]++' | head -n 40 >&2
        die "The build failed; everything it said is in $log"
    fi
    echo "Built in $((SECONDS - started)) s."
}

# The seeded worlds and the power cuts have an optimised build of their own: they are run by the thousand.
custody_build=(-c release --scratch-path .build-custody)
build_custody() { EARSHOT_CUSTODY=1 build --build-tests "${custody_build[@]}"; }
# Swift Testing would keep a backtrace of each error that is thrown, of which a world throws thousands to itself.
test_custody() { EARSHOT_CUSTODY=1 SWT_SWIFT_ERROR_BACKTRACING_ENABLED=0 swift test --skip-build --disable-xctest "${custody_build[@]}" "$@"; }

# Bash reads a pipe line by line as it comes; Debian's awk would wait for 4 KiB. SwiftPM finds further steps on the way: no per cent.
show_progress() {
    local line minute=0 spent started=$SECONDS columns=80 terminal=
    if [[ -t 1 ]]; then
        terminal=1
        columns=$(stty size </dev/tty 2>/dev/null | cut -d " " -f 2) || columns=0
        ((columns > 0)) || columns=80
    fi
    while IFS= read -r line; do
        spent=$((SECONDS - started))
        if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*) ]]; then
            printf -v line 'Building  %d:%02d  step %d of %d or more  %s' $((spent / 60)) $((spent % 60)) "${BASH_REMATCH[@]:1}"
        fi
        if [[ -n $terminal ]]; then
            printf '\r%s\e[K' "${line:0:columns-1}"
        elif ((spent / 60 > minute)) || [[ $line == *"Another instance"* ]]; then
            minute=$((spent / 60))
            echo "$line"
        fi
    done
    [[ -n $terminal ]] && printf '\r\e[K'
    return 0
}
