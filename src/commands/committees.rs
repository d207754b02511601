//! People's mediation committees and who serves on them (人民调解法 第七至九、十三、十四条).

use super::orgs::referred;
use super::require;
use crate::call::Call;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj, Patch};
use crate::domain::org::*;
use crate::domain::policy::Action;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::staffing::{is_adult, term_fits};
use crate::domain::time::LocalDate;
use crate::error::{Code, Error};
use crate::queries::orgs::{committee_view, member_view};
use crate::reply::Reply;
use crate::store::tx::Tx;

fn record(tx: &mut Tx<'_>, committee: &Committee) -> Result<(), Error> {
    let stream = format!("org/{}", committee.org_id);
    let event = Event::CommitteeChanged {
        committee: committee.id,
    };
    tx.record(&stream, format!("committee/{}", committee.id), vec![event])
}

fn record_member(tx: &mut Tx<'_>, committee: &Committee, member: &Member) -> Result<(), Error> {
    let stream = format!("org/{}", committee.org_id);
    let event = Event::MemberChanged {
        committee: committee.id,
        user: member.user_id,
    };
    tx.record(&stream, format!("member/{}", member.id), vec![event])
}

/// A term in order and three years long at most; case numbers must not meet those of another.
fn check(tx: &mut Tx<'_>, committee: &Committee) -> Result<(), Error> {
    if committee.term_to <= committee.term_from {
        return Err(Error::invalid("/term_to", "term_order"));
    }
    if !term_fits(committee.term_from, committee.term_to) {
        return Err(Refusal::new(Reason::TermTooLong).into());
    }
    tx.hold("committee-prefix")?;
    let taken = tx
        .committees()?
        .into_iter()
        .any(|c| c.id != committee.id && c.prefix == committee.prefix);
    if taken {
        return Err(Error::with(Code::Duplicate, "prefix"));
    }
    Ok(())
}

/// `POST /committees`.
pub fn create(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageOrg)?;
    let (fresh, now) = (tx.ctx.id(), tx.ctx.now);
    let committee = call.read(|o| {
        let id = o.opt::<CommitteeId>("id");
        let org_id = o.req::<OrgId>("org_id");
        let kind = o.req::<CommitteeKind>("kind");
        let name = o.req::<Line<80>>("name");
        let prefix = o.req::<Line<20>>("prefix");
        let seal_no = o.req::<Line<40>>("seal_no");
        let term_from = o.req::<LocalDate>("term_from");
        let term_to = o.req::<LocalDate>("term_to");
        Some(Committee {
            id: id?.unwrap_or(fresh),
            org_id: org_id?,
            kind: kind?,
            name: name?.0,
            prefix: prefix?.0,
            seal_no: seal_no?.0,
            term_from: term_from?,
            term_to: term_to?,
            active: true,
            created_at: now,
        })
    })?;
    referred(tx.org(committee.org_id), "/org_id")?;
    check(tx, &committee)?;
    tx.insert(&committee)?;
    record(tx, &committee)?;
    let path = format!("/api/v1/committees/{}", committee.id);
    let view = committee_view(tx, committee)?;
    Ok(view.reply(201)?.header("Location", path))
}

struct Change {
    name: Patch<Line<80>>,
    seal_no: Patch<Line<40>>,
    term_from: Patch<LocalDate>,
    term_to: Patch<LocalDate>,
    active: Patch<bool>,
}

impl Change {
    fn read(o: &mut Obj<'_>) -> Option<Self> {
        let name = o.patch("name");
        let seal_no = o.patch("seal_no");
        let term_from = o.patch("term_from");
        let term_to = o.patch("term_to");
        let active = o.patch("active");
        let cleared = [
            ("name", name == Some(Patch::Clear)),
            ("seal_no", seal_no == Some(Patch::Clear)),
            ("term_from", term_from == Some(Patch::Clear)),
            ("term_to", term_to == Some(Patch::Clear)),
            ("active", active == Some(Patch::Clear)),
        ];
        for (field, _) in cleared.into_iter().filter(|(_, yes)| *yes) {
            o.fault(field, "not_null");
        }
        Some(Self {
            name: name?,
            seal_no: seal_no?,
            term_from: term_from?,
            term_to: term_to?,
            active: active?,
        })
    }

    fn apply(self, committee: &mut Committee) {
        if let Patch::Set(name) = self.name {
            committee.name = name.0;
        }
        if let Patch::Set(seal) = self.seal_no {
            committee.seal_no = seal.0;
        }
        self.term_from.apply(&mut committee.term_from);
        self.term_to.apply(&mut committee.term_to);
        self.active.apply(&mut committee.active);
    }
}

/// `PATCH /committees/{committee_id}`: a new term after a re-election, a new seal. The prefix
/// stays: it stands in case numbers already given.
pub fn patch(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageOrg)?;
    let mut committee = tx.lock_committee(call.id("committee_id")?)?;
    let seen = committee_view(tx, committee.clone())?;
    call.expect_tag(&seen.tag()?)?;
    call.read(Change::read)?.apply(&mut committee);
    check(tx, &committee)?;
    tx.update(&committee)?;
    record(tx, &committee)?;
    committee_view(tx, committee)?.reply(200)
}

/// `POST /committees/{committee_id}/members`.
pub fn add_member(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageOrg)?;
    let committee = tx.lock_committee(call.id("committee_id")?)?;
    let (fresh, now) = (tx.ctx.id(), tx.ctx.now);
    let member = call.read(|o| {
        let id = o.opt::<MemberId>("id");
        let user_id = o.req::<UserId>("user_id");
        let appointment = o.req::<AppointmentKind>("appointment");
        let full_time = o.or("full_time", false);
        let is_chair = o.or("is_chair", false);
        let female = o.req::<bool>("female");
        let from_on = o.req::<LocalDate>("from_on");
        Some(Member {
            id: id?.unwrap_or(fresh),
            committee_id: committee.id,
            user_id: user_id?,
            appointment: appointment?,
            full_time: full_time?,
            is_chair: is_chair?,
            female: female?,
            from_on: from_on?,
            to_on: None,
            created_at: now,
        })
    })?;
    let user = referred(tx.user(member.user_id), "/user_id")?;
    let others = tx.committee_members(committee.id)?;
    let open = |m: &&Member| m.to_on.is_none_or(|to| to >= member.from_on);
    let mut guards = Guards::new();
    guards.require(user.state != UserState::Disabled, Reason::AccountDisabled);
    guards.require(is_adult(user.birth_date, member.from_on), Reason::NotAdult);
    guards.require(
        !member.is_chair || member.appointment == AppointmentKind::Member,
        Reason::ChairNotMember,
    );
    let chairs = others
        .iter()
        .filter(open)
        .filter(|m| m.is_chair && member.is_chair);
    guards.forbid(chairs.map(|m| m.id), Reason::CommitteeChairTaken);
    guards.done()?;
    if others.iter().filter(open).any(|m| m.user_id == user.id) {
        return Err(Error::of(Code::Duplicate));
    }
    tx.insert(&member)?;
    record_member(tx, &committee, &member)?;
    let path = format!("/api/v1/committees/{}/members", committee.id);
    let view = member_view(tx, member)?;
    Ok(Reply::json(201, &view)?.header("Location", path))
}

/// `POST /committees/{committee_id}/members/{member_id}/end`: today unless an earlier day is given.
pub fn end_member(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageOrg)?;
    let committee = tx.lock_committee(call.id("committee_id")?)?;
    let mut member = tx.member_of(committee.id, call.id("member_id")?)?;
    let today = tx.ctx.now.local_date();
    let to_on = call.read(|o| o.or("to_on", today))?;
    let mut guards = Guards::new();
    guards.require(member.to_on.is_none(), Reason::AlreadyDone);
    guards.require(to_on <= today, Reason::InFuture);
    guards.require(to_on >= member.from_on, Reason::TimeOrder);
    guards.done()?;
    member.to_on = Some(to_on);
    tx.update(&member)?;
    record_member(tx, &committee, &member)?;
    Reply::json(200, &member_view(tx, member)?)
}
