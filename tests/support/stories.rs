//! Stories up to a point, told over HTTP: the cases that other tests start from.

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use super::app::TestApp;
use super::client::Client;

/// Where a story plays: a village station or a township desk of the county.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Key of the unit, as in `county::org`.
    pub unit: &'static str,
    /// Who answers for the unit: registers, decides on acceptance, appoints.
    pub clerk: &'static str,
    /// Key of its committee, as in `county::committee`.
    pub committee: &'static str,
    /// A mediator in office in that committee.
    pub mediator: &'static str,
}

const PLACES: &[(&str, &str, &str, &str)] = &[
    ("shanglong", "yeshanglong", "cv_shanglong", "lindeshui"),
    ("xialong", "chenxialong", "cv_xialong", "lindeshui"),
    ("suban", "wusuban", "cv_suban", "lindeshui"),
    ("hukou", "ganhukou", "cv_hukou", "chenyuee"),
    ("yimin", "xuyimin", "cv_yimin", "chenyuee"),
    ("wanghu", "lanwanghu", "cv_wanghu", "lanwanghu"),
    ("shitangcun", "shishitang", "cv_shitangcun", "shishitang"),
    ("houshan", "chihoushan", "cv_houshan", "chenyuee"),
    ("lipingcun", "liliping", "cv_lipingcun", "liliping"),
    ("zhukeng", "zhuzhukeng", "cv_zhukeng", "zhuzhukeng"),
    ("fengxi", "zhengguoxing", "tw_fengxi", "chenyuee"),
    ("cuihu", "tangqiaoyun", "tw_cuihu", "chenyuee"),
    ("shitang", "maoguodong", "tw_shitang", "chenyuee"),
    ("liping", "lengxiaofeng", "tw_liping", "chenyuee"),
    ("county", "zhanglixin", "co_county", "qiuxianzhong"),
];

/// A place by the key of its unit.
#[track_caller]
pub fn place(unit: &str) -> Place {
    let (unit, clerk, committee, mediator) = PLACES
        .iter()
        .find(|p| p.0 == unit)
        .copied()
        .unwrap_or_else(|| panic!("no place {unit}"));
    Place {
        unit,
        clerk,
        committee,
        mediator,
    }
}

/// A case and who is in it.
#[derive(Clone, Debug)]
pub struct Story {
    pub place: Place,
    /// Id of the case.
    pub case: String,
    /// Ids of the parties as registered, in that order.
    pub parties: Vec<String>,
}

impl Story {
    /// `/cases/{id}/…`, or the case itself for an empty rest.
    pub fn path(&self, rest: &str) -> String {
        match rest {
            "" => format!("/cases/{}", self.case),
            rest => format!("/cases/{}/{rest}", self.case),
        }
    }

    /// `/cases/{id}/parties/{nth}/…`.
    pub fn party_path(&self, nth: usize, rest: &str) -> String {
        self.path(&format!("parties/{}/{rest}", self.parties[nth]))
    }

    /// `/cases/{id}/sessions/{session}/…`, or the session itself for an empty rest.
    pub fn session_path(&self, session: &str, rest: &str) -> String {
        let whole = self.path(&format!("sessions/{session}/{rest}"));
        whole.trim_end_matches('/').to_owned()
    }

    pub fn applicant(&self) -> &str {
        &self.parties[0]
    }

    pub fn respondent(&self) -> &str {
        &self.parties[1]
    }

    /// The client of the clerk.
    pub fn clerk<'a>(&self, app: &'a TestApp) -> Client<'a> {
        app.client(self.place.clerk)
    }

    /// The client of the mediator.
    pub fn mediator<'a>(&self, app: &'a TestApp) -> Client<'a> {
        app.client(self.place.mediator)
    }

    /// The case as stored now.
    pub fn now(&self, app: &TestApp) -> Value {
        self.clerk(app).get(&self.path("")).ok()
    }
}

/// Two neighbours and an eave that drips.
pub fn neighbours() -> Value {
    json!({
        "type": "neighbour", "source": "application", "channel": "village_station",
        "summary": "叶阿六家檐沟的水滴到叶长根家墙上。", "place": "上垅村三组",
        "parties": [
            {"role": "applicant", "kind": "natural_person", "name": "叶长根", "phone": "13900000001"},
            {"role": "respondent", "kind": "natural_person", "name": "叶阿六", "phone": "13900000002"}
        ],
        "issues": [{"text": "檐沟滴水", "claim": "改道"}]
    })
}

/// What a screening finds where nothing stands in the way.
pub fn screening() -> Value {
    json!({"civil": true, "special_organ": false, "accepted_elsewhere": false,
        "clear_parties": true, "concrete_claim": true})
}

/// The body of an acceptance at a place.
pub fn acceptance(place: Place) -> Value {
    json!({"committee_id": county::committee(place.committee), "jurisdiction_basis": "dispute_place"})
}

/// Registers `body` at a place. The parties keep the order of the body.
#[track_caller]
pub fn registered_with(app: &TestApp, unit: &str, body: Value) -> Story {
    let place = place(unit);
    let clerk = app.client(place.clerk);
    let mut body = body;
    let mut parties = Vec::new();
    for party in body["parties"].as_array_mut().into_iter().flatten() {
        let id = app.state.ids.uuid().to_string();
        let id = party["id"].as_str().map_or(id, str::to_owned);
        party["id"] = json!(id);
        parties.push(id);
    }
    if body.get("origin_id").is_none() {
        body["origin_id"] = json!(county::org(place.unit));
    }
    let made = clerk.post("/cases", body).ok();
    Story {
        place,
        case: made["id"].as_str().unwrap().to_owned(),
        parties,
    }
}

/// Registered and screened.
#[track_caller]
pub fn screened_with(app: &TestApp, unit: &str, body: Value) -> Story {
    let story = registered_with(app, unit, body);
    story
        .clerk(app)
        .do_(&story.path("screen"), screening())
        .ok();
    story
}

/// Every principal party says yes in person.
#[track_caller]
pub fn all_consent(app: &TestApp, story: &Story) {
    let clerk = story.clerk(app);
    let roster = clerk.get(&story.path("parties")).ok();
    for id in roster["consent_missing"].as_array().unwrap() {
        let path = story.path(&format!("parties/{}/consent", id.as_str().unwrap()));
        clerk
            .do_(&path, json!({"answer": "given", "via": "in_person"}))
            .ok();
    }
}

/// Registered, screened, consented to and accepted.
#[track_caller]
pub fn accepted_with(app: &TestApp, unit: &str, body: Value) -> Story {
    let story = screened_with(app, unit, body);
    all_consent(app, &story);
    let clerk = story.clerk(app);
    clerk
        .do_(&story.path("accept"), acceptance(story.place))
        .ok();
    story
}

/// The neighbours' case, accepted at this unit.
#[track_caller]
pub fn accepted_case(app: &TestApp, unit: &str) -> Story {
    accepted_with(app, unit, neighbours())
}

/// The id in an answer.
#[track_caller]
pub fn id_of(v: &Value) -> String {
    v["id"].as_str().unwrap_or_else(|| panic!("{v}")).to_owned()
}

/// A registration of two people against each other, known by name alone.
pub fn dispute(kind: &str, applicant: &str, respondent: &str) -> Value {
    json!({
        "type": kind, "source": "application", "channel": "village_station",
        "summary": format!("{applicant}与{respondent}的纠纷。"),
        "parties": [
            {"role": "applicant", "kind": "natural_person", "name": applicant},
            {"role": "respondent", "kind": "natural_person", "name": respondent}
        ],
    })
}

/// Puts somebody on the team; gives the assignment.
#[track_caller]
pub fn appoint(app: &TestApp, story: &Story, username: &str, role: &str) -> String {
    let body = json!({"user_id": county::user(username), "role": role});
    id_of(&story.clerk(app).do_(&story.path("assignments"), body).ok())
}

/// Tells every party its rights and duties.
#[track_caller]
pub fn tell_rights(app: &TestApp, story: &Story) {
    for nth in 0..story.parties.len() {
        let path = story.party_path(nth, "rights-notice");
        story.clerk(app).do_(&path, json!({})).ok();
    }
}

/// The usual team: 陈月娥 in the chair, 何美玲 as recorder; every party told its rights.
#[track_caller]
pub fn team(app: &TestApp, story: &Story) {
    appoint(app, story, "chenyuee", "chair");
    appoint(app, story, "hemeiling", "recorder");
    tell_rights(app, story);
}

/// Accepted, with the usual [`team`].
#[track_caller]
pub fn assigned_with(app: &TestApp, unit: &str, body: Value) -> Story {
    let story = accepted_with(app, unit, body);
    team(app, &story);
    story
}

/// The neighbours' case at 上垅村 with the usual [`team`].
#[track_caller]
pub fn assigned_case(app: &TestApp) -> Story {
    assigned_with(app, "shanglong", neighbours())
}

/// Has the chair plan a joint session on site from now on, and invite to it; gives its id.
#[track_caller]
pub fn invited_session(app: &TestApp, story: &Story) -> String {
    let chair = app.client("chenyuee");
    let body = json!({"kind": "joint", "venue_kind": "site", "venue": "村委会门口",
        "planned_from": app.now(), "planned_to": app.now().plus_hours(2)});
    let session = id_of(&chair.do_(&story.path("sessions"), body).ok());
    chair
        .do_(&story.session_path(&session, "notify"), json!({}))
        .ok();
    session
}

/// The parties and the usual [`team`].
pub fn everybody(story: &Story) -> Vec<String> {
    let mut out = story.parties.clone();
    out.push(county::user("chenyuee").to_string());
    out.push(county::user("hemeiling").to_string());
    out
}

/// In mediation: an assigned case with a joint session open. Gives the session too.
#[track_caller]
pub fn in_mediation_with(app: &TestApp, unit: &str, body: Value) -> (Story, String) {
    let story = assigned_with(app, unit, body);
    let session = invited_session(app, &story);
    let present = json!({"present": everybody(&story)});
    app.client("chenyuee")
        .do_(&story.session_path(&session, "open"), present)
        .ok();
    (story, session)
}

/// The neighbours' case in mediation.
#[track_caller]
pub fn in_mediation(app: &TestApp) -> (Story, String) {
    in_mediation_with(app, "shanglong", neighbours())
}

/// Draws up the record of an open session, has everybody sign, and closes it with a result.
#[track_caller]
pub fn record_and_close(app: &TestApp, story: &Story, session: &str, result: &str) {
    let chair = app.client("chenyuee");
    let act = |rest: &str, body: Value| chair.do_(&story.session_path(session, rest), body).ok();
    let drawn = act("minutes", json!({"text": "双方各自陈述，调解员释明法律。"}));
    let recorder = county::user("hemeiling").to_string();
    for hand in drawn["unsigned"].as_array().unwrap() {
        let hand = hand.as_str().unwrap();
        let body = match hand {
            "mediator" => continue,
            party if story.parties.iter().any(|p| p == party) => {
                json!({"signed_as": "party", "party_id": party})
            }
            user if user == recorder => json!({"signed_as": "recorder", "user_id": user}),
            user => json!({"signed_as": "mediator", "user_id": user}),
        };
        act("sign", body);
    }
    act("close", json!({"result": result}));
}
