"""What is on a table of PostgreSQL, or depends on it, and is not made again with it; one query for each kind.

Each returns texts, which an error lists; `{oid}` is the table's number.
"""

from nbmigrate.database.backends.postgresql.table_queries import SEQUENCES

#: What would be lost, in words.
OBSTACLES = (
    # What depends on the table, its type, indexes and constraints, or the sequences that are made anew with it, and is
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
