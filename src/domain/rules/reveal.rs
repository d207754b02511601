//! Looking at a party's full data, and who decides that contacts are hidden.

use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::PartyId;
use crate::domain::party::Party;
use crate::domain::time::Instant;

use super::Who;
use super::party_edit::PartyPatch;

/// How many looks one person has in an hour.
pub const LOOKS_PER_HOUR: usize = 30;
/// How old a sign-in may be, in minutes.
pub const SIGNED_IN_WITHIN: i64 = 15;

/// Since when looks count at `now`.
pub fn counted_from(now: Instant) -> Instant {
    now.plus_minutes(-60)
}

/// Seconds to wait for the next look, given the looks of the last hour, oldest first; `None` when
/// one is free.
pub fn wait_for_look(looks: &[Instant], now: Instant) -> Option<i64> {
    let blocking = looks.len().checked_sub(LOOKS_PER_HOUR)?;
    let free_at = looks.get(blocking)?.plus_minutes(60);
    Some(free_at.seconds_since(now).max(1))
}

/// Whether the person showed who they are recently enough to look.
pub fn signed_in_lately(at: Instant, now: Instant) -> bool {
    now <= at.plus_minutes(SIGNED_IN_WITHIN)
}

/// Whether this person may know the party's contact data at all: where they are hidden, the team
/// alone does (G-27).
pub fn contacts_open(file: &CaseFile, party: &Party, who: &Who) -> bool {
    !party.contact_hidden || file.team().any(|a| a.user_id == who.user)
}

/// Whether the patch would uncover contacts for somebody who may not know them.
pub fn uncovers(file: &CaseFile, party: &Party, patch: &PartyPatch, who: &Who) -> bool {
    patch.contact_hidden == Some(false) && !contacts_open(file, party, who)
}

/// The fact that a party's full data were looked at, and what for. Changes nothing else.
pub fn reveal(file: &CaseFile, party: PartyId, purpose: String) -> Decision {
    let mut d = Decision::on(file);
    d.event(Event::PartyRevealed { party, purpose });
    d
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::case::CaseState;
    use crate::domain::rules::testkit::*;

    #[test]
    fn hidden_contacts_are_for_the_team() {
        let mut f = file(CaseState::InMediation);
        f.parties[0].contact_hidden = true;
        let (hidden, open) = (&f.parties[0], &f.parties[1]);
        let outsider = who(0x777, &[VILLAGE]);
        assert!(!contacts_open(&f, hidden, &outsider));
        assert!(contacts_open(&f, open, &outsider));
        let patch = |body| read(body, PartyPatch::read).unwrap();
        let show = patch(json!({"contact_hidden": false}));
        assert!(uncovers(&f, hidden, &show, &outsider));
        assert!(!uncovers(&f, open, &show, &outsider));
        let phone = patch(json!({"phone": "13900000009"}));
        assert!(!uncovers(&f, hidden, &phone, &outsider));
    }

    #[test]
    fn the_thirty_first_look_of_an_hour_waits() {
        let t = now();
        let looks: Vec<Instant> = (0..30).map(|n| t.plus_minutes(n)).collect();
        let later = t.plus_minutes(40);
        assert_eq!(wait_for_look(&looks[..29], later), None);
        assert_eq!(wait_for_look(&looks, later), Some(20 * 60));
        let mut more = looks.clone();
        more.push(t.plus_minutes(35));
        assert_eq!(wait_for_look(&more, later), Some(21 * 60));
        assert!(signed_in_lately(t, t.plus_minutes(15)));
        assert!(!signed_in_lately(t, t.plus_minutes(16)));
    }

    #[test]
    fn a_look_is_a_fact_and_no_change() {
        let f = file(CaseState::Registered);
        let d = reveal(&f, id(0x101), "核实身份".to_owned());
        assert_eq!(events(&d), ["party_revealed"]);
        assert!(!d.case_changed() && d.puts.is_empty());
    }
}
