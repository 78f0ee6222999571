"""Modules that are wrong in one place: every mutant of a source text, with what was changed in words."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from textwrap import shorten

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
CALLED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "bisect_left": "bisect_right",
    "bisect_right": "bisect_left",
}
WIDTH = 100  # of what a mutant was before, in words
OUTSIDE = "the module"
UNREAD = ("annotation", "returns", "decorator_list", "type_params", "bases")  # say nothing of what a function does


@dataclass(frozen=True, kw_only=True)
class CodeMutant:
    """A module that is wrong in one place."""

    number: int
    line: int
    inside: str  # the function or class that it is in
    says: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.inside}: {self.says}"


Change = tuple[str, Callable[[], None]]  # what is changed, and what changes it in the copy


def code_mutants(source: str) -> Iterator[CodeMutant]:
    """Yield every mutant of a source text, always in the same order."""
    count = sum(1 for _ in _changes(ast.parse(source)))
    return (code_mutant(source, number) for number in range(count))


def code_mutant(source: str, number: int) -> CodeMutant:
    """Return one mutant of a source text by its number."""
    tree = ast.parse(source)
    inside, node, (says, change) = next(islice(_changes(tree), number, None))
    before = shorten(ast.unparse(node).splitlines()[0], WIDTH, placeholder=" …")
    change()
    after = says or ast.unparse(node).splitlines()[0]
    ast.fix_missing_locations(tree)
    return CodeMutant(number=number, line=node.lineno, inside=inside, says=f"{before} -> {after}", tree=tree)


def _changes(tree: ast.Module) -> Iterator[tuple[str, ast.stmt | ast.expr, Change]]:
    yield from _walked(tree, inside="")


def _walked(node: ast.AST, *, inside: str) -> Iterator[tuple[str, ast.stmt | ast.expr, Change]]:
    for name, field in ast.iter_fields(node):
        if name in UNREAD:
            continue
        for child in field if isinstance(field, list) else [field]:
            if not isinstance(child, ast.AST) or _is_docstring(child):
                continue
            named = (
                f"{inside}.{child.name}".lstrip(".") if isinstance(child, ast.FunctionDef | ast.ClassDef) else inside
            )
            if isinstance(child, ast.stmt | ast.expr):
                wrong = (*_of_statement(child, field), *_of_expression(child)) if inside else ()
                for change in (*wrong, *_of_table(child)):
                    yield inside or OUTSIDE, child, change
            yield from _walked(child, inside=named)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _of_statement(node: ast.AST, siblings: object) -> Iterator[Change]:
    def removed() -> None:
        assert isinstance(siblings, list)
        siblings[siblings.index(node)] = ast.Pass()

    if isinstance(node, ast.Expr | ast.AugAssign | ast.Continue | ast.Break | ast.Raise) and isinstance(siblings, list):
        yield "(removed)", removed
    if isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield "return None", lambda: setattr(node, "value", ast.Constant(None))
    if isinstance(node, ast.If | ast.IfExp):
        yield "(never)", lambda: setattr(node, "test", ast.Constant(False))
        yield "(always)", lambda: setattr(node, "test", ast.Constant(True))


def _of_table(node: ast.AST) -> Iterator[Change]:
    """Tables that lack one of their lines, and choices that lack one of their cases."""
    match node:
        case ast.Dict(keys=keys, values=values) if len(keys) > 1:
            for place in range(len(keys)):
                yield f"(without {_said(keys[place])})", lambda place=place: (keys.pop(place), values.pop(place))
        case ast.Set(elts=members) | ast.Tuple(elts=members, ctx=ast.Load()) | ast.List(elts=members, ctx=ast.Load()):
            if len(members) > 1 and all(isinstance(one, ast.Constant | ast.Name | ast.Attribute) for one in members):
                for place in range(len(members)):
                    yield f"(without {_said(members[place])})", lambda place=place: members.pop(place)
        case ast.Match(cases=cases) if len(cases) > 1:
            for place in range(len(cases)):
                yield f"(without case {_said(cases[place].pattern)})", lambda place=place: cases.pop(place)


def _said(node: ast.AST | None) -> str:
    return "**" if node is None else ast.unparse(node)


def _of_expression(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                if (to := COMPARED.get(type(operator))) is not None:
                    yield "", lambda place=place, to=to: node.ops.__setitem__(place, to())
        case ast.BinOp() if type(node.op) in RECKONED:
            yield "", lambda: setattr(node, "op", RECKONED[type(node.op)]())
        case ast.BoolOp():
            yield "", lambda: setattr(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
            for place in range(len(node.values)):
                idle = ast.Constant(isinstance(node.op, ast.And))
                yield "", lambda place=place, idle=idle: node.values.__setitem__(place, idle)
        case ast.UnaryOp(op=ast.Not()):
            yield "", lambda: setattr(node, "operand", ast.UnaryOp(op=ast.Not(), operand=node.operand))
        case ast.UnaryOp(op=ast.USub()):
            yield "", lambda: setattr(node, "op", ast.UAdd())
        case ast.Constant(value=bool()):
            yield "", lambda: setattr(node, "value", not node.value)
        case ast.Constant(value=int() | float()):
            yield "", lambda: setattr(node, "value", node.value + 1)
        case ast.Name(id=called) if called in CALLED:
            yield "", lambda: setattr(node, "id", CALLED[node.id])
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            for one in node.generators:
                if one.ifs:
                    yield "", lambda one=one: setattr(one, "ifs", [])
