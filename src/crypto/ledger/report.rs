//! What a verification found.

use serde::Serialize;

use super::checkpoint::Checkpoint;
use crate::domain::codes::codes;
use crate::domain::time::Instant;

/// The most faults a report keeps; the rest are only counted.
pub const MAX_FAULTS: usize = 10_000;

codes! {
    /// What is wrong, one kind for each rule of the format.
    FaultKind in "audit_faults" {
        Malformed = "malformed", "记录无法读取", "record cannot be read";
        Order = "order", "记录次序错误", "record stands in the wrong place";
        Header = "header", "事件头不合规范", "header is not canonical";
        Row = "row", "行键与事件头不符", "row key differs from the header";
        Hash = "hash", "事件哈希不符", "event hash differs";
        Commit = "commit", "内容与承诺不符", "payload differs from its commitment";
        Payload = "payload", "内容缺失而密钥未销毁", "payload is missing though its key is not erased";
        Gap = "gap", "序号缺失", "sequence numbers are missing";
        Duplicate = "duplicate", "序号重复或倒退", "sequence number repeats or goes back";
        Prev = "prev", "与前一事件的链接断裂", "link to the event before is broken";
        Time = "time", "时间早于前一事件", "time is before that of the event before";
        Head = "head", "链头与业务记录不符", "stream head differs from the case row";
        EventMissing = "event_missing", "事件缺失", "event is missing";
        Leaf = "leaf", "树叶与事件不符", "leaf does not fit the event";
        LeafMissing = "leaf_missing", "事件未入树", "event is not in the tree";
        Note = "note", "签名或检查点文本无效", "signed note is not valid";
        Root = "root", "树根与签名检查点不符", "root differs from the signed checkpoint";
        TreeShort = "tree_short", "树短于签名检查点", "tree is shorter than the signed checkpoint";
        Unsigned = "unsigned", "树叶没有签名检查点", "leaves are not under a signed checkpoint";
        Pinned = "pinned", "与已存检查点不一致", "log contradicts the pinned checkpoint";
    }
}

/// One fault, named by stream and sequence number where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub stream: Option<String>,
    pub seq: Option<u64>,
    pub kind: FaultKind,
    /// `name=value` pairs for the investigator; no personal data, the same in every language.
    pub detail: String,
}

/// Events that no checkpoint covers yet: what an attacker could still cut unseen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Window {
    pub events: u64,
    pub first_at: Option<Instant>,
    pub last_at: Option<Instant>,
    /// The first streams concerned, at most [`MAX_FAULTS`] of them.
    pub spans: Vec<Span>,
}

/// The events `from..=to` of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    pub stream: String,
    pub from: u64,
    pub to: u64,
}

/// The result of a verification.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub events: u64,
    pub streams: u64,
    pub leaves: u64,
    /// Checkpoints with a valid signature.
    pub checkpoints: u64,
    /// The largest checkpoint whose root was recomputed.
    pub verified: Option<Checkpoint>,
    /// The largest size that a known witness cosigned.
    pub witnessed: Option<u64>,
    /// Payloads checked against their commitment.
    pub payloads: u64,
    /// Events whose payload is erased or withheld.
    pub absent: u64,
    pub window: Window,
    pub faults: Vec<Fault>,
    /// All faults, also those beyond [`MAX_FAULTS`].
    pub fault_count: u64,
}

impl Report {
    /// True where nothing is wrong. The window is not a fault.
    pub fn is_ok(&self) -> bool {
        self.fault_count == 0
    }

    /// Adds a fault that the source of the records found afterwards.
    pub fn add(&mut self, fault: Fault) {
        self.fault_count = self.fault_count.saturating_add(1);
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }
}

/// Collects faults up to the limit.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) list: Vec<Fault>,
    pub(super) count: u64,
}

impl Faults {
    pub(super) fn add(&mut self, kind: FaultKind, stream: &str, seq: u64, detail: String) {
        self.push(Fault {
            stream: Some(stream.to_owned()),
            seq: Some(seq),
            kind,
            detail,
        });
    }

    pub(super) fn push(&mut self, fault: Fault) {
        self.count = self.count.saturating_add(1);
        if self.list.len() < MAX_FAULTS {
            self.list.push(fault);
        }
    }
}
