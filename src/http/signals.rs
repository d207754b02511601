//! What an answer says besides its body: how much may still be asked, where the next page is, and
//! by what trace the request belongs to others.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::middleware::StateSnapshot;

use super::headers::header;
use super::state::Limits;

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

/// The trace id of a well-formed `traceparent` (W3C Trace Context); anything else is passed over.
pub fn trace_id(headers: &HeaderMap) -> Option<String> {
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
    (ok && hex(flags, 2)).then(|| trace.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(text: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("traceparent"),
            HeaderValue::from_str(text).unwrap(),
        );
        trace_id(&headers)
    }

    #[test]
    fn only_well_formed_traces_are_taken() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(
            traced(good).as_deref(),
            Some("4bf92f3577b34da6a3ce929d0e0e4736")
        );
        assert!(traced("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more").is_some());
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
