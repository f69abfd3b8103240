"""What the bed's Apache is told: its settings and the apache2.conf made from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MODULES_FOLDER = Path("/usr/lib/apache2/modules")
MODULES = (
    *("mpm_{mpm}", "authz_core", "authz_host", "mime", "dir", "alias", "env", "reqtimeout"),
    "{cgi}",
)
Mpm = Literal["prefork", "event"]

COMBINED = r"%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""

# Lines without a setting are those of Debian's stock apache2.conf and conf-available.
CONF = """\
ServerRoot "{root}"
DefaultRuntimeDir ${{APACHE_RUN_DIR}}
PidFile ${{APACHE_PID_FILE}}
Mutex file:${{APACHE_RUN_DIR}} default
ServerName blog.example.org
Listen 127.0.0.1:{port}
{modules}

Timeout {timeout_seconds}
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
User ${{APACHE_RUN_USER}}
Group ${{APACHE_RUN_GROUP}}
HostnameLookups Off
ServerTokens OS
ServerSignature On
TraceEnable Off
{processes}

ErrorLog ${{APACHE_LOG_DIR}}/error.log
LogLevel warn
LogFormat "{combined}{duration}" combined
CustomLog ${{APACHE_LOG_DIR}}/access.log combined

TypesConfig /etc/mime.types
DocumentRoot "{root}/data/site"
ScriptAlias /cgi-bin/ "{root}/cgi-bin/"
{options}

<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory "{root}/data/site">
    Require all granted
</Directory>
<Directory "{root}/cgi-bin">
    Options +ExecCGI
    Require all granted
</Directory>
"""

PREFORK = """\
StartServers 5
MinSpareServers 5
MaxSpareServers 10
MaxRequestWorkers {workers}
MaxConnectionsPerChild 0"""

EVENT = """\
StartServers 1
MinSpareThreads 5
MaxSpareThreads 15
ThreadLimit 64
ThreadsPerChild 15
MaxRequestWorkers {workers}
MaxConnectionsPerChild 0
ScriptSock ${{APACHE_RUN_DIR}}/cgid.sock"""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A small guest's web server. None leaves a directive out."""

    mpm: Mpm = "prefork"
    timeout_seconds: int = 300
    cgid_script_timeout_seconds: int | None = None
    max_request_workers: int = 15  # a multiple of 15 for event
    rlimit_cpu_seconds: int | None = None
    rlimit_memory_bytes: int | None = None
    rlimit_processes: int | None = None
    log_duration: bool = False  # adds %D and %P, microseconds and worker, to the access log's lines

    @property
    def directives(self) -> tuple[str, ...]:
        """The directives of the settings that are not in every configuration."""
        named = {
            "CGIDScriptTimeout": self.cgid_script_timeout_seconds if self.mpm == "event" else None,
            "RLimitCPU": self.rlimit_cpu_seconds,
            "RLimitMEM": self.rlimit_memory_bytes,
            "RLimitNPROC": self.rlimit_processes,
        }
        return tuple(f"{name} {value}" for name, value in named.items() if value is not None)


def render_conf(settings: Settings, *, root: Path, port: int) -> str:
    """Return the text of apache2.conf."""
    processes = PREFORK if settings.mpm == "prefork" else EVENT
    return CONF.format(
        root=root,
        port=port,
        modules="\n".join(_load_lines(settings.mpm)),
        timeout_seconds=settings.timeout_seconds,
        processes=processes.format(workers=settings.max_request_workers),
        combined=COMBINED,
        duration=" %D %P" if settings.log_duration else "",
        options="\n".join(settings.directives),
    )


def _load_lines(mpm: Mpm) -> tuple[str, ...]:
    cgi = "cgi" if mpm == "prefork" else "cgid"
    names = (module.format(mpm=mpm, cgi=cgi) for module in MODULES)
    return tuple(f"LoadModule {name}_module {MODULES_FOLDER}/mod_{name}.so" for name in names)
