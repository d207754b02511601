//! S3: members that a body does not have are refused, whatever they are called, and nothing
//! changes.

use serde_json::{Value, json};

use super::join_team;
use crate::support::client::Answer;
use crate::support::stories::Story;
use crate::support::{Client, TestApp, stories};
use jieyou::domain::mediator::TeamRole;

/// What somebody might hope to slip in.
const FOREIGN: [&str; 25] = [
    "status",
    "state",
    "version",
    "desk_id",
    "created_at",
    "created_by",
    "updated_at",
    "deleted_at",
    "case_id",
    "case_no",
    "holder_id",
    "holder_desk_id",
    "registrar_id",
    "accepted_at",
    "closed_at",
    "outcome",
    "live",
    "next_due_at",
    "audit_seq",
    "audit_hash",
    "detail",
    "is_representative",
    "withdrawn_at",
    "is_admin",
    "__proto__",
];

/// One writable body: where it goes, what is a good one, and where in it members may be added.
struct Body {
    method: &'static str,
    path: String,
    body: Value,
    inside: &'static [&'static str],
}

fn post(path: String, body: Value) -> Body {
    within(path, body, &[""])
}

fn within(path: String, body: Value, inside: &'static [&'static str]) -> Body {
    Body {
        method: "POST",
        path,
        body,
        inside,
    }
}

fn patch(path: String, body: Value) -> Body {
    Body {
        method: "PATCH",
        path,
        body,
        inside: &[""],
    }
}

fn send(client: &Client<'_>, b: &Body, body: Value) -> Answer {
    match b.method {
        "PATCH" => client.patch(&b.path, body),
        _ => client.do_(&b.path, body),
    }
}

fn everything(app: &TestApp, stories: &[&Story]) -> String {
    let county = app.client("zhengguoxing");
    let mut out = county.get("/cases?limit=200").text;
    for s in stories {
        for page in ["parties", "participants", "issues", "timeline?limit=200"] {
            out.push_str(&county.get(&s.path(page)).text);
        }
    }
    out
}

fn refuses_all(app: &TestApp, client: &Client<'_>, bodies: &[Body], seen: &[&Story]) {
    let before = everything(app, seen);
    for b in bodies {
        for place in b.inside {
            for member in FOREIGN {
                let mut body = b.body.clone();
                let target = body.pointer_mut(place).unwrap();
                // A body that has the member itself gets another that it has not.
                let own = target.get(member).is_some();
                let member = if own { "tenant_id" } else { member };
                target[member] = json!("01928c3e-7a10-7cc0-8d53-2f4b6a90c1de");
                let answer = send(client, b, body);
                let pointer = format!("{place}/{member}");
                let doc = answer.problem(422, "invalid");
                assert_eq!(
                    (&doc["errors"][0]["pointer"], &doc["errors"][0]["code"]),
                    (&json!(pointer), &json!("unknown_field")),
                    "{} {}: {doc}",
                    b.method,
                    b.path
                );
            }
        }
    }
    assert_eq!(everything(app, seen), before);
}

/// Two neighbours against one.
fn three() -> Value {
    let mut body = stories::neighbours();
    let third = json!({"role": "applicant", "kind": "natural_person", "name": "叶阿七"});
    body["parties"].as_array_mut().unwrap().push(third);
    body["oral_note"] = json!({"text": "口头申请", "signed_by_party": true});
    body
}

#[test]
fn intake_takes_no_foreign_members() {
    let app = TestApp::new();
    let head = app.client("zhengguoxing");
    let fresh = stories::registered_with(&app, "fengxi", three());
    let screened = stories::screened_with(&app, "fengxi", three());
    let merged = stories::registered_with(&app, "fengxi", three());
    head.do_(&merged.path("merge"), json!({"into": fresh.case}))
        .ok();
    let issues = head.get(&fresh.path("issues")).ok();
    let issue = issues["data"][0]["id"].as_str().unwrap().to_owned();
    let bodies = [
        within(
            "/cases".into(),
            three(),
            &["", "/parties/0", "/issues/0", "/oral_note"],
        ),
        patch(fresh.path(""), json!({"title": "檐沟"})),
        post(fresh.path("screen"), stories::screening()),
        post(
            fresh.path("reject"),
            json!({"code": "na6_no_claim", "reason": "无请求", "routes": ["civil_suit"]}),
        ),
        post(screened.path("accept"), stories::acceptance(screened.place)),
        post(fresh.path("land-notice"), json!({})),
        post(fresh.path("risk"), json!({"level": "yellow"})),
        post(fresh.path("issues"), json!({"text": "医疗费"})),
        post(
            fresh.path(&format!("issues/{issue}/state")),
            json!({"state": "dropped"}),
        ),
        post(screened.path("merge"), json!({"into": fresh.case})),
        post(merged.path("unmerge"), json!({})),
    ];
    refuses_all(&app, &head, &bodies, &[&fresh, &screened, &merged]);
}

#[test]
fn people_take_no_foreign_members() {
    let app = TestApp::new();
    let head = app
        .client("zhengguoxing")
        .with("x-access-purpose", "verify%20identity");
    let asked = stories::screened_with(&app, "fengxi", three());
    let story = stories::accepted_with(&app, "fengxi", three());
    let chair = join_team(&app, &story, "chenyuee", TeamRole::Chair);
    let guest = json!({"kind": "invited", "name": "叶太公"});
    let guest = head.do_(&story.path("participants"), guest).ok();
    let guest = guest["id"].as_str().unwrap();
    let agent = json!({"kind": "agent", "party_id": story.applicant(), "name": "江海涛",
        "mandate": {"scopes": ["attend"], "from": "2026-03-01", "signed_by_principal": true}});
    let new = json!({"role": "respondent", "kind": "natural_person", "name": "叶阿八"});
    let heirs = json!({"successors": [{"kind": "natural_person", "name": "叶小根"}]});
    let bodies = [
        post(story.path("parties"), new),
        patch(
            story.path(&format!("parties/{}", story.applicant())),
            json!({"phone": "13900000044"}),
        ),
        post(story.party_path(0, "reveal"), json!({})),
        post(asked.party_path(1, "ask-consent"), json!({})),
        post(
            story.party_path(1, "consent"),
            json!({"answer": "refused", "via": "phone"}),
        ),
        post(
            story.party_path(1, "demand-termination"),
            json!({"via": "phone"}),
        ),
        post(story.party_path(1, "rights-notice"), json!({})),
        post(story.party_path(1, "child-view"), json!({"text": "想回家"})),
        post(story.party_path(2, "withdraw"), json!({"via": "signed"})),
        within(
            story.party_path(0, "substitute"),
            heirs,
            &["", "/successors/0"],
        ),
        post(
            story.party_path(0, "representative"),
            json!({"elected": true, "mandate_signed": true}),
        ),
        post(
            story.party_path(0, "settle-authority"),
            json!({"auth": "yes", "via": "signed"}),
        ),
        post(
            story.party_path(0, "accept-mediator"),
            json!({"assignment_id": chair}),
        ),
        within(story.path("participants"), agent, &["", "/mandate"]),
        post(
            story.path(&format!("participants/{guest}/consents")),
            json!({"party_id": story.applicant(), "given": true}),
        ),
        post(
            story.path(&format!("participants/{guest}/revoke")),
            json!({}),
        ),
    ];
    refuses_all(&app, &head, &bodies, &[&asked, &story]);
}
