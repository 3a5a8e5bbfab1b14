"""Small wrong changes of a source, one at a time: what a good test has to notice.

What is changed: comparisons, ``and``/``or``/``not``, conditions, arithmetic, numbers, truth values,
texts and bytes that the program reads, what a function returns, statements that act (a call, a
``raise``), ``break`` and ``continue``. What is not, because no behaviour hangs on it or because
something else already watches it: annotations, docstrings, wording (``_("...")``, the words of an
exception, of a log line), names of things (``__all__``), and the declarations of Django's models
(fields, ``Meta``, choices), whose truth is the migrations (``makemigrations --check``).
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Change = Callable[[ast.AST], ast.AST | None]  # the node is the copy's own and may be changed
COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
}  # fmt: skip
RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd, ast.Pow: ast.Mult,
}  # fmt: skip
WORDING = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
LOGGED = {"debug", "info", "warning", "error", "exception", "critical"}
WHOLE_FILE = (1, 10**6)
NAMING = {"__all__", "__slots__", "app_label", "retention"}


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the ``number``-th of its places that can be changed."""

    path: str
    number: int
    line: int
    last_line: int
    what: str
    around: tuple[int, int] = WHOLE_FILE  # the lines of the innermost function, or the whole file

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.what}"


def mutants_of(path: str, source: str) -> list[Mutant]:
    """Every mutant of a file, in the order of its source."""
    tree = ast.parse(source)
    spans = [
        (one.lineno, one.end_lineno or one.lineno)
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    found = []
    for number, (node, what, _change) in enumerate(_places(tree)):
        first, last = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]  # all have both
        holding = [span for span in spans if span[0] <= first and last <= span[1]]
        around = max(holding) if holding else WHOLE_FILE
        found.append(Mutant(path, number, first, last, what, around))
    return found


def mutated(source: str, number: int) -> ast.Module:
    """The file's tree with that one change."""
    tree = ast.parse(source)
    node, _what, change = list(_places(tree))[number]
    new = change(node)
    if new is not None:
        ast.copy_location(new, node)
        _Replace(node, new).visit(tree)
    return ast.fix_missing_locations(tree)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else super().visit(node)


def _places(tree: ast.Module) -> Iterator[tuple[ast.AST, str, Change]]:
    left_alone = {id(one) for node in ast.walk(tree) for one in _left_alone(node)}
    yield from _below(tree, left_alone)


def _below(node: ast.AST, left_alone: set[int]) -> Iterator[tuple[ast.AST, str, Change]]:
    for child in ast.iter_child_nodes(node):
        if id(child) in left_alone:
            continue
        for what, change in _changes(child):
            yield child, what, change
        yield from _below(child, left_alone)


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    """What no mutant changes, with everything below it."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _around_the_body(node)
    if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
        yield node.annotation
    if isinstance(node, ast.JoinedStr | ast.FormattedValue):
        yield from _wording_within(node)
    if isinstance(node, ast.Call):
        yield from _words_of(node)
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield from (one for one in node.exc.args if isinstance(one, ast.Constant | ast.JoinedStr))
    names = isinstance(node, ast.Assign) and _named(node.targets[0]) in NAMING
    if names or (isinstance(node, ast.If) and _named(node.test) == "TYPE_CHECKING"):
        yield node


def _around_the_body(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
) -> Iterator[ast.AST]:
    if ast.get_docstring(node, clean=False) is not None:
        yield node.body[0]
    if isinstance(node, ast.Module):
        return
    yield from node.decorator_list
    if isinstance(node, ast.ClassDef):
        yield from _declared(node)
    elif node.returns:
        yield node.returns


def _wording_within(node: ast.JoinedStr | ast.FormattedValue) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr):
        yield from (one for one in node.values if isinstance(one, ast.Constant))
    elif node.format_spec:
        yield node.format_spec


def _words_of(call: ast.Call) -> Iterator[ast.AST]:
    name = _named(call.func)
    logs = isinstance(call.func, ast.Attribute) and _named(call.func.value) == "logger"
    if name in WORDING or (logs and name in LOGGED):
        yield from call.args
    if name in {"TypeVar", "NewType", "ParamSpec", "cast"}:
        yield from call.args[:1]


def _declared(node: ast.ClassDef) -> Iterator[ast.AST]:
    """The declarations of a model: its fields, its Meta, its choices; not its methods."""
    if node.name == "Meta" or any("Choices" in (_named(base) or "") for base in node.bases):
        yield from node.body
        return
    for one in node.body:
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call):
            name = _named(one.value.func) or ""
            if name.endswith(("Field", "ForeignKey", "OneToOneField", "as_manager")):
                yield one


def _named(node: ast.AST | None) -> str | None:
    """``name`` of ``name`` and of ``something.name``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:  # noqa: C901 - one case a kind of node
    if isinstance(node, ast.Compare):
        yield from _of_compare(node)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"{_name(node.op)} -> {_name(other())}", _put(op=other())
    elif isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not | ast.USub):
            yield f"{_name(node.op)} dropped", lambda one: one.operand  # type: ignore[attr-defined]  # a UnaryOp
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in RECKONED:
        other_op = RECKONED[type(node.op)]()
        yield f"{_name(node.op)} -> {_name(other_op)}", _put(op=other_op)
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield from _of_condition(node)
    elif isinstance(node, ast.Return) and not _is_none(node.value):
        yield "returns None", _put(value=ast.Constant(None))
    elif isinstance(node, ast.Raise):
        yield "raise -> pass", lambda _one: ast.Pass()
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield f"call of {_named(node.value.func)} -> pass", lambda _one: ast.Pass()
    elif isinstance(node, ast.Break):
        yield "break -> continue", lambda _one: ast.Continue()
    elif isinstance(node, ast.Continue):
        yield "continue -> break", lambda _one: ast.Break()


def _of_compare(node: ast.Compare) -> Iterator[tuple[str, Change]]:
    for place, operator in enumerate(node.ops):
        for other in COMPARED.get(type(operator), ()):
            ops = [other() if at == place else one for at, one in enumerate(node.ops)]
            yield f"{_name(operator)} -> {_name(other())}", _put(ops=ops)


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, Change]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} -> {not value}", _put(value=not value)
    elif isinstance(value, int | float):
        yield f"{value} -> {value + 1}", _put(value=value + 1)
    elif isinstance(value, str) and value:
        yield f"{value[:20]!r} changed", _put(value=f"XX{value}")
    elif isinstance(value, bytes) and value:
        yield f"{value[:20]!r} changed", _put(value=b"XX" + value)


def _of_condition(node: ast.If | ast.While | ast.IfExp) -> Iterator[tuple[str, Change]]:
    """Turned round, unless a part of the condition is already."""
    if isinstance(node.test, ast.Compare | ast.UnaryOp | ast.BoolOp):
        return
    yield "condition turned round", _put(test=ast.UnaryOp(ast.Not(), node.test))


def _put(**changes: object) -> Change:
    def change(node: ast.AST) -> None:
        for name, value in changes.items():
            setattr(node, name, value)

    return change


def _is_none(node: ast.AST | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _name(node: ast.AST) -> str:
    return type(node).__name__
