"""SQL expressions as values: a clause of SQLAlchemy that compares by what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql import functions, visitors
from sqlalchemy.sql.elements import BindParameter, False_, Null, True_

from nbmigrate.schema.source import ComparedBySource, Source, call, literal, merge_imports


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Expression(ComparedBySource):
    """An expression or a statement; two are equal when their source is."""

    clause: sa.ClauseElement

    @classmethod
    def of(cls, given: "str | sa.ClauseElement") -> "Expression":
        """Wrap an expression of a table's definition; a string is SQL text.

        Columns lose their table: DDL names them without it, and the caller's Column stays free.
        """
        if isinstance(given, str):
            return cls(sa.text(given))
        return cls(_detached(given))

    @property
    def plain_text(self) -> str | None:
        """The SQL text, for an expression that is nothing but text."""
        clause = self.clause
        if isinstance(clause, sa.TextClause) and not _parameters(clause):
            return clause.text
        return None

    def source(self) -> Source:
        """Return the Python expression that makes it again."""
        return _clause_source(self.clause)

    def __str__(self) -> str:
        text = self.plain_text
        return sql_text(self.clause) if text is None else text.replace("\\:", ":")


def _detached(clause: sa.ClauseElement) -> sa.ClauseElement:
    def replace(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.Column):
            return sa.column(element.name, element.type)
        return None

    if isinstance(clause, sa.Column):
        return sa.column(clause.name, clause.type)
    replaced: Any = visitors.replacement_traverse(clause, {}, replace)
    return cast("sa.ClauseElement", replaced)


def _parameters(clause: sa.TextClause) -> dict[str, Any]:
    """Return the bound parameters of a text that have a value."""
    compiled = clause.compile()
    binds: dict[str, BindParameter[Any]] = getattr(compiled, "binds", {})
    return {name: bind.value for name, bind in binds.items() if not bind.required}


def sql_text(clause: sa.ClauseElement) -> str:
    """Return the clause as SQL with its values in place, in SQLAlchemy's default dialect.

    Raises
    ------
    sqlalchemy.exc.CompileError
        When a value has no literal form.
    """
    if isinstance(clause, sa.schema.ExecutableDDLElement):
        return str(clause.compile()).strip()
    return str(clause.compile(compile_kwargs={"literal_binds": True})).strip()


def _clause_source(clause: Any) -> Source:
    if isinstance(clause, sa.TextClause):
        return _text_source(clause.text, _parameters(clause))
    for constant, name in ((True_, "sa.true"), (False_, "sa.false"), (Null, "sa.null")):
        if isinstance(clause, constant):
            return call(name)
    if isinstance(clause, sa.ColumnClause) and clause.table is None:
        name = "sa.literal_column" if clause.is_literal else "sa.column"
        return call(name, [literal(str(clause.name))])
    if isinstance(clause, functions.Function) or type(clause).__module__ == functions.__name__:
        made = _function_source(clause)
        if made is not None:
            return made
    return _compiled_source(clause)


def _text_source(text: str, parameters: Mapping[str, Any]) -> Source:
    made = call("sa.text", [literal(text)])
    if not parameters:
        return made
    values = {name: literal(value) for name, value in parameters.items()}
    bound = call(f"{made.text}.bindparams", [], values)
    return Source(bound.text, merge_imports([made, bound]))


def _function_source(clause: Any) -> Source | None:
    """Return `sa.func.name(...)`, or None for a function with an argument that is not simple."""
    arguments: list[Source] = []
    for argument in clause.clauses if isinstance(clause, functions.FunctionElement) else ():
        if isinstance(argument, BindParameter) and argument.callable is None:
            arguments.append(literal(argument.value))
        elif isinstance(argument, (sa.TextClause, sa.ColumnClause, functions.FunctionElement)):
            arguments.append(_clause_source(argument))
        else:
            return None
    name = getattr(clause, "name", None)
    if not name or not str(name).isidentifier():
        return None
    packages = getattr(clause, "packagenames", ())
    return call(".".join(["sa.func", *packages, str(name)]), arguments)


def _compiled_source(clause: sa.ClauseElement) -> Source:
    """Return the clause as `sa.text()`: its values in the text, or bound where they have no literal form."""
    try:
        return _text_source(sql_text(clause).replace(":", "\\:"), {})
    except sa.exc.CompileError:
        # render_postcompile puts op.inline_literal() values in place, and lists of values.
        compiled = clause.compile(compile_kwargs={"render_postcompile": True})
        text = str(compiled).strip()
        bound = {name: value for name, value in compiled.params.items() if f":{name}" in text}
        return _text_source(text, bound)
