"""What Alembic has for autogenerate and to compile DDL: it can be imported, and refuses when it is called.

Plug-ins import such names at their top, also in a project that only runs revisions.
"""

import sys
from functools import cache
from pathlib import Path
from typing import Any

from nbmigrate.environment.module_files import is_installed
from nbmigrate.errors import UnsupportedOperationError

#: By module of Alembic 1.20.1, the functions and classes that a stand-in is given for.
_NAMES = {
    "alembic.autogenerate": """
        _render_migration_diffs compare_metadata produce_migrations render_python_code RevisionContext
        _produce_net_changes render_op_text
    """,
    "alembic.autogenerate.api": """
        Plugin compare_metadata produce_migrations render_python_code _render_migration_diffs
        RevisionContext
    """,
    "alembic.autogenerate.compare": "Plugin _populate_migration_script _produce_net_changes",
    "alembic.autogenerate.compare.constraints": """
        _InspectorConv is_index_sig is_uq_sig _compare_indexes_and_uniques
        _correct_for_uq_duplicates_uix _make_index _make_unique_constraint _make_foreign_key
        _compare_foreign_keys _compare_nullable setup
    """,
    "alembic.autogenerate.compare.schema": "_produce_net_changes setup",
    "alembic.autogenerate.compare.tables": """
        _InspectorConv _autogen_for_tables _compare_tables _compare_columns setup
    """,
    "alembic.autogenerate.compare.types": """
        _compare_type_setup _user_compare_type _dialect_impl_compare_type setup
    """,
    "alembic.autogenerate.compare.util": "_InspectorConv",
    "alembic.autogenerate.compare.comments": """
        _normalize_comment _compare_column_comment _compare_table_comment setup
    """,
    "alembic.autogenerate.compare.server_defaults": """
        _render_server_default_for_compare _compare_computed_default _warn_computed_not_supported
        _compare_identity_default _user_compare_server_default _dialect_impl_compare_server_default
        _setup_autoincrement setup
    """,
    "alembic.autogenerate.render": """
        _render_gen_name _indent _render_python_into_templatevars _render_cmd_body render_op
        render_op_text _render_modify_table _render_create_table_comment _render_drop_table_comment
        _add_table _drop_table _render_dialect_kwargs_items _add_index _drop_index
        _add_unique_constraint _add_fk_constraint _add_pk_constraint _add_check_constraint
        _drop_constraint _add_column _drop_column _alter_column _f_name _ident _render_potential_expr
        _get_index_rendered_expressions _uq_constraint _user_autogenerate_prefix
        _sqlalchemy_autogenerate_prefix _alembic_autogenerate_prefix _user_defined_render _render_column
        _should_render_server_default_positionally _render_server_default _render_computed
        _render_identity _render_fetched_value _repr_type _render_ARRAY_type _render_Variant_type
        _render_type_w_subtype _render_constraint _render_primary_key _fk_colspec
        _populate_render_fk_opts _render_foreign_key _render_unique_constraint _render_check_constraint
        _execute_sql default_renderers _constraint_renderers
    """,
    "alembic.ddl.base": """
        _columns_for_constraint _find_columns _fk_spec _is_type_bound _table_for_constraint AlterTable
        RenameTable AlterColumn ColumnNullable ColumnType ColumnName ColumnDefault ComputedColumnDefault
        IdentityColumnDefault AddColumn DropColumn ColumnComment visit_rename_table visit_add_column
        visit_drop_column visit_column_nullable visit_column_type visit_column_name visit_column_default
        visit_computed_column visit_identity_column quote_dotted format_table_name format_column_name
        format_server_default format_type alter_table drop_column alter_column add_column
    """,
    "alembic.ddl.impl": "_constraint_sig ComparisonResult ImplMeta Params _compare_identity_options",
    "alembic.ddl.postgresql": """
        PostgresqlColumnType visit_column_comment CreateExcludeConstraintOp _add_exclude_constraint
        _render_inline_exclude_constraint _postgresql_autogenerate_prefix _exclude_constraint
        _render_potential_column
    """,
    "alembic.ddl.mysql": """
        _strip_numeric_default _normalize_expression_default _is_numeric_affinity MySQLAlterDefault
        MySQLChangeColumn MySQLModifyColumn _mysql_doesnt_support_individual _mysql_alter_default
        _mysql_modify_column _mysql_change_column _mysql_colspec _mysql_drop_constraint
    """,
    "alembic.ddl.mssql": """
        _ExecDropConstraint _ExecDropFKConstraint _exec_drop_col_constraint _exec_drop_col_fk_constraint
        mssql_add_column visit_rename_column _add_column_comment _update_column_comment
        _drop_column_comment visit_column_comment
    """,
    "alembic.ddl.oracle": "visit_column_comment",
    "alembic.ddl._autogen": """
        ComparisonResult _constraint_sig _uq_constraint_sig _ix_constraint_sig _fk_constraint_sig
        _ck_constraint_sig is_index_sig is_uq_sig is_ck_sig is_fk_sig
    """,
    "alembic.util": """
        open_in_editor _with_legacy_names dedupe_tuple Dispatcher ModuleClsProxy not_none
        PriorityDispatcher warn_deprecated write_outstream coerce_resource_to_filename load_python_file
        pyc_file_from_path template_to_file
    """,
    "alembic.util.langhelpers": """
        _ModuleClsMeta ModuleClsProxy _with_legacy_names dedupe_tuple Dispatcher PriorityDispatcher
        not_none
    """,
    "alembic.util.sqla_compat": """
        _CompilerProtocol _safe_int _get_identity_options_dict constraint_name_defined
        constraint_name_string constraint_name_or_none _ensure_scope_for_ddl
        _safe_begin_connection_transaction _safe_commit_connection_transaction
        _safe_rollback_connection_transaction _get_connection_in_transaction
        _idx_table_bound_expressions _copy _connectable_has_table _exec_on_inspector
        _nullability_might_be_unset _server_default_is_computed _server_default_is_identity
        _table_for_constraint _columns_for_constraint _resolve_for_variant _type_has_variants
        _get_variant_mapping _get_table_key _fk_spec _ForeignKeyTarget _fk_target_tokens
        _fk_target_table_key _fk_target_is_named _fk_is_self_referential _is_type_bound
        _conv_constraint_names _name_type_bound_constraints _find_columns _remove_column_from_collection
        _textual_index_column _copy_expression _textual_index_element _render_textual_index_column
        _literal_bindparam _render_literal_bindparam _get_constraint_final_name _constraint_is_named
        is_expression_index is_expression _inherit_schema_deprecated all_table_check_constraints
    """,
    "alembic.operations.batch": "BatchOperationsImpl ApplyBatchImpl",
    "alembic.operations.toimpl": """
        alter_column drop_table drop_column create_index drop_index create_table rename_table
        create_table_comment drop_table_comment add_column create_constraint drop_constraint bulk_insert
        execute_sql
    """,
    "alembic.operations.schemaobj": "SchemaObjects",
    "alembic.runtime.plugins": "PriorityDispatcher Plugin _translate_legacy_name _make_re _setup",
}
_DDL = "alembic.ddl."

NAMES: dict[str, frozenset[str]] = {module: frozenset(names.split()) for module, names in _NAMES.items()}
for _dialect in ("sqlite", "postgresql", "mysql", "mssql", "oracle"):
    # The module of a dialect imports what it needs of the module that all have in common.
    NAMES[_DDL + _dialect] = NAMES.get(_DDL + _dialect, frozenset()) | NAMES[f"{_DDL}base"]

#: What to do instead; by the name or by a module above it.
ADVICE = {
    "alembic.autogenerate": "nbmigrate does not compare the models with the database: run `alembic revision "
    "--autogenerate` in a terminal, where env.py imports context from alembic, or write the revision. Where it is "
    "wanted there alone, import it in the function that needs it.",
    "alembic.ddl": "nbmigrate compiles statements by its own dialects: derive one from "
    "nbmigrate.dialects.DefaultDialect and register it with register_dialect().",
    "alembic.operations": "It is an inner part of Alembic; nbmigrate.operations has the operations as values.",
    "alembic.script.write_hooks": "Let the hook be a program: type = exec, module or console_scripts.",
    "alembic.util.sqla_compat": "It is an inner part of Alembic; SQLAlchemy has the same by itself.",
    "alembic.testing": "It tests Alembic itself: import it in tests, not in env.py or a revision.",
}


class NotProvidedError(ModuleNotFoundError):
    """One of Alembic's names is imported that nbmigrate does not have.

    Parameters
    ----------
    message
        Who imports what.
    advice
        What to do instead.
    name
        The name in full.
    """

    def __init__(self, message: str, advice: str, name: str) -> None:
        super().__init__(f"{message} {advice}".rstrip(), name=name)
        self.message = message
        self.advice = advice


def advice_for(name: str) -> str:
    """Return what to do instead of using a name; "" where nothing is known."""
    above = name
    while above and above not in ADVICE:
        above = above.rpartition(".")[0]
    return ADVICE.get(above, "")


def is_stand_in(module: str, name: str) -> bool:
    """Tell whether a name of a module of Alembic has a stand-in."""
    return name in NAMES.get(module, ())


@cache
def stand_in(full: str) -> Any:
    """Return what can be imported under a name, and refuses when it is called: a class where Alembic has one."""
    name = full.rpartition(".")[2]
    if not name.lstrip("_")[:1].isupper():

        def refuse(*_: Any, **__: Any) -> Any:
            raise refusal(full)

        refuse.__name__ = refuse.__qualname__ = name
        return refuse

    def refuse_to_make(*_: Any, **__: Any) -> None:
        raise refusal(full)

    return type(name, (), {"__init__": refuse_to_make, "__doc__": f"Stands for {full}."})


def refusal(full: str) -> UnsupportedOperationError:
    """Return the error for a stand-in that is called."""
    return UnsupportedOperationError(
        f"{caller()} calls {full}, which nbmigrate does not have.", advice_for(full)
    )


def caller() -> str:
    """Return what calls, or imports, a name of Alembic: a module that is installed, or a file of the project."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_between(str(frame.f_globals.get("__name__", ""))):
        frame = frame.f_back
    file = frame.f_code.co_filename
    return str(frame.f_globals.get("__name__")) if is_installed(file) else Path(file).name


def _is_between(module: str) -> bool:
    return module.partition(".")[0] in ("nbmigrate", "importlib", "functools")
