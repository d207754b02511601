//! The inbox, preferences, webhook subscriptions and their deliveries.

use std::collections::HashMap;

use serde::Serialize;

use crate::call::{Call, Page};
use crate::domain::codes::{Code as _, Lang};
use crate::domain::ids::*;
use crate::domain::notice::NoticeKind;
use crate::domain::policy::{Action, Verdict, decide, decide_general};
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::outbox_desk::STATES;
use crate::store::tables::system::{InboxItem, OutboxRow, PreferenceRow, WebhookRow};
use crate::store::tx::Snap;

/// Refuses who has no role for this.
fn allow(snap: &Snap<'_>, action: Action) -> Result<(), Error> {
    match decide_general(&snap.ctx.actor, action) {
        Verdict::Allow => Ok(()),
        _ => Err(Error::of(Code::Forbidden)),
    }
}

/// An inbox item as its owner sees it.
#[derive(Debug, Serialize)]
pub struct InboxView {
    pub id: InboxId,
    pub kind: NoticeKind,
    pub title: &'static str,
    /// Only while the owner may see the case.
    pub case_id: Option<CaseId>,
    pub session_id: Option<SessionId>,
    pub created_at: Instant,
    pub read_at: Option<Instant>,
}

/// Which cases the caller may still see; each is asked for once.
#[derive(Default)]
pub struct SeenCases(HashMap<CaseId, bool>);

impl SeenCases {
    fn may_see(&mut self, snap: &mut Snap<'_>, id: CaseId) -> Result<bool, Error> {
        if let Some(known) = self.0.get(&id) {
            return Ok(*known);
        }
        let sees = match snap.case_scope(id) {
            Ok(scope) => decide(&snap.ctx.actor, Action::ViewCase, &scope) == Verdict::Allow,
            Err(e) if e.status() == 404 => false,
            Err(e) => return Err(e),
        };
        self.0.insert(id, sees);
        Ok(sees)
    }

    /// The view of one item.
    pub fn view(&mut self, snap: &mut Snap<'_>, item: InboxItem) -> Result<InboxView, Error> {
        let sees = match item.case_id {
            Some(id) => self.may_see(snap, id)?,
            None => true,
        };
        Ok(InboxView {
            id: item.id,
            kind: item.kind,
            title: item.kind.label(snap.ctx.lang),
            case_id: item.case_id.filter(|_| sees),
            session_id: item.session_id.filter(|_| sees),
            created_at: item.created_at,
            read_at: item.read_at,
        })
    }
}

/// `GET /inbox`: one's own notices, newest first.
pub fn inbox(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    allow(snap, Action::Myself)?;
    let q = call.query();
    let unread = q.get::<bool>("unread")?.unwrap_or(false);
    let page = q.page::<InboxId>()?;
    q.finish()?;
    let me = snap.ctx.actor.user_id;
    let rows = snap.inbox(me, unread, page.after, page.fetch())?;
    let cut = page.cut(&call.env, rows, |item| item.id, |item| item)?;
    let mut seen = SeenCases::default();
    let data = cut
        .data
        .into_iter()
        .map(|item| seen.view(snap, item))
        .collect::<Result<Vec<_>, _>>()?;
    Page {
        data,
        page: cut.page,
    }
    .reply()
}

/// What a user wants to be told of one kind.
#[derive(Debug, Serialize)]
pub struct PreferenceView {
    pub kind: NoticeKind,
    pub title: &'static str,
    pub mail: bool,
    pub inbox: bool,
    /// Cannot be switched off.
    pub always: bool,
}

/// Every kind with the stored preferences applied.
pub fn preference_views(rows: &[PreferenceRow], lang: Lang) -> Vec<PreferenceView> {
    let wants = |kind: NoticeKind, channel: &str| {
        kind.is_always_told()
            || !rows
                .iter()
                .any(|r| r.kind == kind && r.channel == channel && !r.enabled)
    };
    NoticeKind::ALL
        .iter()
        .map(|kind| PreferenceView {
            kind: *kind,
            title: kind.label(lang),
            mail: wants(*kind, "mail"),
            inbox: wants(*kind, "inbox"),
            always: kind.is_always_told(),
        })
        .collect()
}

/// A list that fits one answer.
#[derive(Debug, Serialize)]
pub struct Whole<V> {
    pub data: Vec<V>,
}

/// `GET /notice-preferences`.
pub fn preferences(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    allow(snap, Action::Myself)?;
    call.query().finish()?;
    let me = snap.ctx.actor.user_id;
    let rows = snap.preferences(me)?;
    let data = preference_views(&rows, snap.ctx.lang);
    Reply::json(200, &Whole { data })
}

/// A subscription; its secret is shown once, when it is made.
#[derive(Debug, Serialize)]
pub struct WebhookView {
    pub id: WebhookId,
    pub url: String,
    /// Event names; empty means all.
    pub events: Vec<String>,
    pub active: bool,
    pub disabled_reason: Option<String>,
    /// Until then the secret before this one signs as well.
    pub old_secret_until: Option<Instant>,
    pub created_by: UserId,
    pub created_at: Instant,
}

impl WebhookView {
    pub fn of(hook: &WebhookRow, now: Instant) -> Self {
        Self {
            id: hook.id,
            url: hook.url.clone(),
            events: hook.events.clone(),
            active: hook.active,
            disabled_reason: hook.disabled_reason.clone(),
            old_secret_until: hook.old_secret_until.filter(|until| *until > now),
            created_by: hook.created_by,
            created_at: hook.created_at,
        }
    }
}

/// `GET /webhooks`.
pub fn webhooks(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    allow(snap, Action::ManageWebhooks)?;
    call.query().finish()?;
    let now = snap.ctx.now;
    let rows = snap.webhooks()?;
    let data: Vec<WebhookView> = rows.iter().map(|h| WebhookView::of(h, now)).collect();
    Reply::json(200, &Whole { data })
}

/// A message to a subscription. It does not say which case it is about: who manages webhooks may
/// not know cases.
#[derive(Debug, Serialize)]
pub struct DeliveryView {
    /// The `webhook-id` of every attempt.
    pub id: MessageId,
    pub event: String,
    pub state: String,
    pub attempts: i32,
    /// When the next attempt is due.
    pub due_at: Option<Instant>,
    pub last_error: Option<String>,
    pub created_at: Instant,
    pub settled_at: Option<Instant>,
}

impl DeliveryView {
    pub fn of(row: &OutboxRow) -> Self {
        Self {
            id: row.id,
            event: row.kind.clone(),
            state: row.state.clone(),
            attempts: row.attempts,
            due_at: (row.state == "due").then_some(row.due_at),
            last_error: row.last_error.clone(),
            created_at: row.created_at,
            settled_at: row.settled_at,
        }
    }
}

/// `GET /webhooks/{webhook_id}/deliveries`, newest first.
pub fn deliveries(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    allow(snap, Action::ManageWebhooks)?;
    let q = call.query();
    let state = match q.text("state") {
        None => None,
        Some(text) => Some(
            STATES
                .iter()
                .copied()
                .find(|s| *s == text)
                .ok_or_else(|| Error::with(Code::BadQuery, "state"))?,
        ),
    };
    let page = q.page::<MessageId>()?;
    q.finish()?;
    let hook = snap.webhook(call.id("webhook_id")?)?;
    let rows = snap.deliveries(hook.id, state, page.after, page.fetch())?;
    page.cut(&call.env, rows, |r| r.id, |r| DeliveryView::of(&r))?
        .reply()
}
