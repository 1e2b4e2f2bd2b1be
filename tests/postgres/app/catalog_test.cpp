#include <gtest/gtest.h>

#include "tests/support/postgres.hpp"

namespace rolecall::testing {
namespace {

// Everything that the catalogue can say about the schema as it stands after `rolecall migrate`.
class Catalogue : public ::testing::Test {
 protected:
  // Functions of a role's own, without those that views call with the reader's rights.
  static std::string functions_of(const std::string& role) {
    return list(
        "select distinct p.proname from pg_proc p where p.pronamespace = 'rolecall'::regnamespace "
        "and has_function_privilege('" +
        role +
        "', p.oid, 'execute') and not exists (select from pg_depend d "
        "where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_proc'::regclass and "
        "d.refobjid = p.oid)");
  }
  static std::string list(const std::string& query) {
    static TestDatabase database;
    return database.value("select coalesce(string_agg(x::text, ' ' order by x::text), '') from (" +
                          query + ") q (x)");
  }
};

TEST_F(Catalogue, EveryTableAndEveryColumnExplainsItself) {
  EXPECT_EQ(list("select c.relname || coalesce('.' || a.attname, '') from pg_class c "
                 "left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not "
                 "a.attisdropped and c.relkind <> 'v' "
                 "where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'p', 'v') "
                 "and not c.relispartition "
                 "and (col_description(c.oid, a.attnum) is null and a.attnum is not null "
                 "or obj_description(c.oid, 'pg_class') is null)"),
            "");
}

TEST_F(Catalogue, EveryFunctionExplainsItself) {
  EXPECT_EQ(
      list("select distinct p.proname from pg_proc p where p.pronamespace = "
           "'rolecall'::regnamespace "
           "and obj_description(p.oid, 'pg_proc') is null and p.prorettype <> 'trigger'::regtype"),
      "");
}

TEST_F(Catalogue, FunctionsThatRunAsTheirOwnerPinTheirSearchPath) {
  EXPECT_EQ(list("select p.oid::regprocedure from pg_proc p where p.pronamespace = "
                 "'rolecall'::regnamespace "
                 "and p.prosecdef and not exists (select from unnest(p.proconfig) c "
                 "where c ~ '^search_path=pg_catalog,.*, pg_temp$')"),
            "");
  EXPECT_NE(list("select p.oid::regprocedure from pg_proc p where p.pronamespace = "
                 "'rolecall'::regnamespace "
                 "and p.prosecdef"),
            "");
}

// A plan without enable_seqscan looks dear where only a scan is possible, and is compiled: 300 ms
// for an update of one row.
TEST_F(Catalogue, FunctionsThatForbidScansAreNotCompiledForIt) {
  const std::string forbids_scans =
      "select p.oid::regprocedure from pg_proc p where p.pronamespace = 'rolecall'::regnamespace "
      "and 'enable_seqscan=off' = any (p.proconfig)";
  EXPECT_EQ(list(forbids_scans + " and not 'jit=off' = any (p.proconfig)"), "");
  EXPECT_NE(list(forbids_scans), "");
}

TEST_F(Catalogue, NoFunctionIsEverybodys) {
  EXPECT_EQ(list("select p.oid::regprocedure from pg_proc p where p.pronamespace = "
                 "'rolecall'::regnamespace "
                 "and has_function_privilege('public', p.oid, 'execute')"),
            "");
}

TEST_F(Catalogue, NobodyButTheOwnerWritesATable) {
  // rolecall_operator may set some columns by hand: column privileges, which are not listed here.
  EXPECT_EQ(list("select r.rolname || ' ' || c.relname from pg_class c, pg_roles r "
                 "where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'p', 'v') "
                 "and r.rolname like 'rolecall\\_%' "
                 "and has_table_privilege(r.oid, c.oid, 'insert, update, delete, truncate')"),
            "");
}

TEST_F(Catalogue, AnApplicationReadsNoTableAndNoView) {
  EXPECT_EQ(list("select c.relname from pg_class c where c.relnamespace = 'rolecall'::regnamespace "
                 "and c.relkind in ('r', 'p', 'v') and c.relname not like 'schema%' and "
                 "(has_table_privilege('rolecall_app', c.oid, "
                 "'select') "
                 "or has_any_column_privilege('rolecall_app', c.oid, 'select, insert, update'))"),
            "");
}

TEST_F(Catalogue, AnApplicationHasTheMutationsAndReads) {
  EXPECT_EQ(
      functions_of("rolecall_app"),
      "add_member add_member_role create_role delete_role enqueue held_role key_part list_roles "
      "lock_subjects "
      "observe_member_roles remove_member remove_member_role request_member_sync role_history "
      "set_member_roles update_role upsert_global_role "
      "upsert_organization "
      "upsert_user");
}

TEST_F(Catalogue, AnOperatorHasTheOperatorsFunctionsAndAFewColumns) {
  EXPECT_EQ(functions_of("rolecall_operator"),
            "approve_hold cancel disable_schedule enable_rbac enable_schedule "
            "explain held_role hold key_part linked_organizations linked_sample_v1 "
            "members_with_several_roles pause_provider plan preflight_data "
            "preflight_names release replay_organization report_throttle_v1 "
            "resume_provider retry retry_dead retry_event role_history skip_event "
            "start_events take_tokens_v1");
  EXPECT_EQ(
      list(
          "select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid "
          "= c.oid "
          "where c.relnamespace = 'rolecall'::regnamespace and a.attnum > 0 and not a.attisdropped "
          "and c.relkind in ('r', 'p', 'v') and has_column_privilege('rolecall_operator', c.oid, "
          "a.attnum, 'update')"),
      "lanes.next_attempt_at lanes.priority provider_budgets.limit_calls provider_budgets.per_ms "
      "provider_budgets.share provider_control.guard_minimum provider_control.guard_share "
      "provider_control.guard_window_ms reconcile_policies.repair");
}

TEST_F(Catalogue, AWorkerHasTheWorkersFunctions) {
  EXPECT_EQ(functions_of("rolecall_worker"),
            "adopt_begin_v1 adopt_count_v1 adopt_holder_v1 adopt_leave_v1 adopt_next_v1 "
            "adopt_organization_v1 adopt_page_v1 adopt_rest_v1 adopt_run_v1 adopt_stage_v1 "
            "adopt_users_v1 "
            "apply_findings_v1 begin_reconcile_v1 close_session_v1 end_pull_v1 "
            "end_reconcile_turn_v1 end_reconcile_v1 keep_findings_v1 "
            "keep_partitions_v1 lease_due_v1 linked_organizations linked_sample_v1 "
            "maintain_v1 members_with_several_roles next_due_v1 note_again_v1 "
            "open_session_v1 plan preflight_data preflight_names "
            "reconcile_organizations_v1 reconcile_page_v1 reconcile_rest_v1 "
            "record_events_v1 record_read_v1 reduce_apply_v2 reduce_take_v1 "
            "report_provider_v1 report_throttle_v1 rescue_v1 settle_v1 "
            "stream_reached_v1 take_in_v1 take_pull_v1 take_reconcile_v1 "
            "take_tokens_v1 take_verifications_v1 upsert_global_role "
            "verify_session_v1 wake_v2");
}

}  // namespace
}  // namespace rolecall::testing
