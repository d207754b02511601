//! One dispute, played through the public API, every step printed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::blocks::{Tale, now, two};
use super::client::{Caller, Said};
use super::county;

type Told = Result<(), String>;

/// Plays and prints.
pub struct Play<'a> {
    c: &'a mut Caller,
    mail_dir: PathBuf,
    mails: BTreeSet<String>,
    step: usize,
    seq: i64,
}

impl<'a> Play<'a> {
    pub fn new(c: &'a mut Caller, mail_dir: PathBuf) -> Self {
        let mut play = Self {
            c,
            mail_dir,
            mails: BTreeSet::new(),
            step: 0,
            seq: 0,
        };
        play.mails = play.mail_files();
        play
    }

    fn mail_files(&self) -> BTreeSet<String> {
        let Ok(entries) = std::fs::read_dir(&self.mail_dir) else {
            return BTreeSet::new();
        };
        entries
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .filter(|n| n.ends_with(".eml"))
            .collect()
    }

    /// Prints what one act did: request, status, state, new facts of the trail, mails.
    async fn show(&mut self, title: &str, who: &str, path: &str, said: &Said, case: &str) -> Told {
        self.step += 1;
        let reader = "zhanglixin";
        let view = self.c.get(reader, &format!("/cases/{case}")).await?;
        let text = |name: &str| {
            view.get(name)
                .and_then(Value::as_str)
                .unwrap_or("—")
                .to_owned()
        };
        println!("\n{:>2}. {title}", self.step);
        println!("    {who}  POST {path} → {}", said.status);
        println!(
            "    状态 state: {}  案号 no.: {}  责任单位 holder: {}",
            text("state"),
            text("case_no"),
            view.pointer("/ball_with/name")
                .and_then(Value::as_str)
                .unwrap_or("—")
        );
        let trail = self
            .c
            .get(reader, &format!("/cases/{case}/timeline?limit=200"))
            .await?;
        let facts = trail
            .get("data")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        for fact in facts {
            let seq = fact.get("seq").and_then(Value::as_i64).unwrap_or(0);
            if seq > self.seq {
                self.seq = seq;
                println!(
                    "    审计 audit #{seq}: {}",
                    fact.get("text").and_then(Value::as_str).unwrap_or("")
                );
            }
        }
        // The worker wakes with the commit; give it a moment to write.
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        let all = self.mail_files();
        for new in all.difference(&self.mails) {
            let mail = std::fs::read_to_string(self.mail_dir.join(new)).unwrap_or_default();
            let to = mail
                .lines()
                .find(|l| l.starts_with("To:"))
                .unwrap_or("To: ?");
            println!("    邮件 mail: {new} {to}");
        }
        self.mails = all;
        Ok(())
    }

    async fn act(
        &mut self,
        t: &Tale,
        title: &str,
        who: &str,
        rest: &str,
        body: Value,
    ) -> Result<Said, String> {
        let said = t.act(self.c, who, rest, body).await?;
        self.show(
            title,
            who,
            &format!("/cases/…{}", shorten(rest)),
            &said,
            &t.case,
        )
        .await?;
        Ok(said)
    }

    async fn in_session(
        &mut self,
        t: &Tale,
        title: &str,
        session: &str,
        rest: &str,
        body: Value,
    ) -> Told {
        let rest = format!("/sessions/{session}{rest}");
        self.act(t, title, t.chair, &rest, body).await.map(|_| ())
    }

    /// A whole session; with `caucus`, two confidential talks in the middle.
    async fn session(
        &mut self,
        t: &mut Tale,
        title: &str,
        caucus: bool,
        text: &str,
        result: &str,
    ) -> Told {
        let parties = t.parties.clone();
        let from = now().plus_minutes(10);
        let body = json!({
            "kind": "joint", "planned_from": from, "planned_to": from.plus_minutes(90), "venue_kind": "room",
            "room_id": county::room(if t.chair == "qiuxianzhong" { 0 } else { 2 }),
            "parties": parties, "staff": [county::user(t.chair)],
        });
        let said = self
            .act(
                t,
                &format!("{title}：安排 plan"),
                t.chair,
                "/sessions",
                body,
            )
            .await?;
        let session = said
            .body
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        self.in_session(t, "发出通知 invite", &session, "/notify", json!({}))
            .await?;
        let all = t.everybody(self.c, &session).await?;
        self.in_session(t, "开始 open", &session, "/open", all)
            .await?;
        if caucus {
            for p in &parties {
                self.in_session(
                    t,
                    "背靠背 caucus",
                    &session,
                    "/open-caucus",
                    json!({"party_id": p}),
                )
                .await?;
                self.in_session(
                    t,
                    "保密笔记 caucus note (nobody but the team will ever see it)",
                    &session,
                    "/caucus-notes",
                    json!({"party_id": p, "body": "底线已单独记录"}),
                )
                .await?;
                self.in_session(
                    t,
                    "背靠背结束 back to the table",
                    &session,
                    "/end-caucus",
                    json!({}),
                )
                .await?;
            }
        }
        let said = t
            .finish_session(self.c, &session, &parties, text, result)
            .await?;
        self.show(
            "笔录签名，结束 record signed, closed",
            t.chair,
            "/cases/…/close",
            &said,
            &t.case,
        )
        .await
    }

    /// The story: intake to an obligation performed, by way of the county.
    pub async fn run(&mut self) -> Told {
        let body = json!({
            "type": "business", "source": "application", "channel": "walk_in",
            "summary": "合作社与收购商因菌菇收购价发生争执。", "place": "凤溪乡集贸市场",
            "parties": two("巫永福", "牛记"), "issues": [{"text": "收购价差额", "claim": "补付差额", "amount_fen": 1_860_000}],
        });
        println!("\n── 一件纠纷的全过程 One dispute from intake to performance ──");
        let mut t = Tale::register(self.c, "zhengguoxing", "chenyuee", "tw_fengxi", body).await?;
        let said = Said {
            status: 201,
            version: Some(1),
            body: Value::Null,
        };
        self.show(
            "登记，出具受理回执 intake with receipt",
            "zhengguoxing",
            "/cases",
            &said,
            &t.case,
        )
        .await?;
        let said = t.screen(self.c).await?;
        self.show(
            "受理审查 screening",
            t.desk,
            "/cases/…/screen",
            &said,
            &t.case,
        )
        .await?;
        let refused = self.c.refused(t.desk, &t.path("/accept"), json!({"committee_id": county::committee("tw_fengxi"), "jurisdiction_basis": "dispute_place"})).await?;
        println!(
            "\n    （先行受理被拒 acceptance is refused: {} {} {}）",
            refused.get("code").and_then(Value::as_str).unwrap_or(""),
            refused.get("rule").and_then(Value::as_str).unwrap_or(""),
            refused.get("basis").and_then(Value::as_str).unwrap_or("")
        );
        let rest = format!("/parties/{}/consent", t.party(1)?);
        self.act(
            &t,
            "对方同意调解 the other party consents",
            "zhengguoxing",
            &rest,
            json!({"answer": "given", "via": "in_person"}),
        )
        .await?;
        let said = t.accept(self.c).await?;
        self.show(
            "受理并编号 accepted with a number",
            t.desk,
            "/cases/…/accept",
            &said,
            &t.case,
        )
        .await?;
        let said = t.appoint(self.c).await?;
        self.show(
            "指派主持人 mediator appointed",
            t.desk,
            "/cases/…/assignments",
            &said,
            &t.case,
        )
        .await?;
        t.rights(self.c).await?;
        self.session(
            &mut t,
            "第一次调解 joint session",
            true,
            "双方各自陈述，差额认识不一。",
            "continue",
        )
        .await?;
        self.session(
            &mut t,
            "第二次调解 second session",
            false,
            "需要市场监管部门核价。",
            "continue",
        )
        .await?;
        let body = json!({"verb": "escalate", "to": county::org("county"), "reasons": ["es1_cannot_settle", "es6_needs_department"],
            "handling_so_far": "两次面对面、一次背靠背，差额缩小到一万八千六百元。", "no_materials": "材料随卷"});
        let said = self
            .act(
                &t,
                "上报县中心 escalated to the county",
                "zhengguoxing",
                "/transfers",
                body,
            )
            .await?;
        let transfer = said
            .body
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        self.act(
            &t,
            "县中心签收，责任转移 the county accepts",
            "zhanglixin",
            &format!("/transfers/{transfer}/accept"),
            json!({}),
        )
        .await?;
        t.desk = "zhanglixin";
        self.replace_chair(&mut t).await?;
        self.session(
            &mut t,
            "县级调解 county session",
            false,
            "核价后双方同意补付一万五千六百元。",
            "agreed",
        )
        .await?;
        let due = now().local_date().plus_days(7);
        let obligations = json!([{"debtor_id": t.party(1)?, "creditor_id": t.party(0)?, "kind": "pay", "description": "补付收购价差额",
            "amount_fen": 1_560_000, "due_on": due, "place": "县中心", "mode": "bank"}]);
        let agreement = t
            .draft(
                self.c,
                "收购价与约定不符。",
                "牛记补付一万五千六百元。",
                obligations,
            )
            .await?;
        let said = t.sign_and_seal(self.c, &agreement).await?;
        self.show(
            "书面协议，各方签署并盖章 written agreement signed and sealed",
            t.chair,
            "/cases/…/seal",
            &said,
            &t.case,
        )
        .await?;
        t.perform_all(self.c, &agreement).await?;
        let said = Said {
            status: 200,
            version: None,
            body: Value::Null,
        };
        self.show(
            "义务履行 obligation performed",
            t.chair,
            "/cases/…/perform",
            &said,
            &t.case,
        )
        .await?;
        self.act(
            &t,
            "反馈当事人 fed back to the parties",
            "zhanglixin",
            "/feedback",
            json!({"text": "款项已到账，纠纷化解。", "given_at": now()}),
        )
        .await?;
        self.act(&t, "结案 closed", "zhanglixin", "/close", json!({}))
            .await?;
        let report = self.verified().await?;
        println!(
            "\n    审计链核验 audit chain verified: ok = {}, {} events, {} streams, {} fault(s)",
            report.get("ok").unwrap_or(&Value::Null),
            report.get("events").unwrap_or(&Value::Null),
            report.get("streams").unwrap_or(&Value::Null),
            report.get("fault_count").unwrap_or(&Value::Null)
        );
        if report.get("ok") == Some(&json!(true)) {
            Ok(())
        } else {
            Err(format!("{report:#}"))
        }
    }

    /// Asks for a verification and waits until it is done.
    async fn verified(&mut self) -> Result<Value, String> {
        let path = "/audit/verifications";
        let said = self.c.post("shenji", path, json!({})).await?;
        let id = said.body.get("id").and_then(Value::as_str);
        let one = format!("{path}/{}", id.ok_or("no verification")?);
        for _ in 0..120 {
            let run = self.c.get("shenji", &one).await?;
            match run.get("state").and_then(Value::as_str) {
                Some("queued" | "running") => {
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                }
                _ => return Ok(run.get("report").cloned().unwrap_or_default()),
            }
        }
        Err("the verification does not end".to_owned())
    }

    /// The county's own mediator takes the chair.
    async fn replace_chair(&mut self, t: &mut Tale) -> Told {
        let list = self.c.get("zhanglixin", &t.path("/assignments")).await?;
        let chair = list
            .get("data")
            .and_then(Value::as_array)
            .and_then(|l| {
                l.iter().find(|a| {
                    a.get("role") == Some(&json!("chair"))
                        && a.get("to_at").is_none_or(Value::is_null)
                })
            })
            .and_then(|a| a.get("id")?.as_str().map(str::to_owned))
            .ok_or("no chair to replace")?;
        let body = json!({"user_id": county::user("qiuxianzhong")});
        self.act(
            t,
            "县级主持人接手 the county's mediator takes the chair",
            "zhanglixin",
            &format!("/assignments/{chair}/replace"),
            body,
        )
        .await?;
        t.chair = "qiuxianzhong";
        t.committee = "co_county";
        Ok(())
    }
}

/// Ids are noise in print.
fn shorten(rest: &str) -> String {
    rest.split('/')
        .map(|p| if p.len() == 36 { "…" } else { p })
        .collect::<Vec<_>>()
        .join("/")
}
