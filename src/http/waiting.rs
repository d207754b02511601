//! How long a connection is waited for between two answers. The dispatcher's own timer runs for the
//! first head of a connection only; a later head could come one byte a minute for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// From the beginning of a connection to the end of its first head.
pub const HEAD: Duration = Duration::from_secs(5);
/// From the first byte of a later head to its end; longer, so that a slow first head is answered.
const LATER_HEAD: Duration = Duration::from_secs(6);
/// Between two requests of a connection.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Nothing at all, whatever the dispatcher makes of it.
const SILENCE: Duration = Duration::from_secs(80);

/// Whether a request of the connection is in hand; its body has limits of its own.
#[derive(Clone, Default)]
pub struct InHand(Arc<AtomicBool>);

impl InHand {
    /// In hand until the guard is dropped.
    pub fn take(&self) -> Working {
        self.0.store(true, Ordering::Relaxed);
        Working(self.clone())
    }

    fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request in hand.
pub struct Working(InHand);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}

/// The patience with one connection.
pub struct Waiting {
    in_hand: InHand,
    since: Instant,
    head_begun: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            in_hand: InHand::default(),
            since: Instant::now(),
            head_begun: false,
            timer: None,
        }
    }
}

impl Waiting {
    pub fn in_hand(&self) -> &InHand {
        &self.in_hand
    }

    /// Bytes came.
    pub fn heard(&mut self) {
        if !self.head_begun && !self.in_hand.is() {
            self.head_begun = true;
            self.since = Instant::now();
        }
    }

    /// Bytes were sent.
    pub fn answered(&mut self) {
        self.head_begun = false;
        self.since = Instant::now();
    }

    /// Ready when the connection has been waited for long enough.
    pub fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.in_hand.is() {
            return Poll::Pending;
        }
        let patience = if self.head_begun { LATER_HEAD } else { SILENCE };
        let over = self.since + patience;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(over)));
        // A timer that is too early is only set anew when it rings: most connections never need it.
        if timer.deadline() > over {
            timer.as_mut().reset(over);
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            if Instant::now() >= over {
                return Poll::Ready(());
            }
            timer.as_mut().reset(over);
        }
    }
}
