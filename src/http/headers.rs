//! Reading the headers and the query of a request.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use super::route::{BodyKind, Route};
use super::state::State;
use crate::call::Call;
use crate::crypto::secret::sha256_hex;
use crate::ctx::Ctx;
use crate::domain::codes::Lang;
use crate::domain::input::is_forbidden_char;
use crate::error::{Code, Error};
use crate::store::idempotency::IdempotencyKey;

const MAX_QUERY_MEMBERS: usize = 64;
const MAX_URL: usize = 4_096;

/// A header's text, if it is ASCII.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// `X-Request-Id` if it is well formed.
pub fn request_id(headers: &HeaderMap) -> Option<String> {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    header(headers, "x-request-id")
        .filter(|id| !id.is_empty() && id.len() <= 64 && id.bytes().all(ok))
        .map(str::to_owned)
}

/// zh-CN unless English is asked for first.
pub fn language(headers: &HeaderMap) -> Lang {
    let accept = header(headers, "accept-language").unwrap_or_default();
    for part in accept.split(',') {
        let tag = part
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if tag.starts_with("zh") {
            return Lang::Zh;
        }
        if tag.starts_with("en") {
            return Lang::En;
        }
    }
    Lang::Zh
}

/// The client's address: the last hop that a trusted proxy added, or the socket's peer.
pub fn client_address(state: &State, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    if !state.trusted_proxies.contains(&peer) {
        return Some(peer);
    }
    let forwarded = header(request.headers(), "x-forwarded-for").unwrap_or_default();
    forwarded
        .rsplit(',')
        .filter_map(|hop| hop.trim().parse().ok())
        .find(|ip| !state.trusted_proxies.contains(ip))
        .or(Some(peer))
}

/// The stated purpose of access: a short line, percent-encoded when it is not ASCII.
pub fn purpose(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(raw) = headers.get("x-access-purpose") else {
        return Ok(None);
    };
    let malformed = || Error::with(Code::MalformedHeader, "X-Access-Purpose");
    let text = raw.to_str().map_err(|_| malformed())?;
    let decoded = url::form_urlencoded::parse(
        format!("p={}", text.replace('+', "%2B").replace('&', "%26")).as_bytes(),
    )
    .next()
    .map(|(_, v)| v.trim().to_owned())
    .ok_or_else(malformed)?;
    let length = decoded.chars().count();
    if length == 0 || length > 200 || decoded.chars().any(|c| is_forbidden_char(c) || c == '\n') {
        return Err(malformed());
    }
    Ok(Some(decoded))
}

/// The tag of `If-Match`. Weak tags, lists and `*` are refused: an act must name what it saw.
pub fn if_match(headers: &HeaderMap) -> Result<Option<String>, Error> {
    if headers.get("if-match").is_none() {
        return Ok(None);
    }
    header(headers, "if-match")
        .and_then(|t| t.trim().strip_prefix('"')?.strip_suffix('"'))
        .filter(|t| (1..=64).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_alphanumeric()))
        .map(|t| Some(t.to_owned()))
        .ok_or_else(|| Error::with(Code::MalformedHeader, "If-Match"))
}

/// `Prefer: handling=dry-run`.
pub fn wants_dry_run(headers: &HeaderMap) -> bool {
    header(headers, "prefer")
        .unwrap_or_default()
        .split(',')
        .any(|p| p.trim().eq_ignore_ascii_case("handling=dry-run"))
}

/// The query, each name at most once.
pub fn query_members(query: &str) -> Result<Vec<(String, String)>, Error> {
    let mut out: Vec<(String, String)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let bad = || Error::with(Code::BadQuery, "query");
        if out.len() >= MAX_QUERY_MEMBERS || value.chars().any(is_forbidden_char) {
            return Err(bad());
        }
        if out.iter().any(|(n, _)| *n == name) {
            return Err(bad());
        }
        out.push((name.into_owned(), value.into_owned()));
    }
    Ok(out)
}

/// Limits that hold before anything is read.
pub fn edge_limits(state: &State, route: &Route, request: &HttpRequest) -> Result<(), Error> {
    let headers = request.headers();
    if headers.contains_key("content-encoding") {
        return Err(Error::with(Code::UnsupportedMediaType, "Content-Encoding"));
    }
    if request.uri().to_string().len() > MAX_URL {
        return Err(Error::with(Code::TooLarge, "URL"));
    }
    if !can_answer(route, headers) {
        return Err(Error::of(Code::NotAcceptable));
    }
    let busy = state.in_flight.load(std::sync::atomic::Ordering::Relaxed) >= state.limits.in_flight;
    if busy && route.auth {
        return Err(Error::Wait(Code::Unavailable, 1));
    }
    Ok(())
}

/// Whether the caller takes a type this route answers with (RFC 9110 section 12.5.1). Problems may
/// be all a caller names; a wildcard beside a refused JSON does not stand for them.
fn can_answer(route: &Route, headers: &HeaderMap) -> bool {
    let mut ranges: Vec<(String, bool)> = Vec::new();
    for value in headers.get_all("accept") {
        let Ok(text) = value.to_str() else {
            return false;
        };
        let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
        ranges.extend(parts.map(range));
    }
    let named = |range: &str| ranges.iter().find(|(r, _)| r == range).map(|(_, ok)| *ok);
    // The most specific range that matches decides.
    let takes = |media: &str| {
        let group = media.split('/').next().unwrap_or_default();
        named(media)
            .or_else(|| named(&format!("{group}/*")))
            .or_else(|| named("*/*"))
            .unwrap_or(false)
    };
    ranges.is_empty()
        || takes("application/json")
        || named("application/problem+json") == Some(true)
        || route.sends.iter().any(|media| takes(media))
}

/// One range of `Accept`: its type, and whether it is wanted (`q` above 0).
fn range(part: &str) -> (String, bool) {
    let mut members = part.split(';').map(str::trim);
    let media = members.next().unwrap_or_default().to_ascii_lowercase();
    let refused = members.any(|m| {
        let weight = m.strip_prefix("q=").or_else(|| m.strip_prefix("Q="));
        weight
            .and_then(|q| q.trim().parse::<f32>().ok())
            .is_some_and(|q| q <= 0.0)
    });
    (media, !refused)
}

/// The body must be of exactly the type the route takes.
pub fn check_type(kind: BodyKind, headers: &HeaderMap) -> Result<(), Error> {
    let given = header(headers, "content-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut parts = given.split(';').map(str::trim);
    let mime = parts.next().unwrap_or_default();
    let wanted = match kind {
        BodyKind::MergePatch => "application/merge-patch+json",
        _ => "application/json",
    };
    let charset_ok =
        parts.all(|p| !p.starts_with("charset=") || p.trim_matches('"') == "charset=utf-8");
    if mime == wanted && charset_ok {
        Ok(())
    } else {
        Err(Error::with(Code::UnsupportedMediaType, wanted))
    }
}

/// The idempotency key with the fingerprint of this request; `None` where none is given or taken.
pub fn idempotency_key(
    route: &Route,
    call: &Call,
    ctx: &Ctx,
    headers: &HeaderMap,
    body_hash: &str,
) -> Result<Option<IdempotencyKey>, Error> {
    let Some(raw) = headers.get("idempotency-key") else {
        return if route.keyed {
            Err(Error::of(Code::IdempotencyKeyRequired))
        } else {
            Ok(None)
        };
    };
    if !matches!(route.run, super::route::Run::Act(_)) {
        return Ok(None);
    }
    let malformed = || Error::with(Code::MalformedHeader, "Idempotency-Key");
    let text = raw.to_str().map_err(|_| malformed())?.trim();
    let text = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .unwrap_or(text);
    if !(16..=128).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(malformed());
    }
    let mut query = call.query.clone();
    query.sort();
    let parts = serde_json::json!([
        route.method,
        route.path,
        call.path,
        query,
        header(headers, "content-type"),
        call.if_match_tag,
        body_hash,
    ]);
    Ok(Some(IdempotencyKey {
        id: format!("{}:{text}", ctx.actor.user_id),
        fingerprint: sha256_hex(parts.to_string().as_bytes()),
    }))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};

    use super::*;

    fn route(operation: &str) -> &'static Route {
        super::super::routes::all()
            .find(|r| r.operation == operation)
            .unwrap()
    }

    fn answers(operation: &str, accept: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        can_answer(route(operation), &headers)
    }

    #[test]
    fn only_what_a_route_sends_is_acceptable() {
        assert!(can_answer(route("list_cases"), &HeaderMap::new()));
        for yes in [
            "",
            "*/*",
            "application/*",
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/problem+json",
            "text/html, application/json;q=0.1",
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "application/xml;q=0, */*",
        ] {
            assert!(answers("list_cases", yes), "{yes}");
        }
        for no in [
            "text/html",
            "application/xml",
            "image/png",
            "text/*",
            "application/json;q=0",
            "application/json; q=0.000",
            "application/json;q=0, */*",
            "*/*;q=0",
            "application/problem+json;q=0",
        ] {
            assert!(!answers("list_cases", no), "{no}");
        }
        assert!(answers("docs", "text/html"));
        assert!(answers(
            "docs",
            "text/html,application/xhtml+xml,application/xml;q=0.9"
        ));
        assert!(answers("openapi_yaml", "application/yaml"));
        assert!(answers("export_return", "text/csv"));
        assert!(!answers("export_return", "application/zip"));
        assert!(answers("export_dossier", "application/zip"));
        assert!(answers("get_attachment_file", "image/png"));
        assert!(answers("get_attachment_file", "image/*"));
    }
}
