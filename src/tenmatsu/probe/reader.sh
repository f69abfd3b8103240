# Tenmatsu's reader for a machine without Python 3.6: answers what probe/reader answers, as far as a POSIX sh and what
# is in a busybox can. It changes nothing here, writes no file, and ends with its line.
#
# Small text files of /proc and /sys are read by the shell itself: no process is started for them, and these are most of
# what is asked. A shell reads byte by byte, and for each byte of a long list such as /proc/net/tcp the kernel looks for
# its place anew: these, and all else, are read by a process of their own, so that a slow one holds nothing up, either.
#
# A request is a line: NUMBER QUESTION WORDS. What would part words stands there as \0ooo, nothing at all as \e. Answers
# are lines of less than a pipe's atomic 4,096 bytes, so that they need no lock: `TENMATSU-L NUMBER TEXT` is a line, `-P` a
# piece of one, `-H NUMBER d|r HEX` any bytes (r: of standard error), `-E NUMBER HOW` the end.
# tenmatsu.parse.reader_frames reads them. A name with an end of line in it is left out of lists.
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
exec 7<&0 </dev/null 2>/dev/null
set -f
newline='
'
many='????????????????????????????????????????????????????????????????'
many=$many$many$many$many$many$many$many$many$many$many$many$many$many$many$many$many

end() {
    printf 'TENMATSU-E %s %s\n' "$1" "$2"
}

# number, text, P if no end of line follows
tell() {
    whole=$2
    while [ ${#whole} -gt 3000 ]; do
        rest=${whole#$many}
        printf 'TENMATSU-P %s %s\n' "$1" "${whole%"$rest"}"
        whole=$rest
    done
    printf 'TENMATSU-%s %s %s\n' "${3:-L}" "$1" "$whole"
}

# number, path, most bytes, the file's place where several are asked for: `PLACE ` stands before each line, `PLACE-`
# before what has no end of line
text() {
    left=$3 line=
    while IFS= read -r line; do
        tell "$1" "${4:+$4 }$line"
        left=$((left - ${#line} - 1))
        line=
        [ "$left" -gt 0 ] || break
    done <"$2" || return 1
    [ -z "$line" ] || if [ -n "$4" ]; then tell "$1" "$4-$line"; else tell "$1" "$line" P; fi
}

# number, d or r
hex() {
    od -An -v -tx1 | awk -v head="TENMATSU-H $1 $2 " '
        { gsub(/ /, ""); held = held $0 }
        length(held) > 3000 { print head held; fflush(); held = "" }
        END { if (held != "") print head held }
    '
}

# number, most bytes, path: few bytes of any kind, for which one process is enough
few_bytes() {
    is_readable "$1" "$3" || return
    number=$1
    # shellcheck disable=SC2046  # parted into words, and these are put together without anything between
    set -- $(od -An -v -tx1 -N "$2" "$3")
    IFS=
    whole="$*"
    unset IFS
    while [ -n "$whole" ]; do
        rest=${whole#$many}
        [ "$rest" != "$whole" ] || rest=
        printf 'TENMATSU-H %s d %s\n' "$number" "${whole%"$rest"}"
        whole=$rest
    done
    end "$number" ok
}

# number, a command that fails: says why, by what it says
refuse() {
    number=$1
    shift
    why=$("$@" 2>&1 >/dev/null)
    case $why in
        *ermission\ denied* | *not\ permitted*) end "$number" not_permitted ;;
        *o\ such\ file* | *o\ such\ process* | *ot\ a\ directory*) end "$number" not_there ;;
        *) end "$number" "other ${why##*: }" ;;
    esac
}

# number, path
is_readable() {
    [ -r "$2" ] && [ ! -d "$2" ] && return 0
    refuse "$1" cat -- "$2"
    return 1
}

# number, offset, most bytes, path
read_bytes() {
    is_readable "$1" "$4" || return
    [ -p "$4" ] || tail -c +$(($2 + 1)) -- "$4" | head -c "$3" | hex "$1" d
    end "$1" ok
}

# number, most seconds, most bytes, command
run() {
    number=$1 seconds=$2 most=$3
    shift 3
    command -v "$1" >/dev/null || { end "$number" not_there; return; }
    timeout -s KILL 1 true && limit="timeout -s KILL $seconds" || limit=
    timeout -t 1 -s KILL true && limit="timeout -t $seconds -s KILL"
    code=$({
        { { $limit env -i LC_ALL=C.UTF-8 PATH="$PATH" "$@" 3>&-; echo $? >&3; } 2>&4 | tail -c "$most" | hex "$number" d >&6 3>&-; } \
            4>&1 | tail -c "$most" | hex "$number" r >&6 3>&-
    } 3>&1)
    end "$number" "code $code"
}

# number, most bytes, kind, path
unpack() {
    is_readable "$1" "$4" || return
    case $3 in
        gz) run "$1" 60 "$2" gzip -dc -- "$4" ;;
        bz2) run "$1" 60 "$2" bzip2 -dc -- "$4" ;;
        xz) run "$1" 60 "$2" xz -dc -- "$4" ;;
        *)
            [ -p "$4" ] || tail -c "$2" -- "$4" | hex "$1" d
            end "$1" ok
            ;;
    esac
}

# number, path
list() {
    [ -d "$2" ] && [ -r "$2" ] || { refuse "$1" ls -- "$2/"; return; }
    set +f
    for found in "$2"/* "$2"/.[!.]* "$2"/..?*; do
        [ -e "$found" ] || [ -L "$found" ] || continue
        found=${found##*/}
        case $found in *"$newline"*) ;; *) tell "$1" "$found" ;; esac
    done
    set -f
    end "$1" ok
}

# number, pattern
match() {
    before=$IFS IFS=
    set +f
    for found in $2; do
        [ -e "$found" ] || [ -L "$found" ] || continue
        case $found in *"$newline"* | */. | */..) ;; *) tell "$1" "$found" ;; esac
    done
    set -f
    IFS=$before
    end "$1" ok
}

# number, path, form
describe() {
    said=$(stat -L -c "$3" -- "$2") || { refuse "$1" stat -L -- "$2"; return; }
    tell "$1" "$said"
    end "$1" ok
}

# number, path
follow() {
    [ -L "$2" ] || {
        if [ -e "$2" ]; then end "$1" 'other Invalid argument'; else refuse "$1" stat -- "$2"; fi
        return
    }
    said=$(readlink -- "$2" && echo x) || { end "$1" not_permitted; return; }
    said=${said%"$newline"x}
    printf %s "$said" | hex "$1" d
    end "$1" ok
}

# number, path
measure() {
    said=$(stat -f -c '%b %f %a %S %c %d' -- "$2") || { refuse "$1" stat -f -- "$2"; return; }
    closed=0
    [ "$(id -u)" -gt 0 ] || [ -w "$2" ] || closed=1
    tell "$1" "$said $closed"
    end "$1" ok
}

# number, path: without waiting for more, which not every dd can; what hangs at the end is ended
take_records() {
    is_readable "$1" "$2" || return
    if dd if=/dev/null iflag=nonblock; then
        dd if="$2" iflag=nonblock bs=16384 | hex "$1" d
    elif timeout -s KILL 1 true; then
        timeout -s KILL 1 cat -- "$2" | hex "$1" d
    elif timeout -t 1 -s KILL true; then
        timeout -t 1 -s KILL cat -- "$2" | hex "$1" d
    else
        end "$1" 'other neither dd nor timeout can do this here'
        return
    fi
    end "$1" ok
}

# number, most entries, path. What find or stat complain of makes the walk incomplete: the first complaint is told. One of
# a file that was deleted between the listing and the look is none. All of them are read: find must not wait for a reader.
walk() {
    [ -d "$3" ] && [ -r "$3" ] || { refuse "$1" ls -- "$3/"; return; }
    {
        find "$3" -xdev -mindepth 1 -path "*$newline*" -prune -o -exec stat -c '%s %Y %Z %f %n' -- {} + |
            head -n $(($2 + 1)) | hex "$1" d >&6
    } 2>&1 | awk '!/: No such file or directory$/ && !told++' | hex "$1" r
    end "$1" ok
}

word() {
    case $1 in
        '\e') word= ;;
        *\\*) word=$(printf '%bx' "$1") word=${word%x} ;;
        *) word=$1 ;;
    esac
}

exec 6>&1
end 0 ok
while IFS=' ' read -r number question words <&7; do
    # shellcheck disable=SC2086  # these are words, and -f is set
    set -- $words
    case $question in
        ping) tell 0 '' ;;
        read)
            word "$3"
            case $1$word in
                0/proc/*/cmdline | 0/proc/*/environ) few_bytes "$number" "$2" "$word" & ;;
                0/proc/*/root/*) ( (read_bytes "$number" "$1" "$2" "$word") &) ;;
                0/proc/[0-9]*/stat | 0/proc/[0-9]*/status | 0/proc/[0-9]*/comm | 0/proc/[0-9]*/cgroup | \
                    0/proc/[0-9]*/limits | 0/proc/sys/* | 0/proc/pressure/* | 0/sys/* | 0/proc/stat | \
                    0/proc/loadavg | 0/proc/meminfo | 0/proc/vmstat | 0/proc/diskstats)
                    is_readable "$number" "$word" &&
                        if text "$number" "$word" "$2" ''; then end "$number" ok; else end "$number" not_there; fi
                    ;;
                *) ( (read_bytes "$number" "$1" "$2" "$word") &) ;;
            esac
            ;;
        read_each)
            most=$1 place=0
            shift
            for one; do
                word "$one"
                # An empty file is one that can be read, before and afterwards: a process may have ended meanwhile.
                [ -r "$word" ] && [ ! -d "$word" ] && text "$number" "$word" "$most" "$place" &&
                    [ -r "$word" ] && tell "$number" "$place-"
                place=$((place + 1))
            done
            end "$number" ok
            ;;
        unpack) word "$3" && ( (unpack "$number" "$1" "$2" "$word") &) ;;
        names) word "$1" && list "$number" "$word" ;;
        glob) word "$1" && match "$number" "$word" ;;
        stat) word "$1" && ( (describe "$number" "$word" '%s %Y %u %f %d %i') &) ;;
        link) word "$1" && ( (follow "$number" "$word") &) ;;
        space) word "$1" && ( (measure "$number" "$word") &) ;;
        records) word "$1" && ( (take_records "$number" "$word") &) ;;
        walk) word "$2" && ( (walk "$number" "$1" "$word") &) ;;
        time) tell "$number" "$(date +%s.%N)" && end "$number" ok ;;
        clocks)
            tell "$number" "$(date +%s.%N)"
            text "$number" /proc/uptime 100 ''
            end "$number" ok
            ;;
        run)
            seconds=$1 most=$2
            shift 2
            count=$#
            while [ "$count" -gt 0 ]; do
                word "$1"
                shift
                set -- "$@" "$word"
                count=$((count - 1))
            done
            ( (run "$number" "$seconds" "$most" "$@") &)
            ;;
    esac
done
# All that is still at work here is in the group that sshd made for us.
kill -KILL "-$$"
