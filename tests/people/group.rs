//! G-15: sixty villagers against their committee.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::stories::Story;
use crate::support::{TestApp, stories};

const VILLAGERS: usize = 60;

fn roster_body() -> Value {
    let mut parties: Vec<Value> = (0..VILLAGERS)
        .map(|n| {
            json!({"role": "represented", "side": 1, "kind": "natural_person",
                "name": format!("吴{}", name(n)), "phone": format!("139000{:05}", 1000 + n)})
        })
        .collect();
    parties.push(
        json!({"role": "respondent", "kind": "villagers_committee", "name": "苏坂村村民委员会"}),
    );
    parties.push(
        json!({"role": "respondent", "kind": "village_collective", "name": "苏坂村股份经济合作社"}),
    );
    json!({"type": "house_homestead", "source": "ex_officio", "channel": "council",
        "summary": "1987 年界址与两次规划变更，六十户宅基地。", "tags": ["group", "historical"],
        "people_affected": 60, "parties": parties, "issues": [{"text": "界址"}]})
}

/// A different name for each of a hundred.
fn name(n: usize) -> String {
    const DIGITS: [char; 10] = ['天', '地', '元', '黄', '宇', '宙', '洪', '荒', '日', '月'];
    [DIGITS[n / 10 % 10], DIGITS[n % 10]].iter().collect()
}

fn elect(app: &TestApp, story: &Story, nth: usize) -> crate::support::client::Answer {
    let yes = json!({"elected": true, "mandate_signed": true});
    story
        .clerk(app)
        .do_(&story.party_path(nth, "representative"), yes)
}

#[test]
fn sixty_households() {
    let app = TestApp::new();
    let story = stories::screened_with(&app, "fengxi", roster_body());
    let clerk = story.clerk(&app);
    for nth in [60, 61] {
        clerk
            .do_(
                &story.party_path(nth, "consent"),
                json!({"answer": "given", "via": "signed"}),
            )
            .ok();
    }
    // Members are not asked one by one, but nothing goes on without representatives.
    clerk
        .do_(&story.path("accept"), stories::acceptance(story.place))
        .blocked_by("representatives_missing");
    clerk
        .do_(
            &story.party_path(0, "consent"),
            json!({"answer": "given", "via": "signed"}),
        )
        .blocked_by("wrong_state");

    clerk
        .do_(
            &story.party_path(0, "representative"),
            json!({"elected": true}),
        )
        .blocked_by("mandate_invalid");
    for nth in 0..5 {
        let chosen = elect(&app, &story, nth).ok();
        assert_eq!(
            (&chosen["is_representative"], &chosen["role"]),
            (&json!(true), &json!("applicant"))
        );
    }
    let doc = elect(&app, &story, 5).problem(409, "too_many_representatives");
    assert_eq!(doc["rule"], "G-15");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["1"]));
    // One is recalled, another takes the place.
    clerk
        .do_(
            &story.party_path(4, "representative"),
            json!({"elected": false}),
        )
        .ok();
    elect(&app, &story, 5).ok();
    // Representatives are principals: each consents.
    stories::all_consent(&app, &story);
    clerk
        .do_(&story.path("accept"), stories::acceptance(story.place))
        .ok();

    // Fifty-five members: fifty-two authorise, two refuse, one is silent.
    let members: Vec<usize> = (4..VILLAGERS).filter(|n| *n != 5).collect();
    assert_eq!(members.len(), 55);
    let say = |nth: usize, auth: &str| {
        let body = json!({"auth": auth, "via": "fingerprint"});
        clerk.do_(&story.party_path(nth, "settle-authority"), body)
    };
    say(members[0], "none").problem(422, "invalid");
    for nth in &members[..52] {
        say(*nth, "yes").ok();
    }
    for nth in &members[52..54] {
        say(*nth, "no").ok();
    }
    say(members[0], "yes").blocked_by("already_done");
    // A representative signs alone; a respondent was never a member.
    say(0, "yes").blocked_by("wrong_state");
    say(60, "yes").blocked_by("wrong_state");
    // Who refused may think again, and back.
    say(members[52], "yes").ok();
    say(members[52], "no").ok();

    let started = Instant::now();
    let page = clerk.get(&story.path("parties"));
    let took = started.elapsed();
    assert!(took < Duration::from_millis(500), "{took:?}");
    let roster = page.ok();
    assert_eq!(roster["data"].as_array().unwrap().len(), 62, "one page");
    let side = &roster["sides"][0];
    assert_eq!(
        json!([
            side["parties"],
            side["represented"],
            side["authorised"],
            side["needs_representatives"]
        ]),
        json!([60, 55, 52, true])
    );
    assert_eq!(side["representatives"].as_array().unwrap().len(), 5);
    assert_eq!(roster["sides"][1]["parties"], 2);
}

#[test]
fn who_left_represents_nobody() {
    let app = TestApp::new();
    let story = stories::screened_with(&app, "fengxi", roster_body());
    let clerk = story.clerk(&app);
    elect(&app, &story, 0).ok();
    clerk
        .do_(&story.party_path(0, "withdraw"), json!({"via": "signed"}))
        .blocked_by("representatives_missing");
    elect(&app, &story, 1).ok();
    let gone = clerk
        .do_(&story.party_path(0, "withdraw"), json!({"via": "signed"}))
        .ok();
    assert_eq!(gone["is_representative"], false);
    assert_eq!(gone["withdrawn_at"], json!(app.now()));
    let roster = clerk.get(&story.path("parties")).ok();
    assert_eq!(
        roster["sides"][0]["representatives"],
        json!([story.parties[1]])
    );
    assert_eq!(roster["sides"][0]["parties"], 59);
    // The last of a side does not withdraw: the case is terminated instead.
    clerk
        .do_(&story.party_path(60, "withdraw"), json!({"via": "signed"}))
        .ok();
    clerk
        .do_(&story.party_path(61, "withdraw"), json!({"via": "signed"}))
        .blocked_by("last_of_side");
    clerk
        .do_(
            &story.party_path(0, "representative"),
            json!({"elected": true, "mandate_signed": true}),
        )
        .blocked_by("wrong_state");
}
