//! What is said of a user: to make one, to change one.

use super::ids::UserId;
use super::input::{Obj, Patch, Scalar, SecretText as SecretLine};
use super::org::User;
use super::persons::{Email, IdNumber, PersonName, Phone};
use super::time::LocalDate;

/// A login name: 3–32 of `a-z 0-9 . - _`, a letter first. One person has one spelling.
#[derive(Clone, Debug)]
pub struct Username(pub String);

impl Scalar for Username {
    fn read(value: &serde_json::Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let rest = text.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_')
        });
        if first && rest && (3..=32).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("invalid_username")
        }
    }
}

/// The language a user is written to in.
#[derive(Clone, Debug, PartialEq)]
pub struct Locale(pub String);

impl Scalar for Locale {
    fn read(value: &serde_json::Value) -> Result<Self, &'static str> {
        match value.as_str().ok_or("string_expected")? {
            known @ ("zh-CN" | "en") => Ok(Self(known.to_owned())),
            _ => Err("unknown_code"),
        }
    }
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: Option<UserId>,
    pub username: Username,
    pub name: PersonName,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    pub id_no: Option<IdNumber>,
    pub address: Option<SecretLine<200>>,
    pub birth_date: Option<LocalDate>,
    pub locale: Locale,
}

impl NewUser {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let username = o.req("username");
        let name = o.req("name");
        let email = o.opt("email");
        let phone = o.opt("phone");
        let id_no = o.opt("id_no");
        let address = o.opt("address");
        let birth_date = o.opt("birth_date");
        let locale = o.or("locale", Locale("zh-CN".to_owned()));
        Some(Self {
            id: id?,
            username: username?,
            name: name?,
            email: email?,
            phone: phone?,
            id_no: id_no?,
            address: address?,
            birth_date: birth_date?,
            locale: locale?,
        })
    }

    /// The bare minimum, for the command line.
    pub fn plain(username: Username, name: PersonName, email: Option<Email>) -> Self {
        Self {
            id: None,
            username,
            name,
            email,
            phone: None,
            id_no: None,
            address: None,
            birth_date: None,
            locale: Locale("zh-CN".to_owned()),
        }
    }
}

/// What of a user is to change.
pub struct Change {
    pub name: Patch<PersonName>,
    pub email: Patch<Email>,
    pub phone: Patch<Phone>,
    pub id_no: Patch<IdNumber>,
    pub address: Patch<SecretLine<200>>,
    pub birth_date: Patch<LocalDate>,
    pub locale: Patch<Locale>,
}

impl Change {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let name = o.patch("name");
        let email = o.patch("email");
        let phone = o.patch("phone");
        let id_no = o.patch("id_no");
        let address = o.patch("address");
        let birth_date = o.patch("birth_date");
        let locale = o.patch("locale");
        if name == Some(Patch::Clear) {
            o.fault("name", "not_null");
        }
        if locale == Some(Patch::Clear) {
            o.fault("locale", "not_null");
        }
        Some(Self {
            name: name?,
            email: email?,
            phone: phone?,
            id_no: id_no?,
            address: address?,
            birth_date: birth_date?,
            locale: locale?,
        })
    }

    /// Applies the change; returns the names of the fields that changed.
    pub fn apply(self, user: &mut User) -> Vec<String> {
        let changed = [
            (
                "name",
                map(self.name, PersonName::into_string).apply(&mut user.name),
            ),
            (
                "email",
                map(self.email, |e| e.reveal().to_owned()).apply_opt(&mut user.email),
            ),
            (
                "phone",
                map(self.phone, Phone::into_secret).apply_opt(&mut user.phone),
            ),
            (
                "id_no",
                map(self.id_no, IdNumber::into_secret).apply_opt(&mut user.id_no),
            ),
            (
                "address",
                map(self.address, |a| a.0).apply_opt(&mut user.address),
            ),
            (
                "birth_date",
                self.birth_date.apply_opt(&mut user.birth_date),
            ),
            ("locale", map(self.locale, |l| l.0).apply(&mut user.locale)),
        ];
        changed
            .into_iter()
            .filter(|(_, yes)| *yes)
            .map(|(name, _)| name.to_owned())
            .collect()
    }
}

fn map<T, U>(patch: Patch<T>, f: impl FnOnce(T) -> U) -> Patch<U> {
    match patch {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(v) => Patch::Set(f(v)),
    }
}
