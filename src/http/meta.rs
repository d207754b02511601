//! What the service says of itself: health, keys, code lists, problems, the contract.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::route::{Answer, BodyKind, Incoming, Route};
use crate::call::Call;
use crate::domain::refusal::Reason;
use crate::error::{Code, Error};
use crate::queries;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// The committed contract.
pub const OPENAPI_YAML: &str = include_str!("../../api-spec/openapi.yaml");
const DOCS: &str = include_str!("docs.html");

pub const ROUTES: &[Route] = &[
    Route::special("GET", "/livez", "livez", BodyKind::None, |i| {
        Box::pin(livez(i))
    })
    .public(),
    Route::special("GET", "/readyz", "readyz", BodyKind::None, |i| {
        Box::pin(readyz(i))
    })
    .public(),
    Route::special(
        "GET",
        "/.well-known/jwks.json",
        "jwks",
        BodyKind::None,
        |i| Box::pin(jwks(i)),
    )
    .public(),
    Route::special(
        "GET",
        "/openapi.yaml",
        "openapi_yaml",
        BodyKind::None,
        |i| Box::pin(openapi_yaml(i)),
    )
    .sends(&["application/yaml"])
    .public(),
    Route::special(
        "GET",
        "/openapi.json",
        "openapi_json",
        BodyKind::None,
        |i| Box::pin(openapi_json(i)),
    )
    .public(),
    Route::special("GET", "/docs", "docs", BodyKind::None, |i| {
        Box::pin(docs(i))
    })
    .sends(&["text/html"])
    .public(),
    Route::special(
        "GET",
        "/problems/{code}",
        "problem_page",
        BodyKind::None,
        |i| Box::pin(problem_page(i)),
    )
    .public(),
    Route::get(
        "/api/v1/code-lists",
        "list_code_lists",
        queries::codes::lists,
    )
    .public(),
    Route::get("/api/v1/problems", "list_problems", problems).public(),
];

fn reply(r: Reply) -> Result<Answer, Error> {
    Ok(Answer::Reply(r))
}

fn text(content_type: &str, body: String) -> Reply {
    Reply {
        content_type: content_type.to_owned(),
        body,
        ..Reply::empty(200)
    }
}

async fn livez(_: Incoming) -> Result<Answer, Error> {
    reply(Reply::json(200, &json!({"status": "ok"}))?)
}

async fn readyz(i: Incoming) -> Result<Answer, Error> {
    if i.state.draining.load(Ordering::Relaxed) {
        return Err(Error::Wait(Code::Unavailable, 5));
    }
    i.state.db.read(i.ctx, |snap| snap.ping()).await?;
    reply(Reply::json(200, &json!({"status": "ready"}))?)
}

async fn jwks(i: Incoming) -> Result<Answer, Error> {
    let keys = i
        .state
        .keys
        .read()
        .map_err(|_| Error::internal("key set poisoned"))?;
    reply(Reply::json(200, &keys.jwks(i.ctx.now))?)
}

async fn openapi_yaml(_: Incoming) -> Result<Answer, Error> {
    reply(text(
        "application/yaml; charset=utf-8",
        OPENAPI_YAML.to_owned(),
    ))
}

/// The contract as JSON.
///
/// # Errors
/// When the committed file is no YAML: a mistake of the build.
pub fn openapi_as_json() -> Result<Value, Error> {
    serde_norway::from_str(OPENAPI_YAML).map_err(Error::internal)
}

async fn openapi_json(_: Incoming) -> Result<Answer, Error> {
    reply(Reply::json(200, &openapi_as_json()?)?)
}

async fn docs(_: Incoming) -> Result<Answer, Error> {
    let policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";
    reply(
        text("text/html; charset=utf-8", DOCS.to_owned()).header("Content-Security-Policy", policy),
    )
}

/// Every problem code with its status, titles and cures.
fn problem_rows() -> Vec<Value> {
    use crate::domain::codes::Lang::{En, Zh};
    let known = Code::ALL.iter().map(|c| {
        json!({"code": c.code(), "status": c.status(), "rule": null, "basis": null,
            "title": {"zh": c.title(Zh), "en": c.title(En)}, "cure": {"zh": c.cure(Zh), "en": c.cure(En)}})
    });
    let guards = Reason::ALL.iter().map(|r| {
        let basis = r.rule().map(|g| json!({"zh": g.basis(Zh), "en": g.basis(En)}));
        json!({"code": r.code(), "status": r.status(), "rule": r.rule().map(|g| g.id()), "basis": basis,
            "title": {"zh": r.title(Zh), "en": r.title(En)}, "cure": {"zh": r.cure(Zh), "en": r.cure(En)}})
    });
    known.chain(guards).collect()
}

fn problems(_: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    Reply::json(200, &json!({"data": problem_rows()}))
}

/// The page a problem's `type` leads to.
async fn problem_page(i: Incoming) -> Result<Answer, Error> {
    let code = i
        .call
        .path_text("code")
        .unwrap_or_default()
        .replace('-', "_");
    let row = problem_rows()
        .into_iter()
        .find(|r| r.get("code").and_then(Value::as_str) == Some(code.as_str()))
        .ok_or_else(Error::not_found)?;
    reply(Reply::json(200, &row)?)
}
