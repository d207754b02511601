//! Text that must not leak: never printed by `Debug`, never serialised by accident.

use std::fmt;

/// Personal or confidential text (ID numbers, phones, addresses, caucus notes, minutes).
/// It has no `Serialize`: a view must ask for the plain or the masked text on purpose.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The plain text; the caller answers for where it goes.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
