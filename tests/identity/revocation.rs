//! What is taken away is gone within a second, on every node (S2).

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant as Wall};

use jieyou::app::{self, Parts};
use jieyou::cli::demo::county;
use jieyou::ctx::SystemIds;
use jieyou::http::server;
use serde_json::json;

use super::*;
use crate::support::app::CHEAP;
use crate::support::db::on_postgres;

/// A second process on the same database and keys, as far as a test can have one.
struct Node {
    base: String,
    stop: actix_web::dev::ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Node {
    fn beside(first: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (tx, rx) = mpsc::channel();
        let (config, clock) = (first.config.clone(), Arc::clone(&first.clock));
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let parts = Parts {
                    clock,
                    ids: Arc::new(SystemIds),
                    cost: CHEAP,
                };
                let db = app::open_db(&config).unwrap();
                let state = app::build(&config, db, parts).unwrap();
                let server = server::serve(state, listener, 1).unwrap();
                tx.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self {
            base,
            stop: rx.recv().unwrap(),
            thread: Some(thread),
        }
    }

    fn status(&self, path: &str, access: &str) -> u16 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let url = format!("{}/api/v1{path}", self.base);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        runtime.block_on(async {
            let sent = client.get(url).bearer_auth(access).send().await.unwrap();
            sent.status().as_u16()
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(self.stop.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What may be taken away, and what the next read then answers.
const WAYS: &[(&str, &str, u16)] = &[
    ("role revoked", "/cases", 403),
    ("user disabled", "/auth/me", 401),
    ("password reset", "/auth/me", 401),
    ("login ended elsewhere", "/auth/me", 401),
    ("logout", "/auth/me", 401),
    ("password changed elsewhere", "/auth/me", 401),
    ("refresh token reused", "/auth/me", 401),
];

fn take_away(app: &TestApp, way: &str, t: &Tokens) {
    let user = county::user("zhanglixin");
    let (sys, sec) = (app.client("sysadmin"), app.client("secadmin"));
    match way {
        "role revoked" => {
            let held = sec.get(&format!("/users/{user}/grants")).ok();
            let id = held["data"][0]["id"].as_str().unwrap().to_owned();
            let gone = sec.delete(&format!("/users/{user}/grants/{id}"));
            assert_eq!(gone.status, 204);
        }
        "user disabled" => {
            sys.post(&format!("/users/{user}/disable"), json!({})).ok();
        }
        "password reset" => {
            sys.post(&format!("/users/{user}/reset"), json!({})).ok();
        }
        "login ended elsewhere" => {
            let other = sign_in(app, "zhanglixin", &device());
            let path = format!("/auth/sessions/{}", t.login_id);
            assert_eq!(other.send(app, "DELETE", &path, None).status, 204);
        }
        "logout" => {
            assert_eq!(t.send(app, "POST", "/auth/logout", None).status, 204);
        }
        "password changed elsewhere" => {
            let other = sign_in(app, "zhanglixin", &device());
            let body =
                json!({"current_password": PASSWORD, "new_password": "lantern pebble orbit sugar"});
            assert_eq!(
                other
                    .send(app, "POST", "/auth/password", Some(&body))
                    .status,
                204
            );
        }
        _ => {
            t.refresh_from(app, &device())
                .problem(401, "unauthenticated");
        }
    }
}

#[test]
fn on_this_node_the_next_call_is_refused() {
    for (way, path, status) in WAYS {
        let app = TestApp::new();
        let t = sign_in(&app, "zhanglixin", &device());
        t.get(&app, path).ok();
        take_away(&app, way, &t);
        assert_eq!(t.get(&app, path).status, *status, "{way}");
    }
}

#[test]
fn on_another_node_it_is_refused_within_a_second() {
    if !on_postgres() {
        return; // a SQLite file has one process
    }
    for (way, path, status) in WAYS {
        let app = TestApp::new();
        let other = Node::beside(&app);
        let t = sign_in(&app, "zhanglixin", &device());
        // the other node remembers the rights at the last moment
        assert_eq!(other.status(path, &t.access), 200);
        take_away(&app, way, &t);
        let begun = Wall::now();
        while other.status(path, &t.access) != *status {
            assert!(
                begun.elapsed() < Duration::from_secs(1),
                "{way} still works"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn rights_given_work_at_once() {
    let app = TestApp::new();
    let c = app.client("huangzhiyuan");
    c.get("/cases").ok();
    let body = json!({"role": "recorder", "org_id": county::org("fengxi")});
    let path = format!("/users/{}/grants", county::user("huangzhiyuan"));
    app.client("secadmin").post(&path, body).ok();
    let rights = c.get("/auth/me").ok()["rights"].clone();
    assert!(rights.as_array().unwrap().contains(&json!("register")));
}

#[test]
fn a_disabled_user_comes_back_with_the_old_password_but_not_the_old_login() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let admin = app.client("sysadmin");
    let path = format!("/users/{}", county::user("chenyuee"));
    admin.post(&format!("{path}/disable"), json!({})).ok();
    admin
        .post(&format!("{path}/disable"), json!({}))
        .problem(409, "already_done");
    admin
        .post(&format!("{path}/reset"), json!({}))
        .problem(409, "account_disabled");
    let grant = json!({"role": "recorder", "org_id": county::org("fengxi")});
    app.client("secadmin")
        .post(&format!("{path}/grants"), grant)
        .problem(409, "account_disabled");
    t.refresh(&app).problem(401, "unauthenticated");
    let back = admin.post(&format!("{path}/enable"), json!({})).ok();
    assert_eq!(back["state"], "active");
    admin
        .post(&format!("{path}/enable"), json!({}))
        .problem(409, "already_done");
    t.get(&app, "/auth/me").problem(401, "unauthenticated");
    t.refresh(&app).problem(401, "unauthenticated");
    sign_in(&app, "chenyuee", &device());
    let me = county::user("sysadmin");
    admin
        .post(&format!("/users/{me}/disable"), json!({}))
        .problem(409, "own_account");
}
