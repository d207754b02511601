//! Changes to what was registered (merge patch).

use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::input::{Fen, Int, Line, Obj, Patch, Scalar, Text};
use crate::domain::machine::{self, Act};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::Who;
use super::intake::time_guards;
use super::intake_input::{NewOralNote, has_relation, is_delegated};
use super::risk::refresh;

/// A merge patch of a case. It never moves a state.
#[derive(Clone, Debug)]
pub struct Edit {
    pub title: Option<String>,
    pub summary: Option<String>,
    pub kind: Option<CaseType>,
    pub source: Option<Source>,
    pub channel: Option<Channel>,
    pub procedure: Option<Procedure>,
    pub subtype: Patch<String>,
    pub tags: Option<Vec<Tag>>,
    pub relation_kind: Patch<RelationKind>,
    pub place: Patch<String>,
    pub occurred_at: Patch<Instant>,
    pub people_affected: Patch<i64>,
    pub amount_fen: Patch<i64>,
    pub delegation_letter_no: Patch<String>,
    pub oral_note: Patch<NewOralNote>,
    pub confidentiality: Option<Confidentiality>,
    pub public_mode: Option<bool>,
}

/// A patch of a member that cannot be cleared: `Some(None)` keeps, null is `required`.
pub fn set<'a, T: Scalar>(o: &mut Obj<'a>, name: &'a str) -> Option<Option<T>> {
    match o.patch(name)? {
        Patch::Keep => Some(None),
        Patch::Set(v) => Some(Some(v)),
        Patch::Clear => {
            o.fault(name, "required");
            None
        }
    }
}

/// A patch of a member that may be cleared, turned into a plain value.
pub fn patched<'a, T: Scalar, U>(
    o: &mut Obj<'a>,
    name: &'a str,
    plain: impl FnOnce(T) -> U,
) -> Option<Patch<U>> {
    Some(match o.patch(name)? {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(v) => Patch::Set(plain(v)),
    })
}

impl Edit {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let title = set::<Line<100>>(o, "title");
        let summary = set::<Text<2000>>(o, "summary");
        let kind = set(o, "type");
        let source = set(o, "source");
        let channel = set(o, "channel");
        let procedure = set(o, "procedure");
        let subtype = patched(o, "subtype", |v: Line<40>| v.0);
        let has_tags = o.has("tags");
        let tags = o.list("tags", Tag::ALL.len());
        let relation_kind = o.patch("relation_kind");
        let place = patched(o, "place", |v: Line<200>| v.0);
        let occurred_at = o.patch("occurred_at");
        let people = patched(o, "people_affected", |v: Int<0, 1_000_000>| v.0);
        let amount = patched(o, "amount_fen", |v: Fen| v.0);
        let letter = patched(o, "delegation_letter_no", |v: Line<60>| v.0);
        let has_note = o.has("oral_note");
        let note = o.object("oral_note", NewOralNote::read);
        let confidentiality = set(o, "confidentiality");
        let public_mode = set(o, "public_mode");
        Some(Self {
            title: title?.map(|t| t.0),
            summary: summary?.map(|s| s.0),
            kind: kind?,
            source: source?,
            channel: channel?,
            procedure: procedure?,
            subtype: subtype?,
            tags: tags.map(|t| has_tags.then_some(t))?,
            relation_kind: relation_kind?,
            place: place?,
            occurred_at: occurred_at?,
            people_affected: people?,
            amount_fen: amount?,
            delegation_letter_no: letter?,
            oral_note: match note? {
                Some(n) => Patch::Set(n),
                None if has_note => Patch::Clear,
                None => Patch::Keep,
            },
            confidentiality: confidentiality?,
            public_mode: public_mode?,
        })
    }
}

/// What acceptance was decided on: frozen from then on.
const FROZEN: &[&str] = &[
    "type",
    "source",
    "channel",
    "procedure",
    "relation_kind",
    "delegation_letter_no",
    "oral_note",
];

/// Applies the patch. The decision has no event when nothing changed: there is nothing to carry
/// out then.
///
/// # Errors
/// `wrong_state` naming members frozen by acceptance; `contradiction` naming members that do not
/// suit the type or source; `in_future`, `time_order`.
pub fn edit(
    file: &CaseFile,
    input: Edit,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Edit));
    let mut next = file.case.clone();
    let mut fields = Vec::new();
    let mut note = |changed: bool, name: &'static str| {
        if changed {
            fields.push(name);
        }
    };
    let d = &mut next.detail;
    note(put(&mut next.title, input.title), "title");
    note(put(&mut next.summary, input.summary), "summary");
    note(put(&mut next.kind, input.kind), "type");
    note(put(&mut next.source, input.source), "source");
    note(put(&mut next.channel, input.channel), "channel");
    note(put(&mut next.procedure, input.procedure), "procedure");
    note(input.subtype.apply_opt(&mut d.subtype), "subtype");
    note(put(&mut d.tags, input.tags), "tags");
    note(
        input.relation_kind.apply_opt(&mut d.relation_kind),
        "relation_kind",
    );
    note(input.place.apply_opt(&mut d.place), "place");
    note(
        input.occurred_at.apply_opt(&mut d.occurred_at),
        "occurred_at",
    );
    note(
        input.people_affected.apply_opt(&mut d.people_affected),
        "people_affected",
    );
    note(
        input.amount_fen.apply_opt(&mut next.amount_fen),
        "amount_fen",
    );
    note(
        input
            .delegation_letter_no
            .apply_opt(&mut d.delegation_letter_no),
        "delegation_letter_no",
    );
    let oral = match input.oral_note {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(n) => Patch::Set(n.into_note(who.user)),
    };
    note(oral.apply_opt(&mut d.oral_note), "oral_note");
    note(put(&mut d.public_mode, input.public_mode), "public_mode");
    if let Some(level) = input.confidentiality {
        note(
            d.confidentiality.replace(level) != Some(level),
            "confidentiality",
        );
    }

    let mut g = Guards::new();
    if file.case.accepted_at.is_some() {
        g.forbid(
            fields.iter().filter(|f| FROZEN.contains(f)),
            Reason::WrongState,
        );
    }
    g.forbid(contradictions(&next), Reason::Contradiction);
    if fields.contains(&"occurred_at") {
        g.extend(time_guards(
            next.detail.occurred_at,
            next.detail.recorded_at,
            now,
        ));
    }
    g.done()?;

    let mut d = Decision::on(file);
    if !fields.is_empty() {
        *d.case_mut() = next;
        d.event(Event::CaseEdited {
            fields: fields.iter().map(|f| (*f).to_owned()).collect(),
        });
        refresh(&mut d, &file.parties, now.local_date());
    }
    Ok(d)
}

fn put<T: PartialEq>(field: &mut T, value: Option<T>) -> bool {
    value.is_some_and(|v| Patch::Set(v).apply(field))
}

/// Members that do not suit the type or source of the case.
fn contradictions(case: &Case) -> Vec<&'static str> {
    let d = &case.detail;
    [
        (
            "relation_kind",
            d.relation_kind.is_some() && !has_relation(case.kind),
        ),
        (
            "delegation_letter_no",
            d.delegation_letter_no.is_some() && !is_delegated(case.source),
        ),
        (
            "oral_note",
            d.oral_note.is_some() && case.source != Source::Application,
        ),
    ]
    .into_iter()
    .filter(|(_, bad)| *bad)
    .map(|(name, _)| name)
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::rules::testkit::*;

    fn change(file: &CaseFile, body: serde_json::Value) -> Result<Decision, Vec<Refusal>> {
        edit(
            file,
            read(body, Edit::read).unwrap(),
            &who(0x20, &[VILLAGE]),
            now(),
        )
    }

    #[test]
    fn absent_keeps_null_clears() {
        let mut f = file(CaseState::Registered);
        f.case.detail.place = Some("上垅村".into());
        f.case.amount_fen = Some(100);
        let d = change(
            &f,
            json!({"place": null, "title": "新标题", "tags": ["elderly"]}),
        )
        .unwrap();
        assert_eq!(d.case().detail.place, None);
        assert_eq!(d.case().amount_fen, Some(100));
        assert_eq!(d.case().detail.tags, [Tag::Elderly]);
        assert!(
            matches!(&d.events[0], Event::CaseEdited { fields } if fields == &["title", "tags", "place"])
        );
        let none = change(&f, json!({"place": "上垅村"})).unwrap();
        assert!(none.events.is_empty() && !none.case_changed());
        assert_eq!(
            violations(read(json!({"title": null, "type": "x"}), Edit::read)),
            ["/title required", "/type unknown_code"]
        );
    }

    #[test]
    fn what_acceptance_was_decided_on_is_frozen() {
        let mut f = file(CaseState::Accepted);
        f.case.accepted_at = Some(now());
        let bad = change(
            &f,
            json!({"type": "contract", "source": "ex_officio", "title": "t"}),
        );
        assert_eq!(reasons(&bad), [Reason::WrongState]);
        assert_eq!(items(&bad, Reason::WrongState), ["type", "source"]);
        assert!(change(&f, json!({"type": "neighbour", "title": "t"})).is_ok());
    }

    #[test]
    fn members_must_suit_type_and_source() {
        let f = file(CaseState::Registered);
        let bad = change(
            &f,
            json!({"relation_kind": "labour", "delegation_letter_no": "1"}),
        );
        assert_eq!(
            items(&bad, Reason::Contradiction),
            ["relation_kind", "delegation_letter_no"]
        );
        let ok = change(
            &f,
            json!({"relation_kind": "labour", "type": "wage_arrears"}),
        );
        assert!(ok.is_ok());
        let future = change(&f, json!({"occurred_at": "2026-03-02T10:00:01+08:00"}));
        assert_eq!(reasons(&future), [Reason::InFuture]);
    }

    #[test]
    fn a_larger_sum_makes_it_complex() {
        let f = file(CaseState::InMediation);
        let d = change(&f, json!({"amount_fen": 10_000_000})).unwrap();
        assert_eq!(d.case().difficulty, Difficulty::Complex);
        assert_eq!(events(&d), ["case_edited", "difficulty_changed"]);
    }
}
