//! Matters on their way.

use serde_json::{Value, json};

use super::{Told, matter};
use crate::cli::demo::blocks::{Tale, party, two};
use crate::cli::demo::client::Caller;
use crate::cli::demo::county;

pub(super) async fn recusal(c: &mut Caller) -> Told {
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

pub(super) async fn resettlers(c: &mut Caller) -> Told {
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

pub(super) async fn homestead(c: &mut Caller) -> Told {
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
    let mut t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.screen(c).await?;
    let list = c.get("zhengguoxing", &t.path("?include=parties")).await?;
    let of = |role: &str| -> Vec<String> {
        let parties = list.get("parties").and_then(Value::as_array);
        let alike = parties
            .into_iter()
            .flatten()
            .filter(|p| p.get("role") == Some(&json!(role)));
        alike
            .filter_map(|p| p.get("id")?.as_str().map(str::to_owned))
            .collect()
    };
    let speakers: Vec<String> = of("represented").into_iter().take(3).collect();
    for id in &speakers {
        t.act(
            c,
            "zhengguoxing",
            &format!("/parties/{id}/representative"),
            json!({"elected": true, "mandate_signed": true}),
        )
        .await?;
    }
    t.parties = of("respondent");
    t.parties.extend(speakers);
    t.consent(c).await?;
    t.accept(c).await?;
    t.appoint(c).await?;
    t.rights(c).await?;
    t.joint(c, "查阅旧档并到现场，村民代表各说明界址来历。", "continue")
        .await
        .map(|_| ())
}

pub(super) async fn injury(c: &mut Caller) -> Told {
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

pub(super) async fn smell(c: &mut Caller) -> Told {
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

pub(super) async fn returned(c: &mut Caller) -> Told {
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

pub(super) async fn inheritance(c: &mut Caller) -> Told {
    let mut body = matter(
        "marriage_family",
        "归侨与堂弟争祖宅继承份额，委托手续经领事认证。",
        two("傅家宝", "傅德全"),
        "祖宅继承份额",
    );
    body["tags"] = json!(["overseas"]);
    let t = Tale::register(c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
    t.to_assigned(c).await
}

pub(super) async fn divorce(c: &mut Caller) -> Told {
    let body = matter(
        "marriage_family",
        "夫妻分居，财产和债务可谈，子女抚养未谈拢。",
        two("汪洁", "尹涛"),
        "财产分割与子女抚养",
    );
    let mut t = Tale::register(c, "tangqiaoyun", "chenyuee", "tw_cuihu", body).await?;
    t.to_assigned(c).await?;
    t.rights(c).await?;
    t.joint(c, "财产和债务有初步方案，抚养问题另行处理。", "continue")
        .await
        .map(|_| ())
}
