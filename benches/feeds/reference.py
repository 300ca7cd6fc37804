"""feedparser beside the feeds bench: what it reads, what its own suite asserts, how long it takes.

    python reference.py dump  CORPUS OUT.jsonl        one line a file
    python reference.py expect CORPUS OURS.jsonl      its assertions, evaluated against our output
    python reference.py kept  FOLDER OUT.jsonl        titles of every file of a folder
    python reference.py time  FILE                    seconds for one document
    python reference.py dates FILE                    one spelling a line in, Unix seconds or `null` a line out
"""

import ast
import calendar
import glob
import html
import json
import os
import re
import sys
import time
from urllib.parse import urlsplit, urlunsplit

import feedparser

BASE = "http://127.0.0.1:8097/"


def comment(raw):
    """The first comment of a file, in whatever encoding it is."""
    for encoding in ("utf-8", "utf-16", "utf-32", "iso-8859-1"):
        try:
            text = raw.decode(encoding)
        except UnicodeError:
            continue
        if "<!--" in text:
            return text.split("<!--", 1)[1].split("-->", 1)[0]
    return ""


def headers(raw, name):
    """The HTTP headers a file asks to be served with, and a location to resolve against."""
    found = {"content-type": "application/xml", "content-location": BASE + name}
    for line in re.findall(r"^\s*Header:\s*(.*)$", comment(raw), re.M):
        key, _, value = line.partition(":")
        found[key.strip().lower()] = value.strip()
    return found


def files(corpus):
    """Every feed document of both suites, by its path below the corpus."""
    for path in sorted(glob.glob(os.path.join(corpus, "**", "*.*"), recursive=True)):
        name = os.path.relpath(path, corpus)
        if name.endswith(".xml") or name.startswith("feedparser/json/"):
            with open(path, "rb") as file:
                yield name, file.read()


def seconds(entry, key):
    """A parsed date as Unix seconds."""
    value = dict.get(entry, key)
    try:
        return calendar.timegm(value) if value else None
    except (ValueError, OverflowError):
        return None


def entry_of(entry):
    """The fields both of us carry."""
    contents = dict.get(entry, "content") or []
    return {
        "title": dict.get(entry, "title"),
        "title_type": (dict.get(entry, "title_detail") or {}).get("type"),
        "link": dict.get(entry, "link"),
        "id": dict.get(entry, "id"),
        "published": seconds(entry, "published_parsed"),
        "updated": seconds(entry, "updated_parsed"),
        "summary": dict.get(entry, "summary"),
        "content": contents[0].get("value") if contents else None,
    }


def fails_itself(raw, read):
    """Whether this release of feedparser does not give what the assertion in the file says is right."""
    match = re.search(r"Expect:[ \t]*(.*)", comment(raw))
    if not match:
        return False
    scope = {name: dict.get(read, name) for name in ("feed", "entries", "bozo", "version", "encoding")}
    try:
        terms = re.sub(r"not bozo and|bozo and", "", match.group(1))
        return not eval(terms, {"__builtins__": {}}, scope)  # noqa: S307
    except (LookupError, TypeError, AttributeError):
        return True
    except Exception:  # It asks for what only feedparser's own test runner has.
        return False


def dump(corpus, out):
    with open(out, "w", encoding="utf-8") as sink:
        for name, raw in files(corpus):
            asked = headers(raw, name)
            read = feedparser.parse(raw, response_headers=dict(asked))
            line = {
                "file": name,
                "content_type": asked["content-type"],
                "base": asked["content-location"],
                "feed": bool(dict.get(read, "version") or read.entries),
                "fails_itself": fails_itself(raw, read),
                "title": dict.get(read.feed, "title"),
                "entries": [entry_of(e) for e in read.entries],
            }
            sink.write(json.dumps(line) + "\n")


def kept(folder, out):
    with open(out, "w", encoding="utf-8") as sink:
        for path in sorted(glob.glob(os.path.join(folder, "*"))):
            with open(path, "rb") as file:
                raw = file.read()
            read = feedparser.parse(raw, response_headers={"content-type": "application/xml"})
            line = {"file": os.path.basename(path), "entries": [entry_of(e) for e in read.entries]}
            sink.write(json.dumps(line) + "\n")


def folded(text):
    """Text as it is compared: tags out, references resolved, white space folded, addresses as `Url` writes them."""
    text = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", "", text)
    for _ in range(2):
        text = html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", text))
    text = " ".join(text.split())
    if re.match(r"(?i)https?://", text):
        try:
            parts = urlsplit(text)
            text = urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", parts.query, parts.fragment))
        except ValueError:
            pass
    return text


class Text(str):
    """A string that equals another when both say the same."""

    def __eq__(self, other):
        return isinstance(other, str) and folded(self) == folded(other)

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


class Missing(Exception):
    """The assertion asks for a field that was not found."""


class Fields(dict):
    """A dictionary that says when a field is missing."""

    def __missing__(self, key):
        raise Missing(key)


def put(fields, value, *names):
    """Sets a field under every name feedparser gives it, where there is a value."""
    if value is not None:
        for name in names:
            fields[name] = value


def detail(text):
    return Fields(value=Text(text)) if text is not None else None


def text(value):
    return Text(value) if value is not None else None


def moment(value):
    """RFC 3339 as feedparser's nine numbers."""
    return time.gmtime(calendar.timegm(time.strptime(value[:19], "%Y-%m-%dT%H:%M:%S"))) if value else None


def mapped_entry(ours):
    """One of our entries under feedparser's names."""
    entry = Fields()
    put(entry, text(ours["title"]), "title")
    put(entry, detail(ours["title"]), "title_detail")
    put(entry, text(ours["url"]), "link")
    put(entry, text(ours["id"]), "id", "guid")
    summary = ours["summary"] if ours["summary"] is not None else ours["content"]
    put(entry, text(summary), "summary", "description")
    put(entry, detail(summary), "summary_detail", "description_detail")
    bodies = [b for b in (ours["content"], ours["summary"]) if b is not None]
    if bodies:
        entry["content"] = [Fields(value=Text(b)) for b in bodies]
    for name in ("published", "updated"):
        put(entry, text(ours[name + "_raw"]), name)
        put(entry, moment(ours[name + "_at"]), name + "_parsed")
    if ours["authors"]:
        entry["author"] = Text(ours["authors"][0])
        entry["author_detail"] = Fields(name=Text(ours["authors"][0]))
        entry["authors"] = [Fields(name=Text(a)) for a in ours["authors"]]
        entry["contributors"] = entry["authors"]
    if ours["categories"]:
        entry["tags"] = [Fields(term=Text(c)) for c in ours["categories"]]
        entry["category"] = Text(ours["categories"][0])
    entry["enclosures"] = [
        Fields(href=Text(e["url"]), url=Text(e["url"]), type=e["media_type"], length=str(e["length"]))
        for e in ours["enclosures"]
    ]
    return entry


def mapped_feed(ours):
    """Our feed under feedparser's names."""
    feed = Fields()
    put(feed, text(ours["title"]), "title")
    put(feed, detail(ours["title"]), "title_detail")
    put(feed, text(ours["description"]), "subtitle", "description", "tagline")
    put(feed, detail(ours["description"]), "subtitle_detail", "description_detail", "tagline_detail")
    put(feed, text(ours["site_url"]), "link")
    put(feed, text(ours["language"]), "language")
    if ours["ttl_seconds"] is not None:
        feed["ttl"] = str(ours["ttl_seconds"] // 60)
    return feed


class Subscripts(ast.NodeTransformer):
    """`feed.title` as `feed['title']`, which says the same to feedparser."""

    def visit_Attribute(self, node):
        value = self.visit(node.value)
        return ast.Subscript(value=value, slice=ast.Constant(node.attr), ctx=ast.Load())


# What we carry of an entry and of a feed, by feedparser's names, with the parts of it that we carry.
ENTRY = {
    "title": (), "link": (), "id": (), "guid": (), "summary": (), "description": (), "category": (),
    "published": (), "updated": (), "published_parsed": (), "updated_parsed": (), "author": (),
    "title_detail": ("value",), "summary_detail": ("value",), "description_detail": ("value",),
    "content": ("value",), "tags": ("term",), "author_detail": ("name",), "authors": ("name",),
    "enclosures": ("href", "url", "type", "length"),
}
FEED = {
    "title": (), "link": (), "subtitle": (), "description": (), "tagline": (), "language": (), "ttl": (),
    "title_detail": ("value",), "subtitle_detail": ("value",), "tagline_detail": ("value",),
    "description_detail": ("value",),
}


def carried(node):
    """Whether an expression asks only for what we carry."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if not names or not names <= {"feed", "entries", "len"} or not names & {"feed", "entries"}:
        return False
    chains = [n for n in ast.walk(node) if isinstance(n, ast.Subscript)]
    inner = {id(n.value) for n in chains}
    for chain in (c for c in chains if id(c) not in inner):
        keys = []
        while isinstance(chain, ast.Subscript):
            keys.append(chain.slice.value if isinstance(chain.slice, ast.Constant) else None)
            chain = chain.value
        if not isinstance(chain, ast.Name):
            return False
        words = [k for k in reversed(keys) if isinstance(k, str)]
        known = ENTRY if chain.id == "entries" else FEED
        if not words:
            continue
        if words[0] not in known or any(w not in known[words[0]] for w in words[1:]):
            return False
    return True


def assertion(expression):
    """The part of an assertion that speaks of what we carry, as code; `None` where none does."""
    try:
        tree = Subscripts().visit(ast.parse(expression.strip(), mode="eval").body)
    except SyntaxError:
        return None
    terms = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    terms = [t for t in terms if not {n.id for n in ast.walk(t) if isinstance(n, ast.Name)} <= {"bozo"}]
    if not terms or not all(carried(t) for t in terms):
        return None
    joined = terms[0] if len(terms) == 1 else ast.BoolOp(op=ast.And(), values=terms)
    return compile(ast.fix_missing_locations(ast.Expression(joined)), "expect", "eval")


def expect(corpus, ours):
    """Prints one JSON line a file with an assertion that can be evaluated."""
    with open(ours, encoding="utf-8") as source:
        read = {line["file"]: line["feed"] for line in map(json.loads, source)}
    for name, raw in files(corpus):
        match = re.search(r"Expect:[ \t]*(.*)", comment(raw))
        if not name.startswith("feedparser/") or not match:
            continue
        code = assertion(match.group(1))
        if code is None:
            continue
        feed = read.get(name)
        why = "refused"
        if feed is not None:
            scope = {"feed": mapped_feed(feed), "entries": [mapped_entry(e) for e in feed["entries"]], "len": len}
            try:
                why = None if eval(code, {"__builtins__": {}}, scope) else "differs"  # noqa: S307
            except Missing as error:
                why = f"no {error}"
            except (IndexError, TypeError) as error:  # An entry we do not have, a call of what we do not carry.
                why = str(error)
        print(json.dumps({"file": name, "expect": match.group(1).strip(), "why": why}))


def timed(path):
    with open(path, "rb") as file:
        raw = file.read()
    begin = time.perf_counter()
    read = feedparser.parse(raw, response_headers={"content-type": "application/xml"})
    print(json.dumps({"seconds": time.perf_counter() - begin, "entries": len(read.entries)}))


def dates(path):
    from feedparser.datetimes import _parse_date

    with open(path, encoding="utf-8") as file:
        for line in file.read().split("\n"):
            try:
                value = _parse_date(line)
                print(json.dumps(calendar.timegm(value) if value else None))
            except Exception:  # Its own readers raise whatever they meet.
                print("null")


if __name__ == "__main__":
    {"dump": dump, "expect": expect, "kept": kept, "time": timed, "dates": dates}[sys.argv[1]](*sys.argv[2:])
