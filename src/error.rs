//! Every way a request can fail, and what the caller is told.

use std::panic::Location;

use crate::domain::codes::Lang;
use crate::domain::input::Violation;
use crate::domain::refusal::Refusal;
use crate::domain::rules::open_duties::OpenDuty;

macro_rules! problem_codes {
    ($($var:ident = $code:literal, $status:literal, $zh:literal, $en:literal, $cure_zh:literal, $cure_en:literal;)+) => {
        /// Stable problem codes that are not guards of the law (those are `domain::refusal::Reason`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $en] $var),+ }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$var),+];

            pub fn code(self) -> &'static str {
                match self { $(Self::$var => $code),+ }
            }

            pub fn status(self) -> u16 {
                match self { $(Self::$var => $status),+ }
            }

            pub fn title(self, lang: Lang) -> &'static str {
                match self { $(Self::$var => lang.pick($zh, $en)),+ }
            }

            pub fn cure(self, lang: Lang) -> &'static str {
                match self { $(Self::$var => lang.pick($cure_zh, $cure_en)),+ }
            }
        }
    };
}

problem_codes! {
    MalformedJson = "malformed_json", 400, "请求正文不是合法 JSON", "The body is not valid JSON", "检查 JSON 语法、重复成员、嵌套层数", "Check syntax, duplicate members and depth";
    MalformedHeader = "malformed_header", 400, "请求头格式不正确", "A header is malformed", "检查所指的请求头", "Check the header named";
    MalformedRequest = "malformed_request", 400, "请求不是合法的 HTTP 报文", "Not a well-formed HTTP request", "检查请求行、请求头、Host 与正文长度", "Check the request line, the headers, Host and the length of the body";
    BadQuery = "bad_query", 400, "查询参数不正确", "A query parameter is wrong", "只使用接口文档列出的参数，每个一次", "Use only documented parameters, once each";
    BadCursor = "bad_cursor", 400, "分页游标无效", "The cursor is not valid", "用相同条件从第一页重新开始", "Start again from the first page with the same filters";
    IdempotencyKeyRequired = "idempotency_key_required", 400, "缺少 Idempotency-Key", "Idempotency-Key is missing", "每个操作生成一个 16–128 字符的键，重试时复用", "Make a key of 16–128 characters per act and reuse it on retry";
    Unauthenticated = "unauthenticated", 401, "未登录或登录已失效", "Not signed in, or the sign-in ended", "重新登录或刷新令牌", "Sign in again or refresh the token";
    BadCredentials = "bad_credentials", 401, "用户名或密码不正确", "Wrong user name or password", "核对后重试", "Check and try again";
    BadChallenge = "bad_challenge", 401, "本次登录已失效", "This sign-in is not waiting any more", "重新输入用户名和密码", "Begin again with name and password";
    BadSecondFactor = "bad_second_factor", 401, "验证码不正确或已使用", "The code is wrong or was used before", "等待下一个验证码，或使用恢复码", "Wait for the next code, or use a recovery code";
    SecondFactorRequired = "second_factor_required", 403, "须先设置二次验证", "Set up a second factor first", "在“账号安全”中设置二次验证", "Set one up under /api/v1/auth/second-factor";
    Forbidden = "forbidden", 403, "无权进行此操作", "This act is not yours", "由有权限的人员办理", "Ask somebody with the right";
    StepUpRequired = "step_up_required", 403, "需要重新验证身份", "Sign in again for this", "重新登录后再试", "Sign in again, then retry";
    PurposeRequired = "purpose_required", 403, "须说明查看用途", "A purpose must be stated", "在 X-Access-Purpose 中说明用途", "State it in X-Access-Purpose";
    NotFound = "not_found", 404, "不存在或无权查看", "Does not exist, or you may not see it", "核对地址与权限", "Check the address and your rights";
    MethodNotAllowed = "method_not_allowed", 405, "不支持的请求方法", "Method not allowed", "见 Allow 响应头", "See the Allow header";
    NotAcceptable = "not_acceptable", 406, "无法按所要求的类型应答", "Cannot answer in that type", "接受 application/json", "Accept application/json";
    RequestTimeout = "request_timeout", 408, "请求头发送过慢", "The head of the request came too slowly", "重新发送请求", "Send the request again";
    IllegalTransition = "illegal_transition", 409, "当前状态不允许此操作", "The state does not allow this act", "见 allowed 列出的操作", "See the acts listed under allowed";
    Refused = "refused", 409, "不符合办理条件", "The act is refused", "按 blocked_by 逐项补正", "Cure each item of blocked_by";
    Conflict = "conflict", 409, "与现有数据冲突", "Conflicts with what exists", "核对后重试", "Check and try again";
    NoSecondFactor = "no_second_factor", 409, "没有可用的二次验证设置", "No second factor is set up, or none waits to be confirmed", "先开始设置二次验证", "Begin to set one up";
    Duplicate = "duplicate", 409, "已经存在", "Exists already", "使用已有的对象", "Use the existing one";
    IdempotencyInFlight = "idempotency_in_flight", 409, "相同请求正在处理", "The same request is running", "稍后用同一键重试", "Retry with the same key shortly";
    PreconditionFailed = "precondition_failed", 412, "内容已被他人修改", "Somebody changed it meanwhile", "取得最新版本后重试", "Fetch the current version and retry";
    TooLarge = "too_large", 413, "请求过大", "Too large", "减小请求或文件", "Send less";
    UnsupportedMediaType = "unsupported_media_type", 415, "不支持的正文类型或编码", "Body type or encoding not taken", "使用 application/json; 不使用 Content-Encoding", "Use application/json and no Content-Encoding";
    Invalid = "invalid", 422, "填写内容有误", "The input is wrong", "按 errors 逐项改正", "Correct each item of errors";
    IdempotencyKeyReused = "idempotency_key_reused", 422, "该键已用于另一请求", "The key was used for another request", "为新的操作生成新键", "Make a new key for a new act";
    BadInvite = "bad_invite", 422, "激活码无效或已失效", "The code is not valid, or no longer", "向管理员索取新的激活码", "Ask the administrator for a new code";
    WeakPassword = "weak_password", 422, "密码强度不足", "The password is too weak", "至少 15 个字符，避免常见词", "At least 15 characters, no common words";
    IfMatchRequired = "if_match_required", 428, "缺少 If-Match", "If-Match is missing", "带上最近取得的 ETag", "Send the ETag you last saw";
    HeadTooLarge = "head_too_large", 431, "请求头过大", "The head of the request is too large", "减少或缩短请求头与网址", "Send fewer or shorter headers and a shorter URL";
    TooManyRequests = "too_many_requests", 429, "请求过于频繁", "Too many requests", "按 Retry-After 等待", "Wait as Retry-After says";
    Internal = "internal", 500, "系统内部错误", "Internal error", "凭 request_id 联系管理员", "Contact the operator with the request_id";
    Unavailable = "unavailable", 503, "系统繁忙或数据库不可用", "Busy, or the database is away", "按 Retry-After 等待后用同一键重试", "Wait as Retry-After says and retry with the same key";
    OutcomeUnknown = "outcome_unknown", 503, "结果未知", "The outcome is unknown", "用同一 Idempotency-Key 重试即可确认", "Retry with the same Idempotency-Key to settle it";
    StorageFull = "storage_full", 507, "存储空间不足", "Storage is full", "联系管理员清理空间", "Ask the operator to free space";
}

/// A failure on its way up. Nothing in it but `Internal`'s cause is secret.
#[derive(Debug)]
pub enum Error {
    /// A problem with no more to say than its code and perhaps a detail.
    Problem(Code, Option<String>),
    /// 422 with every field error.
    Invalid(Vec<Violation>),
    /// 422 with what is weak about a new password.
    Weak(Vec<Violation>),
    /// Guards refused: all of them.
    Refused(Vec<Refusal>),
    /// Guards refused the end of a case, with what is still owed.
    OpenDuties {
        refusals: Vec<Refusal>,
        duties: Vec<OpenDuty>,
    },
    /// The state machine has no such move.
    IllegalTransition {
        state: &'static str,
        act: &'static str,
        allowed: Vec<&'static str>,
    },
    /// If-Match is stale.
    Stale { current: i64, changed: Vec<Changed> },
    /// If-Match is stale on a thing without a version; the present tag.
    StaleTag(String),
    /// 405 with the methods there are.
    Method(Vec<&'static str>),
    /// 401 on an API route.
    Unauthenticated,
    /// 429 or 503 with the seconds to wait.
    Wait(Code, u32),
    /// 5xx; the cause goes to the log only.
    Internal {
        cause: Box<dyn std::error::Error + Send + Sync>,
        at: &'static Location<'static>,
    },
}

/// What changed since the caller's version.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Changed {
    pub what: String,
    pub by: Option<String>,
    pub at: crate::domain::time::Instant,
}

impl Error {
    pub fn of(code: Code) -> Self {
        Self::Problem(code, None)
    }

    pub fn with(code: Code, detail: impl Into<String>) -> Self {
        Self::Problem(code, Some(detail.into()))
    }

    pub fn refused(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }

    /// One violation at `pointer`.
    pub fn invalid(pointer: impl Into<String>, code: &'static str) -> Self {
        Self::Invalid(vec![Violation {
            pointer: pointer.into(),
            code,
        }])
    }

    pub fn not_found() -> Self {
        Self::of(Code::NotFound)
    }

    #[track_caller]
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal {
            cause: cause.into(),
            at: Location::caller(),
        }
    }

    pub fn status(&self) -> u16 {
        match self {
            Self::Problem(c, _) | Self::Wait(c, _) => c.status(),
            Self::Invalid(_) | Self::Weak(_) => 422,
            Self::Refused(list) | Self::OpenDuties { refusals: list, .. } => {
                list.first().map_or(409, |r| r.reason.status())
            }
            Self::IllegalTransition { .. } => 409,
            Self::Stale { .. } | Self::StaleTag(_) => 412,
            Self::Method(_) => 405,
            Self::Unauthenticated => 401,
            Self::Internal { .. } => 500,
        }
    }

    /// Deterministic answers that an idempotency key keeps (409, 412, 422 of the rules).
    pub fn is_kept(&self) -> bool {
        match self {
            Self::Problem(c, _) => {
                matches!(c.status(), 409 | 412 | 422)
                    && *c != Code::IdempotencyInFlight
                    && *c != Code::IdempotencyKeyReused
            }
            Self::Invalid(_)
            | Self::Weak(_)
            | Self::Refused(_)
            | Self::OpenDuties { .. }
            | Self::IllegalTransition { .. }
            | Self::Stale { .. }
            | Self::StaleTag(_) => true,
            _ => false,
        }
    }
}

impl From<Vec<Refusal>> for Error {
    fn from(list: Vec<Refusal>) -> Self {
        Self::Refused(list)
    }
}

impl From<Refusal> for Error {
    fn from(r: Refusal) -> Self {
        Self::refused(r)
    }
}

impl From<Vec<Violation>> for Error {
    fn from(list: Vec<Violation>) -> Self {
        Self::Invalid(list)
    }
}

/// The message of a field violation, by its code.
pub fn violation_text(code: &str, lang: Lang) -> &'static str {
    let (zh, en) = match code {
        "required" => ("必填", "Required"),
        "unknown_field" => ("未知字段", "Unknown member"),
        "unknown_code" => ("代码不在代码表中", "Not a code of the list"),
        "object_expected" => ("应为对象", "An object is expected"),
        "array_expected" => ("应为数组", "An array is expected"),
        "string_expected" => ("应为字符串", "A string is expected"),
        "integer_expected" => ("应为整数", "An integer is expected"),
        "boolean_expected" => ("应为布尔值", "A boolean is expected"),
        "forbidden_character" => ("含有不允许的字符", "Contains a forbidden character"),
        "empty" => ("不能为空", "Must not be empty"),
        "too_long" => ("过长", "Too long"),
        "too_many_items" => ("项目过多", "Too many items"),
        "duplicate" => ("重复", "Repeated"),
        "out_of_range" => ("超出范围", "Out of range"),
        "invalid_id" => ("编号格式不正确", "Not an id"),
        "invalid_date" => (
            "日期格式应为 YYYY-MM-DD",
            "A date as YYYY-MM-DD is expected",
        ),
        "invalid_instant" => ("时间格式应为 RFC 3339", "An RFC 3339 time is expected"),
        "invalid_id_number" => ("身份证号不正确", "Not a valid ID number"),
        "invalid_uscc" => (
            "统一社会信用代码不正确",
            "Not a valid unified social credit code",
        ),
        "invalid_phone" => ("手机号或电话格式不正确", "Not a valid phone number"),
        "invalid_email" => ("邮箱格式不正确", "Not a valid e-mail address"),
        "mismatch" => ("与其他字段不一致", "Disagrees with another member"),
        "not_applicable" => ("不适用于该类对象", "Does not apply to this kind"),
        "invalid_username" => (
            "用户名为 3–32 个小写字母、数字、点、横线或下划线，以字母开头",
            "3–32 lower-case letters, digits, dots, hyphens, underscores, a letter first",
        ),
        "wrong_code" => ("验证码不正确或已使用", "Wrong, or used before"),
        "wrong_password" => ("现密码不正确", "The current password is wrong"),
        "same_password" => ("新密码与现密码相同", "Same as the current password"),
        "password_too_short" => ("至少 15 个字符", "At least 15 characters"),
        "password_too_long" => ("至多 128 个字符", "At most 128 characters"),
        "password_guessable" => ("容易被猜中", "Easy to guess"),
        "password_known_words" => (
            "过多使用姓名、地名或本系统常见词",
            "Built from names, places or words of this service",
        ),
        "term_order" => ("止期须晚于起期", "The end must follow the beginning"),
        "not_null" => ("不能清空", "Cannot be cleared"),
        "in_future" => ("时间不得晚于现在", "Lies in the future"),
        "always_told" => ("此类通知不能关闭", "This kind cannot be switched off"),
        "url_malformed" | "url_host_form" | "url_port" => ("网址格式不正确", "Not a plain URL"),
        "url_scheme" => ("网址须以 https:// 开头", "The URL must begin with https://"),
        "url_userinfo" => (
            "网址不得含用户名或密码",
            "The URL must not carry a user name or password",
        ),
        "url_address" => (
            "不允许投递到该地址",
            "Deliveries to this address are not allowed",
        ),
        "unknown_reference" => ("引用的对象不存在", "Refers to nothing"),
        "does_not_fit_kind" => ("与会议类型不符", "Does not fit the kind of session"),
        "not_allowed" => ("此处不得填写", "Must be left out here"),
        "two_required" => ("须为两名", "Two are needed"),
        "invalid_sha256" => (
            "应为 64 位小写十六进制",
            "64 lower-case hex digits are expected",
        ),
        "not_for_release" => ("此原因不适用于离开", "Not a reason to leave"),
        "not_for_records" => ("笔录不由其签署", "Does not sign records"),
        _ => ("不正确", "Not valid"),
    };
    lang.pick(zh, en)
}
