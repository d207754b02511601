//! The legal-day engine: clocks that can be explained.
//!
//! A clock is a policy in the version in force when it started, a calendar, a start and what
//! happened since (pauses, extensions, its end). When it is due is a pure function of these
//! ([`count::trace`]), and so is the explanation, from which alone [`replay::replay`] finds the
//! same instant again.
//!
//! Every period is half-open: an act is in time as long as the instant lies before `due_at`.
//! The day of the start is not counted (民法典 201). A day is counted when the clock runs at its
//! end, so a pause within one day costs nothing and one over three midnights moves the end by
//! three days.

pub mod align;
pub mod calendar_file;
pub mod clock;
pub mod codes;
pub mod count;
pub mod course;
pub mod explain;
mod kit;
pub mod ledger;
pub mod lights;
pub mod mediation;
pub mod policy_file;
pub mod replay;
mod table_tests;
pub mod trace;
pub mod wake;

pub use clock::*;
pub use codes::*;
pub use explain::Explanation;
pub use policy_file::{Policy, PolicyBook};
