//! What an agreement must say and must not say (G-18, G-19, G-20, G-22, G-28, G-41).

use crate::domain::agreement::*;
use crate::domain::case::{CaseType, Difficulty, Tag};
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::ids::PartyId;
use crate::domain::party::{PartyKind, SettleAuth};
use crate::domain::record::IncidentKind;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::agreement_words::{Findings, findings};
use super::group::{GROUP_FROM, representatives_of_side};
use super::people;
use super::standing::{is_member, signing_parties};

/// The only rule whose breach may be gone on with for a reason.
const OWNERSHIP: &str = "ownership";

/// Refusals about the content at any stage: forbidden effects, harm to a minor, ownership without
/// a reason, fees, electronic signature where the law has none.
pub fn content_guards(
    file: &CaseFile,
    agreement: &Agreement,
    obligations: &[Obligation],
) -> Vec<Refusal> {
    let mut g = Guards::new();
    let d = &agreement.detail;
    let found = look_at(agreement, obligations);
    let forbidden = [
        ("divorce_effect", d.divorce_effect || found.divorce_effect),
        ("kinship", d.kinship || found.kinship),
        (
            "criminal_waiver",
            d.criminal_waiver || found.criminal_waiver,
        ),
        (
            "third_party_harm",
            d.third_party_harm || found.third_party_harm,
        ),
    ];
    g.forbid(
        forbidden
            .iter()
            .filter(|(_, on)| *on)
            .map(|(code, _)| *code),
        Reason::ContentForbidden,
    );
    g.require(!settles_harm(file, d, found), Reason::MinorHarmNotMediable);
    if (d.ownership || found.ownership) && !is_answered(d) {
        g.add(Refusal::about(
            Reason::ContentWarningUnanswered,
            [OWNERSHIP],
        ));
    }
    g.forbid(fees(file, found, obligations), Reason::FeeForbidden);
    let electronic = !d.e_sign_by.is_empty();
    g.require(
        !(electronic && is_personal_status(file, agreement)),
        Reason::ESignNotAllowed,
    );
    g.into_inner()
}

/// Patterns found in the operative texts of an agreement.
pub fn look_at(agreement: &Agreement, obligations: &[Obligation]) -> Findings {
    let d = &agreement.detail;
    let texts = [d.liability.as_str(), &d.terms, &d.performance];
    findings(
        texts
            .into_iter()
            .chain(obligations.iter().map(|o| o.description.as_str())),
    )
}

/// The drafter gave a reason for keeping a clause on ownership.
fn is_answered(d: &AgreementDetail) -> bool {
    d.warnings.iter().any(|w| w.code == OWNERSHIP)
}

/// The answer to the ownership warning, logged with the agreement (G-20).
pub fn ownership_warning(reason: String, at: Instant) -> ContentWarning {
    ContentWarning {
        rule: crate::domain::refusal::Rule::G20.id().to_owned(),
        code: OWNERSHIP.to_owned(),
        reason,
        at,
    }
}

/// G-28: harm to a minor is reported, never settled. Where it is flagged the drafter must say
/// that the agreement leaves it alone.
fn settles_harm(file: &CaseFile, d: &AgreementDetail, found: Findings) -> bool {
    let flagged = file.case.detail.minor_harm
        || file
            .incidents
            .iter()
            .any(|i| i.kind == IncidentKind::MinorHarm);
    d.minor_harm == Some(true) || (flagged && (d.minor_harm.is_none() || found.harm))
}

/// G-41: obligations owed to a mediation body, or a text that speaks of fees.
fn fees(file: &CaseFile, found: Findings, obligations: &[Obligation]) -> Vec<String> {
    let mut items: Vec<String> = obligations
        .iter()
        .filter(|o| file.party(o.creditor_id).is_some_and(|p| is_desk(&p.name)))
        .map(|o| o.id.to_string())
        .collect();
    if found.fee {
        items.push("terms".to_owned());
    }
    items
}

fn is_desk(name: &str) -> bool {
    ["人民调解委员会", "解忧杂货铺", "心灵驿站"]
        .iter()
        .any(|n| name.contains(n))
}

/// Papers on marriage, adoption, inheritance: signed on paper (电子签名法 第三条).
pub fn is_personal_status(file: &CaseFile, agreement: &Agreement) -> bool {
    file.case.kind == CaseType::MarriageFamily
        || agreement.detail.divorce_effect
        || agreement.detail.kinship
}

/// G-18: why the agreement may not be oral; empty when it may (M-71). The condition that it was
/// wholly performed on the spot is the caller's to add.
pub fn oral_obstacles(file: &CaseFile, parties: &[PartyId]) -> Vec<String> {
    let mut items = Vec::new();
    let asked = file
        .parties
        .iter()
        .filter(|p| parties.contains(&p.id) && p.detail.wants_writing);
    items.extend(asked.map(|p| format!("asked_for_writing:{}", p.id)));
    let written_only = match file.case.kind {
        CaseType::LabourOther | CaseType::WageArrears | CaseType::Medical => true,
        CaseType::ForestLand => may_be_land_contract(file),
        _ => false,
    };
    if written_only {
        items.push(format!("type:{}", file.case.kind.code()));
    }
    if is_group(file) {
        items.push("group".to_owned());
    }
    if matches!(
        file.case.difficulty,
        Difficulty::Complex | Difficulty::Major
    ) {
        items.push(format!("difficulty:{}", file.case.difficulty.code()));
    }
    items
}

/// Contracted land needs writing (农村土地承包经营纠纷调解仲裁法 第十条); a forest or land matter whose
/// subtype is not told may be one.
fn may_be_land_contract(file: &CaseFile) -> bool {
    let subtype = file.case.detail.subtype.as_deref();
    subtype.is_none_or(|s| s.contains("contract") || s.contains("承包"))
}

/// A side of ten or more, represented members, or the tag (G-15).
pub fn is_group(file: &CaseFile) -> bool {
    let large = file
        .sides()
        .iter()
        .any(|side| file.live_parties().filter(|p| p.side == *side).count() >= GROUP_FROM);
    large || file.live_parties().any(is_member) || file.case.detail.tags.contains(&Tag::Group)
}

/// G-19: the codes of required content that is missing (M-72, 若干规定 第三十五条).
pub fn missing_content(
    file: &CaseFile,
    agreement: &Agreement,
    obligations: &[Obligation],
) -> Vec<String> {
    let d = &agreement.detail;
    let signers = signing_parties(file, agreement);
    let mut sides: Vec<i32> = signers.iter().map(|p| p.side).filter(|s| *s > 0).collect();
    sides.sort_unstable();
    sides.dedup();
    let copies = i64::try_from(signers.len()).unwrap_or(i64::MAX);
    let checks = [
        ("two_sides", sides.len() >= 2),
        ("issues", file.issues.is_empty() || !d.issues.is_empty()),
        ("facts", !d.facts.is_empty()),
        ("liability", !d.liability.is_empty()),
        ("terms", !d.terms.is_empty()),
        ("performance", !d.performance.is_empty()),
        ("place", !d.place.is_empty()),
        ("copies", d.copies == 0 || d.copies > copies),
    ];
    let mut missing: Vec<String> = checks
        .iter()
        .filter(|(_, ok)| !ok)
        .map(|(code, _)| (*code).to_owned())
        .collect();
    for p in &signers {
        let known = p.id_no.is_some()
            || p.uscc.is_some()
            || p.birth_date.is_some()
            || p.phone.is_some()
            || p.address.is_some();
        if p.name.is_empty() || (p.kind == PartyKind::LegalPerson && p.uscc.is_none()) || !known {
            missing.push(format!("party:{}", p.id));
        }
    }
    for o in obligations {
        if o.description.is_empty() {
            missing.push(format!("obligation:{}:description", o.id));
        }
        let variable = o.formula.is_some();
        if o.kind == ObligationKind::Pay && !variable && o.amount_fen.is_none_or(|n| n <= 0) {
            missing.push(format!("obligation:{}:amount", o.id));
        }
        // A sum that is not told yet is bounded, or nobody knows what was agreed.
        if variable && o.cap_fen.is_none() {
            missing.push(format!("obligation:{}:cap", o.id));
        }
        if o.place.is_empty() && d.place.is_empty() {
            missing.push(format!("obligation:{}:place", o.id));
        }
    }
    missing
}

/// Words that leave open what is owed.
const VAGUE: &[&str] = &["适当", "合理", "尽快", "酌情", "视情况", "另行协商"];
const CLARITY: &str = "clarity";

/// G-19, soft: obligations whose words leave open what is owed, unless the drafter said why they
/// stay.
pub fn unclear(agreement: &Agreement, obligations: &[Obligation]) -> Vec<Refusal> {
    let answered = agreement.detail.warnings.iter().any(|w| w.code == CLARITY);
    let vague = |o: &&Obligation| {
        let texts = [Some(&o.description), o.formula.as_ref()];
        let mut texts = texts.into_iter().flatten();
        texts.any(|t| VAGUE.iter().any(|w| t.contains(w)))
    };
    let found: Vec<String> = obligations
        .iter()
        .filter(vague)
        .map(|o| format!("obligation:{}:{CLARITY}", o.id))
        .collect();
    if answered || found.is_empty() {
        return Vec::new();
    }
    let refusal = Refusal::about(Reason::ContentWarningUnanswered, found);
    vec![refusal.under(crate::domain::refusal::Rule::G19)]
}

/// The answer to a warning about clarity, logged with the agreement (G-19).
pub fn clarity_warning(reason: String, at: Instant) -> ContentWarning {
    ContentWarning {
        rule: crate::domain::refusal::Rule::G19.id().to_owned(),
        code: CLARITY.to_owned(),
        reason,
        at,
    }
}

/// I4: plans whose instalments do not add up, by plan number.
pub fn unbalanced_plans(obligations: &[Obligation]) -> Vec<String> {
    let mut plans: Vec<(i32, i64, i64)> = Vec::new();
    for o in obligations {
        let (Some(no), Some(total)) = (o.plan_no, o.plan_total_fen) else {
            continue;
        };
        let part = o.amount_fen.unwrap_or(0);
        match plans.iter_mut().find(|(n, _, _)| *n == no) {
            Some((_, _, sum)) => *sum = sum.saturating_add(part),
            None => plans.push((no, total, part)),
        }
    }
    plans
        .iter()
        .filter(|(_, total, sum)| total != sum)
        .map(|(no, _, _)| format!("plan:{no}"))
        .collect()
}

/// G-13, G-15, G-22: what the parties themselves lack before they can sign on `now`.
pub fn party_guards(file: &CaseFile, agreement: &Agreement, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    let d = &agreement.detail;
    let today = now.local_date();
    let signers = signing_parties(file, agreement);
    g.extend(people::capacity_guards(
        file,
        signers.iter().copied(),
        today,
    ));
    let unheard = people::child_views_missing(file, today);
    g.forbid(
        unheard.iter().filter(|id| d.parties.contains(id)),
        Reason::ChildViewMissing,
    );
    let members = file
        .parties
        .iter()
        .filter(|p| d.parties.contains(&p.id) && is_member(p));
    let mut unrepresented: Vec<i32> = members
        .clone()
        .map(|p| p.side)
        .filter(|side| {
            !representatives_of_side(file, *side)
                .iter()
                .any(|id| d.parties.contains(id))
        })
        .collect();
    unrepresented.sort_unstable();
    unrepresented.dedup();
    g.forbid(unrepresented, Reason::RepresentativesMissing);
    g.forbid(
        members
            .filter(|p| p.settle_auth != SettleAuth::Yes)
            .map(|p| p.id),
        Reason::MemberNotAuthorised,
    );
    if !d.e_sign_by.is_empty() {
        g.forbid(
            signers
                .iter()
                .filter(|p| !d.e_sign_by.contains(&p.id))
                .map(|p| p.id),
            Reason::ESignNotChosen,
        );
    }
    g.into_inner()
}
