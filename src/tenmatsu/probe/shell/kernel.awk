# What the kernel says in single files, as proc_files.py reads it, and our own cost.

function first_line(path,    line) {
    line = ""
    getline line < path
    close(path)
    return line
}

function answer(command,    line) {
    line = ""
    command | getline line
    close(command)
    return line
}

# The value of a line `KEY: VALUE` of a file.
function value_in(path, key,    line, found, words) {
    found = ""
    while ((getline line < path) > 0)
        if (index(line, key ":") == 1) {
            split(substr(line, length(key) + 2), words, " ")
            found = words[1]
            break
        }
    close(path)
    return found
}

function uptime(    words) {
    split(first_line("/proc/uptime"), words, " ")
    return words[1] + 0
}

# Unix time now. The kernel says when it believes to have booted: that moves when somebody sets the clock.
function unix_time(up) {
    return clock_base + up + (boot_time - first_boot_time >= 2 || first_boot_time - boot_time >= 2 ? \
        boot_time - first_boot_time : 0)
}

function set_clock(    said) {
    clock_error = 0.02  # a hundredth each: of what uptime says, and of what starting date takes
    said = answer("date +%s.%N")
    if (said !~ "^[0-9]+[.][0-9]+$") {
        clock_error = 0.52
        said = answer("date +%s") + 0.5
    }
    clock_base = said - uptime()
    count_kernel()
    first_boot_time = boot_time
}

function count_kernel(    line, w, n, i, seen_cpus) {
    used = steal = all = seen_cpus = 0
    while ((getline line < "/proc/stat") > 0) {
        n = split(line, w, " ")
        if (w[1] == "cpu") {
            for (i = 2; i <= n && i <= 9; i++)
                all += w[i]
            used = w[2] + w[3] + w[4] + w[7] + w[8]
            steal = w[9] + 0
        } else if (w[1] ~ "^cpu[0-9]")
            seen_cpus++
        else if (w[1] == "btime")
            boot_time = w[2] + 0
        else if (w[1] == "processes") {
            forks = w[2] + 0
            break
        }
    }
    close("/proc/stat")
    cpus = seen_cpus ? seen_cpus : 1
    split(first_line("/proc/loadavg"), w, " ")
    sub("^.*/", "", w[4])
    return sprintf("{\"kernel\":{\"forks\":%.0f,\"tasks\":%.0f,\"used_ns\":%.0f,\"steal_ns\":%.0f,\"all_ns\":%.0f}}", \
        forks, w[4], used * tick, steal * tick, all * tick)
}

function own_ticks(    line, w) {
    line = first_line("/proc/self/stat")
    sub("^.*[)] ", "", line)
    split(line, w, " ")
    return w[12] + w[13] + w[14] + w[15]
}

function cost() {
    return sprintf("{\"cpu_seconds\":%.2f,\"max_rss_bytes\":%.0f}", own_ticks() * tick / 1e9, \
        value_in("/proc/self/status", "VmHWM") * 1024)
}
