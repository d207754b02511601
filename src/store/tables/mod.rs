//! Every table, by area. `migrations/` holds the DDL; a test compares the two.

pub mod case;
pub mod clocks;
pub mod county;
pub mod crisis;
pub mod fabrication;
pub mod factor;

pub mod org;
pub mod party_checks;
pub mod returns;
pub mod system;
pub mod trail;
pub mod visits;

use case::{
    agreements, assignments, attachments, cases, custody, evaluations, incidents, issues, notes,
    obligations, participants, parties, performances, recusals, sessions, signatures, transfers,
};
use clocks::clocks as clock_rows;
use county::{case_owners, conferences, supervisions, tasks, whistles};
use crisis::{crises, crisis_events, crisis_steps};
use fabrication::{signal_cases, signal_keys, signals};
use org::{committee_members, committees, org_units, role_grants, rooms, staff_relatives, users};
use returns::{return_entries, return_items};
use system::{
    audit_events, audit_heads, audit_leaves, audit_pending, change_log, duplicate_keys,
    inbox_items, login_sessions, outbox, refresh_tokens, webhooks,
};
use visits::follow_ups;

diesel::allow_tables_to_appear_in_same_query!(
    cases,
    parties,
    participants,
    issues,
    assignments,
    recusals,
    sessions,
    notes,
    agreements,
    obligations,
    performances,
    signatures,
    transfers,
    custody,
    incidents,
    attachments,
    evaluations,
    follow_ups,
    org_units,
    committees,
    committee_members,
    users,
    role_grants,
    staff_relatives,
    rooms,
    login_sessions,
    refresh_tokens,
    audit_events,
    audit_heads,
    audit_leaves,
    audit_pending,
    outbox,
    inbox_items,
    webhooks,
    change_log,
    duplicate_keys,
    return_entries,
    return_items,
    signal_cases,
    signal_keys,
    signals,
    tasks,
    clock_rows,
    case_owners,
    conferences,
    supervisions,
    whistles,
    crises,
    crisis_steps,
    crisis_events,
);
