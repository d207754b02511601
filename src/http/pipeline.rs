//! The one way of every request: limits, caller, body, run, record, answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;

use super::headers::*;
use super::route::{Answer, BodyKind, Incoming, Route, Run, commit_act};
use super::signals::{Signals, trace_id, trace_parent};
use super::state::{Caller, State};
use super::waiting::InHand;
use super::{fields, json, send};
use crate::call::Call;
use crate::crypto::secret::sha256_hex;
use crate::crypto::throttle::ip_prefix;
use crate::ctx::Ctx;
use crate::domain::facts::Event;
use crate::domain::ids::Id;
use crate::domain::policy::Actor;
use crate::error::{Code, Error};
use crate::problem;

/// Most bytes of a body whose sender is not known: what slow strangers can make the service hold
/// is this times the number of connections.
const STRANGER_BODY: usize = 16 * 1024;

/// Serves one request of a path whose routes are `routes`.
pub async fn serve(
    state: Arc<State>,
    routes: &[Route],
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let started = std::time::Instant::now();
    let _working = request.conn_data::<InHand>().map(InHand::take);
    let mut ctx = anonymous(&state, &request);
    let mut signals = Signals::default();
    let found = routes
        .iter()
        .find(|r| r.method == request.method().as_str());
    let operation = found.map_or("none", |r| r.operation);
    let mut room = None;
    let out = match found {
        None if routes.is_empty() => Err(Error::not_found()),
        None => Err(Error::Method(routes.iter().map(|r| r.method).collect())),
        Some(route) => {
            let work = run(
                &state,
                route,
                &request,
                payload,
                &mut ctx,
                &mut room,
                &mut signals,
            );
            match AssertUnwindSafe(work).catch_unwind().await {
                Ok(out) => out,
                Err(_) => Err(Error::internal("a handler panicked")),
            }
        }
    };
    let mut response = finish(&state, &ctx, operation, &request, out).await;
    drop(room);
    signals.write(&state.limits, response.headers_mut());
    if let Some(mark) = found.and_then(|route| route.deprecated) {
        mark.write(response.headers_mut());
    }
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    state
        .metrics
        .requests
        .with_label_values(&[operation, &status.to_string()])
        .inc();
    state
        .metrics
        .seconds
        .with_label_values(&[operation])
        .observe(elapsed.as_secs_f64());
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    let trace_id = ctx.trace.as_deref().and_then(trace_id);
    tracing::info!(request_id = %ctx.request_id, trace_id, operation, status, micros, "request");
    response
}

/// One of the requests under way, from the last byte of its body to its answer. Whoever sends
/// slowly takes no room; a request whose client hangs up gives its room back.
struct Room(Arc<State>);

impl Room {
    fn take(state: &Arc<State>, route: &Route) -> Result<Self, Error> {
        if state.in_flight.fetch_add(1, Ordering::Relaxed) >= state.limits.in_flight && route.auth {
            state.in_flight.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::Wait(Code::Unavailable, 1));
        }
        Ok(Self(Arc::clone(state)))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

fn anonymous(state: &State, request: &HttpRequest) -> Ctx {
    let nobody = Actor {
        user_id: Id::new(uuid::Uuid::nil()),
        login_id: None,
        name: String::new(),
        grants: Vec::new(),
    };
    Ctx {
        actor: nobody,
        now: state.clock.now(),
        request_id: request_id(request.headers())
            .unwrap_or_else(|| state.ids.uuid().simple().to_string()),
        lang: language(request.headers()),
        ip_prefix: client_address(state, request).map(ip_prefix),
        purpose: None,
        trace: trace_parent(request.headers()),
        ids: Arc::clone(&state.ids),
    }
}

async fn run(
    state: &Arc<State>,
    route: &Route,
    request: &HttpRequest,
    payload: Payload,
    ctx: &mut Ctx,
    room: &mut Option<Room>,
    signals: &mut Signals,
) -> Result<Answer, Error> {
    let headers = request.headers();
    edge_limits(state, route, request)?;
    if route.auth {
        authenticate(state, route, request, ctx, signals).await?;
    }
    ctx.purpose = purpose(headers)?;
    let tag = if_match(headers)?;
    let mut query = query_members(request.query_string())?;
    let fields = fields::asked(route, &mut query)?;
    let mut call = Call {
        operation: route.operation,
        path: path_members(route, request),
        query,
        body: Value::Object(serde_json::Map::new()),
        if_match: tag.as_deref().and_then(|t| t.parse().ok()),
        if_match_tag: tag,
        env: Arc::clone(&state.env),
    };
    let mut body_hash = String::new();
    let mut raw = None;
    if route.body == BodyKind::Raw {
        raw = Some(payload);
    } else {
        let bytes = read_body(state, route, payload).await?;
        body_hash = sha256_hex(&bytes);
        if !bytes.is_empty() {
            if route.body == BodyKind::None {
                return Err(Error::with(Code::MalformedJson, "no body is expected"));
            }
            check_type(route.body, headers)?;
            call.body = json::parse(&bytes).map_err(|why| Error::with(Code::MalformedJson, why))?;
        }
    }
    *room = Some(Room::take(state, route)?);
    let key = idempotency_key(route, &call, ctx, headers, &body_hash)?;
    let work = carry_out(state, route, request, ctx, call, key, raw);
    // A raw upload has its own, longer clock.
    let limit = if route.body == BodyKind::Raw || route.slow {
        state.limits.handler_time * 12
    } else {
        state.limits.handler_time
    };
    let out = tokio::time::timeout(limit, work).await;
    if route.rights {
        state.actors.invalidate_all();
    }
    match (out, fields) {
        (Ok(Ok(Answer::Reply(reply))), Some(fields)) => {
            fields::cut(&fields, reply).map(Answer::Reply)
        }
        (Ok(out), _) => out,
        (Err(_), _) => Err(Error::Wait(Code::OutcomeUnknown, 2)),
    }
}

async fn carry_out(
    state: &Arc<State>,
    route: &Route,
    request: &HttpRequest,
    ctx: &Ctx,
    call: Call,
    key: Option<crate::store::idempotency::IdempotencyKey>,
    payload: Option<Payload>,
) -> Result<Answer, Error> {
    match route.run {
        Run::Read(f) => state
            .db
            .read(ctx.clone(), move |snap| f(snap, &call))
            .await
            .map(Answer::Reply),
        Run::Act(f) => {
            let act = move |tx: &mut crate::store::tx::Tx<'_>| f(tx, &call);
            commit_act(state, ctx, request, key, act)
                .await
                .map(Answer::Reply)
        }
        Run::Special(f) => {
            let (state, request) = (Arc::clone(state), request.clone());
            f(Incoming {
                state,
                call,
                ctx: ctx.clone(),
                request,
                payload,
            })
            .await
        }
    }
}

fn path_members(route: &Route, request: &HttpRequest) -> Vec<(String, String)> {
    route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .filter_map(|name| {
            let value = request.match_info().get(name)?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}

async fn authenticate(
    state: &State,
    route: &Route,
    request: &HttpRequest,
    ctx: &mut Ctx,
    signals: &mut Signals,
) -> Result<(), Error> {
    let token = header(request.headers(), "authorization")
        .and_then(|h| h.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Error::Unauthenticated)?;
    let access = {
        let keys = state
            .keys
            .read()
            .map_err(|_| Error::internal("key set poisoned"))?;
        state.authority.verify(&keys, token, ctx.now)
    };
    let access = access.map_err(|fault| {
        tracing::info!(request_id = %ctx.request_id, fault = fault.code(), "token refused");
        Error::Unauthenticated
    })?;
    let key = (access.sub, access.sid);
    let caller = match state.actors.get(&key) {
        Some(caller) => caller,
        None => {
            let rule = state.env.second_factor;
            let found = state
                .db
                .read(ctx.clone(), move |snap| Caller::of(snap, key, &rule))
                .await?;
            let caller = found.ok_or(Error::Unauthenticated)?;
            state.actors.insert(key, caller.clone());
            caller
        }
    };
    match state.rate.check_key(&caller.actor.user_id) {
        Ok(snapshot) => signals.admitted(&snapshot),
        Err(_) => {
            signals.refused();
            return Err(Error::Wait(Code::TooManyRequests, 1));
        }
    }
    ctx.actor = caller.actor;
    if caller.must_enrol && !route.one_factor {
        return Err(Error::of(Code::SecondFactorRequired));
    }
    Ok(())
}

/// Reads a whole body within the size and the time allowed.
async fn read_body(state: &State, route: &Route, mut payload: Payload) -> Result<Vec<u8>, Error> {
    let limit = match route.auth {
        true => state.limits.body_bytes,
        false => state.limits.body_bytes.min(STRANGER_BODY),
    };
    let reading = async {
        let mut out = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Error::with(Code::MalformedJson, "body broken off"))?;
            if out.len().saturating_add(chunk.len()) > limit {
                return Err(Error::of(Code::TooLarge));
            }
            out.extend_from_slice(&chunk);
        }
        Ok(out)
    };
    match tokio::time::timeout(state.limits.body_time, reading).await {
        Ok(out) => out,
        Err(_) => Err(Error::with(Code::MalformedJson, "body too slow")),
    }
}

/// Records what must be recorded before the first byte, then answers.
async fn finish(
    state: &State,
    ctx: &Ctx,
    operation: &'static str,
    request: &HttpRequest,
    out: Result<Answer, Error>,
) -> HttpResponse {
    let out = match out {
        Ok(answer) => record_read(state, ctx, operation, &answer)
            .await
            .map(|()| answer),
        Err(e) => {
            record_denial(state, ctx, operation, request, &e).await;
            Err(e)
        }
    };
    match out {
        Ok(Answer::Reply(reply)) => send::reply(ctx, request, reply),
        Ok(Answer::File {
            path,
            name,
            media_type,
            ..
        }) => match send::file(ctx, &path, &name, &media_type).await {
            Ok(response) => response,
            Err(e) => problem_response(state, ctx, request, &e),
        },
        Ok(Answer::Bytes {
            body,
            name,
            media_type,
            ..
        }) => send::bytes(ctx, body, &name, &media_type),
        // Opened before the name is dropped, it is read to its end.
        Ok(Answer::Made {
            file,
            name,
            media_type,
            ..
        }) => match send::file(ctx, &file, &name, &media_type).await {
            Ok(response) => response,
            Err(e) => problem_response(state, ctx, request, &e),
        },
        Err(e) => problem_response(state, ctx, request, &e),
    }
}

fn problem_response(state: &State, ctx: &Ctx, request: &HttpRequest, e: &Error) -> HttpResponse {
    if let Error::Internal { cause, at } = e {
        tracing::error!(request_id = %ctx.request_id, at = %at, cause = %cause, "internal error");
    }
    let reply = problem::render(e, ctx.lang, request.path(), &ctx.request_id);
    let code = serde_json::from_str::<Value>(&reply.body)
        .ok()
        .and_then(|v| v.get("code").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default();
    state.metrics.problems.with_label_values(&[&code]).inc();
    send::reply(ctx, request, reply)
}

async fn record_read(
    state: &State,
    ctx: &Ctx,
    operation: &'static str,
    answer: &Answer,
) -> Result<(), Error> {
    let reads = match answer {
        Answer::Reply(r) => &r.reads,
        Answer::File { reads, .. } | Answer::Bytes { reads, .. } | Answer::Made { reads, .. } => {
            reads
        }
    };
    let Some(first) = reads.first() else {
        return Ok(());
    };
    let event = Event::Read {
        operation: operation.to_owned(),
        objects: reads.clone(),
        purpose: ctx.purpose.clone(),
        results: i64::try_from(reads.len()).unwrap_or(i64::MAX),
    };
    state.log.record(ctx, first.clone(), "ok", event).await
}

/// Denials of a known caller are facts as well; they must not turn a 403 into a 503.
async fn record_denial(
    state: &State,
    ctx: &Ctx,
    operation: &'static str,
    request: &HttpRequest,
    e: &Error,
) {
    let status = e.status();
    if ctx.actor.user_id.uuid.is_nil() || !matches!(status, 403 | 404) {
        return;
    }
    let object = request
        .match_info()
        .get("case_id")
        .filter(|id| Id::<()>::parse(id).is_some())
        .map_or_else(|| "route".to_owned(), |id| format!("case/{id}"));
    let event = Event::AccessDenied {
        operation: operation.to_owned(),
        hidden: status == 404,
    };
    if let Err(e) = state.log.record(ctx, object, "denied", event).await {
        tracing::error!(request_id = %ctx.request_id, error = ?e, "denial not recorded");
    }
}
