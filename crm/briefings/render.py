"""Word in, Word out: the only user of the Word library.

A template is a program, so it runs in a sandbox that knows neither functions nor arithmetic, and one
that is not the shipped one runs in a child process with limits on memory, time and output. Values are
escaped; what XML cannot hold is removed before. The same blanks give the same bytes: the document's
dates are the paper's own and the zip carries none.

`python -m crm.briefings.render` is that child: a request as JSON on standard input, the answer on
standard output.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from docx.opc.constants import RELATIONSHIP_TYPE as REL
from docx.oxml.parser import parse_xml
from docxtpl import DocxTemplate
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from crm.briefings.blanks import BLANKS, known
from crm.core.errors import Refusal
from crm.core.i18n import _
from crm.core.settings import ROOT

SHIPPED_FOLDER = ROOT / "templates_docx"
MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MIDNIGHT = (1980, 1, 1, 0, 0, 0)  # the zip format's earliest

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS, WALL_SECONDS = 5, 30
MAX_TEMPLATE_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 60_000_000
MAX_MEMBERS = 500
MAX_PAPER_BYTES = 40_000_000

# Filters an office template may use; `safe` above all is not among them.
FILTERS = (
    "default",
    "d",
    "join",
    "length",
    "count",
    "trim",
    "first",
    "last",
    "upper",
    "lower",
    "e",
    "escape",
)
# Fields that fetch something from elsewhere when Word opens or prints the file.
_FETCHING = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON)\b", re.I)
# What XML 1.0 cannot hold, and the bell, which the library takes for a new paragraph.
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Properties:
    """The document's own title, author and day (Word's 文件属性)."""

    title: str
    author: str
    on: date


@dataclass(frozen=True)
class TemplateReport:
    """A template against the contract. `missing`: blanks of the paper it leaves out; `unknown`: blanks
    it asks for that no paper fills; `broken`: a sentence when it cannot be read or run at all."""

    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    broken: str = ""

    @property
    def usable(self) -> bool:
        return not self.unknown and not self.broken


class _Sandbox(ImmutableSandboxedEnvironment):
    """Blanks, loops and conditions; no call, no arithmetic, no global name."""

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)
    intercepted_unops = frozenset(ImmutableSandboxedEnvironment.default_unop_table)

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=jinja2.StrictUndefined, loader=jinja2.DictLoader({}))
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return False  # a row's column is an item, found before any attribute

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"no arithmetic in a template: {operator}")

    def call_unop(self, context: Any, operator: str, arg: Any) -> Any:
        raise SecurityError(f"no arithmetic in a template: {operator}")


class _Sheet(DocxTemplate):  # type: ignore[misc]
    """The library without two habits: it rewrites `{_{` inside values, and runs the properties as templates."""

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        self.current_rendering_part = part
        text = jinja_env.from_string(src_xml).render(context)
        return str(self.resolve_listing(text))

    def render_properties(self, context: Any, jinja_env: Any = None) -> None:
        return None


def writable(value: Any) -> Any:
    """Every text of a context as a document can hold it: line ends as one kind, forbidden characters out."""
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n").replace("\f", "\n")
        return _UNWRITABLE.sub("", text)
    if isinstance(value, list | tuple):
        return [writable(v) for v in value]
    if isinstance(value, dict):
        return {str(k): writable(v) for k, v in value.items()}
    raise TypeError(f"a template is given texts, lists and rows only, not {type(value).__name__}")


# Rendering ------------------------------------------------------------------------------------------


def render(template: bytes, blanks: dict[str, Any], properties: Properties) -> bytes:
    """The filled document. The shipped templates are filled here, any other in a child process.

    `blanks` holds texts, lists of texts and lists of rows of texts. Raises `Refusal` when the template
    asks for something unknown, breaks the sandbox's rules or its limits.
    """
    context = writable(blanks)
    if hashlib.sha256(template).hexdigest() in shipped_hashes():
        return _fill(template, context, properties)
    answer = _ask_child(
        {
            "do": "render",
            "template": base64.b64encode(template).decode(),
            "blanks": context,
            "title": properties.title,
            "author": properties.author,
            "on": properties.on.isoformat(),
        }
    )
    return base64.b64decode(answer["paper"])


@cache
def shipped_hashes() -> frozenset[str]:
    """sha256 of the templates that came with the product."""
    return frozenset(hashlib.sha256(path.read_bytes()).hexdigest() for path in SHIPPED_FOLDER.glob("*.docx"))


def _fill(template: bytes, context: dict[str, Any], properties: Properties) -> bytes:
    sheet = _Sheet(io.BytesIO(template))
    try:
        sheet.render(context, _Sandbox(), autoescape=True)
    except jinja2.UndefinedError as error:
        raise Refusal(
            _("模板里有没有内容可填的空格：{what}。请核对 templates_docx 的说明。", what=str(error))
        ) from error
    except SecurityError as error:
        raise Refusal(_("模板里有不允许的写法（{what}），已拒绝。", what=str(error))) from error
    except jinja2.TemplateError as error:
        raise Refusal(_("模板的空格写法有误：{what}。", what=str(error))) from error
    core = sheet.docx.core_properties
    noon = datetime(properties.on.year, properties.on.month, properties.on.day, 12)  # noqa: DTZ001
    core.title, core.author, core.last_modified_by = (
        writable(properties.title)[:255],
        writable(properties.author)[:255],
        writable(properties.author)[:255],
    )
    core.created = core.modified = noon
    core.revision = 1
    core.subject = core.comments = core.keywords = ""
    core.language = "zh-CN"
    out = io.BytesIO()
    sheet.docx.save(out)
    return _without_times(out.getvalue())


def _without_times(data: bytes) -> bytes:
    """The same members without the clock: equal content gives equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.infolist():
            info = zipfile.ZipInfo(member.filename, MIDNIGHT)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(member))
    return out.getvalue()


def text_of(paper: bytes) -> str:
    """The body's paragraphs, tables included, a line each: what a reader sees. For checks and tests."""
    from docx import Document

    document = Document(io.BytesIO(paper))
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    lines = []
    for paragraph in document.element.body.iter(f"{w}p"):
        bits = []
        for node in paragraph.iter(f"{w}t", f"{w}tab", f"{w}br"):
            if node.tag == f"{w}t":
                bits.append(node.text or "")
            elif node.getparent().tag == f"{w}r":
                bits.append("\t" if node.tag == f"{w}tab" else "\n")
        lines.append("".join(bits))
    return "\n".join(lines)


# Checking a template ----------------------------------------------------------------------------------


def check(template: bytes, kind: str) -> TemplateReport:
    """The template against the contract of one paper (a key of `BLANKS`): unsafe, broken, missing and unknown blanks. Runs the template
    in the child process with sample words, so that what would fail in use fails here."""
    try:
        refuse_unsafe(template)
        answer = _ask_child(
            {
                "do": "check",
                "template": base64.b64encode(template).decode(),
                "kind": str(kind),
            }
        )
    except Refusal as error:
        return TemplateReport(broken=str(error))
    used = set(answer["used"])
    return TemplateReport(
        missing=tuple(p for p in BLANKS[kind] if p not in used),
        unknown=tuple(sorted(used - known(kind))),
        broken=answer["broken"],
    )


def sample_blanks(kind: str) -> dict[str, Any]:
    """Every blank with its own meaning as content."""
    sample: dict[str, Any] = {}
    for path, meaning in BLANKS[kind].items():
        name, _dot, column = path.partition("[].")
        if column:
            sample.setdefault(name, [{}])[0][column] = meaning
        elif path.endswith("[]"):
            sample[path[:-2]] = [meaning]
        else:
            sample[path] = meaning
    return sample


def refuse_unsafe(data: bytes) -> None:
    """Refuse what is no plain .docx: macros, remote or embedded parts, fields that fetch, bombs."""
    if len(data) > MAX_TEMPLATE_BYTES:
        raise Refusal(_("模板超过 {n} MB，请删去图片后再试。", n=MAX_TEMPLATE_BYTES // 1_000_000))
    not_word = _("这不是 Word 的 .docx 文件，请在 Word 中另存为 .docx 后再试。")
    if not data.startswith(b"PK\x03\x04"):
        raise Refusal(not_word)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED_BYTES:
                raise Refusal(_("模板解开后过大，已拒绝。"))
            texts = {}
            for member in members:
                name = member.filename.lower()
                if name.endswith((".xml", ".rels")):
                    with archive.open(member) as f:
                        texts[name] = f.read(MAX_UNPACKED_BYTES + 1)
    except Refusal:
        raise
    except Exception as error:  # zipfile raises many kinds for a broken file
        raise Refusal(not_word) from error
    names = {m.filename.lower() for m in members}
    types = texts.get("[content_types].xml", b"")
    if "word/document.xml" not in names or not types:
        raise Refusal(not_word)
    if b"macroenabled" in types.lower() or any("vbaproject" in n or "vbadata" in n for n in names):
        raise Refusal(_("模板含有宏，已拒绝。请另存为不含宏的 .docx。"))
    if any(
        "embeddings/" in n or "activex/" in n or n.endswith((".bin", ".zip", ".docm", ".exe")) for n in names
    ):
        raise Refusal(_("模板里嵌入了其他文件或控件，已拒绝。请删去嵌入对象。"))
    for name, text in texts.items():
        plain = text.replace(b"\x00", b"")  # UTF-16 hides the words otherwise
        if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
            raise Refusal(_("模板的内部结构不合规（DOCTYPE），已拒绝。"))
        if name.endswith(".rels") and (
            b"External" in plain or b"aFChunk" in plain or b"attachedTemplate" in plain
        ):
            raise Refusal(_("模板引用了外部文件、网址或另一模板，已拒绝。请删去链接、链接图片和附加模板。"))
        fields = re.findall(rb"<w:instrText[^>]*>([^<]*)<|w:instr=\"([^\"]*)\"", plain)
        words = "".join((a or b).decode("utf-8", "replace") for a, b in fields)
        if _FETCHING.search(words):
            raise Refusal(_("模板里有会读取外部内容的域（如 DDE、INCLUDEPICTURE），已拒绝。"))


def used_blanks(template: bytes) -> set[str]:
    """Every blank the template mentions, as paths of `blanks.BLANKS`. Raises `jinja2.TemplateError`."""
    sheet = _Sheet(io.BytesIO(template))
    sheet.init_docx()
    sources = [sheet.get_xml()]
    for relationship in sheet.docx.part.rels.values():
        if relationship.reltype in (REL.HEADER, REL.FOOTER, REL.FOOTNOTES):
            sources.append(sheet.xml_to_string(parse_xml(relationship.target_part.blob)))
    used: set[str] = set()
    for source in sources:
        used |= set(_mentions(_Sandbox().parse(sheet.patch_xml(source)), {}))
    return used


def _mentions(node: nodes.Node, scope: dict[str, str]) -> Iterator[str]:
    """Paths of all variables under a node; `scope` maps a loop's variable to the path of its list's items."""
    if isinstance(node, nodes.For):
        yield from _mentions(node.iter, scope)
        path = _path(node.iter, scope)
        inner = dict(scope) | {"loop": ""}
        if isinstance(node.target, nodes.Name):
            inner[node.target.name] = f"{path}[]" if path is not None else ""
        for child in [*node.body, *node.else_, *([node.test] if node.test else [])]:
            yield from _mentions(child, inner)
        return
    path = _path(node, scope)
    if path is not None:
        if path:
            yield path
        return
    for child in node.iter_child_nodes():
        yield from _mentions(child, scope)


def _path(node: nodes.Node, scope: dict[str, str]) -> str | None:
    """The path a variable or its attribute stands for; "" for the loop's own; None for anything else."""
    if isinstance(node, nodes.Name) and node.ctx == "load":
        return scope.get(node.name, node.name)
    if isinstance(node, nodes.Getattr):
        parent, key = _path(node.node, scope), node.attr
    elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        parent, key = _path(node.node, scope), str(node.arg.value)
    else:
        return None
    return None if parent is None else (f"{parent}.{key}" if parent else "")


# The child process -------------------------------------------------------------------------------------


def _ask_child(request: dict[str, Any]) -> dict[str, Any]:
    """One request to a fresh child. Raises `Refusal` with what the child said, or that it broke its limits."""
    too_much = _("模板运行超出内存或时间限制，已拒绝。请检查其中的循环和图片。")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "crm.briefings.render"],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refusal(too_much) from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise Refusal(too_much) from error
    if answer.get("refused"):
        raise Refusal(answer["refused"])
    return answer


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # writes no file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve_one() -> None:
    """The child: read the request, do it within the limits, write the answer."""
    _limit()
    request = json.loads(sys.stdin.buffer.read())
    template = base64.b64decode(request["template"])
    answer: dict[str, Any]
    try:
        refuse_unsafe(template)
        if request["do"] == "check":
            answer = _check_here(template, request["kind"])
        else:
            properties = Properties(request["title"], request["author"], date.fromisoformat(request["on"]))
            paper = _fill(template, request["blanks"], properties)
            if len(paper) > MAX_PAPER_BYTES:
                raise Refusal(_("生成的文件过大，已拒绝。"))
            answer = {"paper": base64.b64encode(paper).decode()}
    except Refusal as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": _("模板运行超出内存或时间限制，已拒绝。请检查其中的循环和图片。")}
    except Exception as error:  # whatever a hostile or broken template raises, one plain sentence
        answer = {
            "refused": _("模板无法使用（{what}）。请用 Word 打开检查后另存。", what=type(error).__name__)
        }
    sys.stdout.write(json.dumps(answer))


def _check_here(template: bytes, kind: str) -> dict[str, Any]:
    try:
        used = used_blanks(template)
    except jinja2.TemplateError as error:
        return {"used": [], "broken": _("模板的空格写法有误：{what}。", what=str(error))}
    broken = ""
    if not used - known(kind):
        try:
            _fill(template, sample_blanks(kind), Properties("", "", date(2026, 1, 1)))
        except Refusal as error:
            broken = str(error)
    return {"used": sorted(used), "broken": broken}


def template_path(kind: str, var: Path) -> Path:
    """The office's own template in the data folder, else the shipped one. `kind` is a key of `BLANKS`."""
    if kind not in BLANKS:
        raise KeyError(kind)
    own = var / "templates_docx" / f"{kind}.docx"
    return own if own.exists() else SHIPPED_FOLDER / f"{kind}.docx"


def template_by_hash(sha256: str, var: Path) -> bytes | None:
    """The template a paper was made from, shipped or the office's own, past ones included; None when it is gone."""
    own = var / "templates_docx"
    for path in [*SHIPPED_FOLDER.glob("*.docx"), *own.glob("*.docx"), *own.glob("history/*.docx")]:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
    return None


if __name__ == "__main__":
    _serve_one()
