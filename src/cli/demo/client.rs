//! A caller of our own public API, as an app would be one.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use uuid::Uuid;

/// The password of every demo login: public on purpose, for a fictional county.
pub const PASSWORD: &str = "yunling demo county 2026";

/// What the demo says of one call.
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub version: Option<i64>,
    pub body: Value,
}

/// Calls the API under the names of the demo's people.
pub struct Caller {
    base: String,
    http: Client,
    tokens: HashMap<String, String>,
    /// The versions of the cases seen last.
    versions: HashMap<String, i64>,
}

impl Caller {
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(base: &str) -> Result<Self, String> {
        let http = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .map_err(|e| e.to_string())?;
        Ok(Self {
            base: base.to_owned(),
            http,
            tokens: HashMap::new(),
            versions: HashMap::new(),
        })
    }

    /// Signs a person in, once.
    async fn token(&mut self, who: &str) -> Result<String, String> {
        if let Some(token) = self.tokens.get(who) {
            return Ok(token.clone());
        }
        let body = json!({"username": who, "password": PASSWORD, "device_id": fresh(), "device_name": "demo"});
        let response = self
            .http
            .post(format!("{}/api/v1/auth/login", self.base))
            .json(&body)
            .send()
            .await
            .map_err(|e| e.to_string())?;
        let said = read(response).await?;
        let token = said.body.get("access_token").and_then(Value::as_str);
        let token = token
            .ok_or_else(|| format!("{who} cannot sign in: {}", said.body))?
            .to_owned();
        self.tokens.insert(who.to_owned(), token.clone());
        Ok(token)
    }

    /// `GET` as a person.
    ///
    /// # Errors
    /// When the answer is not a success.
    pub async fn get(&mut self, who: &str, path: &str) -> Result<Value, String> {
        Ok(self.send(who, Method::GET, path, None).await?.body)
    }

    /// `POST` as a person; acts on a case carry the version seen last.
    ///
    /// # Errors
    /// When the answer is not a success.
    pub async fn post(&mut self, who: &str, path: &str, body: Value) -> Result<Said, String> {
        self.send(who, Method::POST, path, Some(body)).await
    }

    /// A call that is expected to be refused: the problem document.
    ///
    /// # Errors
    /// When it is not refused.
    pub async fn refused(&mut self, who: &str, path: &str, body: Value) -> Result<Value, String> {
        let said = self.try_send(who, Method::POST, path, Some(body)).await?;
        if said.status < 400 {
            Err(format!("POST {path} was not refused"))
        } else {
            Ok(said.body)
        }
    }

    async fn send(
        &mut self,
        who: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Said, String> {
        let said = self.try_send(who, method.clone(), path, body).await?;
        if said.status >= 400 {
            return Err(format!(
                "{method} {path} as {who}: {} {:#}",
                said.status, said.body
            ));
        }
        Ok(said)
    }

    async fn try_send(
        &mut self,
        who: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Said, String> {
        let token = self.token(who).await?;
        let mut request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.base))
            .bearer_auth(token);
        if let Some(body) = body {
            request = request.header("Idempotency-Key", fresh()).json(&body);
            if let Some(version) = case_of(path).and_then(|id| self.versions.get(id)) {
                request = request.header("If-Match", format!("\"{version}\""));
            }
        }
        let said = read(request.send().await.map_err(|e| e.to_string())?).await?;
        // Only answers of acts and of the case itself carry the case version as their ETag.
        let named = said
            .body
            .get("id")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let case = case_of(path).map(str::to_owned).or(named);
        if let (Some(case), Some(version)) = (case, said.version) {
            self.versions.insert(case, version);
        }
        Ok(said)
    }
}

/// The case a path acts on.
fn case_of(path: &str) -> Option<&str> {
    path.strip_prefix("/cases/")?.split(['/', '?']).next()
}

#[allow(clippy::disallowed_methods)]
fn fresh() -> String {
    Uuid::new_v4().to_string()
}

async fn read(response: Response) -> Result<Said, String> {
    let status = response.status().as_u16();
    let version = response
        .headers()
        .get("etag")
        .and_then(|v| v.to_str().ok())
        .and_then(|t| t.trim_matches('"').parse().ok());
    let text = response.text().await.map_err(|e| e.to_string())?;
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?
    };
    Ok(Said {
        status,
        version,
        body,
    })
}
