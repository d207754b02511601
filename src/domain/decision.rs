//! What a rule decided: rows to write, facts for the audit trail, messages to send.
//!
//! Rules return a [`Decision`]; the store is the only one who carries it out, in one commit.

use super::agreement::{Agreement, Obligation, Performance, Signature};
use super::case::{Case, NextStep};
use super::casefile::CaseFile;
use super::clocks::Clock;
use super::county::{CaseOwner, Conference, Supervision, Whistle};
use super::crisis::{Crisis, CrisisEntry, CrisisStep};
use super::dossier::{Dossier, DossierEntry};
use super::facts::Event;
use super::follow_up::FollowUp;
use super::ids::*;
use super::mediator::{Assignment, Recusal};
use super::movement::{Custody, Transfer};
use super::notice::{Notice, Recipient};
use super::party::{Issue, Participant, Party};
use super::party_check::PartyCheck;
use super::record::{Attachment, Evaluation, Incident};
use super::session::{Note, Session};
use super::task::Task;
use super::time::Instant;

/// A row of a case file to be inserted or updated.
macro_rules! entities {
    ($($name:ident),+ $(,)?) => {
        /// Any row that belongs to a case.
        #[derive(Clone, Debug)]
        #[allow(clippy::large_enum_variant)]
        pub enum Entity { $($name($name)),+ }
        $(impl From<$name> for Entity {
            fn from(v: $name) -> Self { Self::$name(v) }
        })+
    };
}
entities!(
    Party,
    Participant,
    Issue,
    Assignment,
    Recusal,
    Session,
    Note,
    Agreement,
    Obligation,
    Performance,
    Signature,
    Transfer,
    Custody,
    Incident,
    Attachment,
    Evaluation,
    Dossier,
    DossierEntry,
    Clock,
    Task,
    Whistle,
    Conference,
    Supervision,
    CaseOwner,
    Crisis,
    CrisisStep,
    CrisisEntry,
    FollowUp,
    PartyCheck,
);

/// One write.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Put {
    Insert(Entity),
    Update(Entity),
}

/// The outcome of a rule. It cannot be carried out without at least one [`Event`].
#[must_use]
#[derive(Clone, Debug)]
pub struct Decision {
    case: Case,
    case_changed: bool,
    new_case: bool,
    /// Step and due instant before the act.
    was: (Option<NextStep>, Option<Instant>),
    pub puts: Vec<Put>,
    pub events: Vec<Event>,
    pub notices: Vec<(Recipient, Notice)>,
}

impl Decision {
    /// A decision about an existing case.
    pub fn on(file: &CaseFile) -> Self {
        Self {
            case: file.case.clone(),
            case_changed: false,
            new_case: false,
            was: (file.case.next_step, file.case.next_due_at),
            puts: Vec::new(),
            events: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// The decision that makes a case.
    pub fn register(case: Case) -> Self {
        Self {
            case,
            case_changed: true,
            new_case: true,
            was: (None, None),
            puts: Vec::new(),
            events: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// The case as it will be.
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// The case, to be changed: raises the version when carried out.
    pub fn case_mut(&mut self) -> &mut Case {
        self.case_changed = true;
        &mut self.case
    }

    /// The act gave the case another step, or another time for it.
    pub fn step_set(&self) -> bool {
        self.was != (self.case.next_step, self.case.next_due_at)
    }

    pub fn is_new_case(&self) -> bool {
        self.new_case
    }

    pub fn case_changed(&self) -> bool {
        self.case_changed
    }

    pub fn insert(&mut self, row: impl Into<Entity>) {
        self.puts.push(Put::Insert(row.into()));
    }

    pub fn update(&mut self, row: impl Into<Entity>) {
        self.puts.push(Put::Update(row.into()));
    }

    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    pub fn tell(&mut self, to: Recipient, notice: Notice) {
        self.notices.push((to, notice));
    }
}

/// Marks that ids are made by the caller: rules take them from here, so they stay pure.
pub trait FreshIds {
    fn fresh(&mut self) -> uuid::Uuid;

    /// A fresh typed id.
    fn id<T>(&mut self) -> Id<T>
    where
        Self: Sized,
    {
        Id::new(self.fresh())
    }
}
