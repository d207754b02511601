//! The texts of notices in both languages. A notice names the matter by its code and nothing
//! else: whoever reads it over a shoulder learns neither what the matter is about nor who is in
//! it. Everything else is behind the login.

use super::text::clean_line;
use crate::domain::codes::Lang;

/// What a text may be filled with. Values are cleaned; a case code that is not an opaque code
/// (capital letters, digits, hyphens) is left out altogether.
#[derive(Debug, Clone, Default)]
pub struct Fill<'a> {
    /// Opaque matter code such as `YL-7K2M-93QF`; empty for notices about an account.
    pub case_code: &'a str,
    /// Link that needs a login.
    pub link: &'a str,
    /// Local date and time as text; empty leaves the line out.
    pub local_time: &'a str,
    /// Number of the meeting within the matter; `None` leaves it out.
    pub session_number: Option<u32>,
    /// A one-use code; empty leaves the line out.
    pub one_use_code: &'a str,
}

/// A finished notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Title, at most 120 characters.
    pub subject: String,
    /// Plain text with LF line ends.
    pub text: String,
}

macro_rules! kinds {
    ($($var:ident = $code:literal, $zh_title:literal, $zh_body:literal, $en_title:literal, $en_body:literal;)+) => {
        /// The kinds of notice.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $(#[doc = $en_title] $var),+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$var),+];

            /// The stored code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$var => $code),+ }
            }

            /// Title and sentence in one language.
            fn words(self, lang: Lang) -> (&'static str, &'static str) {
                match self {
                    $(Self::$var => (lang.pick($zh_title, $en_title), lang.pick($zh_body, $en_body))),+
                }
            }
        }
    };
}

kinds! {
    CaseAssigned = "case_assigned", "新的办件", "有一件办件已分配给您。",
        "New matter", "A matter has been assigned to you.";
    CaseAccepted = "case_accepted", "办件已受理", "办件已经受理，请登录查看。",
        "Matter taken on", "The matter has been taken on. Please log in to read more.";
    CaseRejected = "case_rejected", "办件答复", "办件已有答复，请登录查看后续途径。",
        "Matter answered", "The matter has been answered. Please log in to see the next options.";
    SessionInvited = "session_invited", "会面安排", "为您安排了一次会面。",
        "Meeting planned", "A meeting has been planned for you.";
    SessionChanged = "session_changed", "会面变更", "会面安排有变更，请以最新安排为准。",
        "Meeting changed", "The meeting has changed. Please follow the latest plan.";
    SessionCancelled = "session_cancelled", "会面取消", "会面已取消。",
        "Meeting cancelled", "The meeting has been cancelled.";
    SessionReminder = "session_reminder", "会面提醒", "会面即将开始，请按时到场。",
        "Meeting reminder", "The meeting is coming up. Please be on time.";
    ConsentRequested = "consent_requested", "请您确认", "有一项事宜需要您确认。",
        "Your reply is needed", "Something needs your reply.";
    AgreementReady = "agreement_ready", "文书待查阅", "有一份文书可供您查阅。",
        "Document ready", "A document is ready for you to read.";
    AgreementEffective = "agreement_effective", "文书已生效", "有一份文书已经生效。",
        "Document in effect", "A document has taken effect.";
    ObligationDue = "obligation_due", "事项即将到期", "有一项约定事项即将到期。",
        "Item due soon", "An agreed item is due soon.";
    ObligationOverdue = "obligation_overdue", "事项已到期", "有一项约定事项已过期限，请查看。",
        "Item past its date", "An agreed item is past its date. Please have a look.";
    TransferSubmitted = "transfer_submitted", "办件移送待处理", "有一件移送的办件等待贵单位处理。",
        "Matter sent to you", "A matter has been sent to your unit and waits for an answer.";
    TransferAccepted = "transfer_accepted", "移送已接收", "移送的办件已被接收。",
        "Matter accepted", "The matter you sent has been accepted.";
    TransferReturned = "transfer_returned", "移送已退回", "移送的办件已被退回，请查看说明。",
        "Matter returned", "The matter you sent has been returned. Please read the note.";
    TransferRecalled = "transfer_recalled", "移送已撤回", "移送给贵单位的办件已被撤回。",
        "Matter recalled", "A matter sent to your unit has been recalled.";
    TransferRedirected = "transfer_redirected", "办件已转送", "移送的办件已转送其他单位。",
        "Matter passed on", "The matter you sent has been passed on to another unit.";
    PetitionAccepted = "petition_accepted", "来件已受理", "您反映的事项已受理，请留意办理结果。",
        "Letter accepted", "The matter you raised has been accepted. You will hear of the result.";
    PetitionReplied = "petition_replied", "来件已答复", "您反映的事项已有书面答复，请查收。",
        "Letter answered", "The matter you raised has been answered in writing.";
    TransferContested = "transfer_contested", "办理单位待指定", "有一件办件需要指定办理单位，请处理。",
        "Unit to be named", "The unit that handles a matter is to be named. Please decide.";
    TransferDesignated = "transfer_designated", "已指定办理单位", "办件已指定办理单位，请查看。",
        "Unit designated", "The unit that handles a matter has been named. Please have a look.";
    TransferCompleted = "transfer_completed", "办理结果已反馈", "移送的办件已反馈办理结果，请查看。",
        "Result reported", "The result of a matter you sent has been reported. Please have a look.";
    TaskOpened = "task_opened", "有新的事项", "有一项事项交由贵单位办理。",
        "Something to do", "Something has been given to your unit to do.";
    TaskReported = "task_reported", "事项已报结果", "您交办的一项事项已报告结果，请查看。",
        "Order reported on", "The result of something you ordered has been reported. Please have a look.";
    TaskDecided = "task_decided", "事项已答复", "贵单位承担的一项事项已有答复，请查看。",
        "Item answered", "There is an answer about something your unit had to do. Please have a look.";
    WhistleProposed = "whistle_proposed", "吹哨待审核", "有一项吹哨等待您审核。",
        "Whistle to review", "A whistle waits for your review.";
    WhistleSounded = "whistle_sounded", "请报到", "请贵单位按时报到。",
        "You are called", "Your unit is called. Please answer in time.";
    WhistleAnswered = "whistle_answered", "部门已应哨", "有部门已应哨，请查看。",
        "Whistle answered", "A department has answered. Please have a look.";
    ConferenceInvited = "conference_invited", "联席会议", "请贵单位派员参加联席会议。",
        "Joint conference", "Your unit is invited to a joint conference.";
    ConferenceMoved = "conference_moved", "联席会议改期", "贵单位参加的联席会议改了时间或者地点，请登录查看。",
        "Joint conference moved", "The joint conference your unit is invited to has another time or place. Please log in to see it.";
    SupervisionOrdered = "supervision_ordered", "督办通知", "有一项督办需要贵单位按期回复。",
        "Supervision order", "A supervision order needs your unit's reply in time.";
    CaseOwnerNamed = "case_owner_named", "包案通知", "有一件办件由您包案。",
        "In charge", "You have been put in charge of a matter.";
    RecusalDecided = "recusal_decided", "请求已答复", "您关注的一项请求已有答复。",
        "Request answered", "A request you follow has been answered.";
    CaseClosed = "case_closed", "办件已办结", "办件已经办结。",
        "Matter closed", "The matter has been closed.";
    CaseTerminated = "case_terminated", "办件已终止", "办件已经终止，请登录查看后续途径。",
        "Matter ended", "The matter has ended. Please log in to see the next options.";
    FollowUpDue = "follow_up_due", "回访安排", "有一次回访到期，请安排。",
        "Visit due", "A visit is due. Please arrange it.";
    FollowUpDanger = "follow_up_danger", "回访情况请查看", "一次回访有情况需要您尽快查看。",
        "Visit needs a look", "Something about a visit needs your attention soon.";
    PartyCheckAsked = "party_check_asked", "请您核实", "有一件已办结的事项请您核实。与您无关请忽略，勿将核实码转告他人。",
        "Please confirm", "Something that was closed needs your word. If it is not yours, ignore this, and pass the code on to nobody.";
    PartyDenied = "party_denied", "有反馈待查看", "有一项反馈等待您查看。",
        "A reply to look at", "A reply waits for you to look at it.";
    RiskRaised = "risk_raised", "请尽快查看", "有一件办件需要您尽快查看。",
        "Please look soon", "A matter needs your attention soon.";
    UrgentCall = "urgent_call", "紧急事项待确认", "有一件紧急事项等待您确认。确认前每五分钟提醒一次，并逐级通知。",
        "Urgent: please acknowledge", "An urgent matter waits for you to acknowledge it. Until somebody does, this comes again every five minutes and goes to the next level.";
    StepLate = "step_late", "有步骤逾期，请立即处理", "您负责的一件急事有步骤已经逾期，请立即处理并登记。未完成的，将逐级通知。",
        "Urgent: a step is late", "A step of an urgent matter is late. Please see to it now and record it. Until it is done, the next level is told.";
    AccountInvited = "account_invited", "账号开通", "已为您开通账号，请通过下面的链接设置密码。",
        "Your account", "An account has been made for you. Please set a password through the link below.";
    PasswordReset = "password_reset", "重设密码", "收到重设密码的请求。如果不是您本人操作，请忽略本通知。",
        "Password reset", "A password reset was requested. If it was not you, ignore this notice.";
    SessionFamilyRevoked = "session_family_revoked", "登录已注销", "为安全起见，您的一处登录已被注销，请重新登录。",
        "Signed out", "For safety, one of your logins has been ended. Please log in again.";
    NewDeviceLogin = "new_device_login", "新设备登录", "您的账号在新的设备上登录。如果不是您本人操作，请立即修改密码。",
        "New device login", "Your account was used on a new device. If it was not you, change your password now.";
    SecondFactorChanged = "second_factor_changed", "二次验证变更", "您账号的二次验证已设置、停用或重置，或者使用了一个恢复码。如果不是您本人操作，请立即联系管理员。",
        "Second factor changed", "The second factor of your account was set up, removed or reset, or a recovery code was used. If it was not you, tell an administrator now.";
    ClockYellow = "clock_yellow", "期限将至", "有一件办件的办理期限将至，请查看。",
        "Time running out", "The time for a step in a matter is running out. Please have a look.";
    ClockRed = "clock_red", "期限已过", "有一件办件的办理期限已过，请尽快处理。",
        "Time run out", "The time for a step in a matter has run out. Please act soon.";
    LimitMissed = "limit_missed", "期限届满，请作出决定", "有一件办件的期限已经届满，请登录作出决定。",
        "A decision is due", "The time limit of a matter has been reached. Please log in and decide.";
    ConfirmationDue = "confirmation_due", "申请期限提醒", "有一份文书的申请期限将至，请登录查看。",
        "Time to apply", "The time to apply for a document is running out. Please log in to read more.";
    ConfirmationLapsed = "confirmation_lapsed", "申请期限已过", "有一份文书的申请期限已经届满。",
        "Time to apply is over", "The time to apply for a document is over.";
    TransferClimbed = "transfer_climbed", "移送逾期未答复", "有一件移送的办件逾期无人答复，请督促处理。",
        "No answer yet", "A matter was sent and nobody has answered in time. Please see to it.";
    CommitteeTerm = "committee_term", "任期届满提醒", "贵单位有一项任期即将届满或者已经届满，请登录查看。",
        "A term of office ends", "A term of office at your unit is about to end or has ended. Please log in to read more.";
    DeliveryDead = "delivery_dead", "通知未送达", "有一条通知多次未能送达，请查看。",
        "Notice not delivered", "A notice could not be delivered after several attempts. Please have a look.";
}

impl Kind {
    /// The kind of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}

/// Writes the notice.
pub fn render(kind: Kind, lang: Lang, fill: &Fill<'_>) -> Rendered {
    let (title, sentence) = kind.words(lang);
    let code = safe_code(fill.case_code);
    let time = clean_line(fill.local_time, 40);
    let link: String = clean_line(fill.link, 500).split(' ').collect();

    let subject = if code.is_empty() {
        title.to_owned()
    } else {
        match lang {
            Lang::Zh => format!("办件 {code}：{title}"),
            Lang::En => format!("Matter {code}: {title}"),
        }
    };
    let mut lines = vec![sentence.to_owned(), String::new()];
    let mut fact = |zh: &str, en: &str, value: &str| {
        if !value.is_empty() {
            lines.push(match lang {
                Lang::Zh => format!("{zh}：{value}"),
                Lang::En => format!("{en}: {value}"),
            });
        }
    };
    fact("办件编号", "Matter code", &code);
    if let Some(number) = fill.session_number {
        fact("会面序号", "Meeting number", &number.to_string());
    }
    fact("时间", "Time", &time);
    let secret = clean_line(fill.one_use_code, 40);
    if secret.is_empty() {
        fact("登录查看", "Log in", &link);
    } else {
        fact("一次性核实码", "One-use code", &secret);
        fact("填写地址", "Answer at", &link);
    }
    lines.push(String::new());
    lines.push(
        lang.pick(
            "本邮件由系统自动发送，请勿回复。",
            "This message was sent automatically. Please do not reply.",
        )
        .to_owned(),
    );
    lines.push(String::new());
    Rendered {
        subject: clean_line(&subject, super::letter::MAX_SUBJECT),
        text: lines.join("\n"),
    }
}

/// The neutral title of a calendar entry.
pub fn invite_summary(lang: Lang) -> &'static str {
    lang.pick("会面", "Meeting")
}

fn safe_code(raw: &str) -> String {
    let opaque = raw.len() <= 24
        && raw
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    if opaque {
        raw.to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that would tell what a matter is about, who is in it or how it stands.
    const FORBIDDEN: &[&str] = &[
        "纠纷",
        "调解",
        "矛盾",
        "争议",
        "冲突",
        "当事人",
        "申请人",
        "被申请",
        "对方",
        "回避",
        "协议",
        "和解",
        "风险",
        "危机",
        "信访",
        "上访",
        "举报",
        "投诉",
        "诉讼",
        "起诉",
        "法院",
        "仲裁",
        "司法",
        "公安",
        "警",
        "家暴",
        "婚",
        "离异",
        "抚养",
        "赡养",
        "继承",
        "债",
        "赔偿",
        "欠款",
        "工伤",
        "宅基地",
        "邻里",
        "土地",
        "心理",
        "精神",
        "未成年",
        "姓名",
        "先生",
        "女士",
        "身份证",
        "电话",
        "住址",
        "侵权",
        "履行",
        "违约",
        "dispute",
        "mediat",
        "conflict",
        "party",
        "parties",
        "applicant",
        "respondent",
        "recus",
        "agreement",
        "settle",
        "risk",
        "crisis",
        "petition",
        "complain",
        "lawsuit",
        "court",
        "arbitrat",
        "police",
        "violence",
        "marriage",
        "divorce",
        "debt",
        "compensat",
        "injur",
        "inherit",
        "mental",
        "minor",
        "psycho",
        "neighbo",
        "mr.",
        "ms.",
        "obligation",
        "default",
        "breach",
    ];

    const LANGS: [Lang; 2] = [Lang::Zh, Lang::En];

    fn fill() -> Fill<'static> {
        Fill {
            case_code: "YL-7K2M-93QF",
            link: "https://jieyou.example/l",
            local_time: "2026-03-01 09:30",
            session_number: Some(2),
            one_use_code: "",
        }
    }

    #[test]
    fn no_text_tells_what_the_matter_is_about() {
        for &kind in Kind::ALL {
            for lang in LANGS {
                let notice = render(kind, lang, &fill());
                let all = format!("{}\n{}", notice.subject, notice.text).to_lowercase();
                for word in FORBIDDEN {
                    assert!(
                        !all.contains(word),
                        "{} {}: {word}",
                        kind.code(),
                        lang.tag()
                    );
                }
            }
        }
        for lang in LANGS {
            let summary = invite_summary(lang).to_lowercase();
            assert!(FORBIDDEN.iter().all(|word| !summary.contains(word)));
        }
    }

    #[test]
    fn every_kind_speaks_both_languages() {
        let cjk = |s: &str| s.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let mut titles = std::collections::HashSet::new();
        for &kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
            let (zh_title, zh_body) = kind.words(Lang::Zh);
            let (en_title, en_body) = kind.words(Lang::En);
            assert!(cjk(zh_title) && cjk(zh_body), "{}", kind.code());
            assert!(en_title.is_ascii() && en_body.is_ascii(), "{}", kind.code());
            assert!(en_title.len() > 5 && en_body.len() > 10, "{}", kind.code());
            assert!(
                titles.insert(zh_title) && titles.insert(en_title),
                "{}",
                kind.code()
            );
        }
        use crate::domain::codes::Code as _;
        let kinds = crate::domain::notice::NoticeKind::ALL.len();
        assert_eq!(Kind::ALL.len(), kinds);
        assert_eq!(Kind::from_code("nothing"), None);
    }

    #[test]
    fn a_notice_holds_code_time_and_link() {
        let zh = render(Kind::SessionInvited, Lang::Zh, &fill());
        assert_eq!(zh.subject, "办件 YL-7K2M-93QF：会面安排");
        for part in [
            "办件编号：YL-7K2M-93QF",
            "会面序号：2",
            "时间：2026-03-01 09:30",
            "登录查看：https://jieyou.example/l",
        ] {
            assert!(zh.text.contains(part), "{part}");
        }
        let en = render(
            Kind::PasswordReset,
            Lang::En,
            &Fill {
                link: "https://jieyou.example/r",
                ..Fill::default()
            },
        );
        assert_eq!(en.subject, "Password reset");
        assert!(
            en.text.contains("Log in: https://jieyou.example/r") && !en.text.contains("Matter")
        );
    }

    #[test]
    fn values_cannot_smuggle_anything_in() {
        let notice = render(
            Kind::SessionInvited,
            Lang::En,
            &Fill {
                case_code: "YL-1\r\nBcc: 张三<x@y>",
                link: "https://jieyou.example/l\r\n.\r\nQUIT",
                local_time: "09:30\u{2028}x\u{202e}",
                session_number: None,
                one_use_code: "",
            },
        );
        assert_eq!(notice.subject, "Meeting planned");
        assert!(
            notice
                .text
                .contains("Log in: https://jieyou.example/l.QUIT\n")
        );
        assert!(notice.text.contains("Time: 09:30 x\n"));
        assert!(notice.subject.chars().count() <= 120);
    }
}
