//! Units, committees and rooms as everybody in service sees them.

use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::domain::codes::{Code as _, Lang};
use crate::domain::ids::*;
use crate::domain::org::*;
use crate::domain::policy::Action;
use crate::domain::staffing::{CommitteeWarning, committee_warnings};
use crate::domain::time::{Instant, LocalDate};
use crate::error::Error;
use crate::reply::{Reply, tag_of};
use crate::store::tx::Snap;

/// A committee with its members and what it lacks (人民调解法 第八、九条).
#[derive(Debug, Serialize)]
pub struct CommitteeView {
    #[serde(flatten)]
    committee: Committee,
    members: Vec<MemberView>,
    warnings: Vec<WarningView>,
}

/// What a committee lacks.
#[derive(Debug, Serialize)]
struct WarningView {
    code: CommitteeWarning,
    message: &'static str,
}

/// A membership with the member's name.
#[derive(Debug, Serialize)]
pub struct MemberView {
    id: MemberId,
    committee_id: CommitteeId,
    user_id: UserId,
    name: String,
    appointment: AppointmentKind,
    full_time: bool,
    is_chair: bool,
    female: bool,
    from_on: LocalDate,
    to_on: Option<LocalDate>,
    created_at: Instant,
}

/// A membership as shown.
pub fn member_view(snap: &mut Snap<'_>, member: Member) -> Result<MemberView, Error> {
    let name = snap.user(member.user_id)?.name;
    Ok(MemberView {
        id: member.id,
        committee_id: member.committee_id,
        user_id: member.user_id,
        name,
        appointment: member.appointment,
        full_time: member.full_time,
        is_chair: member.is_chair,
        female: member.female,
        from_on: member.from_on,
        to_on: member.to_on,
        created_at: member.created_at,
    })
}

/// A committee as shown.
pub fn committee_view(snap: &mut Snap<'_>, committee: Committee) -> Result<CommitteeView, Error> {
    let (today, lang) = (snap.ctx.now.local_date(), snap.ctx.lang);
    let members = snap.committee_members(committee.id)?;
    let warnings = warnings(&committee, &members, today, lang);
    let members = members
        .into_iter()
        .map(|m| member_view(snap, m))
        .collect::<Result<_, _>>()?;
    Ok(CommitteeView {
        committee,
        members,
        warnings,
    })
}

fn warnings(
    committee: &Committee,
    members: &[Member],
    today: LocalDate,
    lang: Lang,
) -> Vec<WarningView> {
    committee_warnings(committee, members, today)
        .into_iter()
        .map(|code| WarningView {
            code,
            message: code.label(lang),
        })
        .collect()
}

impl CommitteeView {
    /// The ETag: of all that is shown but the language it is shown in.
    pub fn tag(&self) -> Result<String, Error> {
        let codes: Vec<CommitteeWarning> = self.warnings.iter().map(|w| w.code).collect();
        let all = serde_json::to_string(&(&self.committee, &self.members, codes));
        Ok(tag_of(&all.map_err(Error::internal)?))
    }

    /// The committee with its ETag.
    pub fn reply(&self, status: u16) -> Result<Reply, Error> {
        let tag = self.tag()?;
        Ok(Reply::json(status, self)?.header("ETag", format!("\"{tag}\"")))
    }
}

/// The ETag of a unit.
pub fn org_tag(org: &OrgUnit) -> Result<String, Error> {
    Ok(tag_of(
        &serde_json::to_string(org).map_err(Error::internal)?,
    ))
}

fn may_look(snap: &Snap<'_>) -> Result<(), Error> {
    super::require(snap, Action::ViewOrg)
}

/// `GET /org-units`, by id; filters `kind`, `parent_id`, `active`.
pub fn list_orgs(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_look(snap)?;
    let query = call.query();
    let kinds: Vec<OrgKind> = query.list("kind")?;
    let parent: Option<OrgId> = query.get("parent_id")?;
    let active: Option<bool> = query.get("active")?;
    let page = query.page::<OrgId>()?;
    query.finish()?;
    let wanted = |o: &OrgUnit| {
        (kinds.is_empty() || kinds.contains(&o.kind))
            && parent.is_none_or(|p| o.parent_id == Some(p))
            && active.is_none_or(|a| o.active == a)
            && page.after.is_none_or(|after| o.id > after)
    };
    let rows = take(snap.orgs()?, wanted, page.fetch());
    page.cut(&call.env, rows, |o| o.id, |o| o)?.reply()
}

/// The first rows that are wanted. A county has hundreds of units, not thousands.
fn take<T>(rows: Vec<T>, wanted: impl Fn(&T) -> bool, limit: i64) -> Vec<T> {
    let limit = usize::try_from(limit).unwrap_or(0);
    rows.into_iter().filter(wanted).take(limit).collect()
}

/// `GET /org-units/{org_id}`.
pub fn get_org(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_look(snap)?;
    call.query().finish()?;
    let org = snap.org(call.id("org_id")?)?;
    Ok(Reply::json(200, &org)?.tagged())
}

/// `GET /committees`, by id; filters `org_id`, `kind`, `active`.
pub fn list_committees(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_look(snap)?;
    let query = call.query();
    let org: Option<OrgId> = query.get("org_id")?;
    let kinds: Vec<CommitteeKind> = query.list("kind")?;
    let active: Option<bool> = query.get("active")?;
    let page = query.page::<CommitteeId>()?;
    query.finish()?;
    let wanted = |c: &Committee| {
        org.is_none_or(|o| c.org_id == o)
            && (kinds.is_empty() || kinds.contains(&c.kind))
            && active.is_none_or(|a| c.active == a)
            && page.after.is_none_or(|after| c.id > after)
    };
    let rows = take(snap.committees()?, wanted, page.fetch());
    page.cut(&call.env, rows, |c| c.id, |c| c)?.reply()
}

/// `GET /committees/{committee_id}`.
pub fn get_committee(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_look(snap)?;
    call.query().finish()?;
    let committee = snap.committee(call.id("committee_id")?)?;
    committee_view(snap, committee)?.reply(200)
}

/// `GET /committees/{committee_id}/members`: those who left included.
pub fn members(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_look(snap)?;
    call.query().finish()?;
    let committee = snap.committee(call.id("committee_id")?)?;
    let data = snap
        .committee_members(committee.id)?
        .into_iter()
        .map(|m| member_view(snap, m))
        .collect::<Result<Vec<_>, _>>()?;
    Reply::json(200, &json!({"data": data}))
}

/// `GET /rooms`, by id; filters `org_id`, `active`.
pub fn list_rooms(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_look(snap)?;
    let query = call.query();
    let org: Option<OrgId> = query.get("org_id")?;
    let active: Option<bool> = query.get("active")?;
    let page = query.page::<RoomId>()?;
    query.finish()?;
    let wanted = |r: &Room| {
        org.is_none_or(|o| r.org_id == o)
            && active.is_none_or(|a| r.active == a)
            && page.after.is_none_or(|after| r.id > after)
    };
    let rows = take(snap.rooms()?, wanted, page.fetch());
    page.cut(&call.env, rows, |r| r.id, |r| r)?.reply()
}
