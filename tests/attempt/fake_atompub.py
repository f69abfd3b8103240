"""The blog by AtomPub, as Movable Type's AtomServer speaks it: by WSSE, and `Invalid entry_id` with a 400."""

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from tests.attempt.fake_blog import PASSWORD, PUBLIC, Post, Reply, Server

from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.model.exchange import Ask

URL = "http://cms.test/mt-atom.cgi/1.0"
BLOG = f"{URL}/blog_id=7"
ATOM = "http://www.w3.org/2005/Atom"
TARGET = BlogTarget(
    kind="atompub", url=URL, blog="7", blog_name="Probe tests", user="probe", password=PASSWORD
)


class AtomServer(Server):
    challenge = 'WSSE profile="UsernameToken"'
    collection = BLOG

    def handle(self, ask: Ask) -> Reply:
        if not self.lets_in(ask):
            return 403, {"WWW-Authenticate": self.challenge}, b"<error>Invalid login</error>"
        if ask.url == URL:
            return self.service()
        if ask.url == BLOG:
            return self.write(ask) if ask.method == "POST" else self.feed()
        return self.entry(ask, ask.url.removeprefix(f"{BLOG}/entry_id="))

    def lets_in(self, ask: Ask) -> bool:
        told = dict(re.findall(r'(\w+)="([^"]*)"', ask.headers.get("X-WSSE", "")))
        if not told:
            return False
        nonce = base64.b64decode(told["Nonce"])
        digest = hashlib.sha1(nonce + told["Created"].encode() + PASSWORD.encode()).digest()
        return bool(base64.b64encode(digest).decode() == told["PasswordDigest"])

    def service(self) -> Reply:
        def workspace(name: str, href: str) -> str:
            title = f"<atom:title>{escape(name)}</atom:title>"
            return f'<workspace>{title}<collection href="{href}">{title}</collection></workspace>'

        blogs = workspace("The real one", f"{URL}/blog_id=6") + workspace(self.blog.name, self.collection)
        namespaces = f'xmlns="http://www.w3.org/2007/app" xmlns:atom="{ATOM}"'
        return said(200, f"<service {namespaces}>{blogs}</service>")

    def write(self, ask: Ask) -> Reply:
        entry = ET.fromstring(ask.body)
        post = self.blog.save(
            entry.findtext(f"{{{ATOM}}}title") or "", entry.findtext(f"{{{ATOM}}}content") or ""
        )
        status, headers, body = said(201, as_entry(post))
        return status, {**headers, "Location": f"{BLOG}/entry_id={post.id}"}, body

    def feed(self) -> Reply:
        entries = "".join(as_entry(post) for post in self.blog.listed()[:21])
        return said(200, f'<feed xmlns="{ATOM}"><title>x</title>{entries}</feed>')

    def entry(self, ask: Ask, id: str) -> Reply:
        if id not in self.blog.posts:
            return said(400, "<error>Invalid entry_id</error>")
        shown = as_entry(self.blog.posts[id])
        if ask.method != "DELETE":
            return said(200, shown)
        self.blog.posts.pop(id)
        return 200, {}, b""

    def locked(self) -> Reply:
        return said(500, "<error>database is locked</error>")


class BasicServer(AtomServer):
    challenge = 'Basic realm="blog"'

    def lets_in(self, ask: Ask) -> bool:
        expected = "Basic " + base64.b64encode(f"probe:{PASSWORD}".encode()).decode()
        return ask.headers["Authorization"] == expected


class StrangeServer(AtomServer):
    collection = "http://elsewhere.test/blog_id=7"


def as_entry(post: Post) -> str:
    return (
        f'<entry xmlns="{ATOM}"><title>{escape(post.title)}</title>'
        f'<link rel="alternate" type="text/html" href="{PUBLIC}{post.id}"/>'
        f'<link rel="edit" href="{BLOG}/entry_id={post.id}"/></entry>'
    )


def said(status: int, text: str) -> Reply:
    return status, {"Content-Type": "application/xml"}, f'<?xml version="1.0"?>\n{text}'.encode()
