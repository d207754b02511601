//! Group disputes (G-15): elected representatives and the members they speak for.

use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::PartyId;
use crate::domain::input::Obj;
use crate::domain::machine::{self, Act};
use crate::domain::party::*;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::consent::{Declaration, live_party, speaker_guard};
use super::party_edit::changed;
use super::people::effective_capacity;

/// A side of this many parties is a group (民事诉讼法解释 第七十五条).
pub const GROUP_FROM: usize = 10;
/// At most this many representatives per side (宁波市多元化解条例 第二十条).
pub const MAX_REPRESENTATIVES: usize = 5;

/// Elected representatives of a side whose mandate is signed.
pub fn representatives_of_side(file: &CaseFile, side: i32) -> Vec<PartyId> {
    file.live_parties()
        .filter(|p| p.side == side && p.is_representative && p.detail.mandate_signed)
        .map(|p| p.id)
        .collect()
}

/// Whether a side must act through representatives: ten or more, or any represented member.
pub fn needs_representatives(file: &CaseFile, side: i32) -> bool {
    let members = file.live_parties().filter(|p| p.side == side);
    let (mut count, mut represented) = (0, false);
    for p in members {
        count += 1;
        represented |= p.role == PartyRole::Represented;
    }
    side > 0 && (count >= GROUP_FROM || represented)
}

/// `representatives_missing` or `too_many_representatives`, naming sides (G-15).
pub fn group_guards(file: &CaseFile) -> Vec<Refusal> {
    let sides = file.sides();
    let count = |side: i32| representatives_of_side(file, side).len();
    let mut g = Guards::new();
    g.forbid(
        sides
            .iter()
            .filter(|s| needs_representatives(file, **s) && count(**s) == 0),
        Reason::RepresentativesMissing,
    );
    g.forbid(
        sides.iter().filter(|s| count(**s) > MAX_REPRESENTATIVES),
        Reason::TooManyRepresentatives,
    );
    g.into_inner()
}

/// Represented members who authorised the settlement: they are bound by what their
/// representatives sign (民事诉讼法 第五十六条).
pub fn bound_members(file: &CaseFile) -> Vec<PartyId> {
    members_where(file, |p| p.settle_auth == SettleAuth::Yes)
}

/// Represented members who did not: no agreement binds them.
pub fn unbound_members(file: &CaseFile) -> Vec<PartyId> {
    members_where(file, |p| p.settle_auth != SettleAuth::Yes)
}

fn members_where(file: &CaseFile, test: impl Fn(&Party) -> bool) -> Vec<PartyId> {
    file.live_parties()
        .filter(|p| p.role == PartyRole::Represented && test(p))
        .map(|p| p.id)
        .collect()
}

/// Election of a representative, or its end.
#[derive(Clone, Copy, Debug)]
pub struct Elect {
    pub elected: bool,
    /// The members signed the mandate (推选书).
    pub mandate_signed: bool,
}

impl Elect {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let elected = o.req("elected");
        let signed = o.or("mandate_signed", false);
        Some(Self {
            elected: elected?,
            mandate_signed: signed?,
        })
    }
}

/// What bars electing a representative: the party stands on no side.
pub fn elect_guards(party: &Party) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid((party.side == 0).then_some(party.id), Reason::WrongState);
    g.into_inner()
}

/// What bars a word on settling: the party speaks for itself.
pub fn authorise_guards(party: &Party) -> Vec<Refusal> {
    let mut g = Guards::new();
    let member = party.role == PartyRole::Represented;
    g.forbid((!member).then_some(party.id), Reason::WrongState);
    g.into_inner()
}

/// A side elects one of its members, who becomes a principal party and speaks for the represented;
/// or recalls one, who becomes a represented member again while others remain.
///
/// # Errors
/// `too_many_representatives` beyond five; `mandate_invalid` without a signed mandate;
/// `legal_rep_missing` for one who cannot act alone; `wrong_state` for a third party;
/// `already_done`.
pub fn elect(
    file: &CaseFile,
    party: PartyId,
    input: Elect,
    on: LocalDate,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let party = live_party(file, party)?;
    let others = representatives_of_side(file, party.side)
        .into_iter()
        .filter(|id| *id != party.id)
        .count();
    let mut g = Guards::new();
    g.extend(elect_guards(party));
    let same =
        party.is_representative == input.elected && (!input.elected || party.detail.mandate_signed);
    g.forbid(same.then_some(party.id), Reason::AlreadyDone);
    if input.elected {
        if others >= MAX_REPRESENTATIVES {
            g.forbid([party.side], Reason::TooManyRepresentatives);
        }
        if !input.mandate_signed {
            g.forbid(["mandate_signed"], Reason::MandateInvalid);
        }
        if effective_capacity(party, on) != Capacity::Full {
            g.forbid([party.id], Reason::LegalRepMissing);
        }
    }
    g.done()?;
    let mut next = party.clone();
    next.is_representative = input.elected;
    next.detail.mandate_signed = input.elected;
    if input.elected && next.role == PartyRole::Represented {
        next.role = speaking_role(file, party.side);
    } else if !input.elected && others > 0 {
        next.role = PartyRole::Represented;
    }
    Ok(changed(
        file,
        next,
        Event::RepresentativeElected {
            party: party.id,
            elected: input.elected,
        },
    ))
}

/// The role in which a side speaks: that of its principals, else applicant on side 1.
fn speaking_role(file: &CaseFile, side: i32) -> PartyRole {
    let default = if side == 1 {
        PartyRole::Applicant
    } else {
        PartyRole::Respondent
    };
    file.principals()
        .find(|p| p.side == side)
        .map_or(default, |p| p.role)
}

/// A member's word on whether the representatives may settle for it.
#[derive(Clone, Debug)]
pub struct Authorise {
    pub auth: SettleAuth,
    pub declaration: Declaration,
}

impl Authorise {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let auth = o.req("auth");
        let declaration = Declaration::read(o);
        let auth = auth?;
        if auth == SettleAuth::None {
            o.fault("auth", "not_applicable");
            return None;
        }
        Some(Self {
            auth,
            declaration: declaration?,
        })
    }
}

/// Records a represented member's authority to settle, or its refusal (民事诉讼法 第五十六条).
///
/// # Errors
/// `wrong_state` for one who signs alone; `in_future`; `already_done`; those of the speaker (an
/// agent needs the scope `settle`).
pub fn authorise(
    file: &CaseFile,
    party: PartyId,
    input: Authorise,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let party = live_party(file, party)?;
    let at = input.declaration.at.unwrap_or(now);
    let mut g = Guards::new();
    g.extend(authorise_guards(party));
    g.require(at <= now, Reason::InFuture);
    let same = party.settle_auth == input.auth;
    g.forbid(same.then_some(party.id), Reason::AlreadyDone);
    g.extend(speaker_guard(
        file,
        party,
        input.declaration.by_participant,
        MandateScope::Settle,
        at.local_date(),
    ));
    g.done()?;
    let mut next = party.clone();
    next.settle_auth = input.auth;
    next.detail.settle_auth_at = Some(at);
    next.detail.settle_auth_via = Some(input.declaration.via);
    Ok(changed(
        file,
        next,
        Event::SettlementAuthorised {
            party: party.id,
            auth: input.auth,
        },
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::case::CaseState;
    use crate::domain::rules::testkit::*;

    fn vote(file: &CaseFile, n: u128, body: serde_json::Value) -> Result<Decision, Vec<Refusal>> {
        let input = read(body, Elect::read).unwrap();
        elect(file, id(n), input, now().local_date())
    }

    #[test]
    fn the_sixth_representative_is_refused() {
        let mut f = group_file(CaseState::Screening, 4, 56);
        let yes = json!({"elected": true, "mandate_signed": true});
        let d = vote(&f, 0x201, yes.clone()).unwrap();
        assert_eq!(events(&d), ["representative_elected"]);
        apply(&mut f, &d);
        let fifth = f.party(id(0x201)).unwrap();
        assert!(fifth.is_representative && fifth.role == PartyRole::Applicant);
        assert_eq!(
            reasons(&vote(&f, 0x202, yes)),
            [Reason::TooManyRepresentatives]
        );
    }

    #[test]
    fn a_representative_needs_a_signed_mandate_and_capacity() {
        let mut f = group_file(CaseState::Screening, 1, 12);
        let r = vote(&f, 0x201, json!({"elected": true}));
        assert_eq!(reasons(&r), [Reason::MandateInvalid]);
        let yes = json!({"elected": true, "mandate_signed": true});
        assert_eq!(
            reasons(&vote(&f, 0x111, yes.clone())),
            [Reason::AlreadyDone]
        );
        for p in f.parties.iter_mut().filter(|p| p.id == id(0x202)) {
            p.capacity = Capacity::Limited;
        }
        assert_eq!(reasons(&vote(&f, 0x202, yes)), [Reason::LegalRepMissing]);
    }

    #[test]
    fn a_recalled_representative_is_represented_again() {
        let mut f = group_file(CaseState::Screening, 2, 12);
        let no = json!({"elected": false});
        let d = vote(&f, 0x112, no.clone()).unwrap();
        apply(&mut f, &d);
        assert_eq!(f.party(id(0x112)).unwrap().role, PartyRole::Represented);
        let d = vote(&f, 0x111, no).unwrap();
        apply(&mut f, &d);
        assert_eq!(f.party(id(0x111)).unwrap().role, PartyRole::Applicant);
        assert_eq!(
            group_guards(&f)[0].reason,
            Reason::RepresentativesMissing,
            "nothing goes on until another is elected"
        );
    }

    #[test]
    fn each_member_authorises_alone() {
        let mut f = group_file(CaseState::InMediation, 1, 60);
        let say = |f: &CaseFile, n: u128, auth: &str| {
            let input = read(json!({"auth": auth, "via": "signed"}), Authorise::read).unwrap();
            authorise(f, id(n), input, now())
        };
        for n in 1..=52 {
            let d = say(&f, 0x200 + n, "yes").unwrap();
            apply(&mut f, &d);
        }
        let d = say(&f, 0x200 + 53, "no").unwrap();
        apply(&mut f, &d);
        assert_eq!(bound_members(&f).len(), 52);
        assert_eq!(unbound_members(&f).len(), 8);
        assert_eq!(reasons(&say(&f, 0x201, "yes")), [Reason::AlreadyDone]);
        assert_eq!(reasons(&say(&f, 0x111, "yes")), [Reason::WrongState]);
        assert_eq!(
            violations(read(
                json!({"auth": "none", "via": "signed"}),
                Authorise::read
            )),
            ["/auth not_applicable"]
        );
    }
}
