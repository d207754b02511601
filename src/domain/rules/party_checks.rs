//! Asking the parties of a closed case whether it was as the file says, and what a "no" leads to: an
//! inquiry of the county, and nothing by itself (G-44).

use crate::domain::agreement::Agreement;
use crate::domain::calendar::Calendar;
use crate::domain::case::Outcome;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::party::{Capacity, Party};
use crate::domain::party_check::*;
use crate::domain::persons::Phone;
use crate::domain::record::Satisfaction;
use crate::domain::task::TaskKind;
use crate::domain::time::Instant;

use super::ending::mediated;
use super::evaluation::own_word;
use super::people::effective_capacity;
use super::standing::in_force;
use super::tasks::{NewTask, open_task};

/// How long a code is good for.
pub const LIFE_DAYS: i64 = 14;
/// Working days that the county has to look into a "no".
const INQUIRY_DAYS: u32 = 5;

/// The way to a party: its mobile, else its mail address.
fn way_to(party: &Party) -> Option<PartyCheckVia> {
    let mobile = party
        .phone
        .as_ref()
        .and_then(|p| Phone::parse(p.reveal()))
        .is_some_and(|p| p.is_chinese_mobile());
    if mobile {
        Some(PartyCheckVia::Sms)
    } else {
        party.email.as_ref().map(|_| PartyCheckVia::Mail)
    }
}

/// Asks every party that can be reached and speaks for itself, in the commit that closes the case.
/// A matter that was never mediated has nothing to confirm.
pub fn ask(
    file: &CaseFile,
    d: &mut Decision,
    hash_of: impl Fn(PartyCheckId) -> String,
    ids: &mut impl FreshIds,
    now: Instant,
) {
    let told = matches!(
        d.case().outcome,
        Some(
            Outcome::SuccessWritten
                | Outcome::SuccessOral
                | Outcome::Partial
                | Outcome::Failed
                | Outcome::Referred
        )
    );
    let agreed = file.agreements.iter().any(in_force);
    if !told || !(agreed || mediated(file)) {
        return;
    }
    let today = now.local_date();
    let own = |p: &Party| -> Option<&Agreement> {
        let mut binding = file.agreements.iter().filter(|a| in_force(a));
        binding.rfind(|a| a.detail.parties.contains(&p.id))
    };
    let speaking = file
        .principals()
        .filter(|p| effective_capacity(p, today) == Capacity::Full);
    for party in speaking {
        let Some(via) = way_to(party) else { continue };
        let id: PartyCheckId = ids.id();
        d.event(Event::PartyAsked {
            party: party.id,
            via,
        });
        d.insert(PartyCheck {
            id,
            case_id: file.case.id,
            party_id: party.id,
            agreement_id: own(party).map(|a| a.id),
            via,
            code_hash: hash_of(id),
            state: PartyCheckState::Open,
            created_at: now,
            expires_at: now.plus_days(LIFE_DAYS),
            answered_at: None,
            took_place: None,
            own_agreement: None,
            satisfaction: None,
            task_id: None,
        });
        let notice = Notice::check(NoticeKind::PartyCheckAsked, id);
        d.tell(Recipient::PartyBy(party.id, via), notice);
    }
}

/// What a party answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyWord {
    pub code: String,
    pub took_place: bool,
    pub own_agreement: Option<bool>,
    pub satisfaction: Option<Satisfaction>,
}

impl PartyWord {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let code = o.req::<Line<100>>("code");
        let took_place = o.req("took_place");
        let own = o.opt("own_agreement");
        let satisfaction = o.opt::<Satisfaction>("satisfaction");
        Some(Self {
            code: code?.0,
            took_place: took_place?,
            own_agreement: own?,
            satisfaction: satisfaction?.filter(|s| *s != Satisfaction::NotRated),
        })
    }
}

/// What an answer makes of its request and its case.
pub struct Heard {
    pub check: PartyCheck,
    /// Nothing to carry out when it holds no event.
    pub decision: Decision,
}

/// Takes an answer: once. It is the party's evaluation where one may be given; a "no" opens an
/// inquiry of the county, of which the desk and the mediators do not hear.
pub fn hear(
    file: &CaseFile,
    check: PartyCheck,
    word: &PartyWord,
    county: Option<OrgId>,
    calendar: &Calendar,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Heard {
    let mut check = PartyCheck {
        state: PartyCheckState::Answered,
        answered_at: Some(now),
        took_place: Some(word.took_place),
        own_agreement: word.own_agreement.filter(|_| check.agreement_id.is_some()),
        satisfaction: word.satisfaction,
        ..check
    };
    // Before feedback the rating stays with the answer. What a desk took down gives way to it.
    let mut d = word
        .satisfaction
        .and_then(|s| own_word(file, check.party_id, s, ids, now).ok())
        .unwrap_or_else(|| Decision::on(file));
    if check.denies()
        && let Some(county) = county
    {
        let due = calendar.add_working_days(now.local_date(), INQUIRY_DAYS);
        let task = open_task(
            &mut d,
            NewTask {
                id: ids.id(),
                kind: TaskKind::PartyDenial,
                source_id: Some(check.id.uuid),
                unit_id: county,
                text: "核查当事人对本件办理情况的否认".to_owned(),
                due_at: Some(due.end()),
                ordered_for: county,
                ordered_by: Id::new(uuid::Uuid::nil()),
            },
            now,
        );
        check.task_id = Some(task.id);
        d.tell(Recipient::Supervisors, Notice::of(NoticeKind::PartyDenied));
    }
    Heard { check, decision: d }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::case::{CaseState, Feedback};
    use crate::domain::rules::testkit::*;
    use crate::domain::secret::Secret;

    fn closed() -> CaseFile {
        let mut f = file(CaseState::ClosedFailed);
        f.case.outcome = Some(Outcome::Failed);
        f.parties[0].phone = Some(Secret::new("+8613900000001"));
        f.parties[1].email = Some(Secret::new("b@example.com"));
        f.sessions
            .push(crate::domain::rules::agreement_kit::session());
        for s in &mut f.sessions {
            s.opened_at = Some(now());
        }
        f
    }

    fn asked(f: &CaseFile) -> Decision {
        let mut d = Decision::on(f);
        ask(f, &mut d, |id| id.to_string(), &mut Ids::default(), now());
        d
    }

    #[test]
    fn each_party_is_asked_by_its_own_contact() {
        let mut f = closed();
        let d = asked(&f);
        assert_eq!(events(&d), ["party_asked", "party_asked"]);
        let ways: Vec<Recipient> = d.notices.iter().map(|(to, _)| *to).collect();
        let by = |n, via| Recipient::PartyBy(id(n), via);
        assert_eq!(
            ways,
            [
                by(0x101, PartyCheckVia::Sms),
                by(0x102, PartyCheckVia::Mail)
            ]
        );
        // A landline takes no message; who has nothing is not asked; nor is one who cannot speak
        // for itself, nor anybody where nothing was mediated.
        f.parties[0].phone = Some(Secret::new("+86059112345678"));
        f.parties[1].capacity = Capacity::Limited;
        assert!(asked(&f).events.is_empty());
        let mut never = closed();
        never.sessions.clear();
        assert!(asked(&never).events.is_empty());
        let mut rejected = closed();
        rejected.case.outcome = Some(Outcome::NotAccepted);
        assert!(asked(&rejected).events.is_empty());
    }

    fn answer(f: &CaseFile, body: serde_json::Value) -> Heard {
        let d = asked(f);
        let check = d
            .puts
            .iter()
            .find_map(|p| match p {
                crate::domain::decision::Put::Insert(
                    crate::domain::decision::Entity::PartyCheck(c),
                ) => Some(c.clone()),
                _ => None,
            })
            .unwrap();
        let word = read(body, PartyWord::read).unwrap();
        let county = Some(id(COUNTY));
        hear(
            f,
            check,
            &word,
            county,
            &calendar(),
            &mut Ids(0xE000),
            now(),
        )
    }

    #[test]
    fn a_yes_is_an_evaluation_once_feedback_was_given() {
        let mut f = closed();
        let yes = json!({"code": "x", "took_place": true, "satisfaction": "satisfied"});
        let h = answer(&f, yes.clone());
        assert!(h.decision.events.is_empty(), "no feedback yet");
        assert_eq!(h.check.satisfaction, Some(Satisfaction::Satisfied));
        f.case.detail.feedback = Some(Feedback {
            text: "已告知".to_owned(),
            at: now(),
            by: id(0x20),
        });
        let h = answer(&f, yes);
        assert_eq!(events(&h.decision), ["evaluation_given"]);
        assert!(!h.check.denies() && h.check.task_id.is_none());
    }

    #[test]
    fn a_no_is_the_countys_to_look_into() {
        let h = answer(&closed(), json!({"code": "x", "took_place": false}));
        assert_eq!(events(&h.decision), ["task_opened"]);
        assert!(h.check.denies() && h.check.task_id.is_some());
        let told: Vec<Recipient> = h.decision.notices.iter().map(|(to, _)| *to).collect();
        assert_eq!(told, [Recipient::Unit(id(COUNTY)), Recipient::Supervisors]);
        assert!(!h.decision.case_changed());
    }
}
