//! Small cases for the tests of movement and records, and states set by hand.

use std::sync::Arc;

use jieyou::app;
use jieyou::cli::demo::county;
use jieyou::ctx::{Ctx, Ids};
use jieyou::domain::case::CaseState;
use jieyou::domain::decision::Decision;
use jieyou::domain::facts::Event;
use jieyou::domain::ids::{CaseId, Id, PartyId};
use jieyou::domain::mediator::{Assignment, SelectionMode, TeamRole};
use jieyou::domain::policy::Action;
use jieyou::domain::rules::enter;
use jieyou::store::cases::Expect;
use jieyou::store::tx::Tx;
use serde_json::{Value, json};

use super::app::TestApp;

/// The context of an act by a person of the county, outside HTTP.
pub fn ctx_of(app: &TestApp, username: &str) -> Ctx {
    let ids: Arc<dyn Ids> = Arc::clone(&app.state.ids);
    let mut ctx = app::system_ctx(&*app.clock, &ids);
    let user = county::user(username);
    ctx.actor.user_id = user;
    let nobody = ctx.clone();
    ctx.actor.grants = app
        .state
        .db
        .read_now(&nobody, |snap| snap.actor_grants(user))
        .unwrap();
    ctx
}

/// Does something in one transaction as a person of the county.
pub fn act_as<T>(
    app: &TestApp,
    username: &str,
    f: impl Fn(&mut Tx<'_>) -> Result<T, jieyou::error::Error>,
) -> T {
    let ctx = ctx_of(app, username);
    app.state.db.write_now(&ctx, f).unwrap()
}

/// A neighbours' dispute: 叶长根 against 叶阿六.
pub fn gutter() -> Value {
    json!({
        "type": "neighbour", "source": "application", "channel": "village_station",
        "title": "叶长根与叶阿六檐沟滴水纠纷", "summary": "檐沟水落入叶阿六院内",
        "parties": [
            {"role": "applicant", "kind": "natural_person", "name": "叶长根", "phone": "13905990101"},
            {"role": "respondent", "kind": "natural_person", "name": "叶阿六"},
        ],
    })
}

/// The case of [`gutter`], registered at 上垅村 by its steward, who holds it.
pub fn registered(app: &TestApp) -> CaseId {
    let made = app.client("yeshanglong").post("/cases", gutter()).ok();
    id_in(&made)
}

/// The case of [`registered`], taken on by its township: 凤溪 holds it.
pub fn at_the_desk(app: &TestApp) -> CaseId {
    let case = registered(app);
    let up = json!({"verb": "escalate", "to": unit("fengxi"), "reasons": ["es6_needs_department"],
        "handling_so_far": "两次上门", "no_materials": "无书证"});
    let village = app.client("yeshanglong");
    let sent = village.do_(&format!("/cases/{case}/transfers"), up).ok();
    let sent = sent["id"].as_str().unwrap();
    let accept = format!("/cases/{case}/transfers/{sent}/accept");
    app.client("zhengguoxing").do_(&accept, json!({})).ok();
    case
}

/// Puts a case into a state by hand, with this person in the chair if nobody is.
pub fn in_state(app: &TestApp, case: CaseId, state: CaseState, chair: &str) {
    act_as(app, "zhanglixin", |tx| {
        let file = tx.open(Action::ViewCase, case, Expect::Append)?;
        let calendar = tx.calendar()?;
        let now = tx.ctx.now;
        let mut d = Decision::on(&file);
        enter(d.case_mut(), state, &calendar, now);
        if file.chair().is_none() {
            let user = county::user(chair);
            let assignment = tx.ctx.id();
            let (role, mode) = (TeamRole::Chair, SelectionMode::Designated);
            d.event(Event::MediatorAppointed {
                assignment,
                user,
                role,
                mode,
            });
            d.insert(Assignment {
                id: assignment,
                case_id: case,
                user_id: user,
                role,
                committee_id: None,
                mode,
                from_at: now,
                to_at: None,
                end_reason: None,
                conflicts: Vec::new(),
                created_by: tx.ctx.actor.user_id,
            });
        } else {
            d.event(Event::CaseResumed {});
        }
        tx.carry_out(d).map(|_| ())
    });
}

/// The parties of a case, by side.
pub fn parties(app: &TestApp, case: CaseId) -> Vec<PartyId> {
    app.read(|snap| snap.parties(case).unwrap())
        .iter()
        .map(|p| p.id)
        .collect()
}

/// A unit of the county, as text.
pub fn unit(key: &str) -> String {
    county::org(key).to_string()
}

/// The id in an answer.
#[track_caller]
pub fn id_in<T>(body: &Value) -> Id<T> {
    Id::parse(body["id"].as_str().unwrap()).unwrap()
}
