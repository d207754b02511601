//! Group disputes (G-15): elected representatives and the members they speak for.

use crate::domain::casefile::CaseFile;
use crate::domain::ids::PartyId;
use crate::domain::party::*;
use crate::domain::refusal::{Guards, Reason, Refusal};

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
