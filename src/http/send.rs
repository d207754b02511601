//! A finished answer as an HTTP response.

use std::path::Path;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::stream;
use tokio::io::AsyncReadExt;

use super::headers::header;
use super::signals::next_link;
use crate::ctx::Ctx;
use crate::error::Error;
use crate::reply::Reply;

/// What every answer says, whatever it is.
pub const COMMON: &[(&str, &str)] = &[
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("Vary", "Authorization, Accept-Language"),
];

fn start(ctx: &Ctx, status: u16) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut out = HttpResponse::build(status);
    for (name, value) in COMMON {
        out.insert_header((*name, *value));
    }
    out.insert_header(("X-Request-Id", ctx.request_id.as_str()));
    out
}

/// Sends a reply: ETag on every GET, 304 where the caller has it already.
pub fn reply(ctx: &Ctx, request: &HttpRequest, mut reply: Reply) -> HttpResponse {
    let is_get = request.method() == actix_web::http::Method::GET;
    let has = |r: &Reply, name: &str| r.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    if is_get && reply.status == 200 && !has(&reply, "etag") {
        reply = reply.tagged();
    }
    let etag = reply
        .headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case("etag"))
        .map(|(_, v)| v.clone());
    let seen = header(request.headers(), "if-none-match").unwrap_or_default();
    let unchanged = is_get
        && reply.status == 200
        && etag.is_some_and(|e| {
            seen.split(',')
                .any(|s| s.trim().trim_start_matches("W/") == e)
        });
    let mut out = start(ctx, if unchanged { 304 } else { reply.status });
    let cache = if reply.reads.is_empty() {
        "private, no-cache"
    } else {
        "no-store"
    };
    if !has(&reply, "cache-control") {
        out.insert_header(("Cache-Control", cache));
    }
    if !has(&reply, "content-security-policy") {
        out.insert_header((
            "Content-Security-Policy",
            "default-src 'none'; frame-ancestors 'none'",
        ));
    }
    if let Some(cursor) = &reply.next {
        out.insert_header(("Link", next_link(request, cursor)));
    }
    if reply.replayed {
        out.insert_header(("Idempotency-Replayed", "true"));
    }
    for (name, value) in &reply.headers {
        if let (Ok(n), Ok(v)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::from_str(value),
        ) {
            out.append_header((n, v));
        }
    }
    if unchanged || reply.body.is_empty() {
        return out.finish();
    }
    out.insert_header(("Content-Type", reply.content_type.as_str()));
    out.body(reply.body)
}

/// Streams a stored file as an attachment, never inline.
pub async fn file(
    ctx: &Ctx,
    path: &Path,
    name: &str,
    media_type: &str,
) -> Result<HttpResponse, Error> {
    let opened = tokio::fs::File::open(path).await.map_err(Error::internal)?;
    let size = opened.metadata().await.map_err(Error::internal)?.len();
    let chunks = stream::unfold(Some(opened), |state| async move {
        let mut open = state?;
        let mut buffer = vec![0_u8; 64 * 1024];
        match open.read(&mut buffer).await {
            Ok(0) => None,
            Ok(n) => {
                buffer.truncate(n);
                Some((
                    Ok::<_, std::io::Error>(actix_web::web::Bytes::from(buffer)),
                    Some(open),
                ))
            }
            Err(e) => Some((Err(e), None)),
        }
    });
    let mut out = attachment(ctx, name, media_type);
    Ok(out.body(SizedStream::new(size, chunks)))
}

/// Sends a file that was made for this answer, as an attachment.
pub fn bytes(ctx: &Ctx, body: Vec<u8>, name: &str, media_type: &str) -> HttpResponse {
    attachment(ctx, name, media_type).body(body)
}

fn attachment(ctx: &Ctx, name: &str, media_type: &str) -> HttpResponseBuilder {
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let mut out = start(ctx, 200);
    out.insert_header(("Content-Type", media_type));
    out.insert_header((
        "Content-Disposition",
        format!(
            "attachment; filename*=UTF-8''{}",
            encoded.replace('+', "%20")
        ),
    ));
    out.insert_header(("Cache-Control", "no-store"));
    out.insert_header(("Content-Security-Policy", "sandbox; default-src 'none'"));
    out
}
