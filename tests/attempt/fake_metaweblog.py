"""The blog's XML-RPC, coded and decoded by the standard library's own."""

import xmlrpc.client
from typing import Any

from tests.attempt.fake_blog import PASSWORD, PUBLIC, Post, Reply, Server

from tenmatsu.attempt.blog_target import BlogTarget
from tenmatsu.model.exchange import Ask

TARGET = BlogTarget(
    kind="metaweblog",
    url="http://cms.test/mt-xmlrpc.cgi",
    blog="7",
    blog_name="Probe tests",
    user="probe",
    password=PASSWORD,
)

METHODS = {
    "blogger.getUsersBlogs": "users_blogs",
    "metaWeblog.newPost": "new_post",
    "metaWeblog.getRecentPosts": "recent_posts",
    "metaWeblog.getPost": "get_post",
    "blogger.deletePost": "delete_post",
}


class MetaWeblogServer(Server):
    def handle(self, ask: Ask) -> Reply:
        values, method = xmlrpc.client.loads(ask.body)
        try:
            value = getattr(self, METHODS[str(method)])(*values)
        except xmlrpc.client.Fault as fault:
            return reply(xmlrpc.client.dumps(fault, methodresponse=True))
        return reply(xmlrpc.client.dumps((value,), methodresponse=True))

    def locked(self) -> Reply:
        fault = xmlrpc.client.Fault(1, "Publish error: database is locked")
        return reply(xmlrpc.client.dumps(fault, methodresponse=True))

    def users_blogs(self, _key: str, _user: str, password: str) -> Any:
        self.check(password)
        return [{"url": PUBLIC, "blogid": "7", "blogName": self.blog.name}]

    def new_post(self, blog: str, _user: str, password: str, post: dict[str, Any], publish: bool) -> Any:
        self.check(password)
        assert (blog, publish, post["mt_allow_pings"], post["mt_tb_ping_urls"]) == ("7", True, 0, [])
        return self.blog.save(post["title"], post["description"]).id

    def recent_posts(self, blog: str, _user: str, password: str, most: int) -> Any:
        self.check(password)
        return [as_struct(post) for post in self.blog.listed()][:most]

    def get_post(self, id: str, _user: str, password: str) -> Any:
        self.check(password)
        if id not in self.blog.posts:
            raise self.missing(id)
        return as_struct(self.blog.posts[id])

    def delete_post(self, _key: str, id: str, _user: str, password: str, publish: bool) -> Any:
        self.check(password)
        if not self.blog.delete(id):
            raise self.missing(id)
        return True

    def missing(self, id: str) -> Exception:
        if self.blog.has_trash:
            return xmlrpc.client.Fault(404, "Sorry, no such post.")
        return xmlrpc.client.Fault(1, f"エントリーID '{id}' がありません")

    def check(self, password: str) -> None:
        if password != PASSWORD:
            raise xmlrpc.client.Fault(403, f"Incorrect username or password. ({password})")


def as_struct(post: Post) -> dict[str, Any]:
    return {
        "postid": post.id,
        "title": post.title,
        "description": post.body,
        "permaLink": f"{PUBLIC}{post.id}",
        "dateCreated": xmlrpc.client.DateTime("20260102T03:04:05"),
        "mt_allow_pings": 0,
    }


def reply(text: str) -> Reply:
    return 200, {"Content-Type": "text/xml"}, text.encode()
