# Tenmatsu's probe for a machine without Python 3.6: the /proc rung, in POSIX sh and awk. Tells what rung_proc.py
# tells, in the same frames (frames.py), but with Adler-32 (RFC 1950) for a checksum: CRC-32 needs an exclusive or,
# which awk has not. It changes nothing here, writes no file, and ends when its output is closed.
#
# One awk lives as long as the probe does and remembers the last look. Each look starts one sh, with one sleep and one
# cat: it waits, finds out whether the line still holds, and reads what may be gone at any moment, for at that mawk
# ends ("read error"). All else awk reads by itself.
#
# With 220 processes a look costs 11 ms of CPU with mawk, 13 with gawk, 19 in busybox; half of it is the kernel
# and cat.
#
# The awk program is in shell/*.awk and takes the place of the word PROGRAM (bundle.py). Set before this text: interval
# and limit (seconds), most_rows, and refused, the names of the rungs that are better. No apostrophe may stand inside
# the awk program, and nothing that only one awk knows: mawk, gawk and busybox all run it. Numbers beyond 2^31 need
# %.0f, bytes need the C locale.
LC_ALL=C
export LC_ALL
# shellcheck disable=SC2154  # the variables above
exec awk -v interval="$interval" -v limit="$limit" -v most_rows="$most_rows" -v refused="$refused" '
PROGRAM
' 3>&1 </dev/null
