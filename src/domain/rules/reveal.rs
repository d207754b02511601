//! Looking at a party's full data, and who decides that contacts are hidden.

use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::PartyId;
use crate::domain::party::Party;

use super::Who;
use super::party_edit::PartyPatch;

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
    fn a_look_is_a_fact_and_no_change() {
        let f = file(CaseState::Registered);
        let d = reveal(&f, id(0x101), "核实身份".to_owned());
        assert_eq!(events(&d), ["party_revealed"]);
        assert!(!d.case_changed() && d.puts.is_empty());
    }
}
