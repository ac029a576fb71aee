"""What PostgreSQL's catalog has on one table, as statements that make it again, which the server itself writes.

Each query returns texts. `{oid}` is the table's number; `:name` is how statements name the new table, and `:old_name`
what the old one is called until it is dropped. Columns that an older or newer server lacks are read from the row as
JSON.
"""


def _options(array: str, prefix: str = "") -> str:
    """Return SQL for storage options as they are written in parentheses.

    Those that begin with `pg_` a server gives by itself: Debian's 15.20 has `pg_attver` at every column.
    """
    return (
        f"(SELECT string_agg('{prefix}' || quote_ident(option_name) || '=' || quote_literal(option_value), ', ') "  # noqa: S608
        f"FROM pg_options_to_table({array}) WHERE NOT starts_with(option_name, 'pg_'))"
    )


#: The role of an entry in a list of privileges.
_ROLE = "CASE {} WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid({})) END"
#: The sequences of its columns: their own (deptype a), and those of identities (i).
SEQUENCES = """
SELECT s.oid, s.relname, s.relowner, s.relacl, s.relnamespace, n.nspname, d.deptype, quote_ident(a.attname) AS "column",
       a.attidentity, format('%I.%I', n.nspname, s.relname) AS qualified,
       CAST(:old_name AS text) || '_seq_' || row_number() OVER (ORDER BY a.attnum) AS old_name
FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = {oid}
  AND d.deptype IN ('a', 'i')
"""

COLUMNS = """
SELECT a.attname, quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
  || CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END
  || CASE WHEN d.adbin IS NULL THEN '' WHEN a.attgenerated = '' THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
     ELSE ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') '
       || CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END END
  || CASE WHEN a.attnotnull AND NOT EXISTS (SELECT FROM pg_constraint x WHERE x.conrelid = a.attrelid
       AND x.contype = 'n' AND x.conkey[1] = a.attnum) THEN ' NOT NULL' ELSE '' END,
  a.attgenerated <> ''
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""

#: Constraints NOT NULL have names since PostgreSQL 18.
CLAUSES = """
SELECT format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
WHERE conrelid = {oid} AND contype = 'n' ORDER BY conkey
"""

FIRST = (
    """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
WHERE confrelid = {oid} AND conrelid <> {oid} AND contype = 'f' ORDER BY conrelid::regclass::text, conname
""",
    # Its owner would copy the rows alone that the policies show.
    """
SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', CAST(:name AS text)) FROM pg_class
WHERE oid = {oid} AND relrowsecurity AND relforcerowsecurity
""",
    "SELECT format('ALTER TABLE %s RENAME TO %I', CAST(:name AS text), CAST(:old_name AS text))",
    f"""
SELECT format('ALTER SEQUENCE %s RENAME TO %I', qualified, old_name) FROM ({SEQUENCES}) s WHERE deptype = 'i'
ORDER BY old_name
""",  # noqa: S608 - of the texts above
)

BEFORE_ROWS = (
    """
SELECT format('ALTER TABLE %s OWNER TO %I', CAST(:name AS text), pg_get_userbyid(relowner)) FROM pg_class
WHERE oid = {oid} AND pg_get_userbyid(relowner) <> current_user
""",
    f"""
SELECT format('ALTER TABLE %s ALTER COLUMN %I ', CAST(:name AS text), a.attname) || change
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid CROSS JOIN LATERAL (VALUES
  (1, CASE WHEN a.attstorage <> t.typstorage THEN 'SET STORAGE ' || CASE a.attstorage WHEN 'p' THEN 'PLAIN'
      WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
  (2, 'SET COMPRESSION ' || CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END),
  (3, 'SET STATISTICS ' || CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END),
  (4, 'SET (' || {_options("a.attoptions")} || ')')) c (place, change)
WHERE a.attrelid = {{oid}} AND a.attnum > 0 AND NOT a.attisdropped AND change IS NOT NULL ORDER BY a.attnum, place
""",  # noqa: S608
)

#: An identity goes on where it is: its sequence is rebuilt, since only DROP TABLE takes the old one.
AFTER_ROWS = (
    f"""
SELECT format('ALTER SEQUENCE %s OWNED BY %s.%s', qualified, CAST(:name AS text), "column") FROM ({SEQUENCES}) s
WHERE deptype = 'a' ORDER BY old_name
""",  # noqa: S608
    f"""
SELECT line FROM ({SEQUENCES}) s JOIN pg_sequence q ON q.seqrelid = s.oid CROSS JOIN LATERAL (VALUES
  (1, format('ALTER TABLE %s ALTER COLUMN %s ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s START WITH %s '
   'INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s)', CAST(:name AS text), "column",
   CASE attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, qualified, seqstart, seqincrement, seqmin, seqmax,
   seqcache, CASE WHEN seqcycle THEN ' CYCLE' ELSE '' END)),
  (2, format('SELECT setval(%L, last_value, is_called) FROM %I.%I', qualified, nspname, old_name))) l (place, line)
WHERE deptype = 'i' ORDER BY old_name, place
""",  # noqa: S608
)


def _constraints(where: str) -> str:
    return (
        "SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', "  # noqa: S608
        "CASE WHEN conrelid = {oid} THEN CAST(:name AS text) "
        f"ELSE conrelid::regclass::text END, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE {where} "
        "ORDER BY conrelid <> {oid}, contype, conname"
    )


_INDEXES = """
SELECT i.*, c.relname, c.reloptions, c.reltablespace, format('%I.%I', n.nspname, c.relname) AS qualified,
  x.oid AS constraint_oid
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint x ON x.conindid = i.indexrelid AND x.conrelid = i.indrelid AND x.contype IN ('p', 'u', 'x')
WHERE i.indrelid = {oid}
"""
_INDEX_PARTS = f"""
SELECT format('ALTER INDEX %s ', qualified) || change FROM ({_INDEXES}) i CROSS JOIN LATERAL (
  SELECT 1, 'SET (' || {_options("i.reloptions")} || ')' WHERE i.constraint_oid IS NOT NULL
  UNION ALL SELECT 2, 'SET TABLESPACE ' || quote_ident(s.spcname) FROM pg_tablespace s WHERE s.oid = i.reltablespace
  UNION ALL SELECT 3, format('ALTER COLUMN %s SET STATISTICS %s', a.attnum, a.attstattarget) FROM pg_attribute a
  WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) c (place, change)
WHERE change IS NOT NULL ORDER BY qualified, place, change
"""  # noqa: S608
_STATISTICS = """
SELECT line FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace CROSS JOIN LATERAL (VALUES
  (1, pg_get_statisticsobjdef(s.oid)),
  (2, format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname,
      CASE WHEN (to_jsonb(s) ->> 'stxstattarget')::int >= 0 THEN to_jsonb(s) ->> 'stxstattarget' END)),
  (3, format('ALTER STATISTICS %I.%I OWNER TO %I', n.nspname, s.stxname, pg_get_userbyid(s.stxowner)))) l (place, line)
WHERE s.stxrelid = {oid} AND (place <> 2 OR (to_jsonb(s) ->> 'stxstattarget')::int >= 0)
  AND (place <> 3 OR pg_get_userbyid(s.stxowner) <> current_user) ORDER BY s.stxname, place
"""
_TRIGGERS = """
SELECT line FROM pg_trigger t CROSS JOIN LATERAL (VALUES
  (1, pg_get_triggerdef(t.oid)),
  (2, CASE WHEN t.tgenabled <> 'O' THEN format('ALTER TABLE %s %s TRIGGER %I', CAST(:name AS text),
      CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname) END)
  ) l (place, line)
WHERE t.tgrelid = {oid} AND NOT t.tgisinternal AND line IS NOT NULL ORDER BY t.tgname, place
"""
_POLICIES = f"""
SELECT format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', polname, CAST(:name AS text),
  CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
  CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL'
  END,
  (SELECT string_agg({_ROLE.format("r", "r")}, ', ') FROM unnest(polroles) r))
  || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
  || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '')
FROM pg_policy WHERE polrelid = {{oid}} ORDER BY polname
"""  # noqa: S608
_STATE = """
SELECT format('ALTER TABLE %s ', CAST(:name AS text)) || change FROM pg_class c CROSS JOIN LATERAL (
  SELECT 1, 'ENABLE ROW LEVEL SECURITY' WHERE c.relrowsecurity
  UNION ALL SELECT 2, 'FORCE ROW LEVEL SECURITY' WHERE c.relforcerowsecurity
  UNION ALL SELECT 3, 'REPLICA IDENTITY ' || CASE c.relreplident WHEN 'n' THEN 'NOTHING' ELSE 'FULL' END
    WHERE c.relreplident IN ('n', 'f')
  UNION ALL SELECT 4, format('REPLICA IDENTITY USING INDEX %I', x.relname) FROM pg_index i JOIN pg_class x
    ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident AND c.relreplident = 'i'
  UNION ALL SELECT 5, format('CLUSTER ON %I', x.relname) FROM pg_index i JOIN pg_class x
    ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisclustered) s (place, change)
WHERE c.oid = {oid} ORDER BY place
"""
_COMMENTS = f"""
SELECT format('COMMENT ON %s IS %L', what, description) FROM (
  SELECT 1, 'TABLE ' || CAST(:name AS text), obj_description({{oid}}, 'pg_class')
  UNION ALL SELECT 2, 'TYPE ' || CAST(:name AS text), obj_description(reltype, 'pg_type') FROM pg_class
    WHERE oid = {{oid}}
  UNION ALL SELECT 3, format('COLUMN %s.%I', CAST(:name AS text), attname), col_description(attrelid, attnum)
    FROM pg_attribute WHERE attrelid = {{oid}} AND attnum > 0 AND NOT attisdropped
  UNION ALL SELECT 4, format('CONSTRAINT %I ON %s', conname, CASE WHEN conrelid = {{oid}} THEN CAST(:name AS text)
    ELSE conrelid::regclass::text END), obj_description(oid, 'pg_constraint')
    FROM pg_constraint WHERE conrelid = {{oid}} OR confrelid = {{oid}}
  UNION ALL SELECT 5, 'INDEX ' || qualified, obj_description(indexrelid, 'pg_class') FROM ({_INDEXES}) i
  UNION ALL SELECT 6, format('STATISTICS %I.%I', n.nspname, stxname), obj_description(s.oid, 'pg_statistic_ext')
    FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = stxnamespace WHERE stxrelid = {{oid}}
  UNION ALL SELECT 7, format('TRIGGER %I ON %s', tgname, CAST(:name AS text)), obj_description(oid, 'pg_trigger')
    FROM pg_trigger WHERE tgrelid = {{oid}} AND NOT tgisinternal
  UNION ALL SELECT 8, format('POLICY %I ON %s', polname, CAST(:name AS text)), obj_description(oid, 'pg_policy')
    FROM pg_policy WHERE polrelid = {{oid}}
  UNION ALL SELECT 9, 'SEQUENCE ' || qualified, obj_description(oid, 'pg_class') FROM ({SEQUENCES}) s
    WHERE deptype = 'i'
) c (place, what, description) WHERE description IS NOT NULL ORDER BY place, what
"""  # noqa: S608


def _grants(kind: str, letter: str, default_letter: str, objects: str, creator: str) -> str:
    """Return the query for what makes the privileges of a new object those of an old one.

    A new one has what ALTER DEFAULT PRIVILEGES gives it, or else what its owner always has.

    Parameters
    ----------
    objects
        A query: `what`, `acl`, `owner` and `schema` of each object.
    creator
        The number of the role that makes the new one.
    """
    return f"""
WITH objects AS ({objects}),
wanted AS (SELECT o.what, a.grantee, a.privilege_type, a.is_grantable FROM objects o
  CROSS JOIN LATERAL aclexplode(coalesce(o.acl, acldefault('{letter}', o.owner))) a),
given AS (SELECT o.what, CASE a.grantee WHEN {creator} THEN o.owner ELSE a.grantee END AS grantee, a.privilege_type,
    a.is_grantable
  FROM objects o CROSS JOIN LATERAL (
    SELECT * FROM aclexplode(coalesce((SELECT defaclacl FROM pg_default_acl WHERE defaclrole = {creator}
      AND defaclnamespace = 0 AND defaclobjtype = '{default_letter}'), acldefault('{letter}', {creator})))
    UNION ALL SELECT e.* FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) e
      WHERE d.defaclrole = {creator} AND d.defaclnamespace = o.schema AND d.defaclobjtype = '{default_letter}') a),
revoked AS (SELECT DISTINCT what, grantee FROM (SELECT * FROM given EXCEPT SELECT * FROM wanted) x),
granted AS (SELECT * FROM wanted w WHERE EXISTS (SELECT FROM revoked r WHERE (r.what, r.grantee) = (w.what, w.grantee))
  OR NOT EXISTS (SELECT FROM given g WHERE g = w))
SELECT line FROM (
  SELECT what, 1, format('REVOKE ALL ON {kind} %s FROM %s', what, {_ROLE.format("grantee", "grantee")}) FROM revoked
  UNION ALL
  SELECT what, 2, format('GRANT %s ON {kind} %s TO %s%s', string_agg(privilege_type, ', ' ORDER BY privilege_type),
    what, {_ROLE.format("grantee", "grantee")}, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM granted GROUP BY what, grantee, is_grantable) l (what, place, line) ORDER BY what, place, line
"""  # noqa: S608


_COLUMN_GRANTS = f"""
SELECT format('GRANT %s ON TABLE %s TO %s%s', string_agg(format('%s (%I)', e.privilege_type, a.attname), ', '
    ORDER BY a.attnum, e.privilege_type), CAST(:name AS text), {_ROLE.format("e.grantee", "e.grantee")},
  CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS line
FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) e
WHERE a.attrelid = {{oid}} AND a.attnum > 0 AND NOT a.attisdropped GROUP BY e.grantee, e.is_grantable ORDER BY line
"""  # noqa: S608

AT_END = (
    _constraints("conrelid = {oid} AND contype IN ('p', 'u', 'x')"),
    f"SELECT pg_get_indexdef(indexrelid) FROM ({_INDEXES}) i WHERE constraint_oid IS NULL ORDER BY relname",  # noqa: S608
    _INDEX_PARTS,
    _constraints("conrelid = {oid} AND contype IN ('c', 'f') OR confrelid = {oid} AND contype = 'f'"),
    _STATISTICS,
    _TRIGGERS,
    _POLICIES,
    _STATE,
    _COMMENTS,
    _grants(
        "TABLE",
        "r",
        "r",
        "SELECT CAST(:name AS text) AS what, relacl AS acl, relowner AS owner, relnamespace AS schema FROM pg_class "
        "WHERE oid = {oid}",
        "(SELECT oid FROM pg_roles WHERE rolname = current_user)",
    ),
    _COLUMN_GRANTS,
    _grants(
        "SEQUENCE",
        "s",
        "S",
        "SELECT qualified AS what, relacl AS acl, relowner AS owner, relnamespace AS schema "  # noqa: S608
        f"FROM ({SEQUENCES}) s WHERE deptype = 'i'",
        "o.owner",
    ),
)

#: The table: what it is, and how CREATE TABLE begins and ends.
TABLE = f"""
SELECT c.relkind::text, c.relpersistence::text, c.relispartition,
  format(CASE WHEN n.nspname = current_schema() THEN '%2$I' ELSE '%1$I.%2$I' END, n.nspname, c.relname),
  format(CASE WHEN n.nspname = current_schema() THEN '%2$s' ELSE '%1$I.%2$s' END, n.nspname, ''),
  coalesce((SELECT ' USING ' || quote_ident(amname) FROM pg_am WHERE oid = c.relam
    AND amname <> current_setting('default_table_access_method')), '')
  || coalesce(' WITH (' || nullif(concat_ws(', ', {_options("c.reloptions")}, (SELECT
      {_options("x.reloptions", "toast.")} FROM pg_class x WHERE x.oid = c.reltoastrelid)), '') || ')', '')
  || coalesce((SELECT ' TABLESPACE ' || quote_ident(spcname) FROM pg_tablespace WHERE oid = c.reltablespace), ''),
  ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = c.relnamespace AND starts_with(relname, :old_name))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {{oid}}
"""  # noqa: S608

#: What is on a table or depends on it, and is not made again with it, as texts for an error.
OBSTACLES = (
    # What depends on the table, its type, indexes and constraints, or the sequences that are rebuilt with it, and is
    # not made again with the table.
    f"""
WITH t AS (SELECT oid, reltype, reltoastrelid FROM pg_class WHERE oid = {{oid}}),
counted AS (SELECT oid FROM ({SEQUENCES}) s WHERE deptype = 'i'),
own AS (
  SELECT 'pg_class'::regclass AS class, oid FROM t
  UNION ALL SELECT 'pg_class'::regclass, indexrelid FROM pg_index JOIN t ON indrelid IN (t.oid, t.reltoastrelid)
  UNION ALL SELECT 'pg_class'::regclass, reltoastrelid FROM t
  UNION ALL SELECT 'pg_class'::regclass, oid FROM ({SEQUENCES}) s
  UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type
    WHERE typrelid IN (SELECT oid FROM t UNION SELECT oid FROM counted)
  UNION ALL SELECT 'pg_type'::regclass, y.typarray FROM pg_type y JOIN t ON y.oid = t.reltype
  UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE conrelid = {{oid}} OR confrelid = {{oid}}
  UNION ALL SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid = {{oid}}
  UNION ALL SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE tgrelid = {{oid}} OR tgisinternal
  UNION ALL SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE polrelid = {{oid}}
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxrelid = {{oid}})
SELECT DISTINCT CASE WHEN r.ev_class <> {{oid}} THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0)
  ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END
FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
WHERE (d.refclassid, d.refobjid) IN (SELECT class, oid FROM own
    WHERE class IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_constraint'::regclass)
      AND oid NOT IN (SELECT s.oid FROM ({SEQUENCES}) s WHERE s.deptype = 'a'))
  AND (d.classid, d.objid) NOT IN (SELECT class, oid FROM own) ORDER BY 1
""",  # noqa: S608
    """
SELECT what FROM (
  SELECT 'what it inherits from, or what inherits from it' WHERE EXISTS (SELECT FROM pg_inherits
    WHERE {oid} IN (inhrelid, inhparent))
  UNION ALL SELECT 'its type ' || reloftype::regtype FROM pg_class WHERE oid = {oid} AND reloftype <> 0
  UNION ALL SELECT pg_describe_object(refclassid, refobjid, 0) FROM pg_depend WHERE deptype IN ('e', 'x')
    AND (classid = 'pg_class'::regclass AND objid IN (SELECT indexrelid FROM pg_index WHERE indrelid = {oid}
        UNION SELECT {oid})
      OR classid = 'pg_trigger'::regclass AND objid IN (SELECT oid FROM pg_trigger WHERE tgrelid = {oid}))
  UNION ALL SELECT 'a subscription' WHERE EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid = {oid})) o (what)
""",
    "SELECT DISTINCT 'its security labels' FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = {oid}",
    """
SELECT DISTINCT format('the disabled triggers of foreign keys on table %s', tgrelid::regclass) FROM pg_trigger
WHERE tgisinternal AND tgenabled <> 'O' AND (tgrelid = {oid} OR tgconstrrelid = {oid})
""",
    """
SELECT format('index %s, which is invalid', indexrelid::regclass) FROM pg_index
WHERE indrelid = {oid} AND NOT indisvalid
""",
    """
SELECT DISTINCT format('the grants of role %I, which is not the owner', pg_get_userbyid(e.grantor))
FROM pg_class c
CROSS JOIN LATERAL (SELECT c.relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = c.oid) l (acl)
CROSS JOIN LATERAL aclexplode(l.acl) e WHERE c.oid = {oid} AND e.grantor <> c.relowner
""",
    """
SELECT format('foreign key %I of the partitioned table %s, or of a partition', conname, conrelid::regclass)
FROM pg_constraint x JOIN pg_class c ON c.oid = x.conrelid
WHERE x.confrelid = {oid} AND x.contype = 'f' AND (c.relkind = 'p' OR c.relispartition)
""",
)
