//! The tree of units, and the rooms that sessions are held in.

use super::require;
use crate::call::Call;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Int, Line, Obj, Patch, Scalar};
use crate::domain::org::*;
use crate::domain::policy::Action;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::staffing::{desk_of, parent_fits};
use crate::error::{Code, Error};
use crate::queries::orgs::org_tag;
use crate::reply::Reply;
use crate::store::tx::Tx;

/// A division code: 6 to 12 digits (GB/T 2260 and the statistical codes below it).
struct DivisionCode(String);

impl Scalar for DivisionCode {
    fn read(value: &serde_json::Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        if digits && (6..=12).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("invalid")
        }
    }
}

/// A unit to be made.
pub struct NewOrg {
    pub id: Option<OrgId>,
    pub kind: OrgKind,
    pub parent_id: Option<OrgId>,
    pub name: String,
    pub division_code: Option<String>,
    pub seal_no: Option<String>,
}

impl NewOrg {
    /// The root of the tree.
    pub fn county(name: String) -> Self {
        Self {
            id: None,
            kind: OrgKind::CountyCentre,
            parent_id: None,
            name,
            division_code: None,
            seal_no: None,
        }
    }

    fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let kind = o.req("kind");
        let parent_id = o.opt("parent_id");
        let name = o.req::<Line<80>>("name");
        let division_code = o.opt::<DivisionCode>("division_code");
        let seal_no = o.opt::<Line<40>>("seal_no");
        Some(Self {
            id: id?,
            kind: kind?,
            parent_id: parent_id?,
            name: name?.0,
            division_code: division_code?.map(|c| c.0),
            seal_no: seal_no?.map(|s| s.0),
        })
    }
}

/// Hangs a new unit into the tree, whoever asks.
pub fn make_org(tx: &mut Tx<'_>, new: NewOrg) -> Result<OrgUnit, Error> {
    // One tree: openers of the root take turns, and a parent may not be closed meanwhile.
    tx.hold("org-tree")?;
    let parent = match new.parent_id {
        None => None,
        Some(id) => Some(referred(tx.org(id), "/parent_id")?),
    };
    let fits = parent_fits(new.kind, parent.as_ref().map(|p| p.kind));
    if !fits || parent.as_ref().is_some_and(|p| !p.active) {
        return Err(Refusal::new(Reason::ParentUnfit).into());
    }
    if new.kind == OrgKind::CountyCentre && tx.county()?.is_some() {
        return Err(Error::of(Code::Duplicate));
    }
    let id = new.id.unwrap_or_else(|| tx.ctx.id());
    let org = OrgUnit {
        id,
        kind: new.kind,
        parent_id: new.parent_id,
        name: new.name,
        division_code: new.division_code,
        desk_id: desk_of(id, new.kind, parent.as_ref()),
        seal_no: new.seal_no,
        active: true,
        created_at: tx.ctx.now,
    };
    tx.insert(&org)?;
    record(tx, &org)?;
    Ok(org)
}

/// Turns "does not exist" into a fault of the member that named it.
pub fn referred<T>(found: Result<T, Error>, pointer: &str) -> Result<T, Error> {
    match found {
        Err(Error::Problem(Code::NotFound, _)) => Err(Error::invalid(pointer, "unknown_reference")),
        other => other,
    }
}

fn record(tx: &mut Tx<'_>, org: &OrgUnit) -> Result<(), Error> {
    let stream = format!("org/{}", org.id);
    let event = Event::OrgChanged { org: org.id };
    tx.record(&stream, stream.clone(), vec![event])
}

/// `POST /org-units`.
pub fn create(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageOrg)?;
    let new = call.read(NewOrg::read)?;
    let org = make_org(tx, new)?;
    let path = format!("/api/v1/org-units/{}", org.id);
    Ok(Reply::json(201, &org)?.tagged().header("Location", path))
}

/// `PATCH /org-units/{org_id}`. Kind and place in the tree stay: cases refer to both.
pub fn patch(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageOrg)?;
    tx.hold("org-tree")?;
    let mut org = tx.lock_org(call.id("org_id")?)?;
    call.expect_tag(&org_tag(&org)?)?;
    let (name, code, seal, active) = call.read(|o| {
        let name = o.patch::<Line<80>>("name");
        let code = o.patch::<DivisionCode>("division_code");
        let seal = o.patch::<Line<40>>("seal_no");
        let active = o.patch::<bool>("active");
        if name == Some(Patch::Clear) {
            o.fault("name", "not_null");
        }
        if active == Some(Patch::Clear) {
            o.fault("active", "not_null");
        }
        Some((name?, code?, seal?, active?))
    })?;
    if let Patch::Set(active) = active
        && active != org.active
    {
        check_active(tx, &org, active)?;
        org.active = active;
    }
    if let Patch::Set(name) = name {
        org.name = name.0;
    }
    match code {
        Patch::Keep => {}
        Patch::Clear => org.division_code = None,
        Patch::Set(code) => org.division_code = Some(code.0),
    }
    match seal {
        Patch::Keep => {}
        Patch::Clear => org.seal_no = None,
        Patch::Set(seal) => org.seal_no = Some(seal.0),
    }
    tx.update(&org)?;
    record(tx, &org)?;
    Ok(Reply::json(200, &org)?.tagged())
}

/// A unit is closed when nothing hangs on it any more, and opened under an open parent only:
/// every case keeps exactly one holder that can act (G-36).
fn check_active(tx: &mut Tx<'_>, org: &OrgUnit, active: bool) -> Result<(), Error> {
    let mut guards = Guards::new();
    if active {
        let parent = match org.parent_id {
            Some(id) => tx.org(id)?.active,
            None => true,
        };
        guards.require(parent, Reason::ParentUnfit);
    } else {
        let free = !tx.has_active_children(org.id)? && !tx.holds_live_cases(org.id)?;
        guards.require(free, Reason::UnitInUse);
    }
    Ok(guards.done()?)
}

/// `POST /rooms`.
pub fn create_room(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageOrg)?;
    let fresh = tx.ctx.id();
    let room = call.read(|o| {
        let id = o.opt::<RoomId>("id");
        let org_id = o.req::<OrgId>("org_id");
        let name = o.req::<Line<80>>("name");
        let capacity = o.req::<Int<1, 1_000>>("capacity");
        Some(Room {
            id: id?.unwrap_or(fresh),
            org_id: org_id?,
            name: name?.0,
            capacity: i32::try_from(capacity?.0).unwrap_or(1),
            active: true,
        })
    })?;
    referred(tx.org(room.org_id), "/org_id")?;
    tx.insert(&room)?;
    let stream = format!("org/{}", room.org_id);
    let event = Event::RoomChanged { room: room.id };
    tx.record(&stream, format!("room/{}", room.id), vec![event])?;
    Ok(Reply::json(201, &room)?.header("Location", "/api/v1/rooms"))
}
