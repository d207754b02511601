//! The directory transport.

use jieyou::worker::mail::{Letter, Mailer, MailerConfig, Outcome};

use super::outcomes::{desk, letter};

fn mailer(dir: &std::path::Path) -> Mailer {
    let config = MailerConfig {
        dir: Some(dir.to_owned()),
        from: desk(),
        ..MailerConfig::default()
    };
    Mailer::new(&config).unwrap()
}

fn names(dir: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn one_whole_file_per_message() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("data").join("mail");
    let mailer = mailer(&dir);
    assert_eq!(mailer.send(&letter(1)).await, Outcome::Sent);
    let name = "0190aaaa-0000-7000-8000-000000000001@jieyou.example.eml";
    assert_eq!(names(&dir), [name]);
    let first = std::fs::read(dir.join(name)).unwrap();
    let changed = Letter {
        subject: "later".into(),
        ..letter(1)
    };
    assert_eq!(mailer.send(&changed).await, Outcome::Sent);
    assert_eq!(std::fs::read(dir.join(name)).unwrap(), first);
    assert_eq!(names(&dir).len(), 1);
}

#[tokio::test]
async fn a_message_id_cannot_leave_the_directory() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("mail");
    let mailer = mailer(&dir);
    for id in ["<../../x@y>", "</etc/x@y>", "<a\0@y>", "<..@..>/", "x"] {
        let outcome = mailer
            .send(&Letter {
                message_id: id.into(),
                ..letter(1)
            })
            .await;
        assert_eq!(outcome, Outcome::dead("message-id invalid"), "{id}");
    }
    assert!(names(&dir).is_empty() && names(root.path()) == ["mail"]);
}

#[tokio::test]
async fn a_missing_directory_is_a_retry() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("mail");
    let mailer = mailer(&dir);
    std::fs::remove_dir(&dir).unwrap();
    assert!(matches!(
        mailer.send(&letter(1)).await,
        Outcome::Retry { .. }
    ));
}
