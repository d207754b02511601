//! Who must have a second factor, and from when.

use super::codes::codes;
use super::org::Role;
use super::time::Instant;

codes! {
    /// What proved the second factor of a login.
    Factor in "second_factor" {
        Totp = "totp", "动态口令", "Authenticator code";
        RecoveryCode = "recovery_code", "恢复码", "Recovery code";
    }
    /// How an administrator made sure of a person whose factor is lost.
    IdentityProof in "identity_proof" {
        IdCard = "id_card_in_person", "当面核验身份证件", "Identity card, in person";
        KnownInPerson = "known_in_person", "本人到场且为熟识同事", "Known colleague, in person";
    }
}

/// Of whom a second factor is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Everybody decides for himself.
    Nobody,
    /// Administrators and auditors.
    Administrators,
    /// Everybody who holds a role.
    Staff,
}

impl Demand {
    /// The word of the settings.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "off" => Some(Self::Nobody),
            "administrators" => Some(Self::Administrators),
            "staff" => Some(Self::Staff),
            _ => None,
        }
    }
}

/// The rule of this installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorPolicy {
    pub demand: Demand,
    /// Days to set one up, counted from the first sign-in under the rule.
    pub grace_days: i64,
}

impl FactorPolicy {
    /// Whether the holder of these roles must have one.
    pub fn demands(&self, mut roles: impl Iterator<Item = Role>) -> bool {
        match self.demand {
            Demand::Nobody => false,
            Demand::Administrators => {
                roles.any(|r| matches!(r, Role::SysAdmin | Role::SecAdmin | Role::Auditor))
            }
            Demand::Staff => roles.next().is_some(),
        }
    }

    /// When the time to set one up ends that begins now.
    pub fn grace_from(&self, now: Instant) -> Instant {
        now.plus_days(self.grace_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demands(word: &str, roles: &[Role]) -> bool {
        let policy = FactorPolicy {
            demand: Demand::parse(word).unwrap(),
            grace_days: 14,
        };
        policy.demands(roles.iter().copied())
    }

    #[test]
    fn staff_are_those_with_a_role() {
        let table = [
            ("off", &[Role::SysAdmin][..], false),
            ("administrators", &[], false),
            ("administrators", &[Role::Mediator, Role::Recorder], false),
            ("administrators", &[Role::Mediator, Role::SecAdmin], true),
            ("administrators", &[Role::Auditor], true),
            ("staff", &[], false),
            ("staff", &[Role::VillageSteward], true),
        ];
        for (word, roles, expected) in table {
            assert_eq!(demands(word, roles), expected, "{word} {roles:?}");
        }
        assert_eq!(Demand::parse("on"), None);
    }
}
