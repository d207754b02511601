//! A request after HTTP: path ids, query members, body, version, surroundings.

use std::cell::RefCell;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::crypto::cursor::FilterHash;
use crate::domain::ids::Id;
use crate::domain::input::{Obj, Scalar, read_body};
use crate::env::Env;
use crate::error::{Code, Error};
use crate::reply::Reply;

/// One call of one operation.
#[derive(Clone, Debug)]
pub struct Call {
    pub operation: &'static str,
    /// Path members in order.
    pub path: Vec<(String, String)>,
    /// Query members as sent; each name at most once.
    pub query: Vec<(String, String)>,
    pub body: Value,
    /// The version in `If-Match`.
    pub if_match: Option<i64>,
    /// The text of the strong tag in `If-Match`, for things without a version.
    pub if_match_tag: Option<String>,
    pub env: Arc<Env>,
}

impl Call {
    /// A typed id of the path; a malformed one names nothing: 404.
    pub fn id<T>(&self, name: &str) -> Result<Id<T>, Error> {
        self.path_text(name)
            .and_then(Id::parse)
            .ok_or_else(Error::not_found)
    }

    pub fn path_text(&self, name: &str) -> Option<&str> {
        self.path
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Reads the body with an input reader; all violations at once.
    pub fn read<T>(&self, read: impl FnOnce(&mut Obj<'_>) -> Option<T>) -> Result<T, Error> {
        read_body(&self.body, read).map_err(Error::Invalid)
    }

    /// Refuses a body that has members (acts without input).
    pub fn read_nothing(&self) -> Result<(), Error> {
        self.read(|_| Some(()))
    }

    /// The version the caller saw; 428 without.
    pub fn version(&self) -> Result<i64, Error> {
        match (self.if_match, &self.if_match_tag) {
            (Some(version), _) => Ok(version),
            (None, Some(_)) => Err(Error::with(Code::MalformedHeader, "If-Match")),
            (None, None) => Err(Error::of(Code::IfMatchRequired)),
        }
    }

    /// Refuses a change of a thing without a version unless the caller saw its present state:
    /// 428 without `If-Match`, 412 with an older one.
    pub fn expect_tag(&self, current: &str) -> Result<(), Error> {
        match &self.if_match_tag {
            None => Err(Error::of(Code::IfMatchRequired)),
            Some(seen) if seen == current => Ok(()),
            Some(_) => Err(Error::StaleTag(current.to_owned())),
        }
    }

    /// Starts reading the query.
    pub fn query(&self) -> Query<'_> {
        Query {
            call: self,
            seen: RefCell::new(Vec::new()),
        }
    }
}

/// The query being read; members nobody asked for are refused.
pub struct Query<'a> {
    call: &'a Call,
    seen: RefCell<Vec<&'static str>>,
}

/// Where a page starts and how long it is.
#[derive(Clone, Debug)]
pub struct PageAsk<P> {
    pub limit: i64,
    pub after: Option<P>,
    filter: FilterHash,
}

fn bad(name: &str) -> Error {
    Error::with(Code::BadQuery, name)
}

impl Query<'_> {
    /// The raw text of a member.
    pub fn text(&self, name: &'static str) -> Option<&str> {
        self.seen.borrow_mut().push(name);
        self.call
            .query
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
            .filter(|v| !v.is_empty())
    }

    /// A typed member.
    pub fn get<T: Scalar>(&self, name: &'static str) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        parse(text).map(Some).ok_or_else(|| bad(name))
    }

    /// A comma-separated list.
    pub fn list<T: Scalar>(&self, name: &'static str) -> Result<Vec<T>, Error> {
        let Some(text) = self.text(name) else {
            return Ok(Vec::new());
        };
        text.split(',')
            .map(|t| parse(t).ok_or_else(|| bad(name)))
            .collect()
    }

    /// The members of `include`: children that may stand in the answer beside the thing itself.
    pub fn include(&self, known: &'static [&'static str]) -> Result<Vec<&'static str>, Error> {
        let Some(text) = self.text("include") else {
            return Ok(Vec::new());
        };
        let mut out: Vec<&'static str> = Vec::new();
        for name in text.split(',') {
            let found = known.iter().copied().find(|k| *k == name);
            let found = found.ok_or_else(|| bad("include"))?;
            if !out.contains(&found) {
                out.push(found);
            }
        }
        Ok(out)
    }

    /// One of the allowed words; the first is the default.
    pub fn one_of(
        &self,
        name: &'static str,
        allowed: &[&'static str],
    ) -> Result<&'static str, Error> {
        let first = allowed.first().copied().unwrap_or("");
        let Some(text) = self.text(name) else {
            return Ok(first);
        };
        allowed
            .iter()
            .copied()
            .find(|a| *a == text)
            .ok_or_else(|| bad(name))
    }

    /// `limit` (default 50, at most 200) and `cursor`, bound to every other member of the query.
    pub fn page<P: DeserializeOwned>(&self) -> Result<PageAsk<P>, Error> {
        let limit = match self.text("limit") {
            None => 50,
            Some(t) => t
                .parse()
                .ok()
                .filter(|n| (1..=200).contains(n))
                .ok_or_else(|| bad("limit"))?,
        };
        let mut parts: Vec<String> = self
            .call
            .query
            .iter()
            .filter(|(n, _)| n != "limit" && n != "cursor")
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        parts.sort();
        parts.push(self.call.operation.to_owned());
        parts.push(self.call.body.to_string());
        parts.extend(self.call.path.iter().map(|(_, v)| v.clone()));
        let refs: Vec<&str> = parts.iter().map(String::as_str).collect();
        let filter = FilterHash::of(&refs);
        let after = match self.text("cursor") {
            None => None,
            Some(t) => Some(
                self.call
                    .env
                    .cursors
                    .open(&filter, t)
                    .map_err(|_| Error::of(Code::BadCursor))?,
            ),
        };
        Ok(PageAsk {
            limit,
            after,
            filter,
        })
    }

    /// Refuses members that were not asked for.
    pub fn finish(&self) -> Result<(), Error> {
        let seen = self.seen.borrow();
        match self
            .call
            .query
            .iter()
            .find(|(n, _)| !seen.iter().any(|s| s == n))
        {
            Some((n, _)) => Err(bad(n)),
            None => Ok(()),
        }
    }
}

/// Reads a query word as the JSON value its type wants: booleans and integers are not quoted.
fn parse<T: Scalar>(text: &str) -> Option<T> {
    let as_text = Value::String(text.to_owned());
    if let Ok(v) = T::read(&as_text) {
        return Some(v);
    }
    match text {
        "true" | "false" => T::read(&Value::Bool(text == "true")).ok(),
        _ => text
            .parse::<i64>()
            .ok()
            .and_then(|n| T::read(&n.into()).ok()),
    }
}

/// A page of a list as it is sent.
#[derive(Debug, Serialize)]
pub struct Page<V> {
    pub data: Vec<V>,
    pub page: PageInfo,
}

#[derive(Debug, Serialize)]
pub struct PageInfo {
    pub next_cursor: Option<String>,
    pub has_more: bool,
    /// Only with `count=exact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

impl<V: Serialize> Page<V> {
    /// The page as an answer that leads on to the next one.
    pub fn reply(&self) -> Result<Reply, Error> {
        self.leads(Reply::json(200, self)?)
    }

    /// Makes an answer that holds this page among other things lead on to the next one.
    pub fn leads(&self, reply: Reply) -> Result<Reply, Error> {
        Ok(Reply {
            next: self.page.next_cursor.clone(),
            ..reply
        })
    }
}

impl<P: Serialize> PageAsk<P> {
    /// How many rows to fetch: one more than the page, to know whether there are more.
    pub fn fetch(&self) -> i64 {
        self.limit.saturating_add(1)
    }

    /// Cuts fetched rows to the page and seals the cursor after the last one.
    pub fn cut<T, V>(
        &self,
        env: &Env,
        mut rows: Vec<T>,
        position: impl Fn(&T) -> P,
        view: impl FnMut(T) -> V,
    ) -> Result<Page<V>, Error> {
        let limit = usize::try_from(self.limit).unwrap_or(50);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = match rows.last() {
            Some(last) if has_more => Some(
                env.cursors
                    .seal(&self.filter, &position(last))
                    .map_err(Error::internal)?,
            ),
            _ => None,
        };
        Ok(Page {
            data: rows.into_iter().map(view).collect(),
            page: PageInfo {
                next_cursor,
                has_more,
                count: None,
            },
        })
    }
}
