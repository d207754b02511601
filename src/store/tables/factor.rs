//! Tables of the second factor.

use crate::domain::ids::*;
use crate::domain::secret::Secret;
use crate::domain::time::Instant;
use crate::store::row::stored;

/// The authenticator of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondFactor {
    pub user_id: UserId,
    /// Sealed for this user.
    pub secret: Secret,
    /// The last step whose code was used.
    pub last_step: Option<i64>,
    pub created_at: Instant,
    /// `None` while it waits for its first code.
    pub confirmed_at: Option<Instant>,
}

stored! { second_factors for SecondFactor {
    user_id: UserId [DbUuid],
    secret: Secret [DbSecret],
    last_step: Option<i64> [Nullable<BigInt>],
    created_at: Instant [DbInstant],
    confirmed_at: Option<Instant> [Nullable<DbInstant>],
}}

/// A recovery code, known by its hash only.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryCode {
    pub id: RecoveryCodeId,
    pub user_id: UserId,
    /// PHC string.
    pub code_hash: String,
    pub created_at: Instant,
    pub used_at: Option<Instant>,
}

stored! { recovery_codes for RecoveryCode {
    id: RecoveryCodeId [DbUuid],
    user_id: UserId [DbUuid],
    code_hash: String [Text],
    created_at: Instant [DbInstant],
    used_at: Option<Instant> [Nullable<DbInstant>],
}}

/// A sign-in whose password was right and whose second factor is awaited.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginChallenge {
    /// SHA-256 of the token.
    pub hash: String,
    pub user_id: UserId,
    /// The user's epoch when the password was right: a change since then ends the challenge.
    pub epoch: i64,
    pub device_id: String,
    pub device_name: Option<String>,
    pub mobile: bool,
    /// The device had proved an earlier full login.
    pub known_device: bool,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub tries: i64,
    pub used_at: Option<Instant>,
}

stored! { login_challenges for LoginChallenge {
    hash: String [Text],
    user_id: UserId [DbUuid],
    epoch: i64 [BigInt],
    device_id: String [Text],
    device_name: Option<String> [Nullable<Text>],
    mobile: bool [Bool],
    known_device: bool [Bool],
    created_at: Instant [DbInstant],
    expires_at: Instant [DbInstant],
    tries: i64 [BigInt],
    used_at: Option<Instant> [Nullable<DbInstant>],
}}

/// Until when a member of staff may work without a second factor.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorGrace {
    pub user_id: UserId,
    pub ends_at: Instant,
}

stored! { second_factor_grace for FactorGrace {
    user_id: UserId [DbUuid],
    ends_at: Instant [DbInstant],
}}
