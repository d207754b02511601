//! The statistical return: what counts when, what is frozen, what a revision says (G-45, X-08).

use jieyou::ctx::{Ids as _, SystemIds};
use jieyou::domain::figures::Cell;
use serde_json::{Value, json};

use crate::support::client::Answer;
use crate::support::mediation::{Story, company, matter, person};
use crate::support::moves::unit;
use crate::support::{Client, TestApp};

fn quarrel<'a>(app: &'a TestApp, at: &str) -> Story<'a> {
    let parties = json!([
        person("applicant", "叶长根"),
        person("respondent", "叶阿六"),
        company("respondent", "云岭石材厂")
    ]);
    Story::in_mediation(app, at, matter("neighbour", parties, &["檐沟滴水"]))
}

/// Agreed in writing over this sum, and paid.
fn settled(s: &Story<'_>, fen: i64) {
    let due = s.app.now().local_date().plus_days(5).to_string();
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, fen, &due)]}));
    s.effective(&paper, &[0, 1, 2]);
    for o in s.owed(&paper) {
        s.performed(&o);
    }
}

fn closed(s: &Story<'_>) -> Value {
    s.visited();
    s.desk.do_(&s.path("/close"), json!({})).ok()
}

fn failed(s: &Story<'_>) {
    s.terminate("irreconcilable", &["civil_suit"]).ok();
    closed(s);
}

fn quarter(client: &Client<'_>, org: &str, number: i64) -> Answer {
    client.post(
        "/returns",
        json!({"org_id": unit(org), "period": "quarter", "year": 2026, "number": number}),
    )
}

fn figure(r: &Value, code: &str) -> i64 {
    let cells = r["cells"].as_array().unwrap();
    let cell = cells.iter().find(|c| c["code"] == code);
    cell.unwrap_or_else(|| panic!("no cell {code}"))["value"]
        .as_i64()
        .unwrap()
}

fn act(client: &Client<'_>, r: &Value, act: &str, body: Value) -> Answer {
    let path = format!("/returns/{}", r["id"].as_str().unwrap());
    let etag = client.get(&path).header("etag").unwrap().to_owned();
    let key = SystemIds.uuid().to_string();
    client.raw(
        "POST",
        &format!("/api/v1{path}/{act}"),
        &[
            ("idempotency-key", &key),
            ("if-match", &etag),
            ("content-type", "application/json"),
        ],
        body.to_string().into_bytes(),
    )
}

fn cases_of(client: &Client<'_>, r: &Value, code: &str) -> Vec<Value> {
    let id = r["id"].as_str().unwrap();
    let mut out = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client
            .get(&format!("/returns/{id}/cells/{code}/cases?limit=1{cursor}"))
            .ok();
        out.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["page"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return out,
        }
    }
}

fn verified(client: &Client<'_>, r: &Value) -> Value {
    let id = r["id"].as_str().unwrap();
    client.get(&format!("/returns/{id}/verification")).ok()
}

/// a case closed on 30 June at 23:59:59 +08:00 counts in the second quarter, one closed a
/// second later in the third; a frozen return is what its frozen list adds up to.
#[test]
fn the_quarter_ends_at_midnight_and_frozen_figures_stay() {
    let app = TestApp::new();
    app.at("2026-06-20");
    let last = quarrel(&app, "shanglong");
    settled(&last, 1_234_500);
    let next = quarrel(&app, "xialong");
    settled(&next, 5_000);
    app.at("2026-06-30T23:59:59+08:00");
    assert_eq!(closed(&last)["outcome"], "success_written");
    app.at("2026-07-01T00:00:00+08:00");
    closed(&next);
    app.at("2026-07-03");
    let county = app.client("zhouminghua");
    let second = quarter(&county, "county", 2).ok();
    assert_eq!(figure(&second, "total"), 1);
    assert_eq!(figure(&second, "accepted"), 2, "both came in in June");
    assert_eq!(figure(&second, "amount"), 1_234_500);
    let amount = second["cells"].as_array().unwrap();
    let amount = amount.iter().find(|c| c["code"] == "amount").unwrap();
    assert_eq!(amount["shown"], "1.23", "half up at the end only");
    assert_eq!(figure(&second, "persons"), 3);
    assert_eq!(figure(&second, "form.written"), 1);
    assert_eq!(figure(&second, "committee.village"), 1);
    assert_eq!(figure(&second, "source.application"), 1);
    assert_eq!(figure(&second, "type.neighbour"), 1);
    assert_eq!(
        second["success_rate"],
        json!({"numerator": 1, "denominator": 1, "percent": "100.00%"})
    );
    let behind = cases_of(&county, &second, "total");
    assert_eq!(behind.len(), 1);
    assert_eq!(behind[0]["case_id"], json!(last.id));
    let title = behind[0]["case"]["title"].as_str().unwrap();
    assert!(
        title.starts_with("邻里纠纷"),
        "masked for the county: {title}"
    );
    let third = quarter(&county, "county", 3).ok();
    assert_eq!(
        cases_of(&county, &third, "total")[0]["case_id"],
        json!(next.id)
    );
    act(&county, &third, "submit", json!({})).blocked_by("period_not_over");

    let frozen = act(&county, &second, "submit", json!({})).ok();
    assert_eq!(frozen["state"], "submitted");
    act(&county, &frozen, "submit", json!({})).blocked_by("return_frozen");
    act(&county, &frozen, "refresh", json!({})).blocked_by("return_frozen");
    let again = quarter(&county, "county", 2).ok();
    act(&county, &again, "submit", json!({})).blocked_by("return_revised");
    assert_eq!(verified(&county, &frozen)["ok"], true);

    // The case is mediated again and fails: what was reported stays as it was.
    app.at("2026-07-10");
    let back = json!({"ground": "variation", "reason": "双方要求变更", "consents": last.parties});
    last.desk.do_(&last.path("/reopen"), back).ok();
    let now = county
        .get(&format!("/returns/{}", frozen["id"].as_str().unwrap()))
        .ok();
    assert_eq!(now, frozen);
    assert_eq!(verified(&county, &frozen)["ok"], true);

    // As known before the reopening, and as known since.
    let ask = |as_of: &str| {
        let body = json!({"org_id": unit("county"), "period": "quarter", "year": 2026, "number": 2,
            "as_of": as_of});
        figure(&county.post("/returns", body).ok(), "success")
    };
    assert_eq!(ask("2026-07-09T00:00:00+08:00"), 1);
    assert_eq!(ask("2026-07-10T10:00:00+08:00"), 0);
    assert_eq!(ask("2026-06-30T15:59:58Z"), 0, "not closed yet by then");
    county
        .post(
            "/returns",
            json!({"org_id": unit("county"), "period": "quarter", "year": 2026, "number": 2,
                "as_of": "2027-01-01T00:00:00Z"}),
        )
        .problem(422, "invalid");

    let id = frozen["id"].as_str().unwrap();
    let revision = county
        .post(
            &format!("/returns/{id}/revise"),
            json!({"reason": "一件重新调解"}),
        )
        .ok();
    assert_eq!(
        (&revision["revision"], &revision["revises"]),
        (&json!(1), &json!(id))
    );
    let changed: Vec<(&str, i64, i64)> = revision["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            let n = |name: &str| c[name].as_i64().unwrap();
            (c["code"].as_str().unwrap(), n("before"), n("after"))
        })
        .collect();
    assert!(changed.contains(&("success", 1, 0)), "{changed:?}");
    assert!(changed.contains(&("amount", 1_234_500, 0)), "{changed:?}");
    let other = revision["id"].as_str().unwrap();
    let lines = county.get(&format!("/returns/{other}/differences")).ok();
    assert_eq!(lines["data"].as_array().unwrap().len(), 1);
    assert_eq!(lines["data"][0]["change"], "left");
    assert_eq!(lines["data"][0]["case_id"], json!(last.id));
    county
        .get(&format!("/returns/{id}/differences"))
        .problem(404, "not_found");
    let revised = act(&county, &revision, "submit", json!({})).ok();
    assert_eq!(verified(&county, &revised)["ok"], true);
    county
        .post(&format!("/returns/{id}/revise"), json!({"reason": "再改"}))
        .blocked_by("return_revised");
    let listed = county.get("/returns?state=submitted").ok();
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
}

#[test]
fn every_figure_is_as_large_as_the_list_behind_it() {
    let app = TestApp::new();
    let one = quarrel(&app, "shanglong");
    settled(&one, 9_999);
    closed(&one);
    failed(&quarrel(&app, "hukou"));
    failed(&quarrel(&app, "fengxi"));
    let parties = json!([
        person("applicant", "林水生"),
        person("respondent", "黄土根")
    ]);
    let refused = Story::accepted(&app, "suban", matter("contract", parties, &["借款"]));
    let _ = refused;
    app.at("2026-04-01");
    let county = app.client("zhouminghua");
    let r = quarter(&county, "county", 1).ok();
    assert_eq!(figure(&r, "total"), 3);
    assert_eq!(figure(&r, "failed"), 2);
    assert_eq!(figure(&r, "success"), 1);
    assert_eq!(r["success_rate"]["percent"], "33.33%");
    assert_eq!(figure(&r, "accepted"), 4);
    assert_eq!(figure(&r, "committee.village"), 2);
    assert_eq!(figure(&r, "committee.township"), 1);
    for cell in Cell::all() {
        let code = cell.code();
        let lines = cases_of(&county, &r, &code);
        let sum: i64 = lines
            .iter()
            .map(|l| match cell {
                Cell::Persons | Cell::AvertedPersons(_) => l["persons"].as_i64().unwrap(),
                Cell::Amount => l["amount_fen"].as_i64().unwrap(),
                _ => 1,
            })
            .sum();
        assert_eq!(sum, figure(&r, &code), "{code}");
    }
    county
        .get(&format!(
            "/returns/{}/cells/nothing/cases",
            r["id"].as_str().unwrap()
        ))
        .problem(404, "not_found");
}

#[test]
fn a_township_sees_and_draws_up_its_own() {
    let app = TestApp::new();
    let ours = quarrel(&app, "shanglong");
    settled(&ours, 100_000);
    closed(&ours);
    let theirs = quarrel(&app, "hukou");
    settled(&theirs, 100_000);
    closed(&theirs);
    app.at("2026-04-02");
    let office = app.client("huangzhiyuan");
    let r = quarter(&office, "fengxi", 1).ok();
    assert_eq!(figure(&r, "total"), 1);
    let line = cases_of(&office, &r, "success")[0].clone();
    assert_eq!(line["case_id"], json!(ours.id));
    assert!(line["case"]["title"].as_str().unwrap().contains("叶长根"));
    let village = quarter(&office, "shanglong", 1).ok();
    assert_eq!(figure(&village, "success"), 1);
    let empty = quarter(&office, "xialong", 1).ok();
    assert_eq!(figure(&empty, "success"), 0);
    assert_eq!(empty["success_rate"]["percent"], json!(null));
    quarter(&office, "cuihu", 1).problem(404, "not_found");
    quarter(&office, "county", 1).problem(404, "not_found");
    let path = format!("/returns/{}", r["id"].as_str().unwrap());
    // The head reads it, others' heads do not know it, mediators have no part in it.
    app.client("zhengguoxing").get(&path).ok();
    quarter(&app.client("zhengguoxing"), "fengxi", 1).problem(403, "forbidden");
    app.client("tangqiaoyun")
        .get(&path)
        .problem(404, "not_found");
    app.client("lindeshui")
        .get("/returns")
        .problem(403, "forbidden");
    app.client("shenji").get(&path).problem(403, "forbidden");
    app.client("sysadmin").get(&path).problem(403, "forbidden");
    app.client("zhanglixin").get(&path).ok();
    let own = app.client("tangqiaoyun").get("/returns").ok();
    assert_eq!(own["data"], json!([]));
    let csv = office.get(&format!("{path}/file?format=csv"));
    assert!(csv.text.starts_with('\u{feff}'));
    assert!(csv.text.contains("\"success\",\"调解成功\",\"件\",\"1\""));
    assert!(
        csv.text
            .contains("\"amount\",\"协议涉及金额\",\"万元\",\"0.10\"")
    );
    let english = app.client("huangzhiyuan").english();
    let csv = english.get(&format!("{path}/file?format=csv")).text;
    assert!(csv.contains("\"amount\",\"Amount of the agreements\",\"10,000 yuan\",\"0.10\""));
    let xlsx = office.get(&format!("{path}/file"));
    assert!(xlsx.text.starts_with("PK"), "a ZIP");
    office
        .get(&format!("{path}/file?format=ods"))
        .problem(400, "bad_query");
    let id = r["id"].as_str().unwrap();
    let etag = office.get(&path).header("etag").unwrap().to_owned();
    let gone = |tag: &str| {
        office.raw(
            "DELETE",
            &format!("/api/v1/returns/{id}"),
            &[("if-match", tag)],
            Vec::new(),
        )
    };
    gone("\"draft000000000000000000000000\"").problem(412, "precondition_failed");
    assert_eq!(gone(&etag).status, 204);
    office.get(&path).problem(404, "not_found");
}

/// A claim that worse was prevented counts with its evidence, and not without.
#[test]
fn prevention_counts_with_evidence_only() {
    let app = TestApp::new();
    let told = json!({"reported_to": ["police"], "reported_at": app.now().to_string(), "receipt_no": "凤公受〔2026〕17号"});
    let mut ids = Vec::new();
    for evidence in [true, false] {
        let s = quarrel(&app, "shanglong");
        let body = json!({"kind": "risk_red", "report": told, "measures": "派出所到场，双方隔离"});
        let made = s.desk.post(&s.path("/incidents"), body).ok();
        ids.push((s, made["id"].as_str().unwrap().to_owned(), evidence));
    }
    app.at("2026-04-20");
    for (s, incident, evidence) in &ids {
        let proof = if *evidence {
            vec![stored(s)]
        } else {
            Vec::new()
        };
        let body = json!({"outcome": "平稳三十日", "prevention_evidence": proof});
        s.desk
            .do_(&s.path(&format!("/incidents/{incident}/close")), body)
            .ok();
    }
    app.at("2026-07-01");
    let county = app.client("zhouminghua");
    let r = quarter(&county, "county", 2).ok();
    assert_eq!(figure(&r, "prevention.disputes"), 1);
    assert_eq!(figure(&r, "prevention.unclassed.cases"), 1);
    assert_eq!(figure(&r, "prevention.unclassed.persons"), 3);
    assert_eq!(figure(&r, "total"), 0);
    let behind = cases_of(&county, &r, "prevention.disputes");
    assert_eq!(behind[0]["case_id"], json!(ids[0].0.id));
}

/// A document with its file.
fn stored(s: &Story<'_>) -> String {
    let body = json!({"kind": "document", "doc_type": "other", "title": "走访记录", "filename": "走访.pdf"});
    let made = s.desk.post(&s.path("/attachments"), body).ok();
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1{}", s.path(&format!("/attachments/{id}/file")));
    let bytes = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n".to_vec();
    let kind = [("content-type", "application/octet-stream")];
    s.desk.raw("PUT", &path, &kind, bytes).ok();
    id
}

/// Entries are facts: the database refuses to change one, or a submitted return.
#[test]
fn what_was_counted_cannot_be_written_over() {
    let app = TestApp::new();
    let s = quarrel(&app, "shanglong");
    failed(&s);
    app.at("2026-04-02");
    let county = app.client("zhouminghua");
    let r = quarter(&county, "county", 1).ok();
    act(&county, &r, "submit", json!({})).ok();
    for sql in [
        "UPDATE return_entries SET persons = 9",
        "UPDATE return_entries SET on_date = '2026-05-01'",
        "DELETE FROM return_entries",
        "UPDATE returns SET digest = ''",
        "DELETE FROM returns",
        "DELETE FROM return_items",
    ] {
        assert!(app.db.try_sql(sql).is_err(), "{sql}");
    }
}

/// Counts only, for the county only; what rises is said in numbers.
#[test]
fn the_dashboard_shows_the_county_at_a_glance() {
    let app = TestApp::new();
    app.at("2026-03-20");
    for _ in 0..5 {
        quarrel_registered(&app, "shanglong");
    }
    app.at("2026-03-21");
    let done = quarrel(&app, "hukou");
    failed(&done);
    for who in ["zhouminghua", "zhanglixin"] {
        let d = app.client(who).get("/dashboard").ok();
        assert_eq!(d["live"], 5);
        let days = d["days"].as_array().unwrap();
        assert_eq!((days.len(), &days[29]["to"]), (30, &json!("2026-03-21")));
        assert_eq!((&days[28]["in"], &days[28]["out"]), (&json!(5), &json!(0)));
        assert_eq!((&days[29]["in"], &days[29]["out"]), (&json!(1), &json!(1)));
        let weeks = d["weeks"].as_array().unwrap();
        assert_eq!(
            (&weeks[11]["in"], &weeks[11]["from"]),
            (&json!(6), &json!("2026-03-15"))
        );
        let ages = d["ageing"].as_array().unwrap();
        assert_eq!(
            (&ages[0]["cases"], &ages[1]["cases"]),
            (&json!(5), &json!(0))
        );
        let lights = &d["lights"];
        let sum: i64 = ["red", "yellow", "green", "grey"]
            .iter()
            .map(|l| lights[*l].as_i64().unwrap())
            .sum();
        assert_eq!(sum, 5);
        let hot = &d["hot_villages"][0];
        assert_eq!(hot["key"], unit("shanglong"));
        assert_eq!(
            (&hot["this_week"], &hot["rising"]),
            (&json!(5), &json!(true))
        );
        assert!(
            hot["explanation"]
                .as_str()
                .unwrap()
                .starts_with("近7日5件，高于")
        );
        let text = d.to_string();
        assert!(!text.contains("叶长根"), "no person");
    }
    app.at("2026-04-20");
    let d = app.client("zhouminghua").english().get("/dashboard").ok();
    assert_eq!(d["ageing"][2]["cases"], 0);
    assert_eq!(d["ageing"][3]["cases"], 5);
    assert_eq!(d["lights"]["red"], 5, "nobody did anything");
    assert_eq!(d["hot_villages"], json!([]));
    for who in [
        "lindeshui",
        "zhengguoxing",
        "huangzhiyuan",
        "shenji",
        "sysadmin",
    ] {
        app.client(who).get("/dashboard").problem(403, "forbidden");
    }
}

fn quarrel_registered(app: &TestApp, at: &str) {
    let parties = json!([
        person("applicant", "叶长根"),
        person("respondent", "叶阿六")
    ]);
    Story::registered(app, at, matter("neighbour", parties, &["檐沟滴水"]));
}
