//! The parties' own word on a closed case: asked for by a one-use code, given without a login, and
//! what a "no" leads to (G-44; X-07).

use jieyou::domain::ids::*;
use serde_json::{Value, json};

use crate::outbox::kit::Yard;
use crate::support::mediation::*;
use crate::support::{Client, TestApp, mime};

fn people() -> Value {
    let mut one = person("applicant", "甘长福");
    one["phone"] = json!("13900000001");
    let mut two = person("respondent", "甘水生");
    two["email"] = json!("shuisheng@mail.example");
    matter("neighbour", json!([one, two]), &["排水"])
}

/// A case closed as a success, with a debt paid.
fn closed<'a>(app: &'a TestApp, feedback: bool) -> (Story<'a>, String) {
    let s = Story::in_mediation(app, "hukou", people());
    let day = app.now().local_date().plus_days(2).to_string();
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, 50_000, &day)]}));
    s.effective(&paper, &[0, 1]);
    s.performed(&s.owed(&paper)[0]);
    if feedback {
        let told = json!({"text": "已告知办理结果", "given_at": app.now()});
        s.desk.do_(&s.path("/feedback"), told).ok();
    }
    s.desk.do_(&s.path("/close"), json!({})).ok();
    (s, paper)
}

/// The text messages that the gateway would fetch.
fn messages(yard: &Yard) -> Vec<Value> {
    let dir = yard.app.config.data_dir.join("sms");
    let mut out: Vec<Value> = std::fs::read_dir(dir)
        .unwrap()
        .map(|f| serde_json::from_slice(&std::fs::read(f.unwrap().path()).unwrap()).unwrap())
        .collect();
    out.sort_by_key(Value::to_string);
    out
}

/// The code in a text message.
fn code_in(message: &Value) -> String {
    let text = message["text"].as_str().unwrap();
    let rest = text.split_once("核实码 ").unwrap().1;
    rest.chars().take(14).collect()
}

/// The code sent to the first party of the last case closed.
fn sent_code(yard: &Yard) -> String {
    yard.work_off(&yard.worker());
    let all = messages(yard);
    assert_eq!(all.len(), 1, "{all:?}");
    code_in(&all[0])
}

const OPEN: &str = "/party-confirmations/open";
const ANSWER: &str = "/party-confirmations";

fn put(c: &Client<'_>, path: &str, body: &Value) -> crate::support::client::Answer {
    let headers = [("content-type", "application/json")];
    c.raw(
        "POST",
        &format!("/api/v1{path}"),
        &headers,
        body.to_string().into_bytes(),
    )
}

#[test]
fn a_message_says_nothing_but_that_a_word_is_wanted() {
    let yard = Yard::new();
    let (s, paper) = closed(&yard.app, false);
    let rows = yard.rows();
    let asked: Vec<_> = rows
        .iter()
        .filter(|r| r.kind == "party_check_asked")
        .collect();
    let ways: Vec<&str> = asked.iter().map(|r| r.channel.as_str()).collect();
    assert_eq!(ways, ["sms", "mail"]);
    assert!(
        asked
            .iter()
            .all(|r| r.case_id.is_none() && !r.payload.to_string().contains("甘"))
    );

    let code = sent_code(&yard);
    let message = &messages(&yard)[0];
    let keys: Vec<&String> = message.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "to", "text"]);
    assert_eq!(message["to"], "+8613900000001");
    let case = s.view();
    let number = s.agreement(&paper)["number"].as_str().unwrap().to_owned();
    // X-07, and what the mail to the other party says as well.
    let mails: Vec<String> = yard
        .files()
        .iter()
        .map(|mail| mime::parts(mail).iter().map(|p| mime::decode(p)).collect())
        .filter(|text: &String| text.contains("核实码"))
        .collect();
    assert_eq!(mails.len(), 1);
    for text in [message["text"].as_str().unwrap(), mails[0].as_str()] {
        for word in [
            "甘",
            "长福",
            "水生",
            "纠纷",
            "调解",
            "矛盾",
            "争议",
            "邻里",
            "排水",
            "协议",
            "履行",
            "欠",
            "债",
            "法院",
            "当事人",
            "湖口",
            "心理",
            "评价",
            case["code"].as_str().unwrap(),
            case["case_no"].as_str().unwrap(),
            number.as_str(),
            s.id.as_str(),
        ] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
    assert!(
        !mails[0].contains(&code),
        "each party has a code of its own"
    );
    // The code is nowhere in the database.
    let checks = yard.app.read(|snap| snap.party_checks(s.case()).unwrap());
    assert_eq!(checks.len(), 2);
    let plain = code.replace('-', "");
    assert!(
        checks
            .iter()
            .all(|c| !c.code_hash.to_uppercase().contains(&plain) && c.code_hash.len() == 64)
    );
}

#[test]
fn a_yes_is_the_partys_evaluation_once_and_for_good() {
    let yard = Yard::new();
    let (s, paper) = closed(&yard.app, true);
    let code = sent_code(&yard);
    let nobody = yard.app.anonymous();
    let seen = put(&nobody, OPEN, &json!({"code": code.to_lowercase()})).ok();
    let own = &seen["agreement"];
    assert_eq!(own["number"], s.agreement(&paper)["number"]);
    assert_eq!(
        json!([
            own["own_terms"][0]["direction"],
            own["own_terms"][0]["amount_fen"]
        ]),
        json!(["gets", 50_000])
    );
    let text = seen.to_string();
    for word in ["甘", "排水", "互谅"] {
        assert!(!text.contains(word), "{text}");
    }
    let yes = json!({"code": code, "took_place": true, "own_agreement": true, "satisfaction": "satisfied"});
    assert_eq!(put(&nobody, ANSWER, &yes).ok()["recorded"], true);
    put(&nobody, ANSWER, &yes).problem(404, "not_found");
    put(&nobody, OPEN, &json!({"code": code})).problem(404, "not_found");
    let rated = yard.app.read(|snap| snap.evaluations(s.case()).unwrap());
    assert_eq!((rated.len(), rated[0].party_id), (1, s.party(0)));
    // The desk cannot rate for the same party any more (G-44).
    let again = json!({"party_id": s.parties[0], "satisfaction": "dissatisfied", "given_via": "signed",
        "evidence_id": s.signed_rating(&[0])});
    s.desk
        .post(&s.path("/evaluations"), again)
        .blocked_by("already_evaluated");
    let county = yard.app.client("zhouminghua");
    let list = county.get(&s.path("/party-confirmations")).ok();
    assert_eq!(
        json!([list["data"][0]["state"], list["data"][0]["denies"]]),
        json!(["answered", false])
    );
    for who in ["ganhukou", "chenyuee"] {
        yard.app
            .client(who)
            .get(&s.path("/party-confirmations"))
            .problem(403, "forbidden");
    }
}

#[test]
fn the_partys_own_word_stands_before_what_the_desk_entered() {
    let yard = Yard::new();
    let (s, _) = closed(&yard.app, true);
    let entered = json!({"party_id": s.parties[0], "satisfaction": "satisfied", "given_via": "signed",
        "evidence_id": s.signed_rating(&[0])});
    assert_eq!(s.desk.post(&s.path("/evaluations"), entered).status, 201);
    let code = sent_code(&yard);
    let word = json!({"code": code, "took_place": true, "satisfaction": "dissatisfied"});
    put(&yard.app.anonymous(), ANSWER, &word).ok();
    let list = s.desk.get(&s.path("/evaluations")).ok();
    let said: Vec<Value> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| json!([e["satisfaction"], e["own_word"], e["stands"]]))
        .collect();
    assert_eq!(
        said,
        [
            json!(["satisfied", false, false]),
            json!(["dissatisfied", true, true])
        ]
    );
}

#[test]
fn a_no_opens_an_inquiry_of_which_the_mediator_does_not_hear() {
    let yard = Yard::new();
    let (s, _) = closed(&yard.app, true);
    let code = sent_code(&yard);
    put(
        &yard.app.anonymous(),
        ANSWER,
        &json!({"code": code, "took_place": false}),
    )
    .ok();
    let county = yard.app.client("zhouminghua");
    let list = county.get(&s.path("/party-confirmations")).ok();
    let check = &list["data"][0];
    assert_eq!(
        json!([check["denies"], check["took_place"]]),
        json!([true, false])
    );
    let task = county
        .get(&s.path(&format!("/tasks/{}", check["task_id"].as_str().unwrap())))
        .ok();
    assert_eq!(
        json!([task["kind"], task["state"]]),
        json!(["party_denial", "open"])
    );
    assert!(
        county
            .get("/inbox")
            .ok()
            .to_string()
            .contains("party_denied")
    );
    assert!(
        county
            .get(&s.path("/timeline?limit=200"))
            .ok()
            .to_string()
            .contains("party_denial")
    );

    for who in ["chenyuee", "ganhukou"] {
        let c = yard.app.client(who);
        let inbox = c.get("/inbox").ok().to_string();
        assert!(
            !inbox.contains("party_denied") && !inbox.contains("task_opened"),
            "{who}"
        );
        for path in ["/timeline?limit=200", "/tasks", "/clocks"] {
            let text = c.get(&s.path(path)).ok().to_string();
            assert!(
                !text.contains("party_denial") && !text.contains(task["id"].as_str().unwrap()),
                "{who} {path}"
            );
        }
        c.get(&s.path(&format!("/tasks/{}", task["id"].as_str().unwrap())))
            .problem(404, "not_found");
    }
    // The case may be archived all the same: the inquiry is the county's.
    let doc = yard
        .app
        .client("caiwenbin")
        .do_(&s.path("/archive"), json!({}));
    assert!(!doc.text.contains("tasks_open"), "{}", doc.text);
    // It speaks for a case made up, with the answer as the evidence.
    crate::signals::followed(&yard.app, || {
        let list = county.get("/fabrication-signals").ok().to_string();
        list.contains("party_no") && list.contains(check["id"].as_str().unwrap())
    });
}

#[test]
fn wrong_and_expired_codes_are_one_answer_and_guessing_is_braked() {
    let yard = Yard::new();
    let (_, _) = closed(&yard.app, false);
    let code = sent_code(&yard);
    let nobody = yard.app.anonymous();
    yard.app.clock.set(yard.app.now().plus_days(15));
    let expired = put(&nobody, OPEN, &json!({"code": code})).problem(404, "not_found");
    let wrong = put(&nobody, OPEN, &json!({"code": "0000-0000-0000"})).problem(404, "not_found");
    let odd = put(
        &nobody,
        ANSWER,
        &json!({"code": "不是码", "took_place": true}),
    )
    .problem(404, "not_found");
    for member in ["title", "detail", "code", "type"] {
        assert_eq!(expired[member], wrong[member]);
        assert_eq!(expired[member], odd[member]);
    }
    // Five of one code, ten of one address; then it takes time.
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(put(&nobody, OPEN, &json!({"code": "0000-0000-0000"})).status);
    }
    assert_eq!(answers, [404, 404, 404, 404, 429, 429, 429, 429]);
    let mut many = 0;
    for n in 0..30 {
        let other = json!({"code": format!("0000-0000-{n:04}")});
        if put(&nobody, OPEN, &other).status == 429 {
            many += 1;
        }
    }
    assert!(many >= 20, "{many}");
}

#[test]
fn who_cannot_be_reached_or_speak_is_not_asked() {
    let yard = Yard::new();
    let body = matter(
        "neighbour",
        json!([
            person("applicant", "甘长福"),
            person("respondent", "甘水生")
        ]),
        &["排水"],
    );
    let s = Story::in_mediation(&yard.app, "hukou", body);
    s.terminate("irreconcilable", &["civil_suit"]).ok();
    s.desk.do_(&s.path("/close"), json!({})).ok();
    let asked: Vec<MessageId> = yard
        .rows()
        .iter()
        .filter(|r| r.kind == "party_check_asked")
        .map(|r| r.id)
        .collect();
    assert!(asked.is_empty());
}

/// The county's gateway: what it does not take is sent again under the same id, signed anew; one
/// message ends as sent, and the code in it works.
#[test]
fn a_gateway_that_falters_gets_the_same_message_again() {
    use crate::outbox::wire::Receiver;
    use jieyou::worker::webhook::SigningKey;

    let servers = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let gateway = servers.block_on(Receiver::start());
    let secret = SigningKey::format(&[7; 32]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sms.secret");
    std::fs::write(&file, &secret).unwrap();
    let yard = Yard::with(|config| {
        config.sms.mode = "http".into();
        config.sms.url = gateway.url.clone();
        config.sms.secret_file = file.display().to_string();
    });
    // Refused, lost without an answer after it was taken, refused, taken.
    gateway.answer(&[500, 0, 503]);
    closed(&yard.app, false);
    yard.work_off(&yard.worker());
    let hits = gateway.hits();
    assert_eq!(hits.len(), 4);
    let row = yard
        .rows()
        .into_iter()
        .find(|r| r.channel == "sms")
        .unwrap();
    let key = SigningKey::parse(&secret).unwrap();
    for hit in &hits {
        let at = hit.header("webhook-timestamp").parse().unwrap();
        let id = hit.header("webhook-id");
        assert_eq!(id, row.message_id);
        assert_eq!(hit.body, hits[0].body, "a second copy is the same");
        let signature = key.sign(&id, at, hit.body.as_bytes());
        assert_eq!(hit.header("webhook-signature"), signature);
    }
    let times: Vec<String> = hits.iter().map(|h| h.header("webhook-timestamp")).collect();
    assert!(times.is_sorted() && times[0] < times[3], "{times:?}");
    assert_eq!((row.state.as_str(), row.attempts), ("sent", 4));
    let message: Value = serde_json::from_str(&hits[3].body).unwrap();
    assert_eq!(message["id"], row.message_id);
    assert_eq!(message["to"], "+8613900000001");
    let c = yard.app.anonymous();
    let code = code_in(&message);
    assert_eq!(put(&c, OPEN, &json!({"code": code})).status, 200);

    // One that never takes it: given up, with the reason, and nothing more goes out.
    gateway.answer(&[500; 40]);
    closed(&yard.app, false);
    yard.work_off(&yard.worker());
    let rows = yard.rows();
    let dead = rows.iter().find(|r| r.channel == "sms" && r.id != row.id);
    let dead = dead.unwrap();
    assert_eq!((dead.state.as_str(), dead.attempts), ("dead", 10));
    assert_eq!(gateway.hits().len(), 14);
}
