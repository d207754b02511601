//! The demo county's cases: short versions of well-known kinds of quarrel, at many stages.

use serde_json::{Value, json};

use super::blocks::{Tale, party, two};
use super::client::Caller;
use super::county;

type Told = Result<(), String>;

fn matter(kind: &str, summary: &str, parties: Value, issue: &str) -> Value {
    json!({
        "type": kind, "source": "application", "channel": "walk_in", "summary": summary,
        "parties": parties, "issues": [{"text": issue, "claim": "请求调解"}],
    })
}

/// How many cases the demo has told when this one ends: printed as progress.
pub const COUNT: usize = 22;

/// Tells all cases; `done` is called after each.
///
/// # Errors
/// The first call that was not answered as it should be.
pub async fn tell_all(c: &mut Caller, mut done: impl FnMut(&str)) -> Told {
    gutter(c).await?;
    done("檐沟滴水：当场履行的口头协议，已结案");
    boundary(c).await?;
    done("兄弟宅基地界址：书面协议已生效，履行中");
    refused(c).await?;
    done("主动调解遭拒：已终止并告知途径");
    withdrawn(c).await?;
    done("代销款：申请人撤回");
    recusal(c).await?;
    done("林地：申请回避，已调换调解员");
    loan(c).await?;
    done("借款五万元：分期履行中");
    court(c).await?;
    done("损害赔偿：书面协议已生效");
    resettlers(c).await?;
    done("安置房裂缝：上报县中心待签收");
    caucus(c).await?;
    done("合伙：背靠背后达成书面协议");
    homestead(c).await?;
    done("宅基地历史纠纷：已推选代表，调解中");
    injury(c).await?;
    done("工伤：调解中");
    violence(c).await?;
    done("家暴标记：已报告");
    fine(c).await?;
    done("不服罚款：不予受理并告知途径");
    lawsuit(c).await?;
    done("法院已受理且扬言报复：红色风险，不予受理");
    smell(c).await?;
    done("养殖臭气：已登记");
    sham(c).await?;
    done("借条：涉嫌虚假调解，已中止");
    duplicate(c).await?;
    done("重复登记：已并案");
    returned(c).await?;
    done("林界：上报后被退回补正");
    for (desk, kind, summary, a, b, issue) in FRESH {
        let tale = Tale::register(
            c,
            desk,
            "chenyuee",
            "tw_liping",
            matter(kind, summary, two(a, b), issue),
        )
        .await?;
        if *desk == "lengxiaofeng" {
            tale.to_assigned(c).await?;
        }
        done(summary);
    }
    Ok(())
}

/// Matters still at the beginning.
const FRESH: &[(&str, &str, &str, &str, &str, &str)] = &[
    (
        "lengxiaofeng",
        "business",
        "收购商压低菌菇收购价。",
        "巫永福",
        "牛记",
        "收购价格",
    ),
    (
        "lengxiaofeng",
        "environment",
        "养猪场污水流入水塘。",
        "尹三妹",
        "牧丰养殖场",
        "污水",
    ),
    (
        "tangqiaoyun",
        "property_mgmt",
        "小区电梯长期停用。",
        "田秀云",
        "望湖物业",
        "电梯维修",
    ),
    (
        "maoguodong",
        "consumer_other",
        "农药假冒导致减产。",
        "池有田",
        "石塘农资店",
        "减产损失",
    ),
];

async fn gutter(c: &mut Caller) -> Told {
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
        "place": "上垅村", "due_on": super::blocks::now().local_date(),
    });
    let body = json!({
        "form": "oral", "performed_on_the_spot": true, "reached_at": super::blocks::now(), "parties": t.parties, "issues": [issue],
        "facts": "檐沟滴水", "liability": "叶阿六", "terms": "叶阿六将檐沟改道", "performance": "当场", "place": "上垅村", "obligations": [obligation],
    });
    t.act(c, "lindeshui", "/agreements", body).await?;
    t.act(c, "lindeshui", "/close", json!({})).await.map(|_| ())
}

async fn boundary(c: &mut Caller) -> Told {
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
    let due = super::blocks::now().local_date().plus_days(60);
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

async fn refused(c: &mut Caller) -> Told {
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
    let body = json!({"reason": "refused_at_start", "routes": ["civil_suit"], "service_proof": "当面告知并签收", "served_at": super::blocks::now()});
    t.act(c, "wusuban", "/terminate", body).await.map(|_| ())
}

async fn withdrawn(c: &mut Caller) -> Told {
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
    let body = json!({"applicants": [t.party(0)?], "routes": ["civil_suit"], "service_proof": "当面告知并签收", "served_at": super::blocks::now()});
    t.act(c, "zhengguoxing", "/withdraw", body)
        .await
        .map(|_| ())
}

async fn recusal(c: &mut Caller) -> Told {
    let body = matter(
        "forest_land",
        "后山村两户毛竹山界线不清。",
        two("池有田", "池满仓"),
        "毛竹山界线",
    );
    let mut t = Tale::register(c, "maoguodong", "lindeshui", "tw_shitang", body).await?;
    t.to_assigned(c).await?;
    let list = c.get("maoguodong", &t.path("/assignments")).await?;
    let chair = list.pointer("/data/0/id").cloned().unwrap_or_default();
    let body = json!({"assignment_id": chair, "party_id": t.party(1)?, "ground": "relative"});
    t.act(c, "maoguodong", "/recusals", body).await?;
    t.chair = "chenyuee";
    t.appoint(c).await.map(|_| ())
}

async fn loan(c: &mut Caller) -> Told {
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
    let today = super::blocks::now().local_date();
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

async fn court(c: &mut Caller) -> Told {
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
    let today = super::blocks::now().local_date();
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

async fn resettlers(c: &mut Caller) -> Told {
    let parties = json!([
        party("applicant", "natural_person", "兰阿土"),
        party("respondent", "villagers_committee", "移民新村村民委员会"),
        party("respondent", "legal_person", "云岭开发有限公司")
    ]);
    let mut body = matter(
        "expropriation",
        "移民安置房墙体开裂，涉及三十一户。",
        parties,
        "裂缝修复",
    );
    body["tags"] = json!(["resettler", "group"]);
    body["people_affected"] = json!(96);
    let t = Tale::register(c, "tangqiaoyun", "chenyuee", "tw_cuihu", body).await?;
    t.screen(c).await?;
    let body = json!({"verb": "escalate", "to": county::org("county"), "reasons": ["es6_needs_department", "es3_group"], "handling_so_far": "已到现场查看三次，开发公司不到场。", "no_materials": "照片待补"});
    t.act(c, "tangqiaoyun", "/transfers", body)
        .await
        .map(|_| ())
}

async fn caucus(c: &mut Caller) -> Told {
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
    let due = super::blocks::now().local_date().plus_days(30);
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

async fn homestead(c: &mut Caller) -> Told {
    let mut parties = vec![party(
        "respondent",
        "villagers_committee",
        "苏坂村村民委员会",
    )];
    for n in 1..=12 {
        parties.push(json!({"role": "represented", "side": 1, "kind": "natural_person", "name": format!("苏坂村民{n}")}));
    }
    let mut body = matter(
        "house_homestead",
        "一九八七年界址与两次规划变更引起的宅基地纠纷。",
        json!(parties),
        "宅基地界址",
    );
    body["source"] = json!("ex_officio");
    body["tags"] = json!(["group", "historical"]);
    let t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.screen(c).await?;
    let list = c.get("zhengguoxing", &t.path("?include=parties")).await?;
    let members: Vec<String> = list
        .get("parties")
        .and_then(Value::as_array)
        .map(|l| {
            l.iter()
                .filter(|p| p.get("role") == Some(&json!("represented")))
                .filter_map(|p| p.get("id")?.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default();
    for id in members.iter().take(3) {
        t.act(
            c,
            "zhengguoxing",
            &format!("/parties/{id}/representative"),
            json!({"elected": true, "mandate_signed": true}),
        )
        .await?;
    }
    Ok(())
}

async fn injury(c: &mut Caller) -> Told {
    let parties = json!([
        party("applicant", "natural_person", "彭大山"),
        party("respondent", "legal_person", "石塘石材厂")
    ]);
    let mut body = matter(
        "labour_other",
        "切割石材时伤手，工伤待遇未付。",
        parties,
        "工伤待遇",
    );
    body["relation_kind"] = json!("labour");
    let mut t = Tale::register(c, "maoguodong", "chenyuee", "tw_shitang", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    t.joint(c, "双方对伤残等级有争议，先做鉴定。", "continue")
        .await
        .map(|_| ())
}

async fn violence(c: &mut Caller) -> Told {
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

async fn fine(c: &mut Caller) -> Told {
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

async fn lawsuit(c: &mut Caller) -> Told {
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

async fn smell(c: &mut Caller) -> Told {
    let parties = json!([
        party("applicant", "natural_person", "湖口村民甘大旺"),
        party("respondent", "legal_person", "牧丰养殖场")
    ]);
    Tale::register(
        c,
        "ganhukou",
        "ganhukou",
        "cv_hukou",
        matter("environment", "养猪场臭气影响全村。", parties, "臭气"),
    )
    .await
    .map(|_| ())
}

async fn sham(c: &mut Caller) -> Told {
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

async fn duplicate(c: &mut Caller) -> Told {
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

async fn returned(c: &mut Caller) -> Told {
    let parties = json!([
        party("applicant", "villager_group", "后山村第二村民小组"),
        party("respondent", "villager_group", "竹坑村第一村民小组")
    ]);
    let t = Tale::register(
        c,
        "maoguodong",
        "chenyuee",
        "tw_shitang",
        matter("forest_land", "跨乡镇林界争议。", parties, "林界"),
    )
    .await?;
    let body = json!({"verb": "escalate", "to": county::org("county"), "reasons": ["es2_cross_region"], "handling_so_far": "两村已各自说明。", "no_materials": "地形图待补"});
    let said = t.act(c, "maoguodong", "/transfers", body).await?;
    let id = said
        .body
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let body = json!({"defects": ["rt2_materials_incomplete"], "text": "请补地形图和两村会议记录"});
    t.act(c, "zhanglixin", &format!("/transfers/{id}/return"), body)
        .await
        .map(|_| ())
}
