//! Petitions (信访事项): what binds a case of that procedure beside its mediation (信访工作条例
//! 第二十二至三十六条; section 4.5).

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::time::Instant;

codes! {
    /// How far a petition has gone: handled, reviewed, reviewed again.
    PetitionStage in "petition_stage" {
        Handling = "handling", "办理", "Handling";
        Review = "review", "复查", "Review";
        Rereview = "rereview", "复核", "Second review";
    }
}

/// The course of a petition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Petition {
    /// Its number at the petition office; the same number is the same matter.
    pub no: Option<String>,
    /// When it was received: its clocks count from here.
    pub received_at: Instant,
    pub acceptance: Option<PetitionAcceptance>,
    pub replies: Vec<PetitionReply>,
    pub reviews: Vec<ReviewAsked>,
}

impl Petition {
    pub fn new(no: Option<String>, received_at: Instant) -> Self {
        Self {
            no,
            received_at,
            acceptance: None,
            replies: Vec::new(),
            reviews: Vec::new(),
        }
    }

    /// The written reply of a stage.
    pub fn reply(&self, stage: PetitionStage) -> Option<&PetitionReply> {
        self.replies.iter().find(|r| r.stage == stage)
    }

    /// The stage that waits for a written reply.
    pub fn open_stage(&self) -> Option<PetitionStage> {
        let asked = |s| self.reviews.iter().any(|r| r.stage == s);
        [
            (PetitionStage::Handling, self.acceptance.is_some()),
            (PetitionStage::Review, asked(PetitionStage::Review)),
            (PetitionStage::Rereview, asked(PetitionStage::Rereview)),
        ]
        .into_iter()
        .find(|(stage, begun)| *begun && self.reply(*stage).is_none())
        .map(|(stage, _)| stage)
    }
}

/// The handling organ told the petitioner that it accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PetitionAcceptance {
    pub unit_id: OrgId,
    pub by: UserId,
    pub at: Instant,
    /// When the petitioner was told.
    pub notified_at: Instant,
}

/// A written opinion given to the petitioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PetitionReply {
    pub stage: PetitionStage,
    pub unit_id: OrgId,
    pub by: UserId,
    pub at: Instant,
    /// When the petitioner received it.
    pub given_at: Instant,
    pub text: String,
    pub document: Option<AttachmentId>,
}

/// The petitioner asks for a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewAsked {
    pub stage: PetitionStage,
    pub asked_at: Instant,
    pub by: UserId,
}
