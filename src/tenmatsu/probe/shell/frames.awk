# Frames, as frames.py writes them.

function prepare_characters(    i, c) {
    for (i = 1; i < 256; i++) {
        c = sprintf("%c", i)
        ord[c] = i
        escaped[c] = c
        if (i < 32 || i == 127)
            escaped[c] = sprintf("\\u%04x", i)
        if (i > 127)  # one that is not of ASCII becomes half a character (PEP 383); the reader joins them again
            escaped[c] = sprintf("\\udc%02x", i)
    }
    escaped["\""] = "\\\""
    escaped["\\"] = "\\\\"
}

function quote(text,    i, n, made) {
    if (text ~ "^[A-Za-z0-9 _.:@+/-]*$")
        return "\"" text "\""
    n = length(text)
    for (i = 1; i <= n; i++)
        made = made escaped[substr(text, i, 1)]
    return "\"" made "\""
}

function send(text,    i, n, a, b) {
    n = length(text)
    a = 1
    b = 0
    for (i = 1; i <= n; i++) {  # exact up to 2^53: no remainder is needed before the end
        a += ord[substr(text, i, 1)]
        b += a
    }
    printf "%sTENMATSU1A %d %d %04x%04x %s\n", frames ? "" : "\n", frames, n, b % 65521, a % 65521, text
    fflush()
    frames++
}

function fail(reason) {
    send("{\"kind\":\"end\",\"reason\":" quote(reason) ",\"code\":71,\"cost\":" cost() "}")
    exit 71
}
