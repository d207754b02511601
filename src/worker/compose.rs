//! From a queued message to what goes over the wire. Pure: the facts were read a moment ago.

use super::ics::{Invite, Method};
use super::letter::{Letter, MailAddress};
use super::templates::{Fill, Kind, invite_summary, render};
use super::webhook::{Delivery, SigningKey};
use crate::crypto::secret::SecretText;
use crate::domain::codes::Code;
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::session::SessionState;
use crate::domain::time::Instant;
use crate::store::outbox_facts::{LetterFacts, SessionFacts};
use crate::store::tables::system::{OutboxRow, WebhookRow};

/// Who sends, and where links lead.
#[derive(Clone, Debug)]
pub struct Desk {
    pub from: MailAddress,
    /// Base of links, without a trailing slash.
    pub public_url: String,
    /// Host part of Message-IDs and calendar UIDs.
    pub mail_domain: String,
}

/// The letter of a notice, as things stand now.
///
/// # Errors
/// A short reason; no later attempt can do better.
pub fn letter(
    row: &OutboxRow,
    notice: &Notice,
    facts: &LetterFacts,
    code: Option<&SecretText>,
    desk: &Desk,
) -> Result<Letter, &'static str> {
    let session = facts.session.as_ref();
    let kind = kind_now(notice.kind, session);
    let template = Kind::from_code(kind.code()).ok_or("no text for this kind")?;
    let link = match row.case_id {
        _ if code.is_some() => format!("{}/confirm", desk.public_url),
        Some(id) => format!("{}/cases/{id}", desk.public_url),
        None => format!("{}/", desk.public_url),
    };
    let local_time = session.map(|s| s.from.local_text()).unwrap_or_default();
    let text = render(
        template,
        facts.lang,
        &Fill {
            case_code: &facts.case_code,
            link: &link,
            local_time: &local_time,
            session_number: session.and_then(|s| u32::try_from(s.no).ok()),
            one_use_code: code.map_or("", SecretText::expose),
        },
    );
    let invite = session
        .filter(|_| has_calendar(kind))
        .map(|s| invite(kind, s, row, facts, desk, link));
    Ok(Letter {
        message_id: format!("<{}@{}>", row.message_id, desk.mail_domain),
        date_micros: row.created_at.0,
        from: desk.from.clone(),
        to: MailAddress {
            name: String::new(),
            address: facts.address.clone(),
        },
        subject: text.subject,
        text: text.text,
        invite,
    })
}

/// A meeting that will not take place is not invited to, whatever was to be said when the
/// message was queued.
fn kind_now(kind: NoticeKind, session: Option<&SessionFacts>) -> NoticeKind {
    let off = session
        .is_some_and(|s| matches!(s.state, SessionState::Cancelled | SessionState::Postponed));
    if off && has_calendar(kind) {
        NoticeKind::SessionCancelled
    } else {
        kind
    }
}

/// Kinds that carry a calendar part.
pub fn has_calendar(kind: NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::SessionInvited
            | NoticeKind::SessionChanged
            | NoticeKind::SessionCancelled
            | NoticeKind::SessionReminder
    )
}

fn invite(
    kind: NoticeKind,
    session: &SessionFacts,
    row: &OutboxRow,
    facts: &LetterFacts,
    desk: &Desk,
    link: String,
) -> Invite {
    Invite {
        uid: format!("{}@{}", session.id, desk.mail_domain),
        sequence: u32::try_from(session.sequence).unwrap_or(0),
        method: if kind == NoticeKind::SessionCancelled {
            Method::Cancel
        } else {
            Method::Request
        },
        starts_at_micros: session.from.0,
        ends_at_micros: session.to.0,
        summary: invite_summary(facts.lang).to_owned(),
        location: session.room.clone().unwrap_or_default(),
        description: String::new(),
        url: link,
        organizer: desk.from.address.clone(),
        attendee: facts.address.clone(),
        dtstamp_micros: row.created_at.0,
    }
}

/// The delivery of a message to a subscription: signed by the new secret, and by the old one
/// while both are in use.
///
/// # Errors
/// A short reason; no later attempt can do better.
pub fn delivery(
    row: &OutboxRow,
    hook: &WebhookRow,
    now: Instant,
) -> Result<Delivery, &'static str> {
    let old = hook
        .old_secret
        .as_ref()
        .filter(|_| hook.old_secret_until.is_some_and(|until| now < until));
    let keys: Option<Vec<SigningKey>> = std::iter::once(&hook.secret)
        .chain(old)
        .map(|s| SigningKey::parse(s.reveal()))
        .collect();
    Ok(Delivery {
        url: hook.url.clone(),
        id: row.message_id.clone(),
        timestamp: now.unix(),
        body: serde_json::to_vec(&row.payload).map_err(|_| "payload unreadable")?,
        keys: keys.ok_or("webhook secret unreadable")?,
        trace: row.traceparent.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::codes::Lang;
    use crate::domain::ids::*;
    use crate::domain::secret::Secret;
    use serde_json::json;

    fn id<T>(n: u128) -> Id<T> {
        Id::new(uuid::Uuid::from_u128(n))
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn row() -> OutboxRow {
        OutboxRow {
            id: id(1),
            channel: "mail".into(),
            kind: "session_invited".into(),
            user_id: Some(id(2)),
            party_id: None,
            participant_id: None,
            webhook_id: None,
            case_id: Some(id(3)),
            payload: json!({"type": "x"}),
            message_id: id::<()>(1).to_string(),
            state: "leased".into(),
            attempts: 1,
            due_at: at("2026-03-02T10:00:00+08:00"),
            lease_until: None,
            lease_token: None,
            last_error: None,
            created_at: at("2026-03-02T10:00:00+08:00"),
            settled_at: None,
            traceparent: None,
        }
    }

    fn desk() -> Desk {
        Desk {
            from: MailAddress {
                name: "解忧".into(),
                address: "desk@jieyou.example".into(),
            },
            public_url: "https://jieyou.example".into(),
            mail_domain: "jieyou.example".into(),
        }
    }

    fn facts(state: SessionState) -> LetterFacts {
        LetterFacts {
            address: "lin@yunling.example".into(),
            lang: Lang::Zh,
            case_code: "YL-7K3D-9QWM-5".into(),
            session: Some(SessionFacts {
                id: id(4),
                no: 2,
                sequence: 3,
                state,
                from: at("2026-03-05T09:00:00+08:00"),
                to: at("2026-03-05T11:00:00+08:00"),
                room: Some("凤溪调解室".into()),
            }),
        }
    }

    #[test]
    fn an_invitation_tells_time_place_and_version() {
        let notice = Notice::session(NoticeKind::SessionInvited, id(4));
        let letter = letter(
            &row(),
            &notice,
            &facts(SessionState::Notified),
            None,
            &desk(),
        )
        .unwrap();
        assert_eq!(letter.subject, "办件 YL-7K3D-9QWM-5：会面安排");
        assert!(letter.text.contains("时间：2026-03-05 09:00"));
        let invite = letter.invite.unwrap();
        assert_eq!(invite.uid, format!("{}@jieyou.example", id::<()>(4)));
        assert_eq!((invite.sequence, invite.method), (3, Method::Request));
        assert_eq!(invite.location, "凤溪调解室");
        assert_eq!(invite.attendee, "lin@yunling.example");
        assert_eq!(
            letter.message_id,
            format!("<{}@jieyou.example>", id::<()>(1))
        );
    }

    #[test]
    fn a_late_invitation_to_a_meeting_that_is_off_cancels_it() {
        for state in [SessionState::Cancelled, SessionState::Postponed] {
            let notice = Notice::session(NoticeKind::SessionInvited, id(4));
            let letter = letter(&row(), &notice, &facts(state), None, &desk()).unwrap();
            assert!(letter.subject.ends_with("会面取消"));
            assert_eq!(letter.invite.unwrap().method, Method::Cancel);
        }
        // Somebody taken off the list is told so although the meeting takes place.
        let notice = Notice::session(NoticeKind::SessionCancelled, id(4));
        let letter = letter(
            &row(),
            &notice,
            &facts(SessionState::Notified),
            None,
            &desk(),
        )
        .unwrap();
        assert_eq!(letter.invite.unwrap().method, Method::Cancel);
    }

    #[test]
    fn every_kind_of_notice_has_a_letter() {
        for kind in NoticeKind::ALL {
            let notice = Notice::of(*kind);
            let plain = LetterFacts {
                session: None,
                ..facts(SessionState::Planned)
            };
            let letter = letter(&row(), &notice, &plain, None, &desk()).unwrap();
            assert!(letter.invite.is_none() && !letter.subject.is_empty());
        }
    }

    #[test]
    fn the_old_secret_signs_for_its_time_only() {
        let secret = |n: u8| Secret::new(SigningKey::format(&[n; 32]).to_string());
        let now = at("2026-03-02T10:00:00+08:00");
        let mut hook = WebhookRow {
            id: id(9),
            url: "https://hooks.example/in".into(),
            secret: secret(1),
            old_secret: Some(secret(2)),
            old_secret_until: Some(now.plus_hours(1)),
            events: Vec::new(),
            active: true,
            disabled_reason: None,
            created_by: id(2),
            created_at: now,
        };
        assert_eq!(delivery(&row(), &hook, now).unwrap().keys.len(), 2);
        let later = now.plus_hours(1);
        assert_eq!(delivery(&row(), &hook, later).unwrap().keys.len(), 1);
        hook.secret = Secret::new("whsec_x");
        assert!(delivery(&row(), &hook, now).is_err());
    }
}
