//! RFC 9457 problem documents, in the caller's language.

use serde_json::{Value, json};

use crate::domain::codes::Lang;
use crate::domain::refusal::Refusal;
use crate::error::{Code, Error, violation_text};
use crate::reply::Reply;

/// Renders an error for the caller. 5xx never say more than their title.
pub fn render(error: &Error, lang: Lang, instance: &str, request_id: &str) -> Reply {
    let status = error.status();
    let (code, title) = head(error, lang);
    let mut doc = json!({
        "type": format!("/problems/{}", code.replace('_', "-")),
        "title": title,
        "status": status,
        "code": code,
        "instance": instance,
        "request_id": request_id,
        "retryable": matches!(status, 429 | 503) || code == "idempotency_in_flight",
    });
    if let Value::Object(map) = &mut doc {
        for (name, value) in members(error, lang) {
            map.insert(name.to_owned(), value);
        }
    }
    let mut reply = Reply {
        status,
        content_type: "application/problem+json; charset=utf-8".to_owned(),
        headers: Vec::new(),
        body: doc.to_string(),
        case_id: None,
        reads: Vec::new(),
        replayed: false,
        next: None,
    };
    match error {
        Error::Unauthenticated => {
            reply = reply.header(
                "WWW-Authenticate",
                "Bearer realm=\"jieyou\", error=\"invalid_token\"",
            )
        }
        Error::Problem(c, _) if c.status() == 401 => {
            reply = reply.header("WWW-Authenticate", "Bearer realm=\"jieyou\"")
        }
        Error::Problem(Code::IdempotencyInFlight, _) => reply = reply.header("Retry-After", "1"),
        Error::Wait(_, seconds) => reply = reply.header("Retry-After", seconds.to_string()),
        Error::Method(allow) => reply = reply.header("Allow", allow.join(", ")),
        _ => {}
    }
    reply
}

fn head(error: &Error, lang: Lang) -> (&'static str, &'static str) {
    let known = |c: Code| (c.code(), c.title(lang));
    match error {
        Error::Problem(c, _) | Error::Wait(c, _) => known(*c),
        Error::Invalid(_) => known(Code::Invalid),
        Error::Weak(_) => known(Code::WeakPassword),
        Error::Refused(list) | Error::OpenDuties { refusals: list, .. } => match list.as_slice() {
            [one] => (one.reason.code(), one.reason.title(lang)),
            _ => known(Code::Refused),
        },
        Error::IllegalTransition { .. } => known(Code::IllegalTransition),
        Error::Stale { .. } | Error::StaleTag(_) => known(Code::PreconditionFailed),
        Error::Method(_) => known(Code::MethodNotAllowed),
        Error::Unauthenticated => known(Code::Unauthenticated),
        Error::Internal { .. } => known(Code::Internal),
    }
}

fn members(error: &Error, lang: Lang) -> Vec<(&'static str, Value)> {
    match error {
        Error::Problem(_, Some(detail)) => vec![("detail", json!(detail))],
        Error::Problem(c, None) | Error::Wait(c, _) => vec![("detail", json!(c.cure(lang)))],
        Error::Invalid(list) | Error::Weak(list) => {
            let errors: Vec<Value> = list
                .iter()
                .map(|v| json!({"pointer": v.pointer, "code": v.code, "message": violation_text(v.code, lang)}))
                .collect();
            vec![("errors", json!(errors))]
        }
        Error::Refused(list) => refused(list, lang),
        Error::OpenDuties { refusals, duties } => {
            let mut out = refused(refusals, lang);
            out.push(("open_duties", json!(duties)));
            out
        }
        Error::IllegalTransition {
            state,
            act,
            allowed,
        } => vec![
            ("state", json!(state)),
            ("act", json!(act)),
            ("allowed", json!(allowed)),
        ],
        Error::Stale { current, changed } => vec![
            ("current_etag", json!(format!("\"{current}\""))),
            ("changed", json!(changed)),
        ],
        Error::StaleTag(current) => vec![("current_etag", json!(format!("\"{current}\"")))],
        Error::Unauthenticated => vec![("detail", json!(Code::Unauthenticated.cure(lang)))],
        Error::Internal { .. } => vec![("detail", json!(Code::Internal.cure(lang)))],
        Error::Method(_) => vec![],
    }
}

fn refused(list: &[Refusal], lang: Lang) -> Vec<(&'static str, Value)> {
    let views: Vec<_> = list.iter().map(|r| r.view(lang)).collect();
    let mut out = vec![("blocked_by", json!(views))];
    if let [one] = views.as_slice() {
        out.push(("detail", json!(one.cure)));
        if let Some(rule) = one.rule {
            out.push(("rule", json!(rule)));
            out.push(("basis", json!(one.basis)));
        }
    }
    out
}
