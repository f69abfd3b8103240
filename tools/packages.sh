#!/bin/sh
# Sees to it that Debian packages are there: tools/packages.sh PACKAGE...
# Root: installs the missing ones and starts no service. Anyone else: says the line to type.
# Exit status: 0 all are there, 1 some are not (one line on standard error says why).
set -u
. "$(dirname "$0")/words.sh"

if ! command -v dpkg-query >/dev/null 2>&1; then
    say "This is not a Debian system: please install what gives these yourself: $*" \
        "Debian 系ではないため、次のパッケージに当たるものを手で入れてください: $*"
    exit 1
fi

# Prints those of its arguments that are not installed.
missing_of() {
    there=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null)
    for package in "$@"; do
        printf '%s\n' "$there" | grep -qxF "installed $package" || printf '%s ' "$package"
    done
}

missing=$(missing_of "$@")
missing=${missing% }
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
    line=$(as_root "apt-get install $missing")
    say "Debian packages are missing. Type:  $line" \
        "Debian のパッケージが足りません。次を実行してください:  $line"
    exit 1
fi

say "Installing Debian packages: $missing" "Debian のパッケージを入れています: $missing"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

# A package that brings a service must not start it, now or at the next boot. RUNLEVEL=1: invoke-rc.d starts nothing
# that does not belong to single-user mode. systemd's helper asks only policy-rc.d (101: not allowed), which is there
# for as long as this runs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$log" "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
fi

install_missing() {
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 RUNLEVEL=1 LC_ALL=C \
        apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=120 \
        -o Dpkg::Use-Pty=0 $missing </dev/null >"$log" 2>&1
}

# A fresh machine has no package lists yet, or old ones.
install_missing || {
    LC_ALL=C apt-get update --quiet </dev/null >"$log" 2>&1
    install_missing
} || {
    reason=$(grep -m1 '^E: ' "$log" | cut -c4-)
    say "apt-get could not install $missing: ${reason:-see apt-get install $missing}" \
        "apt-get で $missing を入れられませんでした: ${reason:-apt-get install $missing を試してください}"
    exit 1
}
case " $missing " in *" openssh-server "*) update-rc.d ssh disable >/dev/null 2>&1 || : ;; esac
