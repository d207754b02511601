//! `docs/notifications.md` is the truth.

use jieyou::domain::codes::{Code as _, Lang};
use jieyou::domain::notice::NoticeKind;
use jieyou::worker::compose::has_calendar;

const DOC: &str = include_str!("../../docs/notifications.md");

#[test]
fn the_table_of_who_is_told_of_what_is_complete() {
    let rows: Vec<Vec<&str>> = DOC
        .lines()
        .skip_while(|l| !l.starts_with("| Kind |"))
        .skip(2)
        .take_while(|l| l.starts_with('|'))
        .map(|l| l.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let kinds: Vec<&str> = rows.iter().map(|r| r[0].trim_matches('`')).collect();
    let ours: Vec<&str> = NoticeKind::ALL.iter().map(|k| k.code()).collect();
    assert_eq!(kinds, ours);
    for (row, kind) in rows.iter().zip(NoticeKind::ALL) {
        assert_eq!(row.len(), 6, "{row:?}");
        assert_eq!(row[1], kind.label(Lang::Zh), "{row:?}");
        assert!(!row[2].is_empty() && !row[3].is_empty(), "{row:?}");
        let channels = match kind {
            NoticeKind::DeliveryDead => "inbox",
            NoticeKind::PartyCheckAsked => "text message or mail",
            _ if has_calendar(*kind) => "inbox, mail with calendar",
            _ => "inbox, mail",
        };
        assert_eq!(row[4], channels, "{row:?}");
        assert_eq!(row[5] == "no", kind.is_always_told(), "{row:?}");
    }
}
