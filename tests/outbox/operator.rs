//! The operator's commands, run as the operator runs them.

use std::process::{Command, Output};

use jieyou::domain::notice::NoticeKind;

use super::kit::Yard;
use crate::support::smtp_sink::{Fault, Plan, Stage};

#[allow(clippy::disallowed_methods)]
fn jieyou(yard: &Yard, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jieyou"))
        .args(args)
        .env_clear()
        .env("DATABASE_URL", &yard.app.db.url)
        .env("JIEYOU_DATA_DIR", &yard.app.config.data_dir)
        .env("JIEYOU_MAIL__FROM", "desk@jieyou.example")
        .output()
        .unwrap()
}

fn ok(out: &Output) -> String {
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    text
}

#[test]
fn messages_are_listed_redriven_and_worked_off_beside_the_service() {
    let (yard, _sink) =
        Yard::with_sink(Plan::Script(vec![
            Fault::Reply(Stage::Rcpt, 550, "5.1.1 no");
            2
        ]));
    let case = yard.case();
    for who in ["lindeshui", "chenyuee"] {
        yard.tell_user(Some(&case), who, NoticeKind::CaseAssigned);
    }
    assert_eq!(yard.pass(&yard.worker()).dead, 2);
    let dead = yard.dead();
    let list = ok(&jieyou(&yard, &["outbox", "list", "--state", "dead"]));
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(
        list.contains(&dead[0].id.to_string()) && list.contains("smtp reply 550 5.1.1"),
        "{list}"
    );
    assert!(
        list.ends_with("due 0, leased 0, sent 0, dead 2\n"),
        "{list}"
    );
    assert!(!list.contains('@'));

    assert!(
        ok(&jieyou(
            &yard,
            &["outbox", "redrive", "--id", &dead[0].id.to_string()]
        ))
        .starts_with("1 ")
    );
    assert!(
        !jieyou(
            &yard,
            &["outbox", "redrive", "--id", &dead[0].id.to_string()]
        )
        .status
        .success()
    );
    assert!(!jieyou(&yard, &["outbox", "redrive"]).status.success());
    assert!(
        !jieyou(&yard, &["outbox", "list", "--state", "lost"])
            .status
            .success()
    );
    assert!(ok(&jieyou(&yard, &["outbox", "redrive", "--all-dead"])).starts_with("1 "));

    let stats = ok(&jieyou(&yard, &["work-once"]));
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(
        (&stats["sent"], &stats["dead"]),
        (&serde_json::json!(2), &serde_json::json!(0)),
        "{stats}"
    );
    let mails = yard.files();
    assert_eq!(mails.len(), 2);
    for row in &dead {
        assert!(
            mails
                .iter()
                .any(|m| m.contains(&format!("<{}@jieyou.example>", row.message_id)))
        );
    }
    let facts = yard
        .app
        .read(|snap| snap.stream_events("system", 0, 500).unwrap());
    assert_eq!(
        facts
            .iter()
            .filter(|e| e.row.action == "outbox_redriven")
            .count(),
        2
    );
}
