"""Which words on a command line announce a secret. Data for `mask.py`.

From the manuals of the programs named, and from what keeps turning up in `ps`: options, environment-like
assignments, connection strings, HTTP headers.
"""

import re
from typing import Dict, Tuple

# A key made of words (`db-password`, `PGPASSWORD`, `clientSecret`) announces a secret when one of these ...
WORDS = frozenset(
    b"password passwd passphrase pwd pw secret secrets token credential credentials apikey accesskey "
    b"secretkey dbpass userpass rootpass adminpass rootpw authtoken accesstoken bindpw community".split()
)
# ... or one of these endings is among its words ...
ENDINGS = (b"password", b"passwd", b"passphrase", b"secret", b"token", b"apikey", b"secretkey", b"accesskey")
# ... or it ends in one of these ...
LAST_WORDS = frozenset(b"pass passin passout sessionid sid auth".split())
# ... or two such words follow each other ...
PAIRS = frozenset(
    (first, b"key")
    for first in b"api access secret private auth encryption account signing shared storage".split()
)
# ... unless it ends so: what follows then says where a secret is, or something about it ...
HARMLESS_LAST = frozenset(
    b"file path dir directory name type ttl lifetime expiry timeout policy length prompt stdin fd env store "
    b"helper command cmd format count limit size".split()
)
# ... or begins so: a switch, not a value.
HARMLESS_FIRST = frozenset(
    b"no ask prompt without disable use with allow require skip get generate show reset change".split()
)

_Options = Dict[bytes, Tuple[bytes, ...]]
_MYSQL = (
    b"mysql mysqldump mysqladmin mysqlcheck mysqlimport mysqlshow mysqlslap mysqlbinlog mysqlpump mytop "
    b"mariadb mariadb-dump mariadb-admin mariadb-check mariadb-import mariadb-show mariadb-slap "
    b"mariadb-backup mydumper myloader xtrabackup innobackupex"
).split()
_LDAP = b"ldapsearch ldapadd ldapmodify ldapdelete ldapcompare ldapmodrdn ldapwhoami ldapexop".split()
_SNMP = (
    b"snmpget snmpgetnext snmpwalk snmpbulkwalk snmpbulkget snmpset snmptable snmptrap snmpinform snmpdf"
).split()
_TDS = b"sqlcmd bcp tsql isql freebcp".split()

# Short options with the secret glued on, by program (its file's name).
GLUED: _Options = dict.fromkeys([*_MYSQL, b"sshpass", b"7z", b"7za", b"7zr", b"unrar"], (b"-p",))
GLUED.update({b"rar": (b"-hp", b"-p"), b"xfreerdp": (b"/p:",), b"wlfreerdp": (b"/p:",)})
# Options that a secret follows.
SEPARATE: _Options = {
    b"sshpass": (b"-p",),
    b"ssh": (),  # these two only end what `sshpass` before them meant by -p
    b"scp": (),
    b"redis-cli": (b"-a",),
    b"mongo": (b"-p",),
    b"mongosh": (b"-p",),
    b"mongodump": (b"-p",),
    b"mongorestore": (b"-p",),
    b"mosquitto_pub": (b"-P",),
    b"mosquitto_sub": (b"-P",),
    b"zip": (b"-P",),
    b"unzip": (b"-P",),
    b"ipmitool": (b"-P",),
    b"rdesktop": (b"-p",),
    b"openssl": (b"-k", b"-K"),
    b"useradd": (b"-p",),
    b"usermod": (b"-p",),
    b"plink": (b"-pw",),
    b"pscp": (b"-pw",),
    b"ldappasswd": (b"-w", b"-s", b"-a"),
}
SEPARATE.update(dict.fromkeys(_LDAP, (b"-w",)))
SEPARATE.update(dict.fromkeys(_SNMP, (b"-A", b"-X", b"-c")))
SEPARATE.update(dict.fromkeys(_TDS, (b"-P",)))
# Options whose value is USER:PASSWORD or USER%PASSWORD, by program; the long ones for every program.
USER_AND_SECRET: _Options = dict.fromkeys(b"curl wget http https xh".split(), (b"-u", b"-U", b"-a"))
USER_AND_SECRET.update(dict.fromkeys(b"smbclient rpcclient net lftp winexe wmic".split(), (b"-U", b"-u")))
LONG_USER_AND_SECRET = (b"--user", b"--proxy-user", b"--auth", b"--userpwd", b"--proxy-userpwd")
# USER/PASSWORD@DATABASE as a word of its own.
ORACLE = frozenset(b"sqlplus exp imp expdp impdp sqlldr rman".split())

# Headers whose value is a secret to the end; the scheme's name may stay.
HEADER = re.compile(
    rb"(?i)\b((?:proxy-|x-[a-z0-9-]{0,40})?authorization|(?:set-)?cookie"
    rb"|x-[a-z0-9-]{0,40}(?:token|key|secret|password))"
    rb"(\s*:\s*)((?:basic|bearer|digest|negotiate|token|mtauth)\s+)?[^\r\n\"']+"
)
# Secrets known by their own look: GitHub, GitLab, Slack, OpenAI, Stripe, JSON web tokens, private keys.
SHAPES = re.compile(
    rb"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|sk_live_|rk_live_)[A-Za-z0-9_\-]{12,}"
    rb"|\beyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*",
    re.DOTALL,
)
# SQL that sets a password: MySQL, MariaDB, Oracle.
SQL = re.compile(
    rb"(?i)(\bidentified\s{1,9}(?:with\s{1,9}\S{1,80}\s{1,9})?(?:by|as)\s{1,9}(?:password\s{1,9})?)"
    rb"('[^']*'?|\"[^\"]*\"?|[^\s;]+)"
)

PROGRAMS = frozenset(GLUED) | frozenset(SEPARATE) | frozenset(USER_AND_SECRET) | ORACLE
# Without any of these there is nothing to mask: most command lines, and they cost nothing more.
HINT = re.compile(
    rb"(?i)pass|pw|secret|token|key|auth|cred|cookie|sid\b|community|://|--user|identified|BEGIN |eyJ|sk-"
    rb"|[sr]k_|gh[pousr]_|glpat|xox|\b(?:" + b"|".join(sorted(re.escape(one) for one in PROGRAMS)) + rb")\b"
)
