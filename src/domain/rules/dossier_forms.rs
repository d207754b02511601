//! The forms of the dossier filled in from the data: covers, catalogue, acceptance, rights
//! notice, refusal, note (section 2.2). The texts are the law's own and stay Chinese.

use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::{Code, Lang};
use crate::domain::ids::UserId;
use crate::domain::mediator::TeamRole;
use crate::domain::party::*;
use crate::domain::persons::age_on;
use crate::domain::record::Attachment;
use crate::domain::sheet::Sheet;
use crate::domain::time::Instant;

use super::dossier_catalogue::{DossierFacts, number_of};

/// What stands where nothing was recorded.
pub const NONE: &str = "——";
/// What stands where contact data is hidden from the other side.
const HIDDEN: &str = "（依法保密）";

/// The label of a code.
pub fn zh<C: Code>(code: C) -> String {
    code.label(Lang::Zh).to_owned()
}

/// An instant, or a dash.
pub fn moment(at: Option<Instant>) -> String {
    at.map_or_else(|| NONE.to_owned(), Instant::local_text)
}

/// A text, or a dash.
pub fn or_none(text: Option<&str>) -> String {
    text.filter(|t| !t.is_empty()).unwrap_or(NONE).to_owned()
}

/// Fen as yuan.
pub fn yuan(fen: i64) -> String {
    format!("{}.{:02} 元", fen / 100, (fen % 100).abs())
}

/// The name of a user, or part of its id: nothing is invented.
pub fn staff(facts: &DossierFacts<'_>, id: UserId) -> String {
    facts
        .names
        .name(id.uuid)
        .unwrap_or_else(|| format!("工作人员 {id}"))
}

/// Names of parties, joined.
pub fn names<'a>(parties: impl Iterator<Item = &'a Party>) -> String {
    let list: Vec<&str> = parties.map(|p| p.name.as_str()).collect();
    if list.is_empty() {
        NONE.to_owned()
    } else {
        list.join("、")
    }
}

/// The mediators who had the case at some time, chair first.
pub fn mediators(file: &CaseFile, facts: &DossierFacts<'_>) -> String {
    let mut seats: Vec<_> = file
        .assignments
        .iter()
        .filter(|a| matches!(a.role, TeamRole::Chair | TeamRole::Mediator))
        .collect();
    seats.sort_by_key(|a| (a.role != TeamRole::Chair, a.from_at));
    let mut list: Vec<String> = Vec::new();
    for seat in seats {
        let name = staff(facts, seat.user_id);
        if !list.contains(&name) {
            list.push(name);
        }
    }
    if list.is_empty() {
        NONE.to_owned()
    } else {
        list.join("、")
    }
}

/// The parties as the forms list them: name, sex, age, kind, contact, address.
pub fn party_table(sheet: &mut Sheet, file: &CaseFile) {
    let on = file.case.registered_at.local_date();
    let rows = file
        .parties
        .iter()
        .map(|p| {
            let age = p
                .birth_date
                .and_then(|b| age_on(b, on))
                .map(|n| n.to_string());
            let contact = |s: Option<&crate::domain::secret::Secret>| match s {
                Some(_) if p.contact_hidden => HIDDEN.to_owned(),
                Some(s) => s.reveal().to_owned(),
                None => NONE.to_owned(),
            };
            vec![
                zh(p.role),
                p.name.clone(),
                zh(p.gender),
                or_none(age.as_deref()),
                zh(p.kind),
                contact(p.phone.as_ref()),
                contact(p.address.as_ref()),
            ]
        })
        .collect();
    sheet.table(
        &[13, 14, 9, 7, 13, 18, 26],
        &[
            "身份",
            "姓名或名称",
            "性别",
            "年龄",
            "类型",
            "联系方式",
            "住址或单位",
        ],
        rows,
    );
}

/// The matters in dispute and what is asked.
fn issue_table(sheet: &mut Sheet, file: &CaseFile) {
    if file.issues.is_empty() {
        return;
    }
    let rows = file
        .issues
        .iter()
        .map(|i| {
            vec![
                i.no.to_string(),
                i.text.clone(),
                or_none(i.claim.as_deref()),
                i.amount_fen.map_or_else(|| NONE.to_owned(), yuan),
                zh(i.state),
            ]
        })
        .collect();
    sheet.table(
        &[7, 38, 25, 16, 14],
        &["序号", "争议事项", "请求", "金额", "结果"],
        rows,
    );
}

/// 卷宗封面.
pub fn cover(file: &CaseFile, facts: &DossierFacts<'_>, pages: i64) -> Sheet {
    let case = &file.case;
    let sessions = file.sessions.iter().filter_map(|s| s.opened_at);
    let (first, last) = (sessions.clone().min(), sessions.max());
    let mut s = Sheet::new("人民调解卷宗");
    s.gap().centred(or_none(facts.committee.as_deref())).gap();
    s.fields(&[
        ("卷名", case.title.clone()),
        ("卷号", number_of(case)),
        ("一案一码", case.code.clone()),
        ("合订卷号", or_none(facts.volume.as_deref())),
        ("人民调解员", mediators(file, facts)),
        (
            "调解日期",
            format!("自 {} 至 {}", moment(first), moment(last)),
        ),
        ("处理结果", case.outcome.map_or_else(|| NONE.to_owned(), zh)),
        ("立卷人", facts.by.clone()),
        ("立卷日期", facts.at.local_date().to_string()),
        (
            "保管期限",
            case.detail.retention.map_or_else(|| NONE.to_owned(), zh),
        ),
        ("本卷页数", format!("{pages} 页")),
        ("备注", or_none(case.detail.retention_reason.as_deref())),
    ]);
    s
}

/// One line of the catalogue.
#[derive(Clone, Debug)]
pub struct CatalogueLine {
    pub title: String,
    pub pages: String,
    pub note: String,
}

/// 卷内目录.
pub fn catalogue(case: &Case, lines: &[CatalogueLine]) -> Sheet {
    let mut s = Sheet::new("卷内目录");
    s.centred(number_of(case));
    let rows = (1..)
        .zip(lines)
        .map(|(n, l): (i64, _)| {
            vec![
                n.to_string(),
                l.title.clone(),
                l.pages.clone(),
                l.note.clone(),
            ]
        })
        .collect();
    s.table(
        &[9, 56, 17, 18],
        &["序号", "材料名称", "页号", "备注"],
        rows,
    );
    s
}

/// 封底.
pub fn back_cover(case: &Case, facts: &DossierFacts<'_>, pages: i64) -> Sheet {
    let mut s = Sheet::new("封底");
    s.gap().text(format!(
        "本卷（{}）共 {pages} 页，经检查完整，于 {} 立卷。",
        number_of(case),
        facts.at.local_date()
    ));
    s.gap().line(format!("立卷人：{}", facts.by));
    s
}

/// 人民调解受理登记表.
pub fn acceptance(file: &CaseFile, facts: &DossierFacts<'_>) -> Sheet {
    let case = &file.case;
    let d = &case.detail;
    let mut s = Sheet::new("人民调解受理登记表");
    s.centred(number_of(case));
    s.fields(&[
        ("登记时间", case.registered_at.local_text()),
        ("受理时间", moment(case.accepted_at)),
        ("纠纷类型", zh(case.kind)),
        (
            "案件来源",
            format!("{}（{}）", zh(case.source), zh(case.channel)),
        ),
        ("委托函号", or_none(d.delegation_letter_no.as_deref())),
        ("纠纷发生地", or_none(d.place.as_deref())),
        (
            "管辖依据",
            d.jurisdiction_basis.map_or_else(|| NONE.to_owned(), zh),
        ),
    ]);
    if case.accepted_at.is_some() {
        s.text(format!(
            "经当事人同意，调解 {} 之间的纠纷。",
            names(file.principals())
        ));
    }
    s.heading("当事人");
    party_table(&mut s, file);
    s.heading("纠纷简要情况");
    s.text(&case.summary);
    if let Some(note) = &d.oral_note {
        s.heading("口头申请记录");
        s.text(&note.text);
        s.line(format!(
            "记录人：{}；申请人签名：{}",
            staff(facts, note.written_by),
            if note.signed_by_party {
                "已签名"
            } else {
                "未签名"
            }
        ));
    }
    issue_table(&mut s, file);
    s.heading("当事人意愿");
    let rows = file
        .parties
        .iter()
        .map(|p| {
            vec![
                p.name.clone(),
                zh(p.consent),
                p.detail.consent_via.map_or_else(|| NONE.to_owned(), zh),
                moment(p.consent_at),
            ]
        })
        .collect();
    s.table(&[28, 20, 20, 32], &["当事人", "意愿", "方式", "时间"], rows);
    if let Some(at) = d.land_notice_at {
        s.text(format!(
            "已于 {} 告知：争议解决前，任何一方不得改变土地利用现状。",
            at.local_text()
        ));
    }
    s.line(format!("登记人：{}", staff(facts, case.registrar_id)));
    s.line(format!(
        "人民调解委员会：{}",
        or_none(facts.committee.as_deref())
    ));
    s
}

/// 不予受理告知书.
pub fn rejection(file: &CaseFile, facts: &DossierFacts<'_>) -> Sheet {
    let mut s = Sheet::new("不予受理告知书");
    let Some(r) = &file.case.detail.rejection else {
        return s;
    };
    s.centred(number_of(&file.case));
    s.text(format!(
        "{}：你（们）申请调解的纠纷，因“{}”，依法不予受理。",
        names(file.principals()),
        zh(r.code)
    ));
    s.text(&r.reason);
    routes(&mut s, &r.routes);
    if let Some(unit) = &r.handed_over_to {
        s.text(format!("本件已移交：{unit}。"));
    }
    s.line(format!("告知时间：{}", r.at.local_text()));
    s.line(format!("登记人：{}", staff(facts, file.case.registrar_id)));
    s
}

/// The ways on, with their time limits.
pub fn routes(s: &mut Sheet, told: &[ToldRoute]) {
    if told.is_empty() {
        return;
    }
    s.heading("告知的其他途径");
    let rows = told
        .iter()
        .map(|r| vec![zh(r.route), r.limit_zh.clone()])
        .collect();
    s.table(&[35, 65], &["途径", "期限"], rows);
}

const RIGHTS: &[&str] = &[
    "一、人民调解委员会是依法设立的调解民间纠纷的群众性组织。调解民间纠纷，不收取任何费用。",
    "二、人民调解遵循下列原则：在当事人自愿、平等的基础上进行调解；不违背法律、法规和国家政策；尊重当事人的权利，不得因调解而阻止当事人依法通过仲裁、行政、司法等途径维护自己的权利。",
    "三、当事人在人民调解活动中享有下列权利：选择或者接受人民调解员；接受调解、拒绝调解或者要求终止调解；要求调解公开进行或者不公开进行；自主表达意愿、自愿达成调解协议；要求有关的调解员回避。",
    "四、当事人在人民调解活动中履行下列义务：如实陈述纠纷事实；遵守调解现场秩序，尊重人民调解员；尊重对方当事人行使权利。",
    "五、经人民调解委员会调解达成的调解协议，具有法律约束力，当事人应当按照约定履行。双方认为有必要的，可以自调解协议生效之日起三十日内共同向人民法院申请司法确认。",
];

/// 人民调解当事人权利义务告知书.
pub fn rights_notice(file: &CaseFile, facts: &DossierFacts<'_>) -> Sheet {
    let mut s = Sheet::new("人民调解当事人权利义务告知书");
    s.centred(number_of(&file.case));
    for text in RIGHTS {
        s.text(text);
    }
    s.heading("告知情况");
    let rows = file
        .principals()
        .map(|p| vec![p.name.clone(), moment(p.rights_notice_at)])
        .collect();
    s.table(&[50, 50], &["当事人", "告知时间"], rows);
    s.line(format!(
        "人民调解委员会：{}",
        or_none(facts.committee.as_deref())
    ));
    s
}

/// 卷宗情况说明: what is on paper only, what stays out of the dossier, what was decided about it.
pub fn note(file: &CaseFile, facts: &DossierFacts<'_>) -> Sheet {
    let d = &file.case.detail;
    let out = facts.left_out;
    let mut s = Sheet::new("卷宗情况说明");
    s.centred(number_of(&file.case));
    let on_paper = file
        .attachments
        .iter()
        .filter(|a| !a.sealed && a.stored_at.is_none());
    s.text(format!(
        "一、以纸质原件归档、未存电子文件的材料：{} 件。",
        on_paper.count()
    ));
    s.text(format!(
        "二、依法保密、未纳入本卷的内容：背靠背调解笔记 {} 条，背靠背调解笔录 {} 份，工作笔记 {} 条，封存材料 {} 件，风险与侵害报告 {} 份，隐去联系方式的当事人 {} 人。上述内容另行保存。",
        out.caucus_notes,
        out.caucus_records,
        out.working_notes,
        out.sealed_attachments,
        out.incident_reports,
        out.hidden_contacts
    ));
    let mut n = 2;
    let numerals = ["三", "四", "五", "六"];
    let mut more = |s: &mut Sheet, text: String| {
        let numeral = numerals.get(n - 2).unwrap_or(&"另");
        s.text(format!("{numeral}、{text}"));
        n += 1;
    };
    if let Some(why) = &d.follow_up_waiver {
        more(&mut s, format!("未回访的理由：{why}"));
    }
    if let Some(why) = &d.retention_reason {
        more(&mut s, format!("延长保管期限的理由：{why}"));
    }
    if let Some(volume) = &facts.volume {
        more(&mut s, format!("本件与其他案件合订为：{volume}。"));
    }
    s.line(format!("立卷人：{}", facts.by));
    s.line(format!("日期：{}", facts.at.local_date()));
    s
}

/// The sheet that stands for a paper without a file.
pub fn stand_in(a: &Attachment) -> Sheet {
    let mut s = Sheet::new("纸质材料替代页");
    s.fields(&[
        ("材料名称", a.title.clone()),
        ("材料类型", zh(a.doc_type)),
        (
            "是否原件",
            if a.is_original { "原件" } else { "复印件" }.to_owned(),
        ),
        ("登记时间", a.created_at.local_text()),
    ]);
    s.text("本件没有电子文件，以纸质材料归档。");
    s
}
