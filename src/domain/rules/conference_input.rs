//! What the acts of a conference read.

use crate::domain::ids::*;
use crate::domain::input::{Line, Obj, SecretText, Text};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

/// A conference to be held.
#[derive(Clone, Debug)]
pub struct PlanConference {
    pub id: Option<ConferenceId>,
    pub chair: String,
    pub subject: String,
    pub place: String,
    pub planned_at: Instant,
    pub units: Vec<OrgId>,
    pub materials: Vec<AttachmentId>,
}

impl PlanConference {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let chair = o.req::<Line<50>>("chair");
        let subject = o.req::<Text<1000>>("subject");
        let place = o.req::<Line<200>>("place");
        let planned_at = o.req("planned_at");
        let units = o.list("units", 40);
        let materials = o.list("materials", 50);
        Some(Self {
            id: id?,
            chair: chair?.0,
            subject: subject?.0,
            place: place?.0,
            planned_at: planned_at?,
            units: units?,
            materials: materials?,
        })
    }
}

/// Another time, and perhaps another place.
#[derive(Clone, Debug)]
pub struct MoveConference {
    pub planned_at: Instant,
    /// As it was, when absent.
    pub place: Option<String>,
    pub reason: String,
}

impl MoveConference {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let planned_at = o.req("planned_at");
        let place = o.opt::<Line<200>>("place");
        let reason = o.req::<Text<1000>>("reason");
        Some(Self {
            planned_at: planned_at?,
            place: place?.map(|p| p.0),
            reason: reason?.0,
        })
    }
}

/// Who came, what they said, who did not.
#[derive(Clone, Debug)]
pub struct HoldConference {
    pub held_at: Instant,
    pub chair: Option<String>,
    pub present: Vec<(OrgId, Vec<String>, String)>,
    pub absent: Vec<(OrgId, String)>,
    pub materials: Vec<AttachmentId>,
}

impl HoldConference {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let held_at = o.req("held_at");
        let chair = o.opt::<Line<50>>("chair");
        let present = o.objects("present", 40, |u| {
            let unit = u.req("unit_id");
            let persons = u.list::<Line<50>>("persons", 20);
            if persons.as_ref().is_some_and(Vec::is_empty) {
                u.fault("persons", "required");
            }
            let opinion = u.req::<Text<4000>>("opinion");
            let persons = persons?.into_iter().map(|p| p.0).collect();
            Some((unit?, persons, opinion?.0))
        });
        let absent = o.objects("absent", 40, |u| {
            let unit = u.req("unit_id");
            let reason = u.req::<Text<500>>("reason");
            Some((unit?, reason?.0))
        });
        let materials = o.list("materials", 50);
        Some(Self {
            held_at: held_at?,
            chair: chair?.map(|c| c.0),
            present: present?,
            absent: absent?,
            materials: materials?,
        })
    }
}

/// A resolution item as entered; what is missing in it is told with G-37.
#[derive(Clone, Debug)]
pub struct Item {
    pub unit: Option<OrgId>,
    pub text: String,
    pub due: Option<Instant>,
    /// A party put under a duty: never.
    pub party: Option<PartyId>,
}

/// The minutes and what was resolved.
#[derive(Clone, Debug)]
pub struct Resolve {
    pub minutes: Secret,
    pub items: Vec<Item>,
    pub designates: Option<OrgId>,
}

impl Resolve {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let minutes = o.req::<SecretText<20000>>("minutes");
        let items = o.objects("items", 50, |i| {
            let unit = i.opt("unit_id");
            let text = i.req::<Text<2000>>("text");
            let due = i.opt("due_at");
            let party = i.opt("party_id");
            Some(Item {
                unit: unit?,
                text: text?.0,
                due: due?,
                party: party?,
            })
        });
        let designates = o.opt("designates");
        Some(Self {
            minutes: minutes?.0,
            items: items?,
            designates: designates?,
        })
    }
}

/// A unit's hand under the minutes.
#[derive(Clone, Debug)]
pub struct SignMinutes {
    pub unit: OrgId,
    pub name: String,
    pub at: Instant,
    pub refused: bool,
    pub note: Option<String>,
}

impl SignMinutes {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let unit = o.req("unit_id");
        let name = o.req::<Line<50>>("name");
        let at = o.req("signed_at");
        let refused = o.or("refused", false);
        let note = o.opt::<Text<500>>("note");
        if refused == Some(true) && matches!(note, Some(None)) {
            o.fault("note", "required");
        }
        Some(Self {
            unit: unit?,
            name: name?.0,
            at: at?,
            refused: refused?,
            note: note?.map(|n| n.0),
        })
    }
}
