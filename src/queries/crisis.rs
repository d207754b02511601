//! Crises, for those who handle them.

use serde::Serialize;
use serde_json::json;

use super::views::crisis::*;
use crate::call::Call;
use crate::domain::case::Case;
use crate::domain::clocks::trace::Length;
use crate::domain::codes::Code;
use crate::domain::crisis::*;
use crate::domain::ids::*;
use crate::domain::policy::Action;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

fn holds(case: &Case, crisis: &Crisis) -> bool {
    let support = case.detail.support.as_ref();
    support.is_some_and(|s| s.crisis == crisis.id && s.holds)
}

/// One crisis in full; the caller is allowed to see it.
pub fn crisis_view(snap: &mut Snap<'_>, case: &Case, id: CrisisId) -> Result<CrisisView, Error> {
    let found = snap.crisis_of(case.id, id)?;
    let entries = snap.crisis_entries(id)?;
    let (now, lang) = (snap.ctx.now, snap.ctx.lang);
    let item = CrisisItem::of(&found, &case.code, holds(case, &found.crisis), now);
    let support = case.detail.support.as_ref();
    Ok(CrisisView::of(item, &found, support, &entries, lang, now))
}

/// `GET /cases/{case_id}/crises`
pub fn of_case(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, _) = snap.case_for(Action::ViewCrisis, call.id("case_id")?)?;
    let now = snap.ctx.now;
    let list = snap.crises_of(case.id)?;
    let data: Vec<CrisisItem> = list
        .iter()
        .map(|f| CrisisItem::of(f, &case.code, holds(&case, &f.crisis), now))
        .collect();
    let mut reply = Reply::json(200, &json!({ "data": data }))?.case(case.id);
    for found in &list {
        reply = reply.reads("crisis", found.crisis.id);
    }
    Ok(reply)
}

/// `GET /cases/{case_id}/crises/{crisis_id}`
pub fn one(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, _) = snap.case_for(Action::ViewCrisis, call.id("case_id")?)?;
    let id: CrisisId = call.id("crisis_id")?;
    let view = crisis_view(snap, &case, id)?;
    let reply = Reply::json(200, &view)?.etag(case.version).case(case.id);
    Ok(reply.reads("crisis", id))
}

/// `GET /crises`: newest first.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    super::require(snap, Action::ListCrises)?;
    let q = call.query();
    let open = q.get::<bool>("open")?.unwrap_or(true);
    let tiers: Vec<Tier> = q.list("tier")?;
    let page = q.page::<CrisisId>()?;
    q.finish()?;
    let rows = snap.list_crises(open, &tiers, page.after, page.fetch())?;
    let ids: Vec<CaseId> = rows.iter().map(|f| f.crisis.case_id).collect();
    let cases = snap.raw_cases(&ids)?;
    let now = snap.ctx.now;
    let out = page.cut(
        &call.env,
        rows,
        |f| f.crisis.id,
        |f| {
            let case = cases.iter().find(|c| c.id == f.crisis.case_id);
            let code = case.map_or("", |c| c.code.as_str());
            let held = case.is_some_and(|c| holds(c, &f.crisis));
            CrisisItem::of(&f, code, held, now)
        },
    )?;
    let mut reply = out.reply()?;
    for item in &out.data {
        reply = reply.reads("crisis", item.id);
    }
    Ok(reply)
}

/// What a tier asks for, as the policies of the county say.
#[derive(Debug, Serialize)]
struct TierView {
    tier: Tier,
    label: &'static str,
    holds_mediation: bool,
    signs: Vec<SignView>,
    steps: Vec<AskedView>,
}

#[derive(Debug, Serialize)]
struct SignView {
    sign: Sign,
    label: &'static str,
}

#[derive(Debug, Serialize)]
struct AskedView {
    step: StepCode,
    label: &'static str,
    on_scene: bool,
    /// The policy that gives the time; `null`: before the day ends.
    policy: Option<&'static str>,
    within: Option<Length>,
}

/// `GET /crisis-tiers`: the tiers with their signs, and what each asks for.
pub fn tiers(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    super::require(snap, Action::ViewOrg)?;
    let book = snap.clock_policies()?;
    let (lang, today) = (snap.ctx.lang, snap.ctx.now.local_date());
    let asked = |tier: Tier, a: &Asked| {
        let policy = match a.within {
            Within::Policy(code) => Some(code),
            Within::SameDay => None,
        };
        let found = policy.and_then(|code| book.in_force(code, today));
        AskedView {
            step: a.step,
            label: a.step.label(lang),
            on_scene: a.step.is_on_scene(),
            policy,
            within: found.map(|p| p.length_of(Some(tier.variant()))),
        }
    };
    let data: Vec<TierView> = Tier::ALL
        .iter()
        .map(|tier| TierView {
            tier: *tier,
            label: tier.label(lang),
            holds_mediation: tier.holds(),
            signs: Sign::ALL
                .iter()
                .filter(|s| tier_of(**s) == *tier)
                .map(|s| SignView {
                    sign: *s,
                    label: s.label(lang),
                })
                .collect(),
            steps: asked_of(*tier).iter().map(|a| asked(*tier, a)).collect(),
        })
        .collect();
    Reply::json(200, &json!({ "data": data }))
}
