//! What every command and query may use besides the database: keys and settings, fixed at start.

use std::path::PathBuf;

use crate::crypto::cursor::Cursors;
use crate::crypto::secret::MacKey;
use crate::domain::net::Policy;
use crate::domain::second_factor::FactorPolicy;

/// Fixed surroundings of a process.
#[derive(Debug)]
pub struct Env {
    /// Seals list cursors.
    pub cursors: Cursors,
    /// Where uploaded files lie.
    pub files: PathBuf,
    /// The largest upload in bytes.
    pub max_file_bytes: u64,
    /// Base of links in mails and invitations, without a trailing slash.
    pub public_url: String,
    /// Host part of Message-IDs and calendar UIDs.
    pub mail_domain: String,
    /// The public key of audit checkpoints, as text.
    pub audit_key: String,
    /// Where webhooks may go.
    pub webhooks: Policy,
    /// Blinds traits that two cases may share.
    pub blind: MacKey,
    /// Who must have a second factor.
    pub second_factor: FactorPolicy,
    /// The county's display name.
    pub county: String,
}
