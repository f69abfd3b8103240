# What is told, as main.py and rung_proc.py tell it.

# What makes processes alike, as it stands in a frame. To ask for an element would make one.
function describe(its_name, its_parent, pid,    made) {
    made = "\"name\":" quote(its_name) ",\"parent\":" quote(its_parent)
    if (pid in user)
        made = made ",\"uid\":" user[pid] (group[pid] == "" ? "" : ",\"cgroup\":" quote(group[pid]))
    return made
}

function find_kind(pid, its_parent) {
    if (!(pid in kind_of) || kind_parent[pid] != its_parent) {
        kind_of[pid] = describe(name[pid], its_parent, pid)
        kind_parent[pid] = its_parent
    }
    return kind_of[pid]
}

# Puts rows 1 to n in an order (order[1] is the row with the greatest weight), by heaps of gaps (Shell, 1959).
function sort_rows(n,    gap, i, j, kept) {
    for (i = 1; i <= n; i++)
        order[i] = i
    if (n <= most_rows)
        return
    for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
        for (i = gap + 1; i <= n; i++) {
            kept = order[i]
            for (j = i; j > gap && weight[order[j - gap]] < weight[kept]; j -= gap)
                order[j] = order[j - gap]
            order[j] = kept
        }
}

# All kinds of living processes of which something changed since they were last told of.
function tell_living(    i, pid, kind, alive, fresh, spent, busiest, n, rows, made, rest) {
    for (i = 1; i <= met; i++) {
        pid = pids[i]
        if (state[pid] ~ "[ZX]" && threads[pid] <= 1)
            continue
        kind = find_kind(pid, name_now(parent[pid]))
        alive[kind]++
        fresh[kind] += is_new[pid]
        spent[kind] += did[pid]
        if (!(kind in busiest) || did[pid] > did[busiest[kind]])
            busiest[kind] = pid
    }
    n = 0
    for (kind in told)
        if (!(kind in alive))
            alive[kind] = 0
    for (kind in alive)
        if (spent[kind] || fresh[kind] || !(kind in told) || alive[kind] != told[kind]) {
            rows[++n] = kind
            weight[n] = spent[kind] + fresh[kind] / 1000
        }
    sort_rows(n)
    made = ""
    rest = 0
    for (i = 1; i <= n; i++) {
        kind = rows[order[i]]
        if (i > most_rows) {
            rest += spent[kind]
            continue
        }
        made = made (i > 1 ? "," : "") sprintf("{%s,\"alive\":%d,\"new\":%d,\"cpu_ns\":%.0f,\"pid\":%.0f}", \
            kind, alive[kind], fresh[kind], spent[kind] * tick, busiest[kind])
        told[kind] = alive[kind]
        if (!alive[kind])
            delete told[kind]
    }
    return made (n > most_rows ? sprintf(",{\"cpu_ns\":%.0f}", rest * tick) : "")
}

# Those that were seen alive and are gone. Sets kinds_together.
function tell_ended(    kind, n, i, rows, made, rest) {
    n = kinds_together = rest = 0
    for (kind in gone) {
        rows[++n] = kind
        weight[n] = gone[kind]
    }
    sort_rows(n)
    made = ""
    for (i = 1; i <= n; i++) {
        kind = rows[order[i]]
        if (n > most_rows && i >= most_rows) {
            rest += gone[kind]
            kinds_together++
        } else
            made = made (i > 1 ? "," : "") "{" kind ",\"processes\":" gone[kind] "}"
        delete gone[kind]
    }
    return made (rest ? (most_rows > 1 ? "," : "") "{\"processes\":" rest "}" : "")
}

# Who started the starters, as far as they live.
function tell_chains(    n, i, w, pid, generation, made, links) {
    n = split(starting_pids, w, " ")
    made = ""
    for (i = 1; i <= n && i <= 50; i++) {
        links = ""
        pid = w[i]
        for (generation = 0; generation < 16 && (pid in began); generation++) {
            links = links (generation ? "," : "") "[" pid "," quote(name[pid]) "]"
            pid = parent[pid]
        }
        made = made (i > 1 ? "," : "") "\"" w[i] "\":[" links "]"
    }
    return made
}

function say_hello(    n, i, w, made) {
    n = split(refused, w, " ")
    made = ""
    for (i = 1; i <= n; i++)
        made = made (i > 1 ? "," : "") "{\"rung\":\"" w[i] \
            "\",\"why\":\"not_in_python\",\"reason\":\"there is no Python 3.6 or newer here\"}"
    told_up = uptime()
    send(sprintf("{\"kind\":\"hello\",\"time\":%.3f,\"time_error_seconds\":%.2f,\"rung\":\"proc\",\"cpu\":\"none\"", \
        unix_time(told_up), clock_error) ",\"refused\":[" made "],\"remarks\":[" \
        "\"Command lines are not read: nothing here could mask the passwords in them.\"]" \
        ",\"interval_seconds\":" interval ",\"pid\":" self \
        ",\"uid\":" value_in("/proc/self/status", "Uid") ",\"first_pid_namespace\":" in_first_namespace() \
        ",\"node\":" quote(first_line("/proc/sys/kernel/hostname")) \
        ",\"kernel\":" quote(first_line("/proc/sys/kernel/osrelease")) ",\"machine\":" quote(answer("uname -m")) \
        ",\"boot_id\":" quote(first_line("/proc/sys/kernel/random/boot_id")) ",\"cpus\":" cpus \
        ",\"python\":\"\",\"count\":" count_kernel() ",\"cost\":" cost() "}")
}

# PROC_PID_INIT_INO of include/linux/proc_ns.h; a kernel that has no such file has no namespaces.
function in_first_namespace(    said) {
    said = answer("ls -l /proc/self/ns/pid 2>/dev/null")
    return index(said, "pid:[") && !index(said, "pid:[4026531836]") ? "false" : "true"
}

function tell(up, with_look,    living, ended, before) {
    living = "null"
    if (with_look)
        living = sprintf("{\"seconds\":%.2f,\"visible_tasks\":%.0f,\"programs\":[", looked_seconds, visible) \
            tell_living() "],\"starters\":[" starters "]}"
    ended = with_look ? tell_ended() : ""
    before = unix_time(told_up)
    count = count_kernel()
    send(sprintf("{\"kind\":\"look\",\"begun\":%.3f,\"ended_at\":%.3f,\"seconds\":%.2f", \
        before, unix_time(up), up - told_up) ",\"rung\":\"proc\",\"ended\":[" ended "],\"kinds_together\":" \
        (with_look ? kinds_together : 0) ",\"samples\":[],\"living\":" living \
        ",\"chains\":{" (with_look ? tell_chains() : "") "}" \
        sprintf(",\"cpu\":{\"ended_ns\":0,\"living_ns\":%.0f,\"parents_ns\":%.0f}", \
        with_look ? living_ticks * tick : 0, with_look ? dead_ticks * tick : 0) \
        ",\"lost\":{},\"count\":" count ",\"cost\":" cost() "}")
    told_up = up
}
