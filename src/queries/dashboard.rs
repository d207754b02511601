//! `GET /dashboard`: the county at a glance. Counts only: nothing personal, no case.

use std::collections::HashMap;

use serde::Serialize;

use crate::call::Call;
use crate::domain::case::CaseType;
use crate::domain::codes::{Code as _, Lang};
use crate::domain::ids::OrgId;
use crate::domain::org::OrgUnit;
use crate::domain::policy::{Action, Verdict, decide_general};
use crate::domain::surge::{MINIMUM, SPREADS, Surge, WEEKS};
use crate::domain::time::{Instant, LocalDate};
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::tx::Snap;

const DAYS: i64 = 30;
const FLOW_WEEKS: i64 = 12;
/// Days over which returned transfers are counted.
const BOUNCE_DAYS: i64 = 30;
/// A step due within two days shows yellow.
const SOON_HOURS: i64 = 48;
/// How many villages and types are named.
const NAMED: usize = 10;

/// Ages of live cases in days: from, up to and including.
const AGES: &[(i64, Option<i64>)] = &[
    (0, Some(7)),
    (8, Some(15)),
    (16, Some(30)),
    (31, Some(60)),
    (61, None),
];

#[derive(Debug, Serialize)]
struct Flow {
    from: LocalDate,
    to: LocalDate,
    #[serde(rename = "in")]
    came: i64,
    #[serde(rename = "out")]
    went: i64,
}

#[derive(Debug, Serialize)]
struct Age {
    from_days: i64,
    to_days: Option<i64>,
    cases: i64,
}

#[derive(Debug, Serialize)]
struct LightsView {
    red: i64,
    yellow: i64,
    green: i64,
    grey: i64,
}

#[derive(Debug, Serialize)]
struct Bounce {
    org_id: OrgId,
    name: String,
    returned: i64,
}

#[derive(Debug, Serialize)]
struct Bounces {
    days: i64,
    returned: i64,
    /// Who returns.
    by_receiver: Vec<Bounce>,
    /// To whom it is returned.
    by_sender: Vec<Bounce>,
}

/// A place or type with what its last seven days are measured against.
#[derive(Debug, Serialize)]
struct Hot<K> {
    key: K,
    name: String,
    this_week: i64,
    mean: f64,
    spread: f64,
    threshold: f64,
    rising: bool,
    explanation: String,
}

/// The dashboard.
#[derive(Debug, Serialize)]
pub struct DashboardView {
    as_of: Instant,
    live: i64,
    days: Vec<Flow>,
    weeks: Vec<Flow>,
    ageing: Vec<Age>,
    lights: LightsView,
    bounces: Bounces,
    hot_villages: Vec<Hot<OrgId>>,
    hot_types: Vec<Hot<CaseType>>,
}

/// Counts dates in blocks of `length` days that end with today; the newest block first.
fn blocks(dates: &[LocalDate], today: LocalDate, length: i64, count: i64) -> Vec<i64> {
    let mut out = vec![0_i64; usize::try_from(count).unwrap_or(0)];
    for date in dates {
        let back = today.epoch_days().saturating_sub(date.epoch_days()) / length.max(1);
        if let Some(n) = usize::try_from(back).ok().and_then(|i| out.get_mut(i)) {
            *n = n.saturating_add(1);
        }
    }
    out
}

fn flow(
    came: &[LocalDate],
    went: &[LocalDate],
    today: LocalDate,
    length: i64,
    n: i64,
) -> Vec<Flow> {
    let (came, went) = (
        blocks(came, today, length, n),
        blocks(went, today, length, n),
    );
    let mut out: Vec<Flow> = (0_i64..)
        .zip(came.into_iter().zip(went))
        .map(|(back, (came, went))| {
            let to = today.plus_days(-back.saturating_mul(length));
            Flow {
                from: to.plus_days(1 - length),
                to,
                came,
                went,
            }
        })
        .collect();
    out.reverse();
    out
}

fn two(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

/// The keys with most in the last seven days: the rising ones first.
fn hottest<K: Copy + Eq + std::hash::Hash + Ord>(
    found: impl Iterator<Item = (K, LocalDate)>,
    today: LocalDate,
    lang: Lang,
    name: impl Fn(K) -> String,
) -> Vec<Hot<K>> {
    let mut weeks: HashMap<K, [i64; WEEKS + 1]> = HashMap::new();
    for (key, date) in found {
        let back = today.epoch_days().saturating_sub(date.epoch_days()) / 7;
        let row = weeks.entry(key).or_insert([0; WEEKS + 1]);
        if let Some(n) = usize::try_from(back).ok().and_then(|i| row.get_mut(i)) {
            *n = n.saturating_add(1);
        }
    }
    let mut out: Vec<(K, Surge)> = weeks
        .into_iter()
        .map(|(k, w)| (k, Surge::of(&w)))
        .filter(|(_, s)| s.this_week > 0)
        .collect();
    out.sort_by_key(|(k, s)| (!s.rising, -s.this_week, *k));
    out.truncate(NAMED);
    out.into_iter()
        .map(|(key, s)| Hot {
            key,
            name: name(key),
            this_week: s.this_week,
            mean: two(s.mean),
            spread: two(s.spread),
            threshold: two(s.threshold),
            rising: s.rising,
            explanation: explained(&s, lang),
        })
        .collect()
}

fn explained(s: &Surge, lang: Lang) -> String {
    let (n, mean, spread, limit) = (s.this_week, s.mean, s.spread, s.threshold);
    match (lang, s.rising) {
        (Lang::Zh, true) => format!(
            "近7日{n}件，高于前{WEEKS}周均值{mean:.2}加{SPREADS}倍离差{spread:.2}（{limit:.2}），且不少于{MINIMUM}件"
        ),
        (Lang::Zh, false) => format!(
            "近7日{n}件，未超过前{WEEKS}周均值{mean:.2}加{SPREADS}倍离差{spread:.2}（{limit:.2}），或不足{MINIMUM}件"
        ),
        (Lang::En, true) => format!(
            "{n} in the last 7 days: above the mean of the {WEEKS} weeks before ({mean:.2}) plus {SPREADS} spreads of {spread:.2} ({limit:.2}), and at least {MINIMUM}"
        ),
        (Lang::En, false) => format!(
            "{n} in the last 7 days: not above the mean of the {WEEKS} weeks before ({mean:.2}) plus {SPREADS} spreads of {spread:.2} ({limit:.2}), or fewer than {MINIMUM}"
        ),
    }
}

fn bounces(found: &[(Option<OrgId>, OrgId, i64)], orgs: &[OrgUnit]) -> Bounces {
    let named = |counts: HashMap<OrgId, i64>| {
        let mut out: Vec<Bounce> = counts
            .into_iter()
            .map(|(org_id, returned)| Bounce {
                org_id,
                name: name_of(orgs, org_id),
                returned,
            })
            .collect();
        out.sort_by_key(|b| (-b.returned, b.org_id));
        out.truncate(NAMED);
        out
    };
    let (mut receivers, mut senders) = (HashMap::new(), HashMap::new());
    for (to, from, n) in found {
        if let Some(to) = to {
            *receivers.entry(*to).or_insert(0) += n;
        }
        *senders.entry(*from).or_insert(0) += n;
    }
    Bounces {
        days: BOUNCE_DAYS,
        returned: found.iter().map(|(_, _, n)| n).sum(),
        by_receiver: named(receivers),
        by_sender: named(senders),
    }
}

fn name_of(orgs: &[OrgUnit], id: OrgId) -> String {
    orgs.iter()
        .find(|o| o.id == id)
        .map(|o| o.name.clone())
        .unwrap_or_default()
}

/// `GET /dashboard`.
pub fn get(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    match decide_general(&snap.ctx.actor, Action::ViewDashboard) {
        Verdict::Allow => {}
        _ => return Err(Error::of(Code::Forbidden)),
    }
    call.query().finish()?;
    Reply::json(200, &view(snap)?)
}

/// What the dashboard shows now.
pub fn view(snap: &mut Snap<'_>) -> Result<DashboardView, Error> {
    let (now, lang) = (snap.ctx.now, snap.ctx.lang);
    let today = now.local_date();
    let since = today.plus_days(1 - 7 * FLOW_WEEKS).start();
    let arrivals = snap.arrivals(since)?;
    let came: Vec<LocalDate> = arrivals.iter().map(|a| a.at.local_date()).collect();
    let went: Vec<LocalDate> = snap
        .closings(since)?
        .into_iter()
        .map(Instant::local_date)
        .collect();
    let mut ageing = Vec::new();
    for (from_days, to_days) in AGES {
        // Registered at the end of the day `from` days ago or earlier.
        let before = today.plus_days(1 - from_days).start();
        let oldest = to_days.map(|d| today.plus_days(-d).start());
        ageing.push(Age {
            from_days: *from_days,
            to_days: *to_days,
            cases: snap.live_registered(oldest, Some(before))?,
        });
    }
    let lights = snap.lights(now, now.plus_hours(SOON_HOURS))?;
    let orgs = snap.orgs()?;
    let returned = snap.returned_transfers(now.plus_days(-BOUNCE_DAYS))?;
    let dated = || arrivals.iter().zip(&came);
    let hot_villages = hottest(dated().map(|(a, d)| (a.origin, *d)), today, lang, |id| {
        name_of(&orgs, id)
    });
    let hot_types = hottest(dated().map(|(a, d)| (a.kind, *d)), today, lang, |k| {
        k.label(lang).to_owned()
    });
    Ok(DashboardView {
        as_of: now,
        live: lights.red + lights.yellow + lights.green + lights.grey,
        days: flow(&came, &went, today, 1, DAYS),
        weeks: flow(&came, &went, today, 7, FLOW_WEEKS),
        ageing,
        lights: LightsView {
            red: lights.red,
            yellow: lights.yellow,
            green: lights.green,
            grey: lights.grey,
        },
        bounces: bounces(&returned, &orgs),
        hot_villages,
        hot_types,
    })
}
