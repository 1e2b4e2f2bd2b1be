-- dump: the tables of schema rolecall as text, one row per line, in the order of their names.
-- Called by:  schema/dump; the test that compares with schema/schema.sql.
-- Relies on:  the catalogue only. Partitions (workers make them), functions and views are left out.
-- Holds:      schema.sql is what the migrations make.
with object as (
  select c.oid, c.relname, c.relkind, c.relname::text as place,
         'rolecall.' || quote_ident(c.relname) as name, obj_description(c.oid, 'pg_class') as about
    from pg_class c
   where c.relnamespace = 'rolecall'::regnamespace and not c.relispartition),
tables as (select * from object where relkind in ('r', 'p')),
columns as (
  select t.oid, a.attnum,
         '  ' || quote_ident(a.attname) || ' ' || replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz')
         || case when a.attcollation = 'pg_catalog."C"'::regcollation then ' collate "C"' else '' end
         || case when a.attnotnull then ' not null' else '' end
         || case when a.attidentity = 'a' then ' generated always as identity' else '' end
         || case when a.attgenerated = 's' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
                 else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end as text,
         col_description(t.oid, a.attnum) as about
    from tables t
    join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum),
constraints as (
  select t.oid, '  ' || pg_get_constraintdef(k.oid) as text,
         row_number() over (partition by t.oid order by position(k.contype::text in 'puc'), pg_get_constraintdef(k.oid)) as n
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype <> 'f'),
body as (  -- comma at the end of all but the last line of a table
  select oid, 1 as part, attnum::bigint as n, text, about from columns
  union all
  select oid, 2, n, text, null from constraints),
lines as (
  select t.place, 0 as part, 0::bigint as n, 0 as half, '' as text from tables t
  union all
  select t.place, 0, 1, 0, '-- ' || t.about from tables t
  union all
  select t.place, 0, 2, 0, 'create table ' || t.name || ' (' from tables t
  union all
  select t.place, b.part, b.n, h.half, case h.half when 0 then '  -- ' || b.about else
         regexp_replace(b.text, '\s*\n\s*', ' ', 'g')
         || case when row_number() over (partition by b.oid, h.half order by b.part desc, b.n desc) > 1 then ',' else '' end end
    from tables t join body b on b.oid = t.oid cross join (values (0), (1)) h (half)
   where h.half = 1 or b.about is not null
  union all
  select t.place, 3, 0, 0, ')' || coalesce(' partition by ' || lower(pg_get_partkeydef(t.oid)), '')
         || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || ';'
    from tables t join pg_class c on c.oid = t.oid
  union all
  select t.place, 4, row_number() over (partition by t.oid order by i.indexrelid::regclass::text collate "C"), 0,
         pg_get_indexdef(i.indexrelid) || ';'
    from tables t join pg_index i on i.indrelid = t.oid
   where not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))
  union all
  select t.place, 5, row_number() over (partition by t.oid order by g.tgname), 0, pg_get_triggerdef(g.oid) || ';'
    from tables t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
  union all  -- last, so that the whole can be run from top to bottom
  select '~', 1, row_number() over (order by t.place, pg_get_constraintdef(k.oid)), 0,
         'alter table ' || t.name || ' add ' || pg_get_constraintdef(k.oid) || ';'
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f'
  union all
  select '~', 0, 0, 0, ''
  union all
  select '', 0, 1, 0, '-- The tables of Rolecall as the migrations make them: written by schema/dump, proved equal by a test.'
  union all
  select '', 0, 2, 0, '-- Functions and views: schema/functions, outbox/sql/functions, and three in schema/migrations.'
  union all
  select '', 1, dense_rank() over (order by o.place), h.half,
         case h.half when 0 then '-- ' || o.about else 'create sequence ' || o.name || ';' end
    from object o cross join (values (0), (1)) h (half)
   where o.relkind = 'S' and not exists (select from pg_depend d where d.objid = o.oid and d.deptype in ('i', 'a') and d.refobjsubid > 0)
  union all
  select '', 2, dense_rank() over (order by o.place), h.half,
         case h.half when 0 then '-- ' || coalesce(o.about, obj_description(y.oid, 'pg_type')) else
           'create type ' || o.name || ' as (' || (
             select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
               from pg_attribute a where a.attrelid = o.oid and a.attnum > 0) || ');' end
    from object o join pg_type y on y.typrelid = o.oid cross join (values (0), (1)) h (half)
   where o.relkind = 'c')
select text from lines order by place collate "C", part, n, half;
