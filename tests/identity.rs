//! Identity and organisation over HTTP.

mod cli;
mod forgeries;
mod invites;
mod logins;
mod organisation;
mod passwords;
mod refresh;
mod revocation;
mod rights;
mod second_factor;
mod second_factor_own;
mod throttle;
mod timing;
mod users;

use jieyou::ctx::{Ids, SystemIds};
use jieyou::domain::facts::Event;
use serde_json::{Value, json};

use crate::support::app::PASSWORD;
use crate::support::client::Answer;
use crate::support::{Client, TestApp};

/// A fresh device.
fn device() -> String {
    SystemIds.uuid().to_string()
}

/// A call without a token, with a JSON body and further headers.
fn call(app: &TestApp, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    let path = format!("/api/v1{path}");
    let body = body.to_string().into_bytes();
    app.anonymous().raw("POST", &path, &all, body)
}

/// One try to sign in.
fn try_login(app: &TestApp, username: &str, password: &str, device: &str) -> Answer {
    let body = json!({"username": username, "password": password, "device_id": device});
    call(app, "/auth/login", &body, &[])
}

/// The tokens of a login.
#[derive(Clone, Debug)]
struct Tokens {
    access: String,
    refresh: String,
    device: String,
    device_token: String,
    login_id: String,
}

impl Tokens {
    fn of(body: &Value, device: &str) -> Self {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
            device: device.to_owned(),
            device_token: text("device_token"),
            login_id: text("login_id"),
        }
    }

    /// A call with the access token.
    fn send(&self, app: &TestApp, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.access);
        let mut headers = vec![("authorization", bearer.as_str())];
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let bytes = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
        let path = format!("/api/v1{path}");
        app.anonymous().raw(method, &path, &headers, bytes)
    }

    fn get(&self, app: &TestApp, path: &str) -> Answer {
        self.send(app, "GET", path, None)
    }

    /// Uses the refresh token.
    fn refresh(&self, app: &TestApp) -> Answer {
        self.refresh_from(app, &self.device)
    }

    fn refresh_from(&self, app: &TestApp, device: &str) -> Answer {
        let body = json!({"refresh_token": self.refresh, "device_id": device});
        call(app, "/auth/refresh", &body, &[])
    }
}

/// Signs in with the password of every test user.
#[track_caller]
fn sign_in(app: &TestApp, username: &str, device: &str) -> Tokens {
    let body = try_login(app, username, PASSWORD, device).ok();
    Tokens::of(&body, device)
}

/// The names of the last facts of a stream, the newest first.
fn facts(app: &TestApp, stream: &str, n: i64) -> Vec<String> {
    events(app, stream, n)
        .into_iter()
        .map(|(_, _, e)| e.code().to_owned())
        .collect()
}

/// The last facts of a stream, the newest first: actor, outcome, fact.
fn events(app: &TestApp, stream: &str, n: i64) -> Vec<(String, String, Event)> {
    let stored = app.read(|snap| snap.last_events(stream, None, n).unwrap());
    stored
        .into_iter()
        .map(|e| {
            let header: Value = serde_json::from_str(&e.row.header).unwrap();
            let outcome = header["outcome"].as_str().unwrap().to_owned();
            (e.row.actor, outcome, e.event.unwrap())
        })
        .collect()
}

/// The kinds in a user's inbox, the newest first.
fn inbox(app: &TestApp, username: &str) -> Vec<String> {
    let page = app.client(username).get("/inbox").ok();
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["kind"].as_str().unwrap().to_owned())
        .collect()
}

/// `PATCH` with the ETag last seen.
fn patch(c: &Client<'_>, path: &str, tag: Option<&str>, body: &Value) -> Answer {
    let mut headers = vec![("content-type", "application/merge-patch+json")];
    if let Some(tag) = tag {
        headers.push(("if-match", tag));
    }
    let path = format!("/api/v1{path}");
    c.raw("PATCH", &path, &headers, body.to_string().into_bytes())
}
