//! Marks in the inbox, preferences, webhook subscriptions.

use serde::Serialize;

use super::require;
use crate::call::Call;
use crate::crypto::secret::webhook_secret;
use crate::domain::codes::Code as _;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Int, Line, Obj};
use crate::domain::notice::NoticeKind;
use crate::domain::policy::Action;
use crate::domain::secret::Secret;
use crate::error::{Code, Error};
use crate::queries::notifications::{
    DeliveryView, SeenCases, WebhookView, Whole, preference_views,
};
use crate::reply::Reply;
use crate::store::tables::system::WebhookRow;
use crate::store::tx::Tx;

fn my_stream(tx: &Tx<'_>) -> String {
    format!("user/{}", tx.ctx.actor.user_id)
}

/// `POST /inbox/{inbox_id}/read`.
pub fn read(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::Myself)?;
    call.read_nothing()?;
    let me = tx.ctx.actor.user_id;
    let id: InboxId = call.id("inbox_id")?;
    if tx.mark_read(me, id)? {
        let fact = Event::InboxRead { items: 1 };
        tx.record(&my_stream(tx), format!("inbox/{id}"), vec![fact])?;
    }
    let item = tx.inbox_item(me, id)?;
    let view = SeenCases::default().view(tx, item)?;
    Reply::json(200, &view)
}

/// How many items were marked.
#[derive(Debug, Serialize)]
struct Marked {
    read: usize,
}

/// `POST /inbox/read-all`: all, or those up to the newest one the caller saw.
pub fn read_all(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::Myself)?;
    let up_to = call.read(|o| o.opt::<InboxId>("up_to"))?;
    let read = tx.mark_all_read(tx.ctx.actor.user_id, up_to)?;
    if read > 0 {
        let items = i64::try_from(read).map_err(Error::internal)?;
        let fact = Event::InboxRead { items };
        tx.record(&my_stream(tx), "inbox".to_owned(), vec![fact])?;
    }
    Reply::json(200, &Marked { read })
}

struct Wanted {
    kind: NoticeKind,
    mail: bool,
    inbox: bool,
}

impl Wanted {
    fn read(o: &mut Obj<'_>) -> Option<Self> {
        let kind = o.req::<NoticeKind>("kind");
        let mail = o.or("mail", true);
        let inbox = o.or("inbox", true);
        let out = Self {
            kind: kind?,
            mail: mail?,
            inbox: inbox?,
        };
        if out.kind.is_always_told() {
            for (name, wanted) in [("mail", out.mail), ("inbox", out.inbox)] {
                if !wanted {
                    o.fault(name, "always_told");
                }
            }
        }
        Some(out)
    }
}

/// `PUT /notice-preferences`: the whole set; kinds that are not named are wanted.
pub fn set_preferences(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::Myself)?;
    let wanted = call.read(|o| {
        // An empty body would switch everything on again by accident.
        if !o.has("preferences") {
            o.fault("preferences", "required");
        }
        o.objects("preferences", NoticeKind::ALL.len(), Wanted::read)
    })?;
    for (i, one) in wanted.iter().enumerate() {
        if wanted
            .iter()
            .take(i)
            .any(|earlier| earlier.kind == one.kind)
        {
            return Err(Error::invalid(
                format!("/preferences/{i}/kind"),
                "duplicate",
            ));
        }
    }
    let me = tx.ctx.actor.user_id;
    let before = preference_views(&tx.preferences(me)?, tx.ctx.lang);
    let off: Vec<(NoticeKind, &'static str)> = wanted
        .iter()
        .flat_map(|w| [(w.kind, "mail", w.mail), (w.kind, "inbox", w.inbox)])
        .filter(|(_, _, wanted)| !wanted)
        .map(|(kind, channel, _)| (kind, channel))
        .collect();
    let changed: Vec<Event> = before
        .iter()
        .filter(|v| {
            let is_on = |channel| !off.contains(&(v.kind, channel));
            (v.mail, v.inbox) != (is_on("mail"), is_on("inbox"))
        })
        .map(|v| Event::PreferenceChanged { kind: v.kind })
        .collect();
    if !changed.is_empty() {
        tx.set_preferences(me, &off)?;
        tx.record(&my_stream(tx), "preferences".to_owned(), changed)?;
    }
    let data = preference_views(&tx.preferences(me)?, tx.ctx.lang);
    Reply::json(200, &Whole { data })
}

/// A subscription with its secret, answered once.
#[derive(Serialize)]
struct WithSecret {
    #[serde(flatten)]
    webhook: WebhookView,
    secret: String,
}

fn fresh_secret() -> Result<Secret, Error> {
    let secret = webhook_secret().map_err(Error::internal)?;
    Ok(Secret::new(secret.expose()))
}

fn record_change(tx: &mut Tx<'_>, webhook: WebhookId) -> Result<(), Error> {
    let fact = Event::WebhookChanged { webhook };
    tx.record("system", format!("webhook/{webhook}"), vec![fact])
}

/// `POST /webhooks`.
pub fn create_webhook(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageWebhooks)?;
    let policy = &call.env.webhooks;
    let (id, url, events) = call.read(|o| {
        let id = o.opt::<WebhookId>("id");
        let url = o.req::<Line<2048>>("url");
        let events = o.list::<Line<64>>("events", Event::CODES.len());
        if let Some(url) = &url
            && let Err(fault) = policy.check_url(&url.0)
        {
            o.fault("url", fault.code());
        }
        if let Some(events) = &events
            && events.iter().any(|e| !Event::CODES.contains(&e.0.as_str()))
        {
            o.fault("events", "unknown_code");
        }
        Some((id?, url?, events?))
    })?;
    let secret = fresh_secret()?;
    let hook = WebhookRow {
        id: id.unwrap_or_else(|| tx.ctx.id()),
        url: url.0,
        secret: secret.clone(),
        old_secret: None,
        old_secret_until: None,
        events: events.into_iter().map(|e| e.0).collect(),
        active: true,
        disabled_reason: None,
        created_by: tx.ctx.actor.user_id,
        created_at: tx.ctx.now,
    };
    tx.insert(&hook)?;
    record_change(tx, hook.id)?;
    let view = WithSecret {
        webhook: WebhookView::of(&hook, tx.ctx.now),
        secret: secret.reveal().to_owned(),
    };
    let place = format!("/api/v1/webhooks/{}", hook.id);
    Ok(Reply::json(201, &view)?.header("Location", place))
}

/// `DELETE /webhooks/{webhook_id}`: no more messages; those queued are dropped.
pub fn delete_webhook(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageWebhooks)?;
    let mut hook = tx.webhook(call.id("webhook_id")?)?;
    if hook.active {
        hook.active = false;
        hook.disabled_reason = Some("deleted".to_owned());
        tx.update(&hook)?;
        record_change(tx, hook.id)?;
    }
    Ok(Reply::empty(204))
}

fn active(tx: &mut Tx<'_>, call: &Call) -> Result<WebhookRow, Error> {
    let hook = tx.webhook(call.id("webhook_id")?)?;
    if hook.active {
        Ok(hook)
    } else {
        Err(Error::with(Code::Conflict, "inactive"))
    }
}

/// Hours for which the old secret signs as well, unless told otherwise.
const OVERLAP_HOURS: i64 = 24;

/// `POST /webhooks/{webhook_id}/rotate-secret`: a new secret; the old one signs beside it for
/// `overlap_hours` (0 to 168), so that the receiver can change over.
pub fn rotate_secret(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageWebhooks)?;
    let hours = call.read(|o| o.or("overlap_hours", Int::<0, 168>(OVERLAP_HOURS)))?;
    let mut hook = active(tx, call)?;
    let secret = fresh_secret()?;
    let old = std::mem::replace(&mut hook.secret, secret.clone());
    hook.old_secret = (hours.0 > 0).then_some(old);
    hook.old_secret_until = (hours.0 > 0).then(|| tx.ctx.now.plus_hours(hours.0));
    tx.update(&hook)?;
    record_change(tx, hook.id)?;
    let view = WithSecret {
        webhook: WebhookView::of(&hook, tx.ctx.now),
        secret: secret.reveal().to_owned(),
    };
    Reply::json(200, &view)
}

/// `POST /webhooks/{webhook_id}/deliveries/{message_id}/retry`: sends a message again, dead or
/// delivered, under the same `webhook-id`.
pub fn retry_delivery(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageWebhooks)?;
    call.read_nothing()?;
    let hook = active(tx, call)?;
    let row = tx.resend(hook.id, call.id("message_id")?)?;
    Reply::json(200, &DeliveryView::of(&row))
}
