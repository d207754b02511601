//! What an answer says besides its body: how much may still be asked, where the next page is, and
//! by what trace the request belongs to others.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::middleware::StateSnapshot;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::headers::header;
use super::state::Limits;
use crate::domain::time::LocalDate;

/// Gathered on the way of a request.
#[derive(Debug, Default)]
pub struct Signals {
    /// Requests the caller may send at once after this one; `None` before the caller is known.
    pub remaining: Option<u32>,
}

impl Signals {
    /// Takes note of an admitted request.
    pub fn admitted(&mut self, snapshot: &StateSnapshot) {
        self.remaining = Some(snapshot.remaining_burst_capacity());
    }

    /// Takes note of one too many.
    pub fn refused(&mut self) {
        self.remaining = Some(0);
    }

    /// Writes the `RateLimit` headers (IETF draft): a bucket of `burst` requests that fills again
    /// within its window.
    pub fn write(&self, limits: &Limits, headers: &mut HeaderMap) {
        let Some(remaining) = self.remaining else {
            return;
        };
        let (burst, rate) = (limits.burst.get(), limits.per_second.get());
        let window = burst.div_ceil(rate);
        let full_in = burst.saturating_sub(remaining).div_ceil(rate);
        let lines = [
            ("ratelimit-policy", format!("\"user\";q={burst};w={window}")),
            ("ratelimit", format!("\"user\";r={remaining};t={full_in}")),
        ];
        for (name, value) in lines {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// Says of an operation that it should not be used any more, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecated {
    pub since: &'static str,
    pub sunset: &'static str,
}

impl Deprecated {
    /// Since when, and until when; `None` when a date of the table is none.
    pub fn days(&self) -> Option<(LocalDate, LocalDate)> {
        LocalDate::parse(self.since).zip(LocalDate::parse(self.sunset))
    }

    /// Writes `Deprecation` (RFC 9745) and `Sunset` (RFC 8594).
    pub fn write(&self, headers: &mut HeaderMap) {
        let Some((since, sunset)) = self.days() else {
            return;
        };
        let end = jiff::Timestamp::from_second(sunset.start().unix())
            .and_then(|at| DateTimePrinter::new().timestamp_to_rfc9110_string(&at));
        let lines = [
            ("deprecation", Ok(format!("@{}", since.start().unix()))),
            ("sunset", end),
        ];
        for (name, value) in lines {
            if let Some(value) = value.ok().and_then(|v| HeaderValue::from_str(&v).ok()) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// `Link` to the next page: the same address with another cursor.
pub fn next_link(request: &HttpRequest, cursor: &str) -> String {
    let others = url::form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(name, _)| name != "cursor");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others)
        .append_pair("cursor", cursor)
        .finish();
    format!("<{}?{query}>; rel=\"next\"", request.path())
}

/// A well-formed `traceparent` (W3C Trace Context) as it is passed on: in version 00, with no flag
/// but "sampled". Anything else is passed over.
pub fn trace_parent(headers: &HeaderMap) -> Option<String> {
    let text = header(headers, "traceparent")?;
    let mut parts = text.split('-');
    let (version, trace, parent, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        text.len() == length && text.bytes().all(digit)
    };
    let not_zero = |text: &str| text.bytes().any(|b| b != b'0');
    // Version 00 has four parts; later ones may have more; ff is none.
    let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    let ok = known && hex(trace, 32) && not_zero(trace) && hex(parent, 16) && not_zero(parent);
    let flags = u8::from_str_radix(flags, 16)
        .ok()
        .filter(|_| hex(flags, 2))?;
    ok.then(|| format!("00-{trace}-{parent}-{:02x}", flags & 1))
}

/// The trace id in what [`trace_parent`] gave.
pub fn trace_id(trace_parent: &str) -> Option<&str> {
    trace_parent.get(3..35)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::route::Route;
    use crate::reply::Reply;

    fn traced(text: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("traceparent"),
            HeaderValue::from_str(text).unwrap(),
        );
        trace_parent(&headers)
    }

    #[test]
    fn what_is_deprecated_says_so_and_when_it_ends() {
        let old = Route::get("/x", "x", |_, _| Ok(Reply::empty(204)));
        assert_eq!(old.deprecated, None);
        let old = old.deprecated("2026-01-01", "2027-01-02");
        let mut headers = HeaderMap::new();
        old.deprecated.unwrap().write(&mut headers);
        // Both days begin at midnight in Shanghai.
        assert_eq!(headers.get("deprecation").unwrap(), "@1767196800");
        let end = headers.get("sunset").unwrap();
        assert_eq!(end, "Fri, 01 Jan 2027 16:00:00 GMT");
    }

    #[test]
    fn only_well_formed_traces_are_taken() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(traced(good).as_deref(), Some(good));
        assert_eq!(trace_id(good), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        // Of a version we do not know only what we understand goes on.
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-more";
        assert_eq!(traced(later).as_deref(), Some(good));
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\t",
        ] {
            assert_eq!(traced(bad), None, "{bad}");
        }
    }
}
