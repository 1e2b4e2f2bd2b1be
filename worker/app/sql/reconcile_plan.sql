-- reconcile_plan: what the last reconciliation of an organization found, as documents.
-- Called by:  reconcile_command (worker/app/reconcile_command.cpp).
-- Relies on:  rolecall.plan.
-- Holds:      nothing is locked or changed.
select p.class, p.family, p.name, p.fields::text as fields, p.action, p.calls, p.seconds, coalesce(p.applied, '') as applied,
       coalesce(p.changed_by, '') as changed_by, coalesce(p.changed_how, '') as changed_how, coalesce(p.detail, '') as detail,
       coalesce((select string_agg(r, ' ' order by r) from jsonb_array_elements_text(coalesce(p.wanted -> 'roles', p.wanted -> 'permissions')) r),
                p.wanted ->> 'name', case when p.wanted is null then '(absent)' else '(none)' end) as wanted,
       coalesce((select string_agg(r, ' ' order by r) from jsonb_array_elements_text(coalesce(p.shown -> 'roles', p.shown -> 'permissions')) r),
                p.shown ->> 'name', case when p.shown is null then '(absent)' else '(none)' end) as shown,
       coalesce(to_char(p.changed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), '') as changed_at,
       to_jsonb(p)::text as document
  from rolecall.plan($1) p
