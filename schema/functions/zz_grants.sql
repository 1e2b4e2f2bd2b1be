-- zz_grants: who may do what. The last of these files, so that it sees every function and view.
-- Called by:  rolecall migrate, whenever any file here or under outbox/sql/functions changed.
-- Relies on:  roles rolecall_app, rolecall_worker, rolecall_operator; names, so that overloads go together.
-- Holds:      applications and workers touch no table; operators touch a few columns of three.
grant usage on schema rolecall to rolecall_app, rolecall_worker, rolecall_operator;

do $$
declare
  app constant text[] := array[
    'upsert_organization', 'upsert_user', 'upsert_global_role', 'create_role', 'update_role', 'delete_role',
      'add_member',
    'remove_member', 'set_member_roles', 'add_member_role', 'remove_member_role', 'list_roles', 'enqueue',
      'lock_subjects',
    'observe_member_roles', 'request_member_sync', 'role_history', 'held_role', 'key_part'];
  worker constant text[] := array[
    'open_session_v1', 'verify_session_v1', 'close_session_v1', 'take_in_v1', 'lease_due_v1', 'settle_v1',
      'wake_v2',
    'rescue_v1', 'reduce_take_v1', 'reduce_apply_v2', 'take_verifications_v1', 'record_read_v1',
      'reduce_apply_v1',  -- of the program before; there where a database knew it
      'report_provider_v1', 'take_tokens_v1', 'report_throttle_v1',
    'take_pull_v1', 'record_events_v1', 'end_pull_v1',
    'reconcile_organizations_v1', 'begin_reconcile_v1', 'note_again_v1', 'reconcile_page_v1', 'reconcile_rest_v1',
      'stream_reached_v1', 'keep_findings_v1', 'apply_findings_v1', 'end_reconcile_v1', 'plan', 'take_reconcile_v1',
      'end_reconcile_turn_v1',
    'adopt_run_v1', 'adopt_next_v1', 'adopt_count_v1', 'adopt_begin_v1', 'adopt_stage_v1', 'adopt_leave_v1',
      'adopt_page_v1', 'adopt_rest_v1', 'adopt_users_v1', 'adopt_holder_v1', 'adopt_organization_v1',
    'next_due_v1', 'maintain_v1', 'keep_partitions_v1', 'upsert_global_role', 'linked_sample_v1',
    'preflight_data', 'preflight_names', 'linked_organizations', 'members_with_several_roles'];
  operator constant text[] := array[
    'retry', 'retry_dead', 'cancel', 'hold', 'release', 'approve_hold', 'pause_provider', 'resume_provider', 'explain',
    'enable_schedule', 'disable_schedule', 'start_events', 'replay_organization', 'skip_event', 'retry_event', 'plan',
      'role_history', 'held_role', 'key_part',
    'enable_rbac', 'linked_sample_v1', 'preflight_data', 'preflight_names', 'linked_organizations',
    'members_with_several_roles', 'take_tokens_v1', 'report_throttle_v1'];
  f record;
  v record;
begin
  -- A function is everybody's when it is made; here none is.
  revoke execute on all functions in schema rolecall
    from public, rolecall_app, rolecall_worker, rolecall_operator;
  for f in
    select p.proname, p.oid::regprocedure::text as signature from pg_proc p
      where p.pronamespace = 'rolecall'::regnamespace
  loop
    if f.proname = any (app) then execute format('grant execute on function %s to rolecall_app',
      f.signature); end if;
    if f.proname = any (worker) then execute format('grant execute on function %s to rolecall_worker',
      f.signature); end if;
    if f.proname = any (operator) then execute format('grant execute on function %s to rolecall_operator',
      f.signature); end if;
  end loop;
  -- Views show what is going on, and `rolecall status` shows them; every program looks whether it fits the schema.
  for v in
    select c.oid::regclass::text as name from pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and (c.relkind = 'v' or c.relname = 'schema_migrations')
  loop
    execute format('grant select on %s to rolecall_worker, rolecall_operator', v.name);
  end loop;
  -- A view calls functions with the rights of who reads it.
  for f in
    select distinct d.refobjid::regprocedure::text as signature
      from pg_rewrite w join pg_class c on c.oid = w.ev_class
      join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
        and d.refclassid = 'pg_proc'::regclass
      join pg_proc p on p.oid = d.refobjid
     where c.relnamespace = 'rolecall'::regnamespace and p.pronamespace = 'rolecall'::regnamespace
  loop
    execute format('grant execute on function %s to rolecall_worker, rolecall_operator', f.signature);
  end loop;
end $$;

grant select on rolecall.provider_control, rolecall.provider_state, rolecall.provider_budgets, rolecall.provider_pace,
  rolecall.worker_sessions,
  rolecall.schedules to rolecall_worker, rolecall_operator;
grant select on rolecall.lanes, rolecall.outbox_attempts, rolecall.audit_log, rolecall.adoptions,
  rolecall.adoption_runs to rolecall_operator;
-- By hand, on a row in trouble: sooner, later, more urgent. Nothing else: the rest is for the functions.
grant update (next_attempt_at, priority) on rolecall.lanes to rolecall_operator;
-- What WorkOS allows, and how much of it is ours.
grant update (limit_calls, per_ms, share) on rolecall.provider_budgets to rolecall_operator;
-- What reconciliation in the background repairs.
grant select, update (repair) on rolecall.reconcile_policies to rolecall_operator;
-- From when on the mass-revoke guard holds.
grant update (guard_share, guard_minimum, guard_window_ms) on rolecall.provider_control to rolecall_operator;
