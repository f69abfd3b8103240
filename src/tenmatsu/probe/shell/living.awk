# The look at all processes: see living.py, which says why. Arrays of the last look: name, state, parent, faults, ...
# by pid; those of this look begin with n_.

# Takes what cat found: one record for each process, then for some their status and cgroup.
function read_all(command,    line, text) {
    turn++
    met = 0
    text = ""
    if ((command | getline line) <= 0) {
        close(command)
        return 0  # not even the sign that the line holds
    }
    while ((command | getline line) > 0) {
        if (text == "" && line !~ "^[0-9]+ [(]") {
            read_detail(line)
            continue
        }
        text = text (text == "" ? "" : "\n") line
        if (read_stat(text) || length(text) > 4096)
            text = ""
    }
    close(command)
    return 1
}

# A name ends at the last bracket; it may hold any other, and ends of lines. It has 15 bytes: too few for what
# follows it, so a record cannot be imitated.
#
# Most processes do nothing from one look to the next: then the record is the same, and all that follows is too.
function read_stat(text,    at, end, pid, w) {
    at = index(text, "(")
    pid = substr(text, 1, at - 2)
    if ((pid in record) && record[pid] == text) {
        seen[pid] = same[pid] = turn
        pids[++met] = pid
        return 1
    }
    end = find_last_bracket(text)
    if (split(substr(text, end + 2), w, " ") < 20)
        return 0
    if (w[2] == self)  # our own cat
        return 1
    record[pid] = text
    n_name[pid] = substr(text, at + 1, end - at - 1)
    n_state[pid] = w[1]
    n_parent[pid] = w[2]
    n_faults[pid] = w[8]
    n_child_faults[pid] = w[9]
    n_ticks[pid] = w[12] + w[13]
    n_child_ticks[pid] = w[14] + w[15]
    n_threads[pid] = w[18]
    n_began[pid] = w[20]
    seen[pid] = turn
    pids[++met] = pid
    return 1
}

function find_last_bracket(text,    at) {
    at = index(text, ") ")
    if (at && !index(substr(text, at + 1), ")"))
        return at
    return match(text, /.*[)]/) ? RLENGTH : length(text)
}

# User and control group. The path that names the service: version 2 has it, else the tree that systemd keeps.
function read_detail(line,    w) {
    if (line ~ "^Pid:") {
        split(line, w, " ")
        detailed = w[2]
    } else if (line ~ "^Uid:") {
        split(line, w, " ")
        user[detailed] = w[2]
        delete kind_of[detailed]
        group[detailed] = ""
    } else if (match(line, "^[0-9]+:name=systemd:"))
        group[detailed] = substr(line, RLENGTH + 1)
    else if (index(line, "0::") == 1 && (length(line) > 4 || group[detailed] == ""))
        group[detailed] = substr(line, 4)
}

# The files of those that lived at two looks and are not known yet, of a bounded number at a time.
function list_details(    i, pid, left, made) {
    left = 64
    made = ""
    for (i = 1; i <= met && left; i++) {
        pid = pids[i]
        if (is_new[pid] || (pid in user))
            continue
        made = made " " pid "/status " pid "/cgroup"
        left--
    }
    return made
}

function lives_on(pid) {
    return (pid in began) && seen[pid] == turn && n_began[pid] == began[pid]
}

function name_now(pid) {
    return seen[pid] == turn ? n_name[pid] : ""
}

# What a dead process used was charged to itself: its nearest living ancestor inherits it, and must not be charged.
function find_heir(pid,    generation) {
    for (generation = 0; generation < 16; generation++) {
        pid = parent[pid]
        if (!(pid in began))
            return ""
        if (lives_on(pid))
            return pid
    }
    return ""
}

function bury(    pid, heir, key) {
    for (pid in began) {
        if (lives_on(pid))
            continue
        gone[describe(name[pid], name_now(parent[pid]), pid)]++
        heir = find_heir(pid)
        if (heir != "") {
            key = heir " " began[heir]
            owed_ticks[key] += ticks[pid] + child_ticks[pid]
            owed_faults[key] += faults[pid] + child_faults[pid]
            owed_since[key] = looks
            owing = 1
        }
        dead[pid] = 1
    }
}

function forget_dead(    pid, key, w) {
    for (pid in dead) {
        delete user[pid]
        delete group[pid]
        delete dead[pid]
        if (seen[pid] == turn)  # its number was given to another
            continue
        delete name[pid]; delete state[pid]; delete parent[pid]; delete faults[pid]; delete child_faults[pid]
        delete ticks[pid]; delete child_ticks[pid]; delete threads[pid]; delete began[pid]
        delete n_name[pid]; delete n_state[pid]; delete n_parent[pid]; delete n_faults[pid]
        delete n_child_faults[pid]; delete n_ticks[pid]; delete n_child_ticks[pid]; delete n_threads[pid]
        delete n_began[pid]; delete seen[pid]
        delete record[pid]; delete same[pid]; delete kind_of[pid]; delete kind_parent[pid]
        delete did[pid]; delete is_new[pid]
    }
    owing = 0
    for (key in owed_since) {
        split(key, w, " ")
        if (w[1] in began)
            owing = 1
        else
            forget_owed(key)
    }
}

function forget_owed(key) {
    delete owed_ticks[key]; delete owed_faults[key]; delete owed_since[key]
}

# Sets left_ticks and left_faults to what of a parent nobody was charged for.
function settle(pid, more_ticks, more_faults,    key, t, f) {
    left_ticks = more_ticks
    left_faults = more_faults
    key = pid " " n_began[pid]
    if (!(key in owed_since))
        return
    t = owed_ticks[key] - more_ticks
    f = owed_faults[key] - more_faults
    left_ticks = t < 0 ? -t : 0
    left_faults = f < 0 ? -f : 0
    if ((t > 0 || f > 0) && looks - owed_since[key] < 2) {
        owed_ticks[key] = t > 0 ? t : 0
        owed_faults[key] = f > 0 ? f : 0
    } else
        forget_owed(key)
}

function compare(pid) {
    did[pid] = is_new[pid] = left_ticks = left_faults = 0
    if (same[pid] == turn) {
        if (owing)
            settle(pid, 0, 0)
        return
    }
    if ((pid in began) && began[pid] == n_began[pid]) {
        settle(pid, n_child_ticks[pid] - child_ticks[pid], n_child_faults[pid] - child_faults[pid])
        did[pid] = n_ticks[pid] > ticks[pid] ? n_ticks[pid] - ticks[pid] : 0
    } else if (looks) {  # what was there before the first look did its work before our time
        settle(pid, n_child_ticks[pid], n_child_faults[pid])
        did[pid] = n_ticks[pid]
        is_new[pid] = 1
    }
    remember(pid)
}

function remember(pid) {
    if (name[pid] != n_name[pid] || began[pid] != n_began[pid])
        delete kind_of[pid]
    name[pid] = n_name[pid]
    state[pid] = n_state[pid]
    parent[pid] = n_parent[pid]
    faults[pid] = n_faults[pid]
    child_faults[pid] = n_child_faults[pid]
    ticks[pid] = n_ticks[pid]
    child_ticks[pid] = n_child_ticks[pid]
    threads[pid] = n_threads[pid]
    began[pid] = n_began[pid]
}

function look(command,    i, pid) {
    starters = starting_pids = ""
    starting = visible = living_ticks = dead_ticks = 0
    if (!read_all(command))
        return 0
    if (!met)
        fail("/proc cannot be read, or holds too many processes for one command line")
    bury()
    for (i = 1; i <= met; i++) {
        pid = pids[i]
        compare(pid)
        visible += threads[pid]
        living_ticks += did[pid]
        dead_ticks += left_ticks
        if (left_ticks > 0 || left_faults > 0)
            add_starter(pid)
    }
    forget_dead()
    return ++looks
}

function add_starter(pid) {
    starters = starters (starting++ ? "," : "") sprintf("{\"pid\":%.0f,\"name\":%s,\"cpu_ns\":%.0f,\"faults\":%.0f}", \
        pid, quote(name[pid]), left_ticks * tick, left_faults)
    starting_pids = starting_pids " " pid
}

