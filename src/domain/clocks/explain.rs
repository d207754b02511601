//! Why a clock is due when it is: for people in two languages, for machines as steps.

use serde::{Deserialize, Serialize};

use super::clock::{Clock, ClockExtension, ClockPause};
use super::codes::*;
use super::policy_file::{ExtensionRule, Policy, Variant};
use super::trace::{Left, Length, Step};
use crate::domain::calendar::{Calendar, Words};
use crate::domain::codes::{Code, Lang};
use crate::domain::time::{Instant, LocalDate};

/// The whole account. [`super::replay::replay`] needs nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    pub policy: String,
    pub policy_version: i64,
    pub title: Words,
    pub track: Track,
    pub effect: Effect,
    pub on_breach: BreachAct,
    pub basis: Words,
    pub note: Option<Words>,
    pub variant: Option<Variant>,
    /// Region and version, such as `CN@2026.1`.
    pub calendar: String,
    pub zone: String,
    pub start_event: ClockEvent,
    pub started_at: Instant,
    pub start_day: LocalDate,
    pub length: Length,
    pub roll: bool,
    pub ends: DayEnd,
    pub steps: Vec<Step>,
    pub pauses: Vec<ClockPause>,
    pub extensions: Vec<ClockExtension>,
    pub extension_rule: Option<ExtensionRule>,
    pub due_at: Option<Instant>,
    pub last_day: Option<LocalDate>,
    pub left: Option<Left>,
    /// Years reached for which no official notice is loaded: there the result is provisional.
    pub assumed_years: Vec<i16>,
    pub text: Lines,
}

/// The account in sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    pub zh: Vec<String>,
    pub en: Vec<String>,
}

/// Explains a clock on the calendar it is computed on.
pub fn explain(clock: &Clock, policy: &Policy, calendar: &Calendar) -> Explanation {
    let trace = clock.trace(policy, calendar);
    let mut out = Explanation {
        policy: policy.code.clone(),
        policy_version: policy.version,
        title: Words {
            zh: policy.zh.clone(),
            en: policy.en.clone(),
        },
        track: policy.track,
        effect: policy.effect,
        on_breach: policy.on_breach,
        basis: policy.basis.clone(),
        note: policy.note.clone(),
        variant: policy.variant(clock.variant.as_deref()).cloned(),
        calendar: calendar.version().to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        start_event: policy.starts_at,
        started_at: clock.started_at,
        start_day: clock.started_at.local_date(),
        length: policy.length_of(clock.variant.as_deref()),
        roll: policy.roll,
        ends: policy.ends,
        steps: trace.steps,
        pauses: clock.detail.pauses.clone(),
        extensions: clock.detail.extensions.clone(),
        extension_rule: policy.extension.clone(),
        due_at: trace.due_at,
        last_day: trace.last_day,
        left: trace.left,
        assumed_years: trace.assumed_years,
        text: Lines::default(),
    };
    out.text = Lines {
        zh: lines(&out, Lang::Zh),
        en: lines(&out, Lang::En),
    };
    out
}

fn lines(x: &Explanation, lang: Lang) -> Vec<String> {
    let pick = |words: &Words| lang.pick(&words.zh, &words.en).to_owned();
    let mut out = Vec::new();
    let length = match x.length.unit {
        Unit::Instant => x.length.unit.label(lang).to_owned(),
        unit => format!("{} {}", x.length.n, unit.label(lang)),
    };
    let variant = x.variant.as_ref().map_or(String::new(), |v| {
        lang.pick(&format!("（{}）", v.zh), &format!(" ({})", v.en))
            .to_owned()
    });
    out.push(match lang {
        Lang::Zh => format!(
            "{}（第{}版）：自{}{}起{}{}，依据{}。",
            x.title.zh,
            x.policy_version,
            x.started_at.local_text(),
            x.start_event.label(lang),
            length,
            variant,
            pick(&x.basis),
        ),
        Lang::En => format!(
            "{} (version {}): {}{} from {} ({}), by {}.",
            x.title.en,
            x.policy_version,
            length,
            variant,
            x.started_at.local_text(),
            x.start_event.label(lang),
            pick(&x.basis),
        ),
    });
    out.extend(x.steps.iter().map(|s| sentence(s, x, lang)));
    for p in &x.pauses {
        let to = p.to.map_or_else(
            || lang.pick("至今", "until now").to_owned(),
            Instant::local_text,
        );
        let (from, why) = (p.from.local_text(), p.reason.label(lang));
        out.push(match lang {
            Lang::Zh => format!("{from}至{to}暂停：{why}。"),
            Lang::En => format!("Paused from {from} to {to}: {why}."),
        });
    }
    for e in &x.extensions {
        let basis = x
            .extension_rule
            .as_ref()
            .map_or(String::new(), |r| pick(&r.basis));
        out.push(match lang {
            Lang::Zh => format!(
                "{}登记延期至{}，{}人签署同意（{basis}）。",
                e.at.local_text(),
                e.until,
                e.consents.len()
            ),
            Lang::En => format!(
                "Extended to {} on {}, signed by {} ({basis}).",
                e.until,
                e.at.local_text(),
                e.consents.len()
            ),
        });
    }
    for year in &x.assumed_years {
        out.push(match lang {
            Lang::Zh => format!("{year}年尚无官方节假日安排，按现有资料推算，安排公布后重新计算。"),
            Lang::En => format!(
                "No official notice for {year} is loaded: reckoned from what there is, and again once it is out."
            ),
        });
    }
    out.push(match (x.due_at, lang) {
        (Some(at), Lang::Zh) => format!("{}（不含）前为期内。", at.local_text()),
        (Some(at), Lang::En) => format!("In time before {}.", at.local_text()),
        (None, Lang::Zh) => "暂停中，恢复后继续计算。".to_owned(),
        (None, Lang::En) => "Paused: it goes on once resumed.".to_owned(),
    });
    out
}

fn sentence(step: &Step, x: &Explanation, lang: Lang) -> String {
    let zh = lang == Lang::Zh;
    let text = |at: Instant| at.local_text();
    match step {
        Step::StartDay { date } if zh => {
            format!("{date}为开始之日，不计入（民法典第二百零一条）。")
        }
        Step::StartDay { date } => {
            format!("{date} is the day of the start and not counted (Civil Code art. 201).")
        }
        Step::StartInstant { at } if zh => format!("自{}起按时计算。", text(*at)),
        Step::StartInstant { at } => format!("Time runs from {}.", text(*at)),
        Step::Month {
            months,
            date,
            month_end,
            days,
        } => match (zh, month_end) {
            (true, false) => {
                format!("{months}个月后的对应日为{date}，计{days}日（民法典第二百零二条）。")
            }
            (true, true) => format!(
                "{months}个月后无对应日，以月末日{date}为准，计{days}日（民法典第二百零二条）。"
            ),
            (false, false) => {
                format!(
                    "The corresponding day {months} months later is {date}: {days} days (Civil Code art. 202)."
                )
            }
            (false, true) => format!(
                "{months} months later there is no corresponding day; the month ends on {date}: {days} days (Civil Code art. 202)."
            ),
        },
        Step::Counted { from, to, days } if zh => format!("{from}至{to}计{days}日。"),
        Step::Counted { from, to, days } => format!("{from} to {to}: {days} counted."),
        Step::MakeUp {
            date,
            zh: name,
            en,
            source,
            rolling,
            ..
        } => match (zh, rolling) {
            (true, false) => format!("{date}为{name}，计入（{source}）。"),
            (true, true) => format!("{date}为{name}，不顺延（{source}）。"),
            (false, false) => format!("{date} is a working day, counted: {en} ({source})."),
            (false, true) => format!("{date} is a working day, no moving on: {en} ({source})."),
        },
        Step::Skipped {
            date,
            zh: name,
            en,
            source,
            rolling,
            ..
        } => {
            let by = match (source.is_empty(), zh) {
                (true, _) => String::new(),
                (false, true) => format!("（{source}）"),
                (false, false) => format!(" ({source})"),
            };
            match (zh, rolling) {
                (true, false) => format!("{date}{name}，不计{by}。"),
                (true, true) => format!("{date}{name}，顺延{by}。"),
                (false, false) => format!("{date} left out: {en}{by}."),
                (false, true) => format!("{date} passed over: {en}{by}."),
            }
        }
        Step::LastDay { date } if zh => format!("期间最后一日为{date}。"),
        Step::LastDay { date } => format!("The last day is {date}."),
        Step::Ran { from, to } if zh => format!("{}至{}计时。", text(*from), text(*to)),
        Step::Ran { from, to } => format!("{} to {}: counted.", text(*from), text(*to)),
        Step::Stood { from, to } if zh => format!("{}至{}暂停，不计。", text(*from), text(*to)),
        Step::Stood { from, to } => format!("{} to {}: paused, left out.", text(*from), text(*to)),
        Step::Extended { until, at } if zh => format!("{}同意延期至{until}。", text(*at)),
        Step::Extended { until, at } => format!("Extended to {until} on {}.", text(*at)),
        Step::Standing { since, left } => {
            let left = if x.length.unit.by_day() {
                format!("{left} {}", lang.pick("日", "days"))
            } else {
                format!("{} {}", left / 60_000_000, lang.pick("分钟", "minutes"))
            };
            match lang {
                Lang::Zh => format!("自{}暂停，尚余{left}。", text(*since)),
                Lang::En => format!("Standing still since {}, {left} left.", text(*since)),
            }
        }
        Step::Ends { date, minute } => {
            let (h, m) = (minute / 60, minute % 60);
            match lang {
                Lang::Zh => format!("{date}的截止时间为{h:02}:{m:02}（民法典第二百零三条）。"),
                Lang::En => format!("{date} ends at {h:02}:{m:02} (Civil Code art. 203)."),
            }
        }
        Step::Fixed { at } if zh => format!("所定时刻为{}。", text(*at)),
        Step::Fixed { at } => format!("The instant set is {}.", text(*at)),
    }
}
