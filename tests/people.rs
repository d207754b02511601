//! Parties and participants over HTTP.

mod changes;
mod consent;
mod foreign_members;
mod group;
mod reveal;
mod speakers;

use jieyou::app::system_ctx;
use jieyou::cli::demo::county;
use jieyou::ctx::Ids;
use jieyou::domain::ids::Id;
use jieyou::domain::mediator::{Assignment, SelectionMode, TeamRole};
use jieyou::domain::persons::id_check_char;
use serde_json::Value;

use crate::support::TestApp;
use crate::support::stories::Story;

/// A valid ID number of the county for a birth date `YYYYMMDD` and an order number.
fn id_number(birth: &str, order: &str) -> String {
    let body = format!("359901{birth}{order}");
    format!("{body}{}", id_check_char(&body).unwrap())
}

/// Puts somebody on the team of a case, by hand: appointing has tests of its own.
fn join_team(app: &TestApp, story: &Story, username: &str, role: TeamRole) -> String {
    let row = Assignment {
        id: Id::new(app.state.ids.uuid()),
        case_id: Id::parse(&story.case).unwrap(),
        user_id: county::user(username),
        role,
        committee_id: None,
        mode: SelectionMode::Designated,
        from_at: app.now(),
        to_at: None,
        end_reason: None,
        conflicts: Vec::new(),
        created_by: county::user(story.place.clerk),
    };
    let ids: std::sync::Arc<dyn Ids> = std::sync::Arc::clone(&app.state.ids);
    let ctx = system_ctx(&*app.clock, &ids);
    app.state
        .db
        .write_now(&ctx, |tx| {
            tx.technical();
            tx.insert(&row)
        })
        .unwrap();
    row.id.to_string()
}

/// The actions of a case's timeline, oldest first.
fn actions(app: &TestApp, story: &Story) -> Vec<String> {
    timeline(app, story)
        .iter()
        .map(|e| e["action"].as_str().unwrap().to_owned())
        .collect()
}

fn timeline(app: &TestApp, story: &Story) -> Vec<Value> {
    let page = story.clerk(app).get(&story.path("timeline?limit=200")).ok();
    page["data"].as_array().unwrap().clone()
}

/// The party with this id in a roster.
fn in_roster(roster: &Value, id: &str) -> Value {
    roster["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["id"] == id)
        .cloned()
        .unwrap_or_else(|| panic!("no {id} in {roster}"))
}
