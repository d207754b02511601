//! A caller of the API. Every answer is checked against the contract.

use std::sync::OnceLock;

use jieyou::crypto::jwt::Identity;
use jieyou::domain::ids::{Id, LoginId, UserId};
use serde_json::{Value, json};

use super::app::TestApp;
use super::spec;

/// A caller; each call makes its own idempotency key.
pub struct Client<'a> {
    app: &'a TestApp,
    who: Option<(UserId, LoginId)>,
    lang: &'static str,
    extra: Vec<(String, String)>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// Asserts success and gives the body.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.text
        );
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// Asserts success where the body is no JSON.
    #[track_caller]
    pub fn ok_status(self) {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.text
        );
    }

    /// Asserts a problem of this status and code and gives the document.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json; charset=utf-8")
        );
        let doc = self.json();
        assert_eq!(doc["code"], code, "{doc}");
        doc
    }

    /// Asserts that the act was refused and that `code` is among the guards named.
    #[track_caller]
    pub fn blocked_by(self, code: &str) -> Value {
        assert!(
            matches!(self.status, 409 | 422),
            "{} {}",
            self.status,
            self.text
        );
        let doc = self.json();
        let list = doc["blocked_by"].as_array().cloned().unwrap_or_default();
        assert!(
            list.iter().any(|b| b["code"] == code),
            "{code} not in {doc}"
        );
        doc
    }

    /// The version in the ETag.
    #[track_caller]
    pub fn version(&self) -> i64 {
        let tag = self
            .header("etag")
            .unwrap_or_else(|| panic!("no ETag: {}", self.text));
        tag.trim_matches('"').parse().unwrap()
    }
}

fn http() -> &'static (tokio::runtime::Runtime, reqwest::Client) {
    static HTTP: OnceLock<(tokio::runtime::Runtime, reqwest::Client)> = OnceLock::new();
    HTTP.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        (runtime, client)
    })
}

impl<'a> Client<'a> {
    pub fn new(app: &'a TestApp, who: Option<(UserId, LoginId)>) -> Self {
        Self {
            app,
            who,
            lang: "zh-CN",
            extra: Vec::new(),
        }
    }

    pub fn english(mut self) -> Self {
        self.lang = "en";
        self
    }

    /// Adds a header to every call of this client.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn user_id(&self) -> UserId {
        self.who.unwrap().0
    }

    /// A fresh access token.
    pub fn token(&self) -> Option<String> {
        let (sub, sid) = self.who?;
        let now = self.app.now();
        let identity = Identity {
            sub,
            sid,
            jti: self.app.state.ids.uuid(),
            auth_time: now,
            amr: vec!["pwd".into()],
        };
        let keys = self.app.state.keys.read().unwrap();
        Some(
            self.app
                .state
                .authority
                .mint(&keys, &identity, now)
                .unwrap(),
        )
    }

    /// One call with exactly these headers besides authorisation and language.
    pub fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let (runtime, client) = http();
        let mut request = client
            .request(method.parse().unwrap(), format!("{}{path}", self.app.base))
            .header("accept-language", self.lang)
            .body(body.clone());
        if let Some(token) = self.token() {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.extra {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = runtime.block_on(async {
            let response = request.send().await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let bytes = response.bytes().await.unwrap();
            Answer {
                status,
                headers,
                text: String::from_utf8_lossy(&bytes).into_owned(),
                bytes: bytes.to_vec(),
            }
        });
        spec::check(method, path, &body, &answer);
        answer
    }

    /// The address under `/api/v1`, unless it starts at the root of something else.
    fn full(path: &str) -> String {
        if path.starts_with("/api/")
            || path.starts_with("/.well-known")
            || ["/livez", "/readyz", "/docs", "/openapi"]
                .iter()
                .any(|p| path.starts_with(p))
            || path.starts_with("/problems/")
        {
            path.to_owned()
        } else {
            format!("/api/v1{path}")
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.raw("GET", &Self::full(path), &[], Vec::new())
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        mime: &str,
        version: Option<i64>,
        body: &Value,
    ) -> Answer {
        let key = self.app.state.ids.uuid().to_string();
        let tag = version.map(|v| format!("\"{v}\""));
        let mut headers = vec![("idempotency-key", key.as_str()), ("content-type", mime)];
        if let Some(tag) = &tag {
            headers.push(("if-match", tag));
        }
        self.raw(
            method,
            &Self::full(path),
            &headers,
            body.to_string().into_bytes(),
        )
    }

    /// `POST` that makes something or appends.
    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, "application/json", None, &body)
    }

    /// `POST` of an act on a case at a known version.
    pub fn act(&self, path: &str, version: i64, body: Value) -> Answer {
        self.send("POST", path, "application/json", Some(version), &body)
    }

    /// `POST` of an act on a case at its current version (fetched first by a quiet read).
    pub fn do_(&self, path: &str, body: Value) -> Answer {
        let version = self.current_version(path);
        self.act(path, version, body)
    }

    /// `PATCH` of a case or child at its current version.
    pub fn patch(&self, path: &str, body: Value) -> Answer {
        let version = self.current_version(path);
        self.send(
            "PATCH",
            path,
            "application/merge-patch+json",
            Some(version),
            &body,
        )
    }

    /// `DELETE` at the current version of the case.
    pub fn delete(&self, path: &str) -> Answer {
        let version = self.current_version(path);
        let tag = format!("\"{version}\"");
        let key = self.app.state.ids.uuid().to_string();
        self.raw(
            "DELETE",
            &Self::full(path),
            &[("if-match", &tag), ("idempotency-key", &key)],
            Vec::new(),
        )
    }

    /// The latest clock of a case by a policy; `null` when there is none.
    #[track_caller]
    pub fn clock(&self, case: &str, policy: &str) -> Value {
        let all = self.get(&format!("/cases/{case}/clocks")).ok();
        let list = all["data"].as_array().unwrap();
        let found = list.iter().rfind(|c| c["policy"] == policy);
        found.unwrap_or(&Value::Null).clone()
    }

    /// The stored version of the case that a path speaks of; 0 when it speaks of none.
    pub fn current_version(&self, path: &str) -> i64 {
        let rest = path.trim_start_matches("/api/v1");
        let Some(id) = rest
            .strip_prefix("/cases/")
            .and_then(|r| r.split('/').next())
        else {
            return 0;
        };
        let Some(id) = Id::parse(id) else { return 0 };
        self.app.read(|snap| snap.case_version(id).unwrap_or(0))
    }

    /// An empty body.
    pub fn nothing() -> Value {
        json!({})
    }
}
