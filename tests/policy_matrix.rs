//! The policy as a grid that is reviewed like code, and the proof that lists and single objects agree.

use std::fmt::Write;
use std::sync::Arc;

use jieyou::app::system_ctx;
use jieyou::cli::demo::county;
use jieyou::ctx::{Ctx, Ids};
use jieyou::domain::case::*;
use jieyou::domain::codes::Code;
use jieyou::domain::county::{CaseOwner, OwnerEnd};
use jieyou::domain::decision::Decision;
use jieyou::domain::facts::Event;
use jieyou::domain::ids::*;
use jieyou::domain::mediator::*;
use jieyou::domain::org::Role;
use jieyou::domain::policy::*;
use jieyou::domain::rules::tasks::{NewTask, finish, open_task};
use jieyou::domain::task::TaskKind;
use jieyou::store::lists::{CaseFilter, Queue, Sort};

use crate::support::TestApp;

fn grid() -> String {
    let mut out = String::from("Rights by relation to a case (+ allowed, . denied)\n\n");
    for action in Action::ALL {
        let _ = write!(out, "{:<20}", action.code());
        for relation in Relation::ALL {
            let _ = write!(
                out,
                "{}",
                if relation_may(*relation, *action) {
                    " +"
                } else {
                    " ."
                }
            );
        }
        out.push('\n');
    }
    out.push_str("\nColumns: ");
    let names: Vec<_> = Relation::ALL.iter().map(|r| r.code()).collect();
    let _ = writeln!(out, "{}", names.join(", "));
    out.push_str("\nRights that concern no single case, by role\n\n");
    for role in Role::ALL {
        let held: Vec<_> = Action::ALL
            .iter()
            .filter(|a| role_may(*role, **a))
            .map(|a| a.code())
            .collect();
        let _ = writeln!(out, "{:<20} {}", role.code(), held.join(" "));
    }
    out
}

#[test]
fn the_policy_is_its_golden_grid() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/policy.txt");
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(path, grid()).unwrap();
        return;
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        grid(),
        "review the change, then UPDATE_GOLDEN=1"
    );
}

#[test]
fn administrators_and_auditors_are_kept_apart() {
    for role in [Role::SysAdmin, Role::SecAdmin] {
        for action in [
            Action::ListCases,
            Action::Register,
            Action::ReadAudit,
            Action::ReviewTransfers,
        ] {
            assert!(!role_may(role, action), "{role} {action}");
        }
    }
    let may: Vec<_> = Action::ALL
        .iter()
        .filter(|a| relation_may(Relation::Auditor, **a))
        .collect();
    assert_eq!(may, [&Action::ViewCase], "an auditor only looks");
    assert!(
        !role_may(Role::SysAdmin, Action::ManageGrants)
            && !role_may(Role::SecAdmin, Action::ManageUsers)
    );
    // Caucus notes: the mediating team and nobody else (G-17).
    let may: Vec<_> = Relation::ALL
        .iter()
        .filter(|r| relation_may(**r, Action::ViewCaucus))
        .collect();
    assert_eq!(may, [&Relation::Chair, &Relation::TeamMediator]);
}

/// A tiny generator with a fixed seed, so that a failure can be found again.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.next(list.len())]
    }
}

const PEOPLE: &[&str] = &[
    "lindeshui",
    "chenyuee",
    "zhengguoxing",
    "huangzhiyuan",
    "liujianhong",
    "hemeiling",
    "zhanglixin",
    "zhouminghua",
    "wangjingguan",
    "caiwenbin",
    "tangqiaoyun",
    "yeshanglong",
    "ganhukou",
    "shuililiaison",
    "shenji",
    "sysadmin",
    "secadmin",
];
const UNITS: &[&str] = &[
    "county",
    "fengxi",
    "cuihu",
    "shanglong",
    "suban",
    "hukou",
    "shuili",
    "paichusuo",
];

fn desk_of(unit: &str) -> Option<OrgId> {
    match unit {
        "fengxi" | "shanglong" | "suban" | "paichusuo" => Some(county::org("fengxi")),
        "cuihu" | "hukou" => Some(county::org("cuihu")),
        _ => None,
    }
}

/// A case in a random place, with a random team and random movements.
fn random_case(rng: &mut Lcg, ctx: &Ctx) -> Decision {
    let origin = *rng.pick(&["fengxi", "cuihu", "shanglong", "suban", "hukou"]);
    let holder = *rng.pick(UNITS);
    let state = *rng.pick(&[
        CaseState::Registered,
        CaseState::InMediation,
        CaseState::ClosedSuccess,
        CaseState::Archived,
    ]);
    let id: CaseId = ctx.id();
    let case = Case {
        id,
        code: format!("YL-{}", id),
        case_no: None,
        committee_id: None,
        procedure: Procedure::PeopleMediation,
        title: "排水".into(),
        kind: CaseType::Neighbour,
        state,
        outcome: None,
        risk: Risk::Yellow,
        difficulty: Difficulty::Normal,
        source: Source::Application,
        channel: Channel::WalkIn,
        origin_id: county::org(origin),
        origin_desk_id: desk_of(origin),
        holder_id: county::org(holder),
        holder_desk_id: desk_of(holder),
        holder_since: ctx.now,
        registrar_id: county::user(rng.pick::<&str>(PEOPLE)),
        registered_at: ctx.now,
        accepted_at: None,
        closed_at: None,
        next_step: None,
        next_due_at: None,
        live: state.is_live(),
        version: 1,
        audit_seq: 0,
        audit_hash: String::new(),
        amount_fen: None,
        summary: "雨水流向邻家".into(),
        updated_at: ctx.now,
        detail: CaseDetail::default(),
    };
    let mut d = Decision::register(case);
    d.event(Event::MediationBegan {});
    for _ in 0..rng.next(3) {
        let ended = rng.next(2) == 0;
        d.insert(Assignment {
            id: ctx.id(),
            case_id: id,
            user_id: county::user(rng.pick::<&str>(PEOPLE)),
            role: *rng.pick(&[TeamRole::Mediator, TeamRole::Recorder, TeamRole::Assistant]),
            committee_id: None,
            mode: SelectionMode::Designated,
            from_at: ctx.now,
            to_at: ended.then_some(ctx.now),
            end_reason: ended
                .then(|| *rng.pick(&[AssignmentEnd::Recused, AssignmentEnd::Replaced])),
            conflicts: Vec::new(),
            created_by: county::user("zhengguoxing"),
        });
    }
    for _ in 0..rng.next(3) {
        let live = rng.next(2) == 0;
        let new = NewTask {
            id: ctx.id(),
            kind: TaskKind::CoHandling,
            source_id: None,
            unit_id: county::org(rng.pick::<&str>(UNITS)),
            text: "协办".into(),
            due_at: None,
            ordered_for: county::org("county"),
            ordered_by: county::user("zhanglixin"),
        };
        let task = open_task(&mut d, new, ctx.now);
        if !live {
            finish(&mut d, &task, None, county::user("zhanglixin"), ctx.now);
        }
    }
    if rng.next(3) == 0 {
        let ended = rng.next(3) == 0;
        d.insert(CaseOwner {
            id: ctx.id(),
            case_id: id,
            user_id: county::user(rng.pick::<&str>(PEOPLE)),
            org_id: county::org("county"),
            reason: "包案".into(),
            named_by: county::user("zhouminghua"),
            from_at: ctx.now,
            to_at: ended.then_some(ctx.now),
            end_reason: ended.then_some(OwnerEnd::SignedOff),
            note: None,
        });
    }
    d
}

/// Listed exactly when `decide(View)` allows it, for every person and 60 random cases.
#[test]
fn what_is_listed_may_be_read_and_the_other_way_round() {
    let app = TestApp::new();
    let ids: Arc<dyn Ids> = Arc::clone(&app.state.ids);
    let mut rng = Lcg(20_260_302);
    let mut made = Vec::new();
    for _ in 0..60 {
        let ctx = system_ctx(&*app.clock, &ids);
        let decision = random_case(&mut rng, &ctx);
        made.push(decision.case().id);
        let out = app
            .state
            .db
            .write_now(&ctx, |tx| tx.carry_out(decision.clone()).map(|_| ()));
        out.unwrap_or_else(|e| panic!("{e:?}"));
    }
    let (mut shown, mut hidden) = (0, 0);
    for person in PEOPLE {
        let id = county::user(person);
        app.read(|snap| {
            let actor = Actor {
                user_id: id,
                login_id: None,
                name: String::new(),
                grants: snap.actor_grants(id).unwrap(),
            };
            let listed: Vec<CaseId> = snap
                .list_cases(
                    &sight(&actor),
                    Queue::All,
                    &CaseFilter::default(),
                    Sort::Newest,
                    None,
                    200,
                )
                .unwrap()
                .into_iter()
                .map(|c| c.id)
                .collect();
            for case in &made {
                let scope = snap.case_scope(*case).unwrap();
                let may = decide(&actor, Action::ViewCase, &scope) == Verdict::Allow;
                assert_eq!(
                    may,
                    listed.contains(case),
                    "{person} {case}: {scope:?} {:?}",
                    relations(&actor, &scope)
                );
                if may { shown += 1 } else { hidden += 1 }
            }
        });
    }
    assert!(
        shown > 100 && hidden > 100,
        "the cases do not tell: {shown} {hidden}"
    );
}
