"""The tables of a case file. Times are whole microseconds since 1970, UTC, so that they survive exactly.

The file is the contract between live and replay: a change here is a new `FORMAT`, and the reader says
clearly when a file is newer than it. `machine` says in whose evidence a row is
(none: that of the one asked about), `component` of what.
"""

# Says that an SQLite file is a case of ours: the letters "TnMt".
APPLICATION_ID = 0x546E4D74
# 2: transactions have a pid. 3: `beside`, other machines' evidence. Older files are read as well.
FORMAT = 3

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE component (id TEXT PRIMARY KEY, name TEXT, kind TEXT, runs_on TEXT);
CREATE TABLE beside (
    component TEXT PRIMARY KEY, window_start INTEGER, window_end INTEGER, since INTEGER
);
CREATE TABLE clock_offset (component TEXT PRIMARY KEY, offset_seconds REAL, uncertainty_seconds REAL);
CREATE TABLE series (
    id INTEGER PRIMARY KEY, machine TEXT, sight TEXT, component TEXT, name TEXT, unit TEXT, kind TEXT,
    attributes TEXT
);
CREATE TABLE point (series INTEGER REFERENCES series (id), time INTEGER, value REAL);
CREATE TABLE event (
    id INTEGER PRIMARY KEY, machine TEXT, sight TEXT, component TEXT, name TEXT, time INTEGER,
    attributes TEXT, body TEXT
);
CREATE TABLE transactions (
    id INTEGER PRIMARY KEY, machine TEXT, sight TEXT, component TEXT, time INTEGER, outcome TEXT,
    maker TEXT, path TEXT, method TEXT, status INTEGER, stage TEXT, duration_seconds REAL,
    size_bytes INTEGER, client TEXT, reason TEXT, pid INTEGER
);
CREATE TABLE look (
    id INTEGER PRIMARY KEY, machine TEXT, sight TEXT, component TEXT, started INTEGER, ended INTEGER,
    complete INTEGER, found INTEGER, read_en TEXT, read_ja TEXT
);
CREATE TABLE gap (
    id INTEGER PRIMARY KEY, machine TEXT, sight TEXT, component TEXT, what_en TEXT, what_ja TEXT,
    why_en TEXT, why_ja TEXT, close_by_en TEXT, close_by_ja TEXT
);
CREATE TABLE finding (
    id TEXT PRIMARY KEY, state TEXT, layer TEXT, component TEXT, strength REAL, harm INTEGER,
    sentence_en TEXT, sentence_ja TEXT, facts TEXT
);
CREATE TABLE verdict (
    status TEXT, cause TEXT, layer TEXT, component TEXT, probability REAL, since INTEGER, last INTEGER
);
"""
