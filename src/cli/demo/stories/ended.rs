//! Matters refused, withdrawn, halted or merged.

use serde_json::json;

use super::{Told, matter};
use crate::cli::demo::blocks::{Tale, now, party, two};
use crate::cli::demo::client::Caller;

pub(super) async fn refused(c: &mut Caller) -> Told {
    let mut body = matter(
        "neighbour",
        "晨巡发现两户因晒谷场争执。",
        two("吴桂花", "吴金发"),
        "晒谷场使用",
    );
    body["source"] = json!("ex_officio");
    body["channel"] = json!("patrol");
    let t = Tale::register(c, "wusuban", "wusuban", "cv_suban", body).await?;
    t.screen(c).await?;
    let asked = format!("/parties/{}/ask-consent", t.party(1)?);
    t.act(c, "wusuban", &asked, json!({})).await?;
    let answer = format!("/parties/{}/consent", t.party(1)?);
    t.act(
        c,
        "wusuban",
        &answer,
        json!({"answer": "refused", "via": "in_person", "words": "不要你们管"}),
    )
    .await?;
    let body = json!({"reason": "refused_at_start", "routes": ["civil_suit"], "service_proof": "当面告知并签收", "served_at": now()});
    t.act(c, "wusuban", "/terminate", body).await.map(|_| ())
}

pub(super) async fn withdrawn(c: &mut Caller) -> Told {
    let body = matter(
        "contract",
        "菌菇代销款一万八千六百元未结。",
        two("梁水旺", "许金珠"),
        "代销款",
    );
    let mut t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    t.joint(c, "双方对账，差额未能说清。", "continue").await?;
    let body = json!({"applicants": [t.party(0)?], "routes": ["civil_suit"], "service_proof": "当面告知并签收", "served_at": now()});
    t.act(c, "zhengguoxing", "/withdraw", body)
        .await
        .map(|_| ())
}

pub(super) async fn fine(c: &mut Caller) -> Told {
    let parties = json!([
        party("applicant", "natural_person", "柯小飞"),
        party("respondent", "legal_person", "云岭县市场监督管理局")
    ]);
    let t = Tale::register(
        c,
        "zhengguoxing",
        "chenyuee",
        "tw_fengxi",
        matter("other", "不服罚款二千元。", parties, "撤销罚款"),
    )
    .await?;
    t.act(c, "zhengguoxing", "/screen", json!({"civil": false, "special_organ": false, "accepted_elsewhere": false, "clear_parties": true, "concrete_claim": true})).await?;
    let body = json!({"code": "na3_admin_act", "reason": "不服行政处罚，不属人民调解范围", "routes": ["admin_review", "admin_suit"]});
    t.act(c, "zhengguoxing", "/reject", body).await.map(|_| ())
}

pub(super) async fn lawsuit(c: &mut Caller) -> Told {
    let mut body = matter(
        "damage",
        "打伤一事法院已立案，一方扬言同归于尽。",
        two("范虎", "龚平"),
        "赔偿",
    );
    body["risk_hints"] = json!(["threat_to_kill"]);
    let t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.act(c, "zhengguoxing", "/screen", json!({"civil": true, "special_organ": false, "accepted_elsewhere": true, "clear_parties": true, "concrete_claim": true})).await?;
    let body = json!({
        "code": "na2_already_accepted", "reason": "法院已受理", "routes": ["civil_suit", "police"],
        "calming_measures": "民警与心理咨询师上门疏导", "handed_over_to": "凤溪派出所、县人民法院",
    });
    t.act(c, "zhengguoxing", "/reject", body).await.map(|_| ())
}

pub(super) async fn violence(c: &mut Caller) -> Told {
    let mut body = matter(
        "marriage_family",
        "夫妻长期争吵，妻子称被打。",
        two("温莲", "褚立"),
        "离婚与财产",
    );
    body["parties"][0]["contact_hidden"] = json!(true);
    let t = Tale::register(c, "tangqiaoyun", "chenyuee", "tw_cuihu", body).await?;
    let body = json!({"kind": "dv", "victim_party_id": t.party(0)?});
    t.act(c, "tangqiaoyun", "/flags", body).await.map(|_| ())
}

pub(super) async fn sham(c: &mut Caller) -> Told {
    let body = matter(
        "contract",
        "借条一百二十万元，双方为连襟，争议经过可疑。",
        two("孟达", "戚勇"),
        "借款一百二十万元",
    );
    let mut t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    t.joint(c, "双方陈述一致，无争议经过，存疑。", "continue")
        .await?;
    t.act(c, "zhengguoxing", "/flags", json!({"kind": "sham"}))
        .await
        .map(|_| ())
}

pub(super) async fn duplicate(c: &mut Caller) -> Told {
    let body = matter(
        "neighbour",
        "两户争一条排水沟。",
        two("兰秀英", "兰阿富"),
        "排水沟",
    );
    let a = Tale::register(c, "tangqiaoyun", "chenyuee", "tw_cuihu", body.clone()).await?;
    let b = Tale::register(c, "tangqiaoyun", "chenyuee", "tw_cuihu", body).await?;
    b.act(c, "tangqiaoyun", "/merge", json!({"into": a.case}))
        .await
        .map(|_| ())
}
