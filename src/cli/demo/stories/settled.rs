//! Matters that ended in an agreement.

use serde_json::{Value, json};

use super::{Told, matter};
use crate::cli::demo::blocks::{Tale, now, party, two};
use crate::cli::demo::client::Caller;

pub(super) async fn gutter(c: &mut Caller) -> Told {
    let body = matter(
        "neighbour",
        "叶阿六家檐沟的水滴到叶长根家墙上。",
        two("叶长根", "叶阿六"),
        "檐沟滴水",
    );
    let mut t = Tale::register(c, "yeshanglong", "lindeshui", "cv_shanglong", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    t.joint(c, "双方到现场查看，叶阿六当场将檐沟改道。", "agreed")
        .await?;
    let issues = c.get("lindeshui", &t.path("/issues")).await?;
    let issue = issues.pointer("/data/0/id").cloned().unwrap_or_default();
    let obligation = json!({
        "debtor_id": t.party(1)?, "creditor_id": t.party(0)?, "kind": "do", "description": "将檐沟改道，不再滴水",
        "place": "上垅村", "due_on": now().local_date(),
    });
    let body = json!({
        "form": "oral", "performed_on_the_spot": true, "reached_at": now(), "parties": t.parties, "issues": [issue],
        "facts": "檐沟滴水", "liability": "叶阿六", "terms": "叶阿六将檐沟改道", "performance": "当场", "place": "上垅村", "obligations": [obligation],
    });
    t.act(c, "lindeshui", "/agreements", body).await?;
    t.act(c, "lindeshui", "/close", json!({})).await.map(|_| ())
}

pub(super) async fn boundary(c: &mut Caller) -> Told {
    let body = matter(
        "house_homestead",
        "兄弟二人老宅分界不清。",
        two("陈木生", "陈木火"),
        "宅基地界址",
    );
    let mut t = Tale::register(c, "chenxialong", "lindeshui", "cv_xialong", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    t.joint(c, "现场丈量，双方认可以老井为界。", "agreed")
        .await?;
    let due = now().local_date().plus_days(60);
    let obligations = json!([
        {"debtor_id": t.party(1)?, "creditor_id": t.party(0)?, "kind": "pay", "description": "补偿款", "amount_fen": 300_000, "due_on": due, "place": "下垅村部", "mode": "cash"},
        {"debtor_id": t.party(0)?, "creditor_id": t.party(1)?, "kind": "do", "description": "埋设界石", "due_on": due, "place": "老井旁", "mode": "other"}
    ]);
    let agreement = t
        .draft(
            c,
            "老宅分界不清，双方各执一词。",
            "以老井中线为界，埋设界石；陈木火补偿三千元。",
            obligations,
        )
        .await?;
    t.sign_and_seal(c, &agreement).await.map(|_| ())
}

pub(super) async fn loan(c: &mut Caller) -> Told {
    let body = matter(
        "contract",
        "借款五万元到期未还。",
        two("柳建成", "邱德福"),
        "借款",
    );
    let mut t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    t.joint(c, "双方确认借款五万元，同意分五期归还。", "agreed")
        .await?;
    let today = now().local_date();
    let parts: Vec<Value> = (1..=5)
        .map(|n| json!({"amount_fen": 1_000_000, "due_on": today.plus_months(n)}))
        .collect();
    let obligations = json!([{"debtor_id": t.party(1)?, "creditor_id": t.party(0)?, "kind": "pay", "description": "归还借款", "total_fen": 5_000_000, "instalments": parts, "place": "凤溪乡", "mode": "bank"}]);
    let agreement = t
        .draft(
            c,
            "邱德福向柳建成借款五万元。",
            "分五期归还，每期一万元。",
            obligations,
        )
        .await?;
    t.sign_and_seal(c, &agreement).await.map(|_| ())
}

pub(super) async fn court(c: &mut Caller) -> Told {
    let parties = json!([
        party("applicant", "natural_person", "涂文华"),
        party("respondent", "legal_person", "危建材有限公司")
    ]);
    let body = matter(
        "damage",
        "装卸时砸伤，医疗费和误工费未付。",
        parties,
        "赔偿十二万八千元",
    );
    let mut t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    t.joint(c, "公司同意赔偿十二万八千元，分两期。", "agreed")
        .await?;
    let today = now().local_date();
    let parts = json!([{"amount_fen": 6_000_000, "due_on": today.plus_months(1)}, {"amount_fen": 6_800_000, "due_on": today.plus_months(3)}]);
    let obligations = json!([{"debtor_id": t.party(1)?, "creditor_id": t.party(0)?, "kind": "pay", "description": "赔偿款", "total_fen": 12_800_000, "instalments": parts, "place": "凤溪乡", "mode": "bank"}]);
    let agreement = t
        .draft(
            c,
            "涂文华在装卸时受伤。",
            "公司分两期赔偿十二万八千元。",
            obligations,
        )
        .await?;
    t.sign_and_seal(c, &agreement).await.map(|_| ())
}

pub(super) async fn caucus(c: &mut Caller) -> Told {
    let body = matter(
        "contract",
        "合伙散伙，结算款争议。",
        two("丁广财", "贺红兵"),
        "结算款",
    );
    let mut t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    let parties = t.parties.clone();
    let session = t.plan(c, "joint", &parties).await?;
    t.in_session(c, &session, "/notify", json!({})).await?;
    let all = t.everybody(c, &session).await?;
    t.in_session(c, &session, "/open", all).await?;
    for p in &parties {
        t.in_session(c, &session, "/open-caucus", json!({"party_id": p}))
            .await?;
        t.in_session(
            c,
            &session,
            "/caucus-notes",
            json!({"party_id": p, "body": "底线已单独记录"}),
        )
        .await?;
        t.in_session(c, &session, "/end-caucus", json!({})).await?;
    }
    t.finish_session(c, &session, &parties, "双方就结算款达成一致。", "agreed")
        .await?;
    let due = now().local_date().plus_days(30);
    let obligations = json!([{"debtor_id": t.party(1)?, "creditor_id": t.party(0)?, "kind": "pay", "description": "结算款", "amount_fen": 15_600_000, "due_on": due, "place": "凤溪乡", "mode": "bank"}]);
    let agreement = t
        .draft(
            c,
            "合伙经营结束，结算有争议。",
            "贺红兵支付结算款十五万六千元。",
            obligations,
        )
        .await?;
    t.sign_and_seal(c, &agreement).await.map(|_| ())
}
