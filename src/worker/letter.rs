//! A letter and its way into an RFC 5322 message. Nothing here trusts its input: names, titles
//! and addresses are cleaned or refused before the MIME library sees them (it panics on control
//! characters in display names), and the finished bytes are checked once more.

use super::ics::{self, Invite};
use super::text::{clean_line, clean_text};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};

/// A display name (may be empty) and a mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress {
    /// Shown name; empty for none.
    pub name: String,
    /// `local@domain`.
    pub address: String,
}

/// One message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// `<outbox-id@mail-domain>`, fixed when the message is queued and the same on every attempt.
    pub message_id: String,
    /// When the message was queued, Unix time in microseconds; becomes `Date`.
    pub date_micros: i64,
    /// Sending desk.
    pub from: MailAddress,
    /// Recipient.
    pub to: MailAddress,
    /// At most [`MAX_SUBJECT`] characters are used.
    pub subject: String,
    /// Plain text; any line ends.
    pub text: String,
    /// Calendar part.
    pub invite: Option<Invite>,
}

/// Longest subject, in characters.
pub const MAX_SUBJECT: usize = 120;
/// Longest display name, in characters.
pub const MAX_NAME: usize = 64;
/// Largest finished message, in bytes.
pub const MAX_MESSAGE: usize = 1 << 20;

/// A message ready for the wire: pure ASCII, CRLF line ends, same bytes for the same letter.
#[derive(Debug, Clone)]
pub(super) struct Composed {
    pub from: Address,
    pub to: Address,
    pub bytes: Vec<u8>,
}

/// Builds the message.
///
/// # Errors
/// A short reason without personal data; no later attempt can do better.
pub(super) fn compose(letter: &Letter) -> Result<Composed, &'static str> {
    if !valid_message_id(&letter.message_id) {
        return Err("message-id invalid");
    }
    if letter.text.len() > MAX_MESSAGE {
        return Err("message too large");
    }
    let from = address(&letter.from.address).ok_or("sender address invalid")?;
    let to = address(&letter.to.address).ok_or("recipient address invalid")?;
    let builder = Message::builder()
        .message_id(Some(letter.message_id.clone()))
        .date(date(letter.date_micros))
        .from(mailbox(&letter.from.name, &from))
        .to(mailbox(&letter.to.name, &to))
        .subject(header_text(&letter.subject, MAX_SUBJECT))
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    let plain = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .body(clean_text(&letter.text));
    let message = match &letter.invite {
        None => builder.singlepart(plain),
        Some(invite) => {
            let calendar = ics::render(invite).map_err(|_| "calendar part invalid")?;
            let kind = format!(
                "text/calendar; method={}; charset=utf-8",
                invite.method.as_str()
            );
            let kind = ContentType::parse(&kind).map_err(|_| "calendar part invalid")?;
            builder.multipart(
                MultiPart::alternative()
                    .boundary(boundary(&letter.message_id))
                    .singlepart(plain)
                    .singlepart(SinglePart::builder().header(kind).body(calendar)),
            )
        }
    };
    let bytes = message.map_err(|_| "message cannot be built")?.formatted();
    if bytes.len() > MAX_MESSAGE {
        return Err("message too large");
    }
    if !wire_clean(&bytes) {
        return Err("message not fit for the wire");
    }
    Ok(Composed { from, to, bytes })
}

/// `<left@right>` of letters, digits, dot, hyphen and underscore.
pub(super) fn valid_message_id(id: &str) -> bool {
    let word = |s: &str| {
        !s.is_empty()
            && s.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    id.len() <= 200
        && id
            .strip_prefix('<')
            .and_then(|s| s.strip_suffix('>'))
            .and_then(|s| s.split_once('@'))
            .is_some_and(|(left, right)| word(left) && word(right))
}

/// Accepts the plain form `dot-atom@domain` only: no quoted local parts, comments, literals or
/// non-ASCII local parts (they need SMTPUTF8). A non-ASCII domain is turned into its ASCII form.
pub fn address(raw: &str) -> Option<Address> {
    let (local, domain) = raw.split_once('@')?;
    let atom = |s: &str| {
        !s.is_empty()
            && s.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    if local.len() > 64 || !local.split('.').all(atom) {
        return None;
    }
    let domain = if domain.is_ascii() {
        domain.to_owned()
    } else {
        match url::Host::parse(domain).ok()? {
            url::Host::Domain(ascii) => ascii,
            _ => return None,
        }
    };
    let label = |s: &str| {
        (1..=63).contains(&s.len())
            && !s.starts_with('-')
            && !s.ends_with('-')
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if domain.len() > 253 || !domain.split('.').all(label) {
        return None;
    }
    Address::new(local, domain).ok()
}

fn mailbox(name: &str, address: &Address) -> Mailbox {
    let name = header_text(name, MAX_NAME);
    Mailbox::new((!name.is_empty()).then_some(name), address.clone())
}

/// A clean line that a reader's program will not decode again: input that already looks like an
/// RFC 2047 encoded word is broken up.
fn header_text(raw: &str, max: usize) -> String {
    clean_line(&raw.replace("=?", "= ?"), max)
}

/// Clamped to the years 1970 to 9999, outside which the header cannot be written.
fn date(micros: i64) -> SystemTime {
    const LAST: u64 = 253_402_300_799;
    let seconds = u64::try_from(micros.div_euclid(1_000_000)).unwrap_or(0);
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds.min(LAST)))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Derived from the message id, so that a retry sends the same bytes.
fn boundary(message_id: &str) -> String {
    let digest = hex::encode(Sha256::digest(message_id.as_bytes()));
    format!("jy-{}", digest.get(..32).unwrap_or_default())
}

/// ASCII, every CR followed by LF and every LF preceded by CR, no NUL, lines within 998 octets.
fn wire_clean(bytes: &[u8]) -> bool {
    let mut previous = 0_u8;
    let mut width = 0_usize;
    for &byte in bytes {
        let pair = (byte == b'\n') == (previous == b'\r');
        if !pair || !byte.is_ascii() || byte == 0 || width > 1_000 {
            return false;
        }
        width = if byte == b'\n' {
            0
        } else {
            width.saturating_add(1)
        };
        previous = byte;
    }
    previous != b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn letter() -> Letter {
        Letter {
            message_id: "<0190aaaa-0000-7000-8000-000000000001@jieyou.example>".into(),
            date_micros: 1_767_225_600_000_000,
            from: MailAddress {
                name: "解忧服务台".into(),
                address: "desk@jieyou.example".into(),
            },
            to: MailAddress {
                name: String::new(),
                address: "user@jieyou.example".into(),
            },
            subject: "办件 YL-7K2M-93QF".into(),
            text: "请登录查看。\nhttps://jieyou.example/\n".into(),
            invite: None,
        }
    }

    #[test]
    fn same_letter_same_bytes() {
        let first = compose(&letter()).unwrap().bytes;
        assert_eq!(first, compose(&letter()).unwrap().bytes);
        let text = String::from_utf8(first).unwrap();
        assert!(
            text.contains("Message-ID: <0190aaaa-0000-7000-8000-000000000001@jieyou.example>\r\n")
        );
        assert!(
            text.contains("Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"),
            "{text}"
        );
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"));
    }

    #[test]
    fn odd_dates_do_not_panic() {
        for micros in [i64::MIN, -1, 0, i64::MAX] {
            compose(&Letter {
                date_micros: micros,
                ..letter()
            })
            .unwrap();
        }
    }

    #[test]
    fn addresses_of_the_plain_form_only() {
        for good in [
            "a@b.cn",
            "a.b+c@x-y.example",
            "o'neil@x.cn",
            "王@b.cn",
            "a@例子.中国",
        ] {
            assert_eq!(address(good).is_some(), !good.starts_with('王'), "{good}");
        }
        assert_eq!(
            address("a@例子.中国").unwrap().domain(),
            "xn--fsqu00a.xn--fiqs8s"
        );
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a",
            "a@b@c",
            "a b@c.cn",
            "a@b c.cn",
            "a\r\n@b.cn",
            "a@b.cn\r\nRCPT TO:<x@y>",
            "\"a\"@b.cn",
            "a>@b.cn",
            "<a@b.cn>",
            "a@[127.0.0.1]",
            "a..b@c.cn",
            ".a@c.cn",
            "a@-b.cn",
            "a@b..cn",
            "a@b.cn.",
            "a@b.cn SIZE=1",
            "a,b@c.cn",
            "a@b.cn\0",
            "a\u{202e}@b.cn",
        ] {
            assert!(address(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn message_ids_are_plain() {
        assert!(valid_message_id("<a-1@b.cn>"));
        for bad in [
            "",
            "a@b",
            "<a@b",
            "<@b>",
            "<a@>",
            "<a@b>\r\nX: y",
            "<a b@c>",
            "<a@b@c>",
            "<a/../b@c>",
        ] {
            assert!(!valid_message_id(bad), "{bad:?}");
        }
    }

    #[test]
    fn the_wire_check_has_teeth() {
        assert!(wire_clean(b"a\r\n\r\nb\r\n"));
        for bad in [
            &b"a\nb"[..],
            b"a\rb",
            b"a\r",
            b"\n",
            b"\r\r\n",
            b"a\0",
            "é".as_bytes(),
            &[b'a'; 1002],
        ] {
            assert!(!wire_clean(bad), "{bad:?}");
        }
    }
}
