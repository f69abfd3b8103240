# What the set-up says, in the reader's language. Read by the other scripts here with `.`.
# The language is the locale's, by the POSIX order; standard output stays the program's own.

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    ja* | JA*) language=ja ;;
    *) language=en ;;
esac

# say ENGLISH JAPANESE
say() {
    if [ "$language" = ja ]; then
        printf '%s\n' "$2" >&2
    else
        printf '%s\n' "$1" >&2
    fi
}

# The line that an ordinary user types to do $1 as root. `su -` because plain `su` keeps a PATH without sbin,
# with which dpkg does not work.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        printf '%s' "$1"
    elif command -v sudo >/dev/null 2>&1; then
        printf 'sudo %s' "$1"
    else
        printf "su - -c '%s'" "$1"
    fi
}
