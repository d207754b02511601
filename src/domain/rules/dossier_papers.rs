//! The papers of mediation filled in from the data: records, agreements, termination, follow-up,
//! closing report (section 2.2). No caucus text passes here (G-17).

use crate::domain::agreement::*;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::follow_up::FollowUp;
use crate::domain::ids::Id;
use crate::domain::ids::UserId;
use crate::domain::secret::Secret;
use crate::domain::session::{AttendeeKind, Session};
use crate::domain::sheet::Sheet;

use super::dossier_catalogue::{DossierFacts, is_caucus, number_of};
use super::dossier_forms::*;
use super::evaluation::stands;
use super::session_signatures::signatures;
use super::standing::{in_force, obligations_of};

/// Who was there, by kind.
fn present(file: &CaseFile, s: &Session, facts: &DossierFacts<'_>, kind: AttendeeKind) -> String {
    let name = |id: uuid::Uuid| match kind {
        AttendeeKind::Party => file.party(Id::new(id)).map(|p| p.name.clone()),
        AttendeeKind::Participant => file.participant(Id::new(id)).map(|p| p.name.clone()),
        AttendeeKind::Staff => Some(staff(facts, UserId::new(id))),
    };
    let list: Vec<String> = s
        .attendees
        .iter()
        .filter(|a| a.kind == kind && a.present == Some(true))
        .filter_map(|a| name(a.id))
        .collect();
    or_none(Some(&list.join("、")))
}

/// One line per signature, seal or refusal.
fn signature_table<'a>(
    sheet: &mut Sheet,
    file: &CaseFile,
    facts: &DossierFacts<'_>,
    list: impl Iterator<Item = &'a Signature>,
) {
    let rows: Vec<Vec<String>> = list
        .map(|s| {
            let who = s
                .participant_id
                .and_then(|id| file.participant(id))
                .map(|p| p.name.clone())
                .or_else(|| {
                    s.party_id
                        .and_then(|id| file.party(id))
                        .map(|p| p.name.clone())
                })
                .or_else(|| s.user_id.map(|id| staff(facts, id)));
            let seal = (s.signed_as == SignedAs::CommitteeSeal)
                .then(|| facts.committee.clone())
                .flatten();
            vec![
                zh(s.signed_as),
                or_none(seal.or(who).as_deref()),
                zh(s.method),
                s.signed_at.local_text(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        sheet.heading("签署");
        sheet.table(&[22, 30, 18, 30], &["身份", "签署人", "方式", "时间"], rows);
    }
}

/// 人民调解记录, one per session held.
pub fn record(file: &CaseFile, s: &Session, facts: &DossierFacts<'_>) -> Sheet {
    let mut sheet = Sheet::new("人民调解记录");
    sheet.title = format!("人民调解记录（第 {} 次）", s.no);
    sheet.centred(format!("{}　第 {} 次", number_of(&file.case), s.no));
    let venue = s.venue.as_ref().map(|v| v.reveal().to_owned());
    let told = file.principals().all(|p| p.rights_notice_at.is_some());
    sheet.fields(&[
        (
            "时间",
            format!("自 {} 至 {}", moment(s.opened_at), moment(s.closed_at)),
        ),
        ("地点", venue.unwrap_or_else(|| zh(s.venue_kind))),
        ("方式", zh(s.kind)),
        ("当事人", present(file, s, facts, AttendeeKind::Party)),
        ("参加人", present(file, s, facts, AttendeeKind::Participant)),
        (
            "调解员和记录人",
            present(file, s, facts, AttendeeKind::Staff),
        ),
        (
            "权利义务告知",
            if told { "已告知" } else { "见告知书" }.to_owned(),
        ),
        ("调解结果", s.result.map_or_else(|| NONE.to_owned(), zh)),
    ]);
    sheet.heading("调解过程");
    match &s.minutes {
        _ if is_caucus(s.kind) => {
            sheet.text("背靠背调解的内容依法保密，不纳入卷宗。");
        }
        Some(text) => {
            sheet.text(text.reveal());
        }
        None => {
            sheet.text("（未制作笔录）");
        }
    }
    signature_table(&mut sheet, file, facts, signatures(file, s));
    sheet
}

/// 人民调解协议书, or 口头协议登记表.
pub fn agreement(file: &CaseFile, a: &Agreement, facts: &DossierFacts<'_>) -> Sheet {
    let (name, terms) = match a.form {
        AgreementForm::Written => ("人民调解协议书", "自愿达成如下协议"),
        AgreementForm::Oral => ("人民调解口头协议登记表", "口头协议内容"),
    };
    let d = &a.detail;
    let mut s = Sheet::new(name);
    s.title = match &a.number {
        Some(number) => format!("{name} {number}"),
        None => name.to_owned(),
    };
    s.centred(format!("编号：{}", or_none(a.number.as_deref())));
    let bound = file.parties.iter().filter(|p| d.parties.contains(&p.id));
    s.fields(&[
        ("当事人", names(bound)),
        ("状态", zh(a.state)),
        ("达成时间", moment(a.reached_at)),
        ("生效时间", moment(a.effective_at)),
        ("司法确认", zh(a.confirmation)),
    ]);
    for (heading, text) in [
        ("纠纷主要事实、争议事项", &d.facts),
        ("责任", &d.liability),
        (terms, &d.terms),
        ("履行方式、时限", &d.performance),
        ("履行地点", &d.place),
    ] {
        if !text.is_empty() {
            s.heading(heading);
            s.text(text);
        }
    }
    let rows: Vec<Vec<String>> = obligations_of(file, a.id)
        .map(|o| {
            let who = |id| {
                file.party(id)
                    .map_or_else(|| NONE.to_owned(), |p| p.name.clone())
            };
            vec![
                o.no.to_string(),
                format!("{}→{}", who(o.debtor_id), who(o.creditor_id)),
                format!("{}：{}", zh(o.kind), o.description),
                sum_of(o),
                o.due_on.to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        s.heading("义务");
        s.table(
            &[7, 24, 33, 18, 18],
            &["序号", "义务人→权利人", "内容", "金额", "期限"],
            rows,
        );
    }
    if a.form == AgreementForm::Written {
        s.text(format!("本协议一式 {} 份。", d.copies));
    }
    let given = file
        .signatures
        .iter()
        .filter(|g| g.thing == SignedThing::Agreement && g.thing_id == a.id.uuid);
    signature_table(&mut s, file, facts, given);
    if let Some(at) = a.sealed_at {
        s.line(format!(
            "{}（印章）　{}",
            or_none(facts.committee.as_deref()),
            at.local_text()
        ));
    }
    s
}

/// The sum owed; where it is found later, how, and the most it can be.
fn sum_of(o: &Obligation) -> String {
    match (o.amount_fen, &o.formula, o.cap_fen) {
        (Some(fen), ..) => yuan(fen),
        (None, Some(formula), Some(cap)) => format!("{formula}，不超过{}", yuan(cap)),
        (None, Some(formula), None) => formula.clone(),
        (None, None, _) => NONE.to_owned(),
    }
}

/// 终止调解通知书.
pub fn termination(file: &CaseFile, t: &Termination, facts: &DossierFacts<'_>) -> Sheet {
    let mut s = Sheet::new("终止调解通知书");
    s.centred(number_of(&file.case));
    s.text(format!(
        "{}：你们之间的纠纷，因“{}”，于 {} 终止{}调解。",
        names(file.principals()),
        zh(t.reason),
        t.at.local_text(),
        if t.partial {
            "未达成协议部分的"
        } else {
            ""
        }
    ));
    if let Some(note) = &t.note {
        s.text(note);
    }
    routes(&mut s, &t.routes);
    s.line(format!("送达时间：{}", t.served_at.local_text()));
    s.line(format!("送达证明：{}", t.service_proof));
    s.line(format!(
        "人民调解委员会：{}",
        or_none(facts.committee.as_deref())
    ));
    s
}

/// Whether the data holds anything for a follow-up record; papers filed are another thing.
pub fn has_follow_up(file: &CaseFile) -> bool {
    file.case.detail.feedback.is_some() || !file.evaluations.is_empty()
}

/// 人民调解回访记录, of what the data holds: feedback, performance, the parties' ratings.
pub fn follow_up(file: &CaseFile, facts: &DossierFacts<'_>) -> Sheet {
    let mut s = Sheet::new("人民调解回访记录");
    s.title = "人民调解回访记录（反馈与评价）".to_owned();
    let numbers: Vec<&str> = file
        .agreements
        .iter()
        .filter(|a| in_force(a))
        .filter_map(|a| a.number.as_deref())
        .collect();
    s.fields(&[
        ("当事人", names(file.principals())),
        ("调解协议编号", or_none(Some(&numbers.join("、")))),
        ("回访事由", file.case.title.clone()),
    ]);
    if let Some(f) = &file.case.detail.feedback {
        s.heading("反馈情况");
        s.text(&f.text);
        s.line(format!(
            "反馈人：{}　{}",
            staff(facts, f.by),
            f.at.local_text()
        ));
    }
    let rows: Vec<Vec<String>> = file
        .evaluations
        .iter()
        .filter(|e| stands(&file.evaluations, e))
        .map(|e| {
            vec![
                file.party(e.party_id)
                    .map_or_else(|| NONE.to_owned(), |p| p.name.clone()),
                zh(e.satisfaction),
                zh(e.given_via),
                or_none(e.comment.as_deref()),
                e.created_at.local_text(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        s.heading("当事人评价");
        s.table(
            &[18, 14, 14, 30, 24],
            &["当事人", "满意度", "方式", "意见", "时间"],
            rows,
        );
    }
    performance(&mut s, file);
    s
}

/// 人民调解回访记录 of one visit, made, refused or closed.
pub fn visit(file: &CaseFile, f: &FollowUp, facts: &DossierFacts<'_>) -> Sheet {
    let mut s = Sheet::new("人民调解回访记录");
    s.title = format!("人民调解回访记录（第 {} 次）", f.no);
    let number = f
        .agreement_id
        .and_then(|id| file.agreement(id))
        .and_then(|a| a.number.as_deref());
    let yes = |b: Option<bool>| match b {
        Some(true) => "是".to_owned(),
        Some(false) => "否".to_owned(),
        None => NONE.to_owned(),
    };
    let said = |t: &Option<Secret>| or_none(t.as_ref().map(Secret::reveal));
    let mut met = names(
        file.parties
            .iter()
            .filter(|p| f.met_parties.contains(&p.id)),
    );
    if let Some(others) = &f.met_others {
        met = if f.met_parties.is_empty() {
            others.reveal().to_owned()
        } else {
            format!("{met}、{}", others.reveal())
        };
    }
    s.fields(&[
        ("当事人", names(file.principals())),
        ("调解协议编号", or_none(number)),
        ("回访事由", file.case.title.clone()),
        ("回访时间", moment(f.visited_at)),
        ("回访方式", f.mode.map_or_else(|| NONE.to_owned(), zh)),
        ("被回访人", met),
        ("结果", zh(f.state)),
        (
            "履行情况",
            f.performance_pct
                .map_or_else(|| NONE.to_owned(), |p| format!("{p}%")),
        ),
        ("满意度", f.satisfaction.map_or_else(|| NONE.to_owned(), zh)),
        ("是否起诉", yes(f.sued)),
        ("法院裁判", said(&f.judgment)),
        ("错调", yes(f.wrong_mediation)),
        ("激化或其他隐患", yes(f.hidden_danger)),
    ]);
    if let Some(text) = &f.situation {
        s.heading("回访情况");
        s.text(text.reveal());
    }
    if let Some(text) = &f.measures {
        s.heading("采取的措施");
        s.text(text.reveal());
    }
    if let Some(note) = &f.end_note {
        s.heading("免访理由");
        s.text(note);
    }
    let visitor = f.visitor_id.map(|id| staff(facts, id));
    s.line(format!(
        "回访人（{}）：{}　{}",
        f.signed.map_or_else(|| "签名".to_owned(), zh),
        or_none(visitor.as_deref()),
        moment(f.settled_at)
    ));
    s
}

/// What was performed.
fn performance(s: &mut Sheet, file: &CaseFile) {
    let rows: Vec<Vec<String>> = file
        .obligations
        .iter()
        .filter(|o| o.state != ObligationState::Void)
        .map(|o| {
            vec![
                o.no.to_string(),
                o.description.clone(),
                o.due_on.to_string(),
                zh(o.state),
                moment(o.performed_at),
            ]
        })
        .collect();
    if !rows.is_empty() {
        s.heading("履行情况");
        s.table(
            &[8, 38, 17, 14, 23],
            &["序号", "义务", "期限", "状态", "履行时间"],
            rows,
        );
    }
}

/// 结案报告表.
pub fn closing_report(file: &CaseFile, facts: &DossierFacts<'_>) -> Sheet {
    let case = &file.case;
    let holder = facts.names.name(case.holder_id.uuid);
    let mut s = Sheet::new("结案报告表");
    s.centred(number_of(case));
    s.fields(&[
        ("卷号", number_of(case)),
        ("填表时间", facts.at.local_date().to_string()),
        ("承办单位", or_none(holder.as_deref())),
        ("承办人", mediators(file, facts)),
        ("受案时间", moment(case.accepted_at)),
        ("结案时间", moment(case.closed_at)),
        ("案件来源", zh(case.source)),
        ("纠纷类型", zh(case.kind)),
        ("难易程度", zh(case.difficulty)),
        (
            "涉及金额",
            case.amount_fen.map_or_else(|| NONE.to_owned(), yuan),
        ),
        ("结案方式", case.outcome.map_or_else(|| NONE.to_owned(), zh)),
    ]);
    s.heading("当事人");
    party_table(&mut s, file);
    s.heading("简要事实");
    s.text(&case.summary);
    performance(&mut s, file);
    s
}
