"""A hub on this machine: the part of the Hugging Face hub's HTTP that pushing and pulling need.

Repositories are kept as commits, each a dict of files. Large files come by LFS's batch of uploads,
as the hub has `.npz` and `.mp4`, all others inside the commit. What is asked is written down.
"""

import base64
import contextlib
import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import yaml

LARGE = (".npz", ".mp4", ".png")


@dataclass
class Repository:
    private: bool = False
    gated: bool = False
    commits: list = field(default_factory=list)
    """(id, files, message), the newest last."""
    tags: dict = field(default_factory=dict)

    def commit(self, files, message="") -> str:
        oid = hashlib.sha1(f"{len(self.commits)}{sorted(files)}{time.time_ns()}".encode())
        self.commits.append((oid.hexdigest(), dict(files), message))
        return oid.hexdigest()

    def at(self, revision):
        """Return the commit that a revision names, None if there is none."""
        if revision in (None, "main"):
            return self.commits[-1]
        named = self.tags.get(revision, revision)
        return next((one for one in self.commits if one[0] == named), None)


class Hub:
    """The server; `repositories` by USER/NAME, `tokens` by who has them."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.tokens = {"hf_me": "me", "hf_guest": "guest"}
        self.large: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        """Method, path and range of each request."""
        self.faults: dict[str, object] = {}
        """What goes wrong, by a word in the path: a status, or "cut", "cut once", "wrong",
        "mute" or "html"."""
        handler = type("Handler", (_Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def make(self, name, files, **settings) -> Repository:
        made = self.repositories[name] = Repository(**settings)
        made.commit({".gitattributes": b"*.npz filter=lfs\n", **files})
        return made

    def files(self, name, revision=None) -> dict[str, bytes]:
        return self.repositories[name].at(revision)[1]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def git_id(data: bytes) -> str:
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self):
        self._answer("GET")

    def do_HEAD(self):
        self._answer("HEAD")

    def do_POST(self):
        self._answer("POST")

    def do_PUT(self):
        self._answer("PUT")

    def _answer(self, method):
        self.path = unquote(self.path)
        path = urlsplit(self.path).path
        self.hub.asked.append((method, path, self.headers.get("range")))
        body = self._body()
        self.fault = next((what for word, what in self.hub.faults.items() if word in path), None)
        if isinstance(self.fault, int):
            return self._send(self.fault, {"error": "so it was asked"})
        if self.fault == "mute":
            time.sleep(3)
            self.close_connection = True
            return None
        if self.fault == "html":
            return self._send(200, b"<html>A page</html>")
        routes = {
            ("GET", r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?"): self._describe,
            ("POST", r"/api/repos/create"): self._create,
            ("POST", r"/api/validate-yaml"): self._validate,
            ("POST", r"/api/models/([^/]+/[^/]+)/preupload/(.+)"): self._preupload,
            ("POST", r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch"): self._batch,
            ("PUT", r"/large/(\w+)"): self._keep,
            ("POST", r"/api/models/([^/]+/[^/]+)/commit/(.+)"): self._commit,
            ("GET", r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)"): self._resolve,
            ("HEAD", r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)"): self._resolve,
        }
        for (verb, pattern), route in routes.items():
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                return route(body, *found.groups())
        return self._send(404, {"error": f"no such route: {method} {path}"})

    def _body(self):
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _user(self):
        """Return who asks; None of nobody, False of one with a wrong token."""
        given = self.headers.get("authorization")
        return None if given is None else self.hub.tokens.get(given.removeprefix("Bearer "), False)

    def _found(self, name):
        """Return a repository that the one who asks may see, or send why not."""
        if self._user() is False:
            said = "Invalid credentials in Authorization header"
            return self._send(401, {"error": said}, {"X-Error-Message": said})
        repository = self.hub.repositories.get(name)
        owner = name.partition("/")[0]
        if repository is None or (repository.private and self._user() != owner):
            status = 401 if self._user() is None else 404
            return self._send(status, {"error": "no"}, {"X-Error-Code": "RepoNotFound"})
        if repository.gated and self._user() != owner:
            return self._send(403, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
        return repository

    def _may_write(self, name):
        if self._user() == name.partition("/")[0]:
            return True
        self._send(403, {"error": f"You don't have the rights to write to {name}"})
        return False

    def _describe(self, _, name, revision):
        repository = self._found(name)
        if repository is None:
            return
        commit = repository.at(revision)
        if commit is None:
            self._send(404, {"error": "no"}, {"X-Error-Code": "RevisionNotFound"})
            return
        siblings = [self._sibling(file, data) for file, data in commit[1].items()]
        self._send(200, {"id": name, "sha": commit[0], "siblings": siblings, "tags": []})

    @staticmethod
    def _sibling(name, data):
        found = {"rfilename": name, "size": len(data), "blobId": git_id(data)}
        if name.endswith(LARGE):
            oid = hashlib.sha256(data).hexdigest()
            found["lfs"] = {"size": len(data), "sha256": oid, "pointerSize": 130}
        return found

    def _create(self, body):
        asked = json.loads(body)
        owner = asked.get("organization") or self._user()
        name = f"{owner}/{asked['name']}"
        if not self._may_write(name):
            return
        status = 409 if name in self.hub.repositories else 200
        if status == 200:
            hidden = asked.get("private") or asked.get("visibility") == "private"
            self.hub.make(name, {}, private=bool(hidden))
        self._send(status, {"url": f"{self.hub.url}/{name}", "name": name, "error": "exists"})

    def _validate(self, body):
        text = json.loads(body)["content"]
        head = yaml.safe_load(text.split("---")[1])
        is_known = isinstance(head, dict) and "library_name" in head
        self._send(200 if is_known else 400, {"errors": [], "warnings": []})

    def _preupload(self, body, name, revision):
        if self._found(name) is None or not self._may_write(name):
            return
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
            }
            for one in json.loads(body)["files"]
        ]
        self._send(200, {"files": files})

    def _batch(self, body, name):
        if not self._may_write(name):
            return
        objects = []
        for one in json.loads(body)["objects"]:
            entry = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.large:
                entry["actions"] = {"upload": {"href": f"{self.hub.url}/large/{one['oid']}"}}
            objects.append(entry)
        self._send(200, {"transfer": "basic", "objects": objects})

    def _keep(self, body, oid):
        assert hashlib.sha256(body).hexdigest() == oid
        self.hub.large[oid] = body
        self._send(200, {})

    def _commit(self, body, name, revision):
        repository = self._found(name)
        if repository is None or not self._may_write(name):
            return
        head, *changes = [json.loads(line) for line in body.splitlines()]
        parent = head["value"].get("parentCommit")
        if parent is not None and parent != repository.commits[-1][0]:
            self._send(412, {"error": "A commit has happened since."})
            return
        files = dict(repository.commits[-1][1])
        for change in changes:
            value = change["value"]
            if change["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif change["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            else:
                assert change["key"] == "deletedFile"
                del files[value["path"]]
        oid = repository.commit(files, head["value"]["summary"])
        url = f"{self.hub.url}/{name}/commit/{oid}"
        self._send(200, {"success": True, "commitOid": oid, "commitUrl": url})

    def _resolve(self, _, name, revision, file):
        repository = self._found(name)
        if repository is None:
            return
        commit = repository.at(revision)
        data = None if commit is None else commit[1].get(file)
        if data is None:
            self._send(404, {"error": "no"}, {"X-Error-Code": "EntryNotFound"})
            return
        tag = hashlib.sha256(data).hexdigest() if file.endswith(LARGE) else git_id(data)
        heads = {"ETag": f'"{tag}"', "X-Repo-Commit": commit[0], "Accept-Ranges": "bytes"}
        if self.fault == "wrong":
            data = bytes(len(data))
        begin = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range") or "")
        if asked:
            begin = int(asked[1])
            heads["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        self._send(206 if asked else 200, data[begin:], heads)

    def _send(self, status, content, heads=None):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (heads or {}).items():
            self.send_header(name, value)
        kind = "application/octet-stream" if isinstance(content, bytes) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault in ("cut", "cut once"):
            if self.fault == "cut once":
                self.hub.faults.clear()
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(data)
