//! Calendar invitations (RFC 5545, iTIP RFC 5546): one VEVENT in UTC, with nothing that tells
//! what the meeting is about.

use super::text::{clean_line, clean_text};
use std::fmt::Write as _;

/// What the recipient's calendar is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Add or update the event.
    Request,
    /// Remove the event.
    Cancel,
}

impl Method {
    /// The iTIP name, also used in the MIME type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// One invitation. `uid` stays the same over all versions of a session; `sequence` rises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// `session id@domain`.
    pub uid: String,
    /// Version of the session.
    pub sequence: u32,
    /// Add/update or remove.
    pub method: Method,
    /// Start, Unix time in microseconds.
    pub starts_at_micros: i64,
    /// End, Unix time in microseconds; must not lie before the start.
    pub ends_at_micros: i64,
    /// Neutral title, see `templates::invite_summary`.
    pub summary: String,
    /// Place; may be empty.
    pub location: String,
    /// Neutral text; may be empty.
    pub description: String,
    /// Link that needs a login; may be empty.
    pub url: String,
    /// Mail address of the sending desk.
    pub organizer: String,
    /// Mail address of the recipient.
    pub attendee: String,
    /// When this version was made, Unix time in microseconds.
    pub dtstamp_micros: i64,
}

/// Why an invitation cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IcsError {
    /// A time is out of range, or the end lies before the start.
    Time,
    /// The UID is empty after cleaning.
    Uid,
}

impl std::fmt::Display for IcsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Time => "calendar time out of range",
            Self::Uid => "calendar UID empty",
        })
    }
}

impl std::error::Error for IcsError {}

const MAX_FIELD: usize = 500;

/// Writes the invitation as `text/calendar` with CRLF line ends and folded lines.
///
/// # Errors
/// [`IcsError`] when a time or the UID is unusable.
pub fn render(invite: &Invite) -> Result<String, IcsError> {
    if invite.ends_at_micros < invite.starts_at_micros {
        return Err(IcsError::Time);
    }
    let uid = clean_line(&invite.uid, MAX_FIELD);
    if uid.is_empty() {
        return Err(IcsError::Uid);
    }
    let status = match invite.method {
        Method::Request => "CONFIRMED",
        Method::Cancel => "CANCELLED",
    };
    let mut out = String::new();
    let mut line = |text: String| fold(&mut out, &text);
    line("BEGIN:VCALENDAR".into());
    line("VERSION:2.0".into());
    line("PRODID:-//Jieyou//Jieyou//EN".into());
    line("CALSCALE:GREGORIAN".into());
    line(format!("METHOD:{}", invite.method.as_str()));
    line("BEGIN:VEVENT".into());
    line(format!("UID:{}", escape(&uid)));
    line(format!("SEQUENCE:{}", invite.sequence));
    line(format!("DTSTAMP:{}", utc(invite.dtstamp_micros)?));
    line(format!("DTSTART:{}", utc(invite.starts_at_micros)?));
    line(format!("DTEND:{}", utc(invite.ends_at_micros)?));
    line(format!("STATUS:{status}"));
    line(format!(
        "SUMMARY:{}",
        escape(&clean_line(&invite.summary, MAX_FIELD))
    ));
    for (name, value) in [
        ("LOCATION", &invite.location),
        ("DESCRIPTION", &invite.description),
    ] {
        let value = escape(&clean_text(value));
        if !value.is_empty() {
            line(format!("{name}:{value}"));
        }
    }
    let url: String = clean_line(&invite.url, 2_000).split(' ').collect();
    if !url.is_empty() {
        line(format!("URL:{url}"));
    }
    line(format!("ORGANIZER:mailto:{}", mailto(&invite.organizer)));
    line(format!(
        "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:{}",
        mailto(&invite.attendee)
    ));
    line("CLASS:PRIVATE".into());
    line("END:VEVENT".into());
    line("END:VCALENDAR".into());
    Ok(out)
}

fn utc(micros: i64) -> Result<String, IcsError> {
    let stamp = jiff::Timestamp::from_microsecond(micros).map_err(|_| IcsError::Time)?;
    let text = stamp.strftime("%Y%m%dT%H%M%SZ").to_string();
    // RFC 5545 knows four-digit years only.
    if text.len() == 16 {
        Ok(text)
    } else {
        Err(IcsError::Time)
    }
}

/// RFC 5545 TEXT escaping; the input is already free of controls other than CRLF.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => {}
            _ => out.push(c),
        }
    }
    out
}

/// The address part of a `mailto:` URI: everything outside a safe set is percent-encoded.
fn mailto(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for byte in clean_line(address, 254).bytes() {
        if byte.is_ascii_alphanumeric() || b"@.-_+".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Appends one content line, folded at 75 octets without splitting a character.
fn fold(out: &mut String, line: &str) {
    let mut width = 0_usize;
    for c in line.chars() {
        if width.saturating_add(c.len_utf8()) > 75 {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width = width.saturating_add(c.len_utf8());
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Invite {
        Invite {
            uid: "0190-session@jieyou.example".into(),
            sequence: 3,
            method: Method::Request,
            starts_at_micros: 1_767_225_600_000_000,
            ends_at_micros: 1_767_229_200_000_000,
            summary: "会面安排".into(),
            location: "服务中心二楼, 2号室; 东侧".into(),
            description: "办件 YL-7K2M-93QF\n请登录查看".into(),
            url: "https://jieyou.example/s/1".into(),
            organizer: "desk@jieyou.example".into(),
            attendee: "a?b@jieyou.example".into(),
            dtstamp_micros: 1_767_000_000_000_000,
        }
    }

    #[test]
    fn request_and_cancel_are_whole() {
        let text = render(&invite()).unwrap();
        for part in [
            "METHOD:REQUEST\r\n",
            "UID:0190-session@jieyou.example\r\n",
            "SEQUENCE:3\r\n",
            "DTSTART:20260101T000000Z\r\n",
            "DTEND:20260101T010000Z\r\n",
            "STATUS:CONFIRMED\r\n",
            "LOCATION:服务中心二楼\\, 2号室\\; 东侧\r\n",
            "DESCRIPTION:办件 YL-7K2M-93QF\\n请登录查看\r\n",
            "RSVP=FALSE:mailto:a%3Fb\r\n @jieyou.example\r\n",
        ] {
            assert!(text.contains(part), "{part} not in {text}");
        }
        let gone = render(&Invite {
            method: Method::Cancel,
            sequence: 4,
            ..invite()
        })
        .unwrap();
        assert!(gone.contains("METHOD:CANCEL\r\n") && gone.contains("STATUS:CANCELLED\r\n"));
        assert!(
            gone.contains("SEQUENCE:4\r\n") && gone.contains("UID:0190-session@jieyou.example\r\n")
        );
    }

    #[test]
    fn lines_are_folded_at_75_octets_and_unfold_to_the_same() {
        let long = "一二三四五六七八九十".repeat(20);
        let text = render(&Invite {
            summary: long.clone(),
            ..invite()
        })
        .unwrap();
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        assert!(
            text.replace("\r\n ", "")
                .contains(&format!("SUMMARY:{long}\r\n"))
        );
    }

    #[test]
    fn hostile_text_cannot_add_properties() {
        let bad = "x\r\nEND:VEVENT\rBEGIN:VEVENT\nATTENDEE:mailto:evil@x\u{0}\u{202e}";
        let text = render(&Invite {
            uid: bad.into(),
            summary: bad.into(),
            location: bad.into(),
            description: bad.into(),
            url: bad.into(),
            organizer: bad.into(),
            attendee: bad.into(),
            ..invite()
        })
        .unwrap()
        .replace("\r\n ", "");
        assert_eq!(
            text.split("\r\n").filter(|l| *l == "BEGIN:VEVENT").count(),
            1
        );
        assert_eq!(
            text.split("\r\n")
                .filter(|l| l.starts_with("ATTENDEE"))
                .count(),
            1
        );
        assert!(!text.replace("\r\n", "").contains(|c: char| c.is_control()));
    }

    #[test]
    fn unusable_values_are_refused() {
        assert_eq!(
            render(&Invite {
                ends_at_micros: 0,
                ..invite()
            }),
            Err(IcsError::Time)
        );
        assert_eq!(
            render(&Invite {
                starts_at_micros: i64::MIN,
                ..invite()
            }),
            Err(IcsError::Time)
        );
        assert_eq!(
            render(&Invite {
                uid: "\r\n".into(),
                ..invite()
            }),
            Err(IcsError::Uid)
        );
    }
}
