//! What a route is. The tables stand in the files named after the areas; actix, the contract test
//! and the access tests are all built from them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Payload;

use super::headers::wants_dry_run;
use super::signals::Deprecated;
use crate::call::Call;
use crate::ctx::Ctx;
use crate::error::Error;
use crate::http::state::State;
use crate::problem;
use crate::reply::Reply;
use crate::store::idempotency::IdempotencyKey;
use crate::store::tx::{Snap, Tx};

/// A query: reads one consistent view.
pub type ReadFn = fn(&mut Snap<'_>, &Call) -> Result<Reply, Error>;
/// A command: acts in one transaction.
pub type ActFn = fn(&mut Tx<'_>, &Call) -> Result<Reply, Error>;
/// A handler that is neither: it hashes a password, streams a file, speaks of the process.
pub type SpecialFn = fn(Incoming) -> Pin<Box<dyn Future<Output = Result<Answer, Error>>>>;

/// What a special handler gets.
pub struct Incoming {
    pub state: Arc<State>,
    pub call: Call,
    /// The caller; routes open to everybody get a nobody.
    pub ctx: Ctx,
    pub request: HttpRequest,
    /// The unread body of a `Raw` route.
    pub payload: Option<Payload>,
}

impl Incoming {
    /// Carries out `f` without an idempotency key; see [`commit_act`].
    pub async fn act(
        &self,
        f: impl Fn(&mut Tx<'_>) -> Result<Reply, Error> + Send + 'static,
    ) -> Result<Reply, Error> {
        commit_act(&self.state, &self.ctx, &self.request, None, f).await
    }
}

/// Carries out `f` in one commit, dry if the request asks for that; a refusal is kept as the
/// problem its caller sees.
pub async fn commit_act(
    state: &State,
    ctx: &Ctx,
    request: &HttpRequest,
    key: Option<IdempotencyKey>,
    f: impl Fn(&mut Tx<'_>) -> Result<Reply, Error> + Send + 'static,
) -> Result<Reply, Error> {
    let (lang, id) = (ctx.lang, ctx.request_id.clone());
    let path = request.path().to_owned();
    let render = move |e: &Error| problem::render(e, lang, &path, &id);
    let dry_run = wants_dry_run(request.headers());
    state.db.act(ctx.clone(), key, dry_run, f, render).await
}

/// What a handler answers.
pub enum Answer {
    Reply(Reply),
    /// A stored file, always sent as an attachment.
    File {
        path: std::path::PathBuf,
        name: String,
        media_type: String,
        reads: Vec<String>,
    },
    /// A file made for this answer.
    Bytes {
        body: Vec<u8>,
        name: String,
        media_type: String,
        reads: Vec<String>,
    },
    /// A file on disk made for this answer; it is gone with it.
    Made {
        file: tempfile::TempPath,
        name: String,
        media_type: String,
        reads: Vec<String>,
    },
}

/// How a route is carried out.
#[derive(Clone, Copy)]
pub enum Run {
    Read(ReadFn),
    Act(ActFn),
    Special(SpecialFn),
}

/// One operation.
#[derive(Clone, Copy)]
pub struct Route {
    pub method: &'static str,
    /// Path with `{names}`, from the root.
    pub path: &'static str,
    pub operation: &'static str,
    pub run: Run,
    /// Needs a bearer token.
    pub auth: bool,
    /// Needs `Idempotency-Key`.
    pub keyed: bool,
    pub body: BodyKind,
    /// Ends logins or changes rights.
    pub rights: bool,
    /// Has a longer clock: it moves or makes large files.
    pub slow: bool,
    /// Open to staff who must set up a second factor first.
    pub one_factor: bool,
    /// Since when it should not be used any more, and when it ends.
    pub deprecated: Option<Deprecated>,
    /// Media types this route answers with beside JSON and problems.
    pub sends: &'static [&'static str],
}

/// The body a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    None,
    Json,
    MergePatch,
    /// Read by the special handler itself.
    Raw,
}

impl Route {
    const fn new(
        method: &'static str,
        path: &'static str,
        operation: &'static str,
        run: Run,
    ) -> Self {
        Self {
            method,
            path,
            operation,
            run,
            auth: true,
            keyed: false,
            body: BodyKind::None,
            rights: false,
            slow: false,
            one_factor: false,
            deprecated: None,
            sends: &[],
        }
    }

    /// `GET`, answered from one view of the database.
    pub const fn get(path: &'static str, operation: &'static str, f: ReadFn) -> Self {
        Self::new("GET", path, operation, Run::Read(f))
    }

    /// `POST` that makes or acts: JSON body, idempotency key.
    pub const fn post(path: &'static str, operation: &'static str, f: ActFn) -> Self {
        let base = Self::new("POST", path, operation, Run::Act(f));
        Self {
            keyed: true,
            body: BodyKind::Json,
            ..base
        }
    }

    /// `POST` that only reads (search: nothing personal in a URL).
    pub const fn search(path: &'static str, operation: &'static str, f: ReadFn) -> Self {
        Self {
            body: BodyKind::Json,
            ..Self::new("POST", path, operation, Run::Read(f))
        }
    }

    /// `PATCH` with a merge patch.
    pub const fn patch(path: &'static str, operation: &'static str, f: ActFn) -> Self {
        Self {
            body: BodyKind::MergePatch,
            ..Self::new("PATCH", path, operation, Run::Act(f))
        }
    }

    /// `PUT` with a JSON body.
    pub const fn put(path: &'static str, operation: &'static str, f: ActFn) -> Self {
        Self {
            body: BodyKind::Json,
            ..Self::new("PUT", path, operation, Run::Act(f))
        }
    }

    /// `DELETE`.
    pub const fn delete(path: &'static str, operation: &'static str, f: ActFn) -> Self {
        Self::new("DELETE", path, operation, Run::Act(f))
    }

    /// A handler of its own kind.
    pub const fn special(
        method: &'static str,
        path: &'static str,
        operation: &'static str,
        body: BodyKind,
        f: SpecialFn,
    ) -> Self {
        Self {
            body,
            ..Self::new(method, path, operation, Run::Special(f))
        }
    }

    /// Takes no idempotency key: the act may be repeated without harm.
    pub const fn unkeyed(self) -> Self {
        Self {
            keyed: false,
            ..self
        }
    }

    /// Changes what somebody may do: this node forgets the rights it remembers.
    pub const fn rights(self) -> Self {
        Self {
            rights: true,
            ..self
        }
    }

    /// Should not be used any more; ends at least twelve months later. Dates as `YYYY-MM-DD`.
    pub const fn deprecated(self, since: &'static str, sunset: &'static str) -> Self {
        Self {
            deprecated: Some(Deprecated { since, sunset }),
            ..self
        }
    }

    /// Has a longer clock.
    pub const fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    /// Open to staff who have no second factor although they must: what leads to one, and out.
    pub const fn with_one_factor(self) -> Self {
        Self {
            one_factor: true,
            ..self
        }
    }

    /// Answers with these media types beside JSON and problems.
    pub const fn sends(self, sends: &'static [&'static str]) -> Self {
        Self { sends, ..self }
    }

    /// Open to everybody.
    pub const fn public(self) -> Self {
        Self {
            auth: false,
            ..self
        }
    }
}
