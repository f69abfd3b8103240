"""Which programs are web servers, or run programs for one: their children are requests at work."""

# Names of processes; other builds put a word behind (`apache2-prefork`, `php-fpm8.2`).
SERVERS = ("apache2", "httpd", "nginx", "php-fpm", "lighttpd", "fcgiwrap", "uwsgi", "gunicorn")


def is_server(name: str) -> bool:
    """Tell whether it is a web server or one that runs programs for it."""
    return name.startswith(SERVERS)
