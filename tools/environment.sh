#!/bin/sh
# Makes the project's virtual environment, or finds that it is as it should be:
#   tools/environment.sh run|dev FOLDER
# `run` holds what the program needs (requirements/run.txt), `dev` adds the tools (requirements/dev.txt).
# Nothing but what is in these locks is fetched, and only with the hashes that stand there.
#
# FOLDER/state says of what, where and for which Python it was made. The file is there before anything else is,
# and a line is added only when its part is finished: so whatever was interrupted, moved, made from another lock,
# or has lost its Python, is seen and made anew.
set -u
cd "$(dirname "$0")/.." || exit 1
. tools/words.sh

want=$1
venv=$2
state=$venv/state
python=$venv/bin/python

# pip and Python do what is written here, whatever the caller's shell says. Where packages come from (a mirror)
# stays the caller's choice: the hashes hold everywhere.
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_HASHES PIP_CONSTRAINT \
    PIP_NO_BINARY PIP_ONLY_BINARY PIP_REQUIREMENT PIP_EDITABLE PIP_DRY_RUN
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0

# --- Is it as it should be? Every later start goes only through this. ---

keys_of_this_tree() {
    # shellcheck disable=SC2046  # three lines of: checksum, size, name
    set -- $(cksum requirements/run.txt requirements/dev.txt pyproject.toml)
    [ $# = 9 ] || exit 1
    run_key="run $1 $2 in $PWD"
    dev_key="dev $4 $5"
    project_key="project $7 $8"
}

# An upgrade of the system may have taken or changed the Python below the environment.
read_state() {
    made="
"
    [ -r "$state" ] && made="
$(cat "$state")
"
    python_key="python $("$python" -ISc 'import sys; print(*sys.version_info[:2], sep=".")' 2>/dev/null)"
}

has() {
    case $made in *"
$1
"*) return 0 ;; esac
    return 1
}

has_run() { has "$python_key" && has "$run_key"; }
has_dev() { [ "$want" = run ] || has "$dev_key"; }

keys_of_this_tree
read_state
has_run && has_dev && has "$project_key" && exit 0

# --- It is not: one set-up at a time, and the second finds the work done. ---

if command -v flock >/dev/null 2>&1; then
    exec 9<.
    flock -n 9 || {
        say "Another set-up is running here; waiting for it ..." "別の準備が進行中です。終わるのを待っています ..."
        flock 9
    }
    read_state
    has_run && has_dev && has "$project_key" && exit 0
fi

# stop ENGLISH JAPANESE: one plain line, and out.
stop() {
    say "$1" "$2"
    exit 1
}

finished() { printf '%s\n' "$1" >>"$state"; }

# --- Which Python ---

is_new_enough() { "$1" -Ic 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_environments() { "$1" -Ic 'import ensurepip, venv' 2>/dev/null; }

# Sets `maker` to a Python that can make an environment, and `found` to the first that is new enough. A name that is
# only a version manager's stand-in, without a Python behind it, fails here like a missing one.
find_python() {
    maker='' found=''
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        command -v "$name" >/dev/null 2>&1 && is_new_enough "$name" || continue
        found=${found:-$name}
        makes_environments "$name" && maker=$name && return
    done
}

install_venv_module() {
    find_python
    [ -n "$maker" ] && return
    [ -n "$found" ] && command -v virtualenv >/dev/null 2>&1 && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        sh tools/packages.sh python3 python3-venv
        find_python
        [ -n "$maker" ] && return
    fi
    line=$(as_root "apt-get install python3-venv")
    [ -n "$found" ] && stop \
        "Python's venv module is not installed. Type:  $line   and then the same again." \
        "Python の venv モジュールがありません。次を実行してから、もう一度どうぞ:  $line"
    stop "Python 3.11 or newer is needed. On Debian 12 or newer type:  $line   and then the same again." \
        "Python 3.11 以降が必要です。Debian 12 以降なら次を実行してから、もう一度どうぞ:  $line"
}

# --- Making it ---

belongs_to_another() {
    stop "$venv belongs to someone else and cannot be changed. Name another folder: VENV=FOLDER" \
        "$venv は他の利用者のもので、変更できません。別の場所を指定してください: VENV=フォルダー"
}

# Empties the folder. The state is emptied first and stays: an interruption here leaves neither a folder that seems
# finished nor one that seems to be someone else's.
clear_away() {
    [ -e "$venv" ] || return 0
    if [ ! -e "$state" ] && [ -n "$(ls -A "$venv")" ]; then
        stop "$venv is there but was not made by this; move it away, or name another folder: VENV=FOLDER" \
            "$venv はここで作られたものではありません。移動するか、別の場所を指定してください: VENV=フォルダー"
    fi
    { : >"$state" && find "$venv" -mindepth 1 -maxdepth 1 ! -name state -exec rm -rf {} +; } 2>/dev/null \
        || belongs_to_another
}

make_environment() {
    if ! mkdir -p "$venv" 2>/dev/null || ! : >"$state" 2>/dev/null; then
        stop "Cannot write $venv. Name a folder that can be written: VENV=FOLDER" \
            "$venv に書き込めません。書き込める場所を指定してください: VENV=フォルダー"
    fi
    if [ -n "$maker" ]; then
        "$maker" -m venv "$venv" >"$venv/setup.log" 2>&1
    else
        virtualenv --quiet --python "$found" "$venv" >"$venv/setup.log" 2>&1
    fi || failed
}

failed() {
    sed 's/^/    /' "$venv/setup.log" | tail -n 8 >&2
    say "The set-up did not succeed (all that was said: $venv/setup.log)." "準備に失敗しました (全文: $venv/setup.log)。"
    stop "Does this machine reach the network? Packages are fetched once. The next start tries again." \
        "ネットワークにつながりますか。パッケージは初回だけ取得します。次の起動でやり直します。"
}

pip_install() {
    "$python" -m pip install --quiet --no-deps "$@" </dev/null >"$venv/setup.log" 2>&1 || failed
}

install_lock() {
    say "  packages: $(grep -c '^[a-zA-Z0-9].*==' "requirements/$1.txt"), each checked against its hash" \
        "  パッケージ $(grep -c '^[a-zA-Z0-9].*==' "requirements/$1.txt") 個 (それぞれハッシュで確認)"
    pip_install --require-hashes --only-binary :all: --requirement "requirements/$1.txt"
}

# What root makes in somebody's folder stays that person's to change.
hand_over() { [ "$(id -u)" != 0 ] || [ ! -e "$venv" ] || chown -R --reference=. "$venv"; }

trap hand_over EXIT
trap 'say "Interrupted; the next start goes on from here." "中断しました。次の起動で続きをします。"; exit 130' INT TERM HUP
umask 022

# Half of an earlier set of tools, or all of one from another lock, is not built upon.
has_other_tools() { case $made in *"
dev "*) [ "$want" = dev ] && ! has "$dev_key" ;; *) return 1 ;; esac; }

if ! has_run || has_other_tools; then
    install_venv_module
    clear_away
    say "Setting up, once (about 20 s) ..." "最初の準備をしています (約 20 秒) ..."
    make_environment
    install_lock run
    read_state
    finished "$python_key"
    finished "$run_key"
    read_state
elif [ ! -w "$state" ]; then
    belongs_to_another
fi

if ! has_dev; then
    say "Adding the development tools, once (about 20 s) ..." "開発用の道具を加えています (約 20 秒) ..."
    finished "dev begun"
    install_lock dev
    finished "$dev_key"
fi

# No build isolation: what builds the project is in the lock as well.
if ! has "$project_key"; then
    sed -i '/^project /d' "$state"
    pip_install --no-build-isolation --editable .
    finished "$project_key"
fi
say "  ready" "  準備ができました"
