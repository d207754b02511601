//! What the acts of a whistle read.

use crate::domain::county::{ResponseMode, WhistleAccuracy};
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj, Text};
use crate::domain::time::Instant;

/// Which departments are called, and what for.
#[derive(Clone, Debug)]
pub struct Propose {
    pub id: Option<WhistleId>,
    pub reason: String,
    pub place: Option<String>,
    pub calls: Vec<(OrgId, String)>,
}

impl Propose {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let reason = o.req::<Text<2000>>("reason");
        let place = o.opt::<Line<200>>("place");
        let calls = o.objects("units", 20, |c| {
            let unit = c.req("unit_id");
            let need = c.req::<Text<1000>>("need");
            Some((unit?, need?.0))
        });
        Some(Self {
            id: id?,
            reason: reason?.0,
            place: place?.map(|p| p.0),
            calls: calls?,
        })
    }
}

/// What a department answers.
#[derive(Clone, Debug)]
pub struct Answer {
    pub unit: OrgId,
    pub how: How,
    /// What it says of the whistle.
    pub accuracy: Option<WhistleAccuracy>,
    pub accuracy_note: Option<String>,
}

/// It came, or says that the matter is not its own.
#[derive(Clone, Debug)]
pub enum How {
    Came {
        mode: ResponseMode,
        at: Instant,
        persons: Vec<String>,
        findings: String,
    },
    Declined {
        reason: String,
    },
}

impl Answer {
    /// Reads a response.
    pub fn read_response(o: &mut Obj<'_>) -> Option<Self> {
        let mode = o.req("mode");
        let at = o.req("at");
        let persons = o.list::<Line<50>>("persons", 20);
        if persons.as_ref().is_some_and(Vec::is_empty) {
            o.fault("persons", "required");
        }
        let findings = o.req::<Text<4000>>("findings");
        let unit = o.req("unit_id");
        let (accuracy, note) = read_accuracy(o);
        Some(Self {
            unit: unit?,
            how: How::Came {
                mode: mode?,
                at: at?,
                persons: persons?.into_iter().map(|p| p.0).collect(),
                findings: findings?.0,
            },
            accuracy: accuracy?,
            accuracy_note: note?.map(|n| n.0),
        })
    }

    /// Reads that the matter is not the department's own.
    pub fn read_decline(o: &mut Obj<'_>) -> Option<Self> {
        let unit = o.req("unit_id");
        let reason = o.req::<Text<1000>>("reason");
        let (accuracy, note) = read_accuracy(o);
        Some(Self {
            unit: unit?,
            how: How::Declined { reason: reason?.0 },
            accuracy: accuracy?,
            accuracy_note: note?.map(|n| n.0),
        })
    }
}

type Accuracy = (Option<Option<WhistleAccuracy>>, Option<Option<Text<500>>>);

fn read_accuracy(o: &mut Obj<'_>) -> Accuracy {
    (o.opt("accuracy"), o.opt("accuracy_note"))
}
