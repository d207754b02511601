//! Whether an agreement can be taken to the court for confirmation, explained (人民调解法 第三十三条;
//! M-90…M-96; G-23).

use serde::Serialize;

use crate::call::Call;
use crate::domain::agreement::{AgreementForm, ConfirmationState};
use crate::domain::codes::Lang;
use crate::domain::ids::*;
use crate::domain::policy::Action;
use crate::domain::refusal::RefusalView;
use crate::domain::rules::confirmation::{apply_guards, unconfirmable, window_end};
use crate::domain::rules::standing::masters_of;
use crate::domain::time::LocalDate;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// Where the judicial confirmation of an agreement stands.
#[derive(Debug, Serialize)]
pub struct TrackView {
    pub state: ConfirmationState,
    /// A joint application made today would be in order.
    pub eligible: bool,
    /// Why not, each with its guard and legal basis.
    pub blocked_by: Vec<RefusalView>,
    /// The last day to apply, moved off a rest day; none where no court would confirm.
    pub window_ends_on: Option<LocalDate>,
    /// Days left, the last one counted; none once it is over.
    pub days_left: Option<i64>,
    /// The window closed without an application.
    pub lapsed: bool,
    /// Who must apply, all of them together.
    pub applicants: Vec<PartyId>,
    /// Which courts are competent.
    pub courts: Vec<&'static str>,
    /// What is submitted.
    pub papers: Vec<&'static str>,
    /// What the court's answer leads to.
    pub effect: &'static str,
}

const COURTS: &[(&str, &str)] = &[
    (
        "当事人住所地、标的物所在地、调解组织所在地的基层人民法院（民事诉讼法第二百零五条）",
        "The basic court at a party's domicile, at the place of the subject matter, or at the place of the committee (Civil Procedure Law art. 205)",
    ),
    (
        "人民法院邀请调解的，向作出邀请的人民法院提出",
        "Where a court invited the mediation: that court",
    ),
];

const PAPERS: &[(&str, &str)] = &[
    ("调解协议", "The agreement"),
    (
        "调解组织主持调解的证明",
        "Proof that the committee conducted the mediation",
    ),
    (
        "与协议相关的财产权利证明等材料",
        "Papers on the property rights concerned",
    ),
    (
        "双方当事人的身份、住所、联系方式等基本信息",
        "Identity, domicile and contact of both parties",
    ),
];

const EFFECT: (&str, &str) = (
    "裁定有效的，一方拒绝履行或者未全部履行，对方可以申请强制执行；裁定驳回的，可以变更原协议、达成新协议，或者起诉",
    "If ruled valid, it is enforceable when not performed in full; if dismissed, the parties may vary it, agree anew, or sue",
);

fn said(lang: Lang, texts: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    texts.iter().map(|(zh, en)| lang.pick(zh, en)).collect()
}

/// `GET /cases/{case_id}/agreements/{agreement_id}/confirmation`.
pub fn track(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let id: AgreementId = call.id("agreement_id")?;
    let agreement = file.agreement(id).ok_or_else(Error::not_found)?;
    let calendar = snap.calendar()?;
    let (today, lang) = (snap.ctx.now.local_date(), snap.ctx.lang);
    let refusals = apply_guards(&file, agreement, &calendar, today);
    // What no court confirms has no window.
    let open_to_court = unconfirmable(&file, agreement).is_empty();
    let ends_on = window_end(agreement, &calendar).filter(|_| open_to_court);
    let days = ends_on.map(|end| end.epoch_days() - today.epoch_days() + 1);
    let unused = matches!(
        agreement.confirmation,
        ConfirmationState::None | ConfirmationState::Withdrawn
    );
    let written = agreement.form == AgreementForm::Written;
    let view = TrackView {
        state: agreement.confirmation,
        eligible: refusals.is_empty(),
        blocked_by: refusals.iter().map(|r| r.view(lang)).collect(),
        window_ends_on: ends_on,
        days_left: days.filter(|d| *d > 0 && unused),
        lapsed: written && unused && days.is_some_and(|d| d <= 0),
        applicants: masters_of(&file, agreement),
        courts: said(lang, COURTS),
        papers: said(lang, PAPERS),
        effect: lang.pick(EFFECT.0, EFFECT.1),
    };
    Ok(Reply::json(200, &view)?
        .etag(file.case.version)
        .case(file.case.id))
}
