# The loop: wait, look, tell; until the line is cut or the time is over.

# What waits, in pieces, finds out after each whether the line still holds, says so, and reads these files of /proc.
function make_command(seconds, files,    pieces) {
    if (seconds < 0)
        seconds = 0
    if (whole_seconds)
        seconds = int(seconds + 0.99)
    pieces = int(seconds / 2)
    seconds -= 2 * pieces
    return "exec 2>/dev/null; n=" pieces "; while [ $n -gt 0 ]; do sleep 2; echo >&3 || exit; n=$((n-1)); done; " \
        "sleep " (whole_seconds ? int(seconds) : sprintf("%.2f", seconds)) "; echo >&3 || exit; echo held; " \
        (files == "" ? "" : "cd /proc && exec cat " files)
}

function next_end(start, up,    due) {
    beat = beat + 1 > int((up - start) / interval) ? beat + 1 : int((up - start) / interval)
    due = start + beat * interval
    return limit > 0 && due > start + limit ? start + limit : due
}

# Looks may take a thirtieth of a core: where it costs more, looks are made less often.
function when_next(up, spent,    mean) {
    mean = (own_ticks() - ticks_at_start) / (looks > 1 ? looks - 1 : 1)
    return up + (spent > mean ? spent : mean) * tick / 1e9 * 30 - 0.05
}

BEGIN {
    prepare_characters()
    tick = answer("getconf CLK_TCK 2>/dev/null") + 0
    tick = 1e9 / (tick > 0 ? tick : 100)
    whole_seconds = system("sleep 0.01 2>/dev/null") != 0
    if (whole_seconds && interval < 1)
        interval = 1
    set_clock()
    self = first_line("/proc/self/stat") + 0
    looked = start = uptime()
    look("exec 2>/dev/null; echo held; cd /proc && exec cat [0-9]*/stat")
    ticks_at_start = own_ticks()
    say_hello()
    while (limit <= 0 || up - start < limit - 0.02) {
        until = next_end(start, uptime())
        is_due = until >= due
        command = make_command(until - uptime(), is_due ? "[0-9]*/stat" list_details() : "")
        spent = own_ticks()
        if (is_due ? !look(command) : answer(command) == "")
            exit 1
        up = uptime()
        if (is_due) {
            looked_seconds = up - looked
            looked = up
        }
        tell(up, is_due)
        if (is_due)
            due = when_next(up, own_ticks() - spent)
    }
    send("{\"kind\":\"end\",\"reason\":\"the time is over\",\"code\":0,\"cost\":" cost() "}")
}
