//! Reads of personal data and denied accesses, recorded before the first byte of the answer.
//!
//! Every node writes its own hourly stream; records that arrive together share one commit.

use tokio::sync::{mpsc, oneshot};

use super::db::Db;
use crate::ctx::Ctx;
use crate::domain::facts::Event;
use crate::error::{Code, Error};

/// One record waiting for its commit.
struct Entry {
    ctx: Ctx,
    object: String,
    outcome: &'static str,
    event: Event,
    done: oneshot::Sender<bool>,
}

/// The door to the access log of this node.
#[derive(Clone, Debug)]
pub struct AccessLog {
    queue: mpsc::Sender<Entry>,
}

/// How many records one commit takes at most.
const BATCH: usize = 256;

impl AccessLog {
    /// Starts the writer. `node` names this process in stream names.
    pub fn start(db: Db, node: String) -> Self {
        let (queue, mut rx) = mpsc::channel::<Entry>(4_096);
        tokio::spawn(async move {
            while let Some(first) = rx.recv().await {
                let mut batch = vec![first];
                while batch.len() < BATCH {
                    match rx.try_recv() {
                        Ok(e) => batch.push(e),
                        Err(_) => break,
                    }
                }
                write(&db, &node, batch).await;
            }
        });
        Self { queue }
    }

    /// Records one access; returns after the commit. Fails closed.
    pub async fn record(
        &self,
        ctx: &Ctx,
        object: String,
        outcome: &'static str,
        event: Event,
    ) -> Result<(), Error> {
        let (done, ok) = oneshot::channel();
        let entry = Entry {
            ctx: ctx.clone(),
            object,
            outcome,
            event,
            done,
        };
        let closed = || Error::Wait(Code::Unavailable, 2);
        self.queue.send(entry).await.map_err(|_| closed())?;
        match ok.await {
            Ok(true) => Ok(()),
            _ => Err(closed()),
        }
    }
}

async fn write(db: &Db, node: &str, batch: Vec<Entry>) {
    let Some(ctx) = batch.first().map(|e| e.ctx.clone()) else {
        return;
    };
    let hour: String = ctx.now.to_string().chars().take(13).collect();
    let stream = format!("reads/{node}/{}", hour.replace('T', "-"));
    let mut facts = Vec::with_capacity(batch.len());
    let mut waiting = Vec::with_capacity(batch.len());
    for e in batch {
        facts.push((e.ctx, e.object, e.outcome, e.event));
        waiting.push(e.done);
    }
    let out = db
        .write(ctx, move |tx| tx.record_accesses(&stream, &facts))
        .await;
    if let Err(e) = &out {
        tracing::error!(error = ?e, "access log write failed");
    }
    for done in waiting {
        let _ = done.send(out.is_ok());
    }
}
