//! Signals that a case may be made up: what a person found on looking. Nothing follows by itself.

use super::require;
use crate::call::Call;
use crate::domain::facts::Event;
use crate::domain::input::Text;
use crate::domain::policy::Action;
use crate::domain::signals::{Signal, SignalReview};
use crate::error::Error;
use crate::queries::signals::{open, view_of};
use crate::reply::Reply;
use crate::store::tx::Tx;

/// `POST /fabrication-signals/{signal_id}/review`.
pub fn review(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ReviewSignals)?;
    let seen = open(tx, call.id("signal_id")?)?;
    let (outcome, note) = call.read(|o| {
        let outcome = o.req::<SignalReview>("outcome");
        let note = o.req::<Text<2000>>("note");
        if outcome == Some(SignalReview::Open) {
            o.fault("outcome", "unknown_code");
        }
        Some((outcome?, note?.0))
    })?;
    let signal = Signal {
        review: outcome,
        note: Some(note),
        reviewed_by: Some(tx.ctx.actor.user_id),
        reviewed_at: Some(tx.ctx.now),
        reviewed_score: Some(seen.score),
        ..seen
    };
    tx.update(&signal)?;
    let event = Event::SignalReviewed {
        signal: signal.id,
        outcome,
        score: signal.score,
    };
    // In a stream of its own: the timeline of the case is read by those it is about.
    tx.record("signals", format!("signal/{}", signal.id), vec![event])?;
    let view = view_of(tx, vec![signal])?.pop();
    Reply::json(200, &view.ok_or_else(Error::not_found)?)
}
