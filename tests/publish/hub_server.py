"""A small Hub on loopback that speaks to the unmodified `huggingface_hub`: repositories, LFS, commits, revisions.

Two origins, as in reality: the Hub itself, which wants a token, and the storage behind it, which must never see one.
Faults are planted by the tests: an answer with a status, or a connection that is cut before or after the work is done.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

REPO = r"/api/datasets/(?P<repo>[^/]+/[^/]+)"
KNOWN_LICENCES = {"mit", "apache-2.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "other"}
KNOWN_CATEGORIES = {"text-classification", "question-answering", "multiple-choice", "token-classification"}


@dataclass(frozen=True)
class Blob:
    data: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def git(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.data) + self.data).hexdigest()

    @property
    def oid(self) -> str:
        """What `preupload` reports, to be compared with the local file."""
        return self.sha256 if self.lfs else self.git


@dataclass
class Repo:
    private: bool
    commits: list[tuple[str, dict[str, Blob]]] = field(default_factory=list)

    def add(self, files: dict[str, Blob]) -> str:
        seed = f"{len(self.commits)} {sorted((path, blob.sha256) for path, blob in files.items())}"
        sha = hashlib.sha1(seed.encode()).hexdigest()
        self.commits.append((sha, files))
        return sha

    @property
    def head(self) -> str:
        return self.commits[-1][0]

    def at(self, revision: str) -> tuple[str, dict[str, Blob]] | None:
        if revision == "main":
            return self.commits[-1]
        return next((commit for commit in self.commits if commit[0] == revision), None)


@dataclass
class Fault:
    method: str
    pattern: str
    status: int = 0  # 0: cut the connection
    after: bool = False  # do the work first, and lose only the answer
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


class Server(ThreadingHTTPServer):
    """Takes as many connections at once as clients open side by side; the base class makes the sixth wait and retry."""

    request_queue_size = 128


@dataclass
class Seen:
    method: str
    path: str
    token: str
    size: int


class Refused(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(status)
        self.status, self.code, self.message = status, code, message


class HubServer:
    """The state of the Hub and what was asked of it."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.repos: dict[str, Repo] = {}
        self.store: dict[str, bytes] = {}
        self.seen: list[Seen] = []
        self.faults: list[Fault] = []
        self.before_commit: Callable[[], None] | None = None
        self.lock = threading.RLock()
        self.url = self.storage = ""

    def fail(self, method: str, pattern: str, status: int = 0, **more: Any) -> None:
        self.faults.append(Fault(method, pattern, status, **more))

    def asked(self, method: str, pattern: str) -> list[Seen]:
        return [item for item in self.seen if item.method == method and re.search(pattern, item.path)]

    def fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.method == method and re.search(fault.pattern, path):
                    fault.times -= 1
                    return fault
        return None

    def open(self, name: str, token: str) -> Repo:
        repo = self.repos.get(name)
        if token not in {"", self.token}:
            raise Refused(401, "", "Invalid credentials in Authorization header")
        if repo is None or (repo.private and not token):
            raise Refused(404 if token else 401, "RepoNotFound", "Repository not found")
        return repo

    @contextlib.contextmanager
    def running(self) -> Iterator[HubServer]:
        servers = [Server(("127.0.0.1", 0), _handler(self, kind)) for kind in (HubHandler, StorageHandler)]
        self.url, self.storage = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
        threads = [threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in servers]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            for server in servers:
                server.shutdown()
                server.server_close()


def _handler(hub: HubServer, kind: type[Handler]) -> type[Handler]:
    return type(kind.__name__, (kind,), {"hub": hub})


class Handler(BaseHTTPRequestHandler):
    """Plumbing: reads a request, plants faults, writes the answer."""

    hub: HubServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: in two packets, each answer would wait for a delayed ACK
    routes: tuple[tuple[str, str, str], ...] = ()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Keep quiet."""

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # names of http.server

    def _serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        path, self.query = unquote(split.path), parse_qs(split.query)
        self.bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.hub.seen.append(Seen(self.command, path, self.bearer, len(self.body)))
        fault = self.hub.fault(self.command, path)
        if fault is None or fault.after:
            answer = self._answer(path)
        if fault is None:
            self._send(*answer)
        elif fault.status:
            self._send(fault.status, fault.headers, fault.body.encode())
        else:
            self.close_connection = True
            self.connection.close()

    def _answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        for method, pattern, name in self.routes:
            found = re.fullmatch(pattern, path)
            if found and self.command in method.split("|"):
                try:
                    with self.hub.lock:
                        return self._packed(getattr(self, name)(**found.groupdict()))
                except Refused as refusal:
                    headers = {"X-Error-Code": refusal.code, "X-Error-Message": refusal.message}
                    return refusal.status, headers, json.dumps({"error": refusal.message}).encode()
        return 404, {}, b'{"error": "no such route"}'

    @staticmethod
    def _packed(answer: Any) -> tuple[int, dict[str, str], bytes]:
        if isinstance(answer, tuple):
            return answer
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)


class HubHandler(Handler):
    """The Hub's API."""

    routes = (
        ("POST", "/api/repos/create", "create"),
        ("POST", "/api/validate-yaml", "validate"),
        ("GET", REPO + "(?:/revision/(?P<revision>[^/]+))?", "info"),
        ("GET", REPO + "/tree/(?P<revision>[^/]+)(?:/(?P<below>.*))?", "tree"),
        ("POST", REPO + "/paths-info/(?P<revision>[^/]+)", "paths"),
        ("POST", REPO + "/preupload/(?P<revision>[^/]+)", "preupload"),
        ("POST", REPO + "/commit/(?P<revision>[^/]+)", "commit"),
        ("PUT", REPO + "/settings", "settings"),
        ("POST", r"/datasets/(?P<repo>[^/]+/[^/]+)\.git/info/lfs/objects/batch", "batch"),
        ("POST", r"/lfs-verify/(?P<repo>[^/]+/[^/]+)", "verify"),
        ("GET|HEAD", "/datasets/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "resolve"),
    )

    def _write(self, repo: str) -> Repo:
        if not self.bearer:
            raise Refused(401, "RepoNotFound", "Repository not found")
        return self.hub.open(repo, self.bearer)

    def _read(self, repo: str, revision: str | None) -> tuple[Repo, str, dict[str, Blob]]:
        found = self.hub.open(repo, self.bearer)
        commit = found.at(revision or "main")
        if commit is None:
            raise Refused(404, "RevisionNotFound", "Revision not found")
        return found, *commit

    def create(self) -> Any:
        wanted = json.loads(self.body)
        name = f"{wanted['organization']}/{wanted['name']}"
        if self.bearer != self.hub.token:
            raise Refused(401, "", "Invalid username or password.")
        if name in self.hub.repos:
            return 409, {}, json.dumps({"error": "exists", "url": f"{self.hub.url}/datasets/{name}"}).encode()
        repo = self.hub.repos[name] = Repo(private=wanted.get("visibility") == "private" or bool(wanted.get("private")))
        repo.add({".gitattributes": Blob(b"*.parquet filter=lfs diff=lfs merge=lfs -text\n", lfs=False)})
        return {"url": f"{self.hub.url}/datasets/{name}", "name": name}

    def validate(self) -> Any:
        content = json.loads(self.body)["content"]
        head = yaml.safe_load(content.split("---\n")[1])
        wrong = []
        if head["license"] not in KNOWN_LICENCES:
            wrong.append(f"license {head['license']}")
        if head["license"] == "other" and not (head.get("license_name") and head.get("license_link")):
            wrong.append("license other without name and link")
        wrong += [name for name in head["task_categories"] if name not in KNOWN_CATEGORIES]
        if wrong:
            return 400, {}, json.dumps({"errors": [{"message": item} for item in wrong], "warnings": []}).encode()
        return {"errors": [], "warnings": []}

    def info(self, repo: str, revision: str | None) -> Any:
        found, sha, files = self._read(repo, revision)
        siblings = [{"rfilename": path} for path in sorted(files)]
        more = {"gated": False, "disabled": False, "downloads": 0, "likes": 0, "tags": [], "siblings": siblings}
        return {"_id": "0", "id": repo, "sha": sha, "private": found.private, **more}

    @staticmethod
    def _entry(path: str, blob: Blob) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(blob.data), "oid": blob.git}
        if blob.lfs:
            entry["lfs"] = {"oid": blob.sha256, "size": len(blob.data), "pointerSize": 128}
        return entry

    def tree(self, repo: str, revision: str, below: str | None) -> Any:
        _, _, files = self._read(repo, revision)
        prefix = f"{below}/" if below else ""
        inside = {path: blob for path, blob in files.items() if path.startswith(prefix)}
        if below and not inside:
            raise Refused(404, "EntryNotFound", f"{below} does not exist")
        deep = self.query.get("recursive", ["False"])[0].lower() == "true"
        folders = {"/".join(path.split("/")[:n]) for path in inside for n in range(1, path.count("/") + 1)}
        entries: list[dict[str, Any]] = [
            {"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in sorted(folders)
        ]
        entries += [self._entry(path, blob) for path, blob in sorted(inside.items())]
        return [
            entry
            for entry in entries
            if entry["path"].startswith(prefix) and (deep or "/" not in entry["path"][len(prefix) :])
        ]

    def paths(self, repo: str, revision: str) -> Any:
        _, _, files = self._read(repo, revision)
        form = parse_qs(self.body.decode())
        wanted = form.get("paths") or json.loads(self.body or b"{}").get("paths", [])
        found = [self._entry(path, files[path]) for path in wanted if path in files]
        folders = [path for path in wanted if any(name.startswith(f"{path}/") for name in files)]
        return found + [{"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in folders]

    def preupload(self, repo: str, revision: str) -> Any:
        self._write(repo)
        _, _, files = self._read(repo, revision)
        answer = []
        for item in json.loads(self.body)["files"]:
            path = item["path"]
            mode = "lfs" if path.endswith(".parquet") else "regular"
            known = {"oid": files[path].oid} if path in files else {}
            answer.append({"path": path, "uploadMode": mode, "shouldIgnore": False, **known})
        return {"files": answer}

    def batch(self, repo: str) -> Any:
        self._write(repo)
        objects = []
        for item in json.loads(self.body)["objects"]:
            entry = {"oid": item["oid"], "size": item["size"]}
            if item["oid"] not in self.hub.store:
                upload = {"href": f"{self.hub.storage}/lfs/{item['oid']}"}
                entry["actions"] = {"upload": upload, "verify": {"href": f"{self.hub.url}/lfs-verify/{repo}"}}
            objects.append(entry)
        return {"transfer": "basic", "objects": objects}

    def verify(self, repo: str) -> Any:
        self._write(repo)
        wanted = json.loads(self.body)
        if len(self.hub.store.get(wanted["oid"], b"")) != wanted["size"]:
            raise Refused(404, "", "object is not there")
        return {}

    def commit(self, repo: str, revision: str) -> Any:
        if self.hub.before_commit:
            hook, self.hub.before_commit = self.hub.before_commit, None
            hook()
        found = self._write(repo)
        lines = [json.loads(line) for line in self.body.splitlines() if line]
        if lines[0]["value"].get("parentCommit") not in {None, found.head}:
            raise Refused(412, "", "A commit has happened since. Please refresh and try again.")
        files = dict(found.commits[-1][1])
        for line in lines[1:]:
            self._apply(files, line["key"], line["value"])
        sha = found.add(files)
        return {"success": True, "commitOid": sha, "commitUrl": f"{self.hub.url}/datasets/{repo}/commit/{sha}"}

    def _apply(self, files: dict[str, Blob], key: str, value: dict[str, Any]) -> None:
        if key == "file":
            files[value["path"]] = Blob(base64.b64decode(value["content"]), lfs=False)
        elif key == "lfsFile":
            if value["oid"] not in self.hub.store:
                raise Refused(422, "", f"LFS object {value['oid']} was never uploaded")
            files[value["path"]] = Blob(self.hub.store[value["oid"]], lfs=True)
        elif key == "deletedFile":
            files.pop(value["path"])
        else:
            raise Refused(400, "", f"unknown operation {key}")

    def settings(self, repo: str) -> Any:
        wanted = json.loads(self.body)
        self._write(repo).private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        return {}

    def resolve(self, repo: str, revision: str, path: str) -> Any:
        _, sha, files = self._read(repo, revision)
        if path not in files:
            raise Refused(404, "EntryNotFound", f"{path} does not exist")
        blob = files[path]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{blob.oid}"'}
        if not blob.lfs:
            return 200, {**headers, "Content-Length": str(len(blob.data))}, blob.data
        linked = {"X-Linked-Etag": f'"{blob.oid}"', "X-Linked-Size": str(len(blob.data))}
        return 302, {**headers, **linked, "Location": f"{self.hub.storage}/lfs/{blob.sha256}"}, b""


class StorageHandler(Handler):
    """The storage of large files: signed addresses, no tokens."""

    routes = (("PUT", "/lfs/(?P<oid>[0-9a-f]+)", "put"), ("GET|HEAD", "/lfs/(?P<oid>[0-9a-f]+)", "get"))

    def put(self, oid: str) -> Any:
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise Refused(400, "", "these bytes have another SHA-256")
        self.hub.store[oid] = self.body
        return 200, {"ETag": f'"{oid}"'}, b""

    def get(self, oid: str) -> Any:
        return 200, {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"}, self.hub.store[oid]
