//! A finished answer, before it becomes HTTP: what idempotency keys keep, byte for byte.

use serde::Serialize;

use crate::domain::ids::CaseId;
use crate::error::Error;

/// Status, headers and body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    /// Extra headers, e.g. `ETag`, `Location`.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The case it speaks of: a replay asks again whether the caller may see it.
    pub case_id: Option<CaseId>,
    /// Objects whose personal data the body holds, for the access record.
    pub reads: Vec<String>,
    pub replayed: bool,
    /// The cursor of the page after this one.
    pub next: Option<String>,
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_string(body).map_err(Error::internal)?;
        Ok(Self {
            status,
            content_type: "application/json; charset=utf-8".to_owned(),
            headers: Vec::new(),
            body,
            case_id: None,
            reads: Vec::new(),
            replayed: false,
            next: None,
        })
    }

    /// An answer without body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: String::new(),
            headers: Vec::new(),
            body: String::new(),
            case_id: None,
            reads: Vec::new(),
            replayed: false,
            next: None,
        }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The strong ETag of a case version.
    pub fn etag(self, version: i64) -> Self {
        self.header("ETag", format!("\"{version}\""))
    }

    /// The ETag of a thing without a version, made from the body.
    pub fn tagged(self) -> Self {
        let tag = tag_of(&self.body);
        self.header("ETag", format!("\"{tag}\""))
    }

    pub fn case(mut self, id: CaseId) -> Self {
        self.case_id = Some(id);
        self
    }

    /// Names an object whose personal data the body holds.
    pub fn reads(mut self, kind: &str, id: impl std::fmt::Display) -> Self {
        self.reads.push(format!("{kind}/{id}"));
        self
    }
}

/// The ETag of a body whose thing has no version: a digest of everything the caller is shown.
pub fn tag_of(body: &str) -> String {
    let digest = <sha2::Sha256 as sha2::Digest>::digest(body.as_bytes());
    hex::encode(digest).chars().take(32).collect()
}
